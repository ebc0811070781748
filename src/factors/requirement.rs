//! `NARTHEX_REQUIRE_SECOND_FACTOR`: a user without a second factor must set one up before anything
//! else, and each session must prove it.

use super::{has_second_factor, summary};
use crate::{
    app_state::{AppState, Transaction},
    credentials::Principal,
    db::AnyConnection,
    error::{Error, Result},
    types::{
        credential_kind::{CredentialKind, CredentialType},
        fields::FieldErrors,
        ids::UserId,
        message,
    },
};

/// Refuses a caller whose user must set up a second factor first. This concerns sessions and the
/// tokens that such a user created. Otherwise a token could do an action that the session may not
/// do. A service token is accepted, because an operator made it for a machine.
///
/// A session may be older than the second factor of its user. It must prove the factor first, because
/// the session may be that of a thief of the password.
///
/// # Errors
/// [`Error::SecondFactorMissing`], [`Error::SecondFactorUnproved`], and database errors.
pub async fn require(state: &AppState, caller: &Principal) -> Result<()> {
    let credential = caller.credential();
    if !state.settings().requires_second_factor() || credential.kind == CredentialKind::Service {
        return Ok(());
    }
    // Boxed, because the query needs a large future, which other requests should not carry.
    let has_one =
        caller.cached_user().has_second_factor() || Box::pin(look_up(state, caller)).await?;
    if !has_one {
        return Err(Error::SecondFactorMissing);
    }
    let may_be_older =
        credential.class() == CredentialType::Session && credential.methods.level() < 2;
    if may_be_older && Box::pin(is_older_than_factors(state, caller)).await? {
        return Err(Error::SecondFactorUnproved);
    }
    Ok(())
}

/// Returns whether the session was opened before its user had a second factor. A newer session of one
/// factor is that of a trusted browser, which has proved a second factor before.
async fn is_older_than_factors(state: &AppState, caller: &Principal) -> Result<bool> {
    let user = caller.user().id;
    let factors = summary(state, user).await?;
    let passkeys = factors.passkeys.iter().map(|passkey| passkey.created_at);
    let app = factors.app.iter().map(|app| app.created_at);
    let oldest = passkeys.chain(app).min();
    Ok(oldest.is_some_and(|oldest| caller.credential().created_at <= oldest))
}

/// Returns whether [`require`] accepts a caller.
///
/// # Errors
/// Database errors.
pub async fn is_satisfied(state: &AppState, caller: &Principal) -> Result<bool> {
    match require(state, caller).await {
        Ok(()) => Ok(true),
        Err(Error::SecondFactorMissing | Error::SecondFactorUnproved) => Ok(false),
        Err(other) => Err(other),
    }
}

/// Only a positive result is remembered. The removal of a factor invalidates the cached user.
async fn look_up(state: &AppState, caller: &Principal) -> Result<bool> {
    let user = caller.user().id;
    let has_one = state
        .read(move |_, connection| has_second_factor(connection, user))
        .await?;
    if has_one {
        caller.cached_user().remember_second_factor();
    }
    Ok(has_one)
}

/// Returns the refusal of a sign-in that yields a token, if the user must set up a second factor
/// first. A browser can sign in, because it can open the page for that.
///
/// # Errors
/// Returns an error if the database fails.
pub(crate) fn refusal_in(tx: &mut Transaction<'_>, user: UserId) -> Result<Option<Error>> {
    let is_missing =
        tx.state.settings().requires_second_factor() && !has_second_factor(tx.connection, user)?;
    Ok(is_missing.then_some(Error::SecondFactorMissing))
}

/// Refuses the removal of the last factor by its user, after the removal in the same transaction.
/// `field` is the heading of the factor on the page.
///
/// # Errors
/// [`Error::Invalid`], and database errors.
pub(super) fn refuse_removal_of_last(
    tx: &mut Transaction<'_>,
    user: UserId,
    field: &'static str,
) -> Result<()> {
    match refusal_in(tx, user)? {
        Some(_) => Err(FieldErrors::one(field, message::field::last_factor()).into()),
        None => Ok(()),
    }
}

/// Authorizes a caller to add a second factor, and returns whether it is the first one. If the user
/// has another factor, `second_factor` must prove one recently. Otherwise the password alone could
/// add a factor and remove the others.
///
/// # Errors
/// The error of `second_factor`, and database errors.
pub(super) fn authorize_addition(
    connection: &mut AnyConnection,
    user: UserId,
    second_factor: impl FnOnce() -> Result<()>,
) -> Result<bool> {
    let is_first = !has_second_factor(connection, user)?;
    if !is_first {
        second_factor()?;
    }
    Ok(is_first)
}
