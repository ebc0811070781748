//! What can get in and how it ends: the heart of Narthex.
//!
//! A credential is a session or a token. [`gate`] is the one way to check one; [`sign_out`] the one
//! way to end some.

pub mod authenticate;
mod cleanup;
mod credential;
mod filter;
pub mod last_used;
pub mod limits;
mod list;
mod principal;
pub(crate) mod receipt;
pub mod revoke;
mod sign_in_history;
pub(crate) mod store;

pub(crate) use self::sign_in_history::{signed_in_with_before, was_signed_in_from};
pub use self::{
    cleanup::{MOST_RECEIPTS, Pruned, prune},
    credential::Credential,
    filter::Selection,
    list::{Scope, find, find_anybodys, list},
    principal::{Caller, Confirmed},
    receipt::{Reason, Receipt, find_receipt},
};
