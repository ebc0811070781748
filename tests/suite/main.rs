//! The specification of Narthex, as tests.
#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::string_slice,
    reason = "a test that can't go on should say so and stop"
)]

mod crash;
mod house;
mod instruments;
mod program;
mod pruning;
mod story;
mod support;
