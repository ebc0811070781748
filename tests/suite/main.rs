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
mod forward_auth;
mod house;
mod instruments;
mod oauth;
mod program;
mod pruning;
mod story;
mod support;
