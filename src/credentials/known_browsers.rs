//! The browsers from which a user has signed in. A cookie that outlives the session identifies a
//! browser, so that a sign-in with another one can be reported to the user.

use std::time::Duration;

use super::store;
use crate::{
    app_state::Transaction, crypto::digest::Digest, db::AnyConnection, error::Result,
    types::ids::UserId, util::clock::Timestamp,
};

/// The life of the cookie. Each sign-in begins it again.
pub const LIFE: Duration = Duration::from_secs(365 * 24 * 3600);

/// Stores that `user` signs in now with the browser whose cookie has this digest. Returns whether it
/// is the first time. The transaction holds the lock of the user.
///
/// # Errors
/// Returns an error if the database fails.
pub(crate) fn remember(tx: &mut Transaction<'_>, user: UserId, browser: Digest) -> Result<bool> {
    let now = tx.now();
    if store::touch_browser(tx.connection, user, browser, now.saturating_sub(LIFE), now)? {
        return Ok(false);
    }
    store::insert_browser(tx.connection, user, browser, now)?;
    Ok(true)
}

/// Deletes up to `limit` browsers whose cookies have expired, and returns their number.
///
/// # Errors
/// Returns an error if the database fails.
pub(crate) fn delete_expired(
    connection: &mut AnyConnection,
    now: Timestamp,
    limit: i64,
) -> Result<usize> {
    Ok(store::delete_browsers(
        connection,
        now.saturating_sub(LIFE),
        limit,
    )?)
}
