//! What can get in and how it ends: the heart of Narthex.
//!
//! A credential is a session or a token. [`gate`] is the one way to check one; [`sign_out`] the one
//! way to end some.

pub mod api;
pub mod api_shapes;
mod caller;
mod credential;
pub mod gate;
mod list;
pub mod pages;
mod places;
mod prune;
pub mod quota;
mod receipt;
mod selection;
pub mod sign_out;
pub(crate) mod store;
pub mod usage;

pub(crate) use self::places::{signed_in_with_before, was_signed_in_from};
pub use self::{
    caller::{Caller, Confirmed},
    credential::Credential,
    list::{Scope, find, find_anybodys, list},
    prune::{MOST_RECEIPTS, Pruned, prune},
    receipt::{Reason, Receipt, find_receipt},
    selection::Selection,
};
pub use crate::{
    kind::{Class, Kind},
    known::User,
};
