//! The specification of Narthex, as tests.
#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::string_slice,
    reason = "a test that can't go on should say so and stop"
)]

mod access;
mod cookies;
mod cross_site;
mod headers;
mod host;
mod house;
mod instruments;
mod next;
mod pages;
mod program;
mod proxies;
mod raw;
mod story;
mod support;
