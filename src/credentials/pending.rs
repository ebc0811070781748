//! Ends links in mails and sign-ins that wait for another step of their user.

use crate::{db::AnyConnection, error::Result, mail::links, sign_in_attempts, types::ids::UserId};

/// Ends the pending links and sign-ins of a user. Otherwise an intruder could complete one after the
/// change that was to lock the intruder out.
///
/// # Errors
/// Returns an error if the database fails.
pub(crate) fn end_pending(connection: &mut AnyConnection, user: UserId) -> Result<()> {
    links::void_of_user(connection, user)?;
    sign_in_attempts::end_all(connection, user)?;
    Ok(())
}

/// Does the same as [`end_pending`], but keeps the sign-ins that have opened a session: they answer a
/// second click on their form.
///
/// # Errors
/// Returns an error if the database fails.
pub(crate) fn end_unfinished(connection: &mut AnyConnection, user: UserId) -> Result<()> {
    links::void_of_user(connection, user)?;
    sign_in_attempts::end_open(connection, user)?;
    Ok(())
}
