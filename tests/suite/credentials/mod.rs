//! Rules that sessions and tokens share.

mod api_lists;
mod cache;
mod cleanup;
mod clock_skew;
mod last_used;
mod limits;
mod search;
