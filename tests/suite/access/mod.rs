//! The table of routes: the callers of each.

mod api;
mod pages;
