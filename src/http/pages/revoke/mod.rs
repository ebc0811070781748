//! The pages about ending: preview, receipt, and how a credential looks on any page.

mod by_filter;
mod one;
mod receipt;

pub(crate) use self::{by_filter::address_of, one::revoke};
pub use self::{
    by_filter::{end, preview},
    receipt::show as receipt,
};
