//! The passkeys that a browser reports to authenticators, so that they offer no refused one.

use base64::{Engine as _, prelude::BASE64_URL_SAFE_NO_PAD};

use super::{RelyingParty, store};
use crate::{app_state::AppState, error::Result, types::ids::UserId};

/// The passkeys of a user that are accepted (WebAuthn level 3, section 5.1.10).
#[derive(Clone, Debug)]
pub struct AcceptedPasskeys {
    /// The ID by which authenticators know the user.
    pub user_handle: String,
    /// The IDs of the passkeys, separated by spaces.
    pub credential_ids: String,
}

/// Returns the passkeys of `user` that are accepted. `None` if the settings allow no passkeys, or
/// if the user never had one.
///
/// # Errors
/// Returns an error if the database fails.
pub async fn accepted(state: &AppState, user: UserId) -> Result<Option<AcceptedPasskeys>> {
    if RelyingParty::host(state.settings()).is_none() {
        return Ok(None);
    }
    state
        .read(move |_, connection| {
            let Some(handle) = store::handle_of(connection, user)? else {
                return Ok(None);
            };
            let passkeys = store::of_user(connection, user)?.into_iter();
            let ids = passkeys.map(|one| BASE64_URL_SAFE_NO_PAD.encode(one.credential_id));
            Ok(Some(AcceptedPasskeys {
                user_handle: BASE64_URL_SAFE_NO_PAD.encode(handle),
                credential_ids: ids.collect::<Vec<_>>().join(" "),
            }))
        })
        .await
}
