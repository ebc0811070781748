//! API tokens.

mod api;
mod expiry;
mod foreign;
mod narrowing;
mod pages;
mod rotation;
