//! API tokens.

mod api;
mod expiry;
mod foreign;
mod foreign_end;
mod in_browser;
mod list_page;
mod narrowing;
mod pages;
mod rotation;
mod token_page;
