//! The pages about ending: preview, receipt, and how a credential looks on any page.

mod receipt;
mod row;
mod sign_out;

pub(crate) use self::sign_out::{address_of, end_one_of_class, leave};
pub use self::{
    receipt::show as receipt,
    row::Row,
    sign_out::{end, preview},
};
