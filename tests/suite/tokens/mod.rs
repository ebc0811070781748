//! API tokens.

mod api;
mod expiry;
mod foreign;
mod imported_secret_expiry;
mod in_browser;
mod list_page;
mod narrowing;
mod pages;
mod rotation;
mod token_page;
