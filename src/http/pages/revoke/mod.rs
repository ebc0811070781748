//! The pages about revocation: preview and receipt.

mod by_filter;
mod chips;
mod filters;
mod groups;
mod one;
mod receipt;
mod review;

pub(crate) use self::{
    by_filter::address_from,
    one::{ask, list_in, revoke},
};
pub use self::{
    by_filter::{preview, revoke_selection},
    receipt::show as receipt,
};
