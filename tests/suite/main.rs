//! The specification of Narthex, as tests.
#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::string_slice,
    reason = "a test that can't go on should say so and stop"
)]

mod commands_output;
mod commands_session;
mod commands_sign_out;
mod commands_token;
mod commands_user;
mod house;
mod instruments;
mod migrations;
mod program;
mod settings;
mod story;
mod support;
