//! The restrictions of an account whose address is not verified.

use super::store;
use crate::{
    app_state::Transaction,
    error::{Error, Result},
    types::ids::UserId,
};

/// Returns the refusal of a sign-in to an account whose address is not verified. The password was
/// right, so the transaction commits.
///
/// # Errors
/// Returns an error if the database fails.
pub(crate) fn refusal_of_unverified(
    tx: &mut Transaction<'_>,
    user: UserId,
) -> Result<Option<Error>> {
    let address = unverified_address(tx, user)?;
    Ok(address.map(|_| Error::EmailNotVerified))
}

/// Returns the address of a user who cannot sign in because it is not verified.
///
/// # Errors
/// Returns an error if the database fails.
pub(crate) fn unverified_address(tx: &mut Transaction<'_>, user: UserId) -> Result<Option<String>> {
    if !tx.state.settings().mail.is_on() || !store::is_unverified(tx.connection, user)? {
        return Ok(None);
    }
    let profile = store::profile(tx.connection, user)?;
    Ok(profile.map(|profile| profile.email))
}

/// Fails if the settings withhold tokens from the user, whose address is not verified.
///
/// # Errors
/// [`Error::EmailNotVerified`]
pub(crate) fn ensure_verified(tx: &mut Transaction<'_>, user: UserId) -> Result<()> {
    if tx.state.settings().withholds_from_unverified() && store::is_unverified(tx.connection, user)?
    {
        return Err(Error::EmailNotVerified);
    }
    Ok(())
}
