//! The pages about ending: preview, receipt, and how a credential looks on any page.

mod receipt;
mod revoke;
mod row;
mod sign_out;

pub use self::{
    receipt::show as receipt,
    row::Row,
    sign_out::{end, preview},
};
pub(crate) use self::{revoke::revoke, sign_out::address_of};
