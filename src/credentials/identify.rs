//! Finds the credential of a secret without using it: for its description, and for its revocation.

use super::{
    authenticate::{RejectionReason, find, lookup_row, rejection_reason},
    change,
    credential::Credential,
    store::{self, SecretLookup},
};
use crate::{
    app_state::AppState,
    credential_cache::InvalidationKey,
    crypto::digest::Digest,
    error::Result,
    types::{secret_form::SecretForm, user::User},
    util::clock::Timestamp,
};

/// The description of a secret, valid or not.
pub struct SecretDescription {
    /// The user of the credential.
    pub user: User,
    /// The time since which the user is disabled.
    pub user_disabled_at: Option<Timestamp>,
    /// The credential of the secret. Its hint is that of its newest secret.
    pub credential: Credential,
    /// The time from which this secret is refused, although its credential stays valid: the end of
    /// its grace period, or the end that an import gave it.
    pub valid_until: Option<Timestamp>,
    /// Whether a newer secret has replaced this one.
    pub is_replaced: bool,
    /// The reason why the secret is rejected. `None` if it is accepted.
    pub refusal: Option<RejectionReason>,
}

/// Describes the secret with `digest` without using it. It is for a person who has found a secret
/// and asks for its owner.
///
/// # Errors
/// Returns an error if the database fails.
pub async fn identify(
    state: &AppState,
    form: SecretForm,
    digest: Digest,
) -> Result<Option<SecretDescription>> {
    let found = find(state, digest).await?;
    Ok(found
        .filter(|found| found.form == form)
        .map(|found| SecretDescription {
            refusal: rejection_of(&found, form, state.now()),
            valid_until: found.until(),
            is_replaced: found.valid_until.is_some(),
            user: found.user,
            user_disabled_at: found.user_disabled_at,
            credential: found.credential,
        }))
}

fn rejection_of(found: &SecretLookup, form: SecretForm, now: Timestamp) -> Option<RejectionReason> {
    rejection_reason(&lookup_row(found, now), form, now).err()
}

/// Returns the credential of a secret for a revocation, if it is not revoked. Its expiry is not
/// checked, because the clocks of nodes differ. If a newer secret has replaced this one and it is
/// refused, the result is `None`. If it is refused by the clock only, the secret is revoked here.
/// After a result of `None`, no node accepts the secret.
///
/// # Errors
/// Returns an error if the database cannot be read or changed.
pub async fn find_unrevoked(
    state: &AppState,
    form: SecretForm,
    digest: Digest,
) -> Result<Option<Credential>> {
    let Some(found) = find(state, digest).await? else {
        // The transaction that deleted the secret may still be waiting for other nodes.
        state
            .wait_for_revocation(InvalidationKey::Secret(digest))
            .await?;
        return Ok(None);
    };
    if found.credential.ended_at.is_some() || found.is_revoked {
        state
            .wait_for_revocation(InvalidationKey::User(found.user.id))
            .await?;
        return Ok(None);
    }
    if let Some(until) = found.valid_until
        && found.is_refused(state.now())
    {
        revoke_secret(state, &found.credential, digest, until).await?;
        return Ok(None);
    }
    Ok((found.form == form).then_some(found.credential))
}

/// Revokes a secret whose grace period is over by this clock. The clock of another node may be
/// slow.
async fn revoke_secret(
    state: &AppState,
    credential: &Credential,
    digest: Digest,
    until: Timestamp,
) -> Result<()> {
    let credential = credential.clone();
    state
        .write(move |tx| {
            if store::lock_user(tx.connection, credential.user_id)? {
                change::revoke_secret(tx, &credential, digest, until)?;
            }
            Ok(())
        })
        .await
}
