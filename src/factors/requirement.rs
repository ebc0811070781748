//! `NARTHEX_REQUIRE_SECOND_FACTOR`: a user without a second factor must set one up before anything
//! else.

use super::has_second_factor;
use crate::{
    app_state::{AppState, Transaction},
    credentials::Principal,
    db::AnyConnection,
    error::{Error, Result},
    types::{credential_kind::CredentialKind, fields::FieldErrors, ids::UserId, message},
};

/// Refuses a caller whose user must set up a second factor first. This concerns sessions, and the
/// tokens that such a user made: otherwise a token would do what the session may not. A service
/// token is accepted, because an operator made it for a machine.
///
/// # Errors
/// [`Error::SecondFactorMissing`], and database errors.
pub async fn require(context: &AppState, caller: &Principal) -> Result<()> {
    match is_satisfied(context, caller).await? {
        true => Ok(()),
        false => Err(Error::SecondFactorMissing),
    }
}

/// Returns whether [`require`] accepts a caller.
///
/// # Errors
/// Database errors.
pub async fn is_satisfied(context: &AppState, caller: &Principal) -> Result<bool> {
    let is_known = !context.settings().requires_second_factor()
        || caller.credential().kind == CredentialKind::Service
        || caller.cached_user().has_second_factor();
    if is_known {
        return Ok(true);
    }
    // Boxed, because the query needs a large future, which other requests should not carry.
    Box::pin(look_up(context, caller)).await
}

/// Only a positive result is remembered. The removal of a factor invalidates the cached user.
async fn look_up(context: &AppState, caller: &Principal) -> Result<bool> {
    let user = caller.user().id;
    let has_one = context
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

/// Authorizes a caller to add a second factor, and returns whether it is the first one. Beside another
/// factor, `second_factor` must prove one recently: otherwise the password alone could add a factor,
/// and remove the others with it.
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
