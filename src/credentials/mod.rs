//! Credentials and their revocation.
//!
//! A credential is a session or a token. [`authenticate`] is the one way to check a credential;
//! [`revoke`] is the one way to revoke credentials.

pub mod authenticate;
pub(crate) mod change;
mod cleanup;
mod credential;
pub mod expiry_warnings;
mod filter;
pub mod identify;
pub mod known_browsers;
pub mod last_used;
pub mod limits;
mod list;
mod pending;
mod principal;
pub(crate) mod receipt;
pub mod revoke;
pub mod search;
mod sign_in_history;
pub(crate) mod store;
mod token_networks;
pub mod trusted_browsers;

#[cfg(any(test, feature = "internals"))]
pub use self::cleanup::MAX_RECEIPTS;
pub(crate) use self::pending::{end_pending, end_unfinished};
pub(crate) use self::receipt::find_recent_receipt;
pub(crate) use self::sign_in_history::{has_signed_in_from, previous_user_agents};
pub use self::{
    cleanup::{Pruned, prune},
    credential::Credential,
    filter::CredentialFilter,
    list::{StatusFilter, TokenOfUser, find, find_any_user, list, tokens_of_form},
    principal::{Principal, RecentlyAuthenticated},
    receipt::{RevocationReason, RevocationReceipt, find_receipt, revoked_by},
};
