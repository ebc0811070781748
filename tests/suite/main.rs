//! The test suite of Narthex.
#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::string_slice,
    reason = "a test that cannot continue should panic"
)]

mod access;
mod accounts;
mod audit;
mod cli;
mod cluster;
mod conventions;
mod credentials;
mod database;
mod end_to_end;
mod factors;
mod faults;
mod forms;
mod forward_auth;
mod harness;
mod http;
mod import;
mod library;
mod mail;
mod model_based;
mod oauth;
mod operations;
mod pages;
mod passkeys;
mod passwords;
mod rate_limit;
mod revocation;
mod sessions;
mod support;
mod telemetry;
mod tokens;
mod trusted_browsers;
