//! API tokens.

mod api;
mod expiry;
mod narrowing;
mod pages;
mod rotation;
