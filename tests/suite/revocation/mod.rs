//! Revocation by the API, by the pages and by library functions.

mod api;
mod by_kind;
mod concurrency;
mod one;
mod page;
mod review;
