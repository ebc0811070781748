//! The random ID by which authenticators know a user.

use base64::{Engine as _, prelude::BASE64_URL_SAFE_NO_PAD};

use super::store;
use crate::{app_state::Transaction, crypto::rng, error::Result, types::ids::UserId};

/// A user handle.
#[derive(Clone, PartialEq, Eq)]
pub(super) struct UserHandle(Vec<u8>);

impl UserHandle {
    pub(super) fn base64url(&self) -> String {
        BASE64_URL_SAFE_NO_PAD.encode(&self.0)
    }
}

/// Returns the handle of a user, who gets one with the first passkey. The caller holds the lock of
/// the user.
pub(super) fn of_user(tx: &mut Transaction<'_>, user: UserId) -> Result<UserHandle> {
    if let Some(handle) = store::handle_of(tx.connection, user)? {
        return Ok(UserHandle(handle));
    }
    let handle = rng::bytes::<32>(tx.state.random())?.to_vec();
    store::insert_handle(tx.connection, user, &handle)?;
    Ok(UserHandle(handle))
}
