//! Verifies the password in the second step of a sign-in.

use super::{
    policy::has_valid_length,
    proof::PasswordProof,
    store,
    verify::{attempt_in_sign_in, verify},
};
use crate::{
    app_state::{AppState, Transaction},
    audit::Actor,
    credentials,
    crypto::secret::SecretString,
    error::{Error, Result},
    rate_limit,
    types::ids::UserId,
};

/// Verifies the password of a user whose sign-in waits for it. `count` counts the password for this
/// sign-in, in the commit that counts it for the account. Returns `None` if `count` refuses it.
///
/// # Errors
/// The errors of [`authenticate`](super::verify::authenticate).
pub(crate) async fn authenticate_in_sign_in(
    state: &AppState,
    user: UserId,
    password: SecretString,
    actor: Actor,
    count: impl FnOnce(&mut Transaction<'_>) -> Result<bool> + Clone + Send + 'static,
) -> Result<Option<PasswordProof>> {
    if !has_valid_length(&password) {
        return Err(Error::WrongPassword);
    }
    let (stored, attempt) = state
        .read(move |state, connection| {
            let attempt = attempt_in_sign_in(state, connection, user, &actor)?;
            Ok((store::find(connection, user)?, attempt))
        })
        .await?;
    let permit = state.hasher().acquire(actor.ip).await?;
    let counted = state
        .write(move |tx| {
            credentials::store::lock_user(tx.connection, user)?;
            match count(tx)? {
                true => rate_limit::record_attempt_in(tx, &attempt).map(Some),
                false => Ok(None),
            }
        })
        .await?;
    let Some(counted) = counted else {
        return Ok(None);
    };
    verify(state, permit, stored, password, actor, counted)
        .await
        .map(Some)
}
