//! Revocation by every surface.

mod api;
mod by_kind;
mod concurrency;
mod one;
mod page;
