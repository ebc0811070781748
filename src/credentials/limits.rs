//! Limits of the number of credentials of one user. They are checked in transactions that hold the
//! user's lock, so that concurrent requests cannot exceed them.

use super::{credential::Credential, last_used, receipt::RevocationReason, revoke, store};
use crate::{
    app_state::{AppState, Transaction},
    audit::Actor,
    db::AnyConnection,
    error::{Error, Result},
    types::{
        credential_kind::{CredentialKind, CredentialType},
        ids::UserId,
    },
};

/// The maximum number of sessions of one user. A further sign-in succeeds and revokes the session
/// that was unused for longest, because rejecting a user with the right password would not help.
pub const MAX_SESSIONS: usize = 100;
/// The maximum number of tokens of one user, paused ones included. At the limit no personal token
/// is created, because a program may still need each of the others. A sign-in of a device succeeds
/// and revokes the device token that was unused for longest.
pub const MAX_TOKENS: usize = 500;

/// Revokes the sessions beyond [`MAX_SESSIONS`] after the session `newest` was opened.
///
/// # Errors
/// Returns an error if the database fails.
pub(crate) fn evict_excess_sessions(
    tx: &mut Transaction<'_>,
    newest: &Credential,
    actor: &Actor,
) -> Result<()> {
    let user = newest.user_id;
    let mut sessions = find_excess(
        tx.state,
        tx.connection,
        user,
        CredentialType::Session,
        MAX_SESSIONS,
    )?;
    let excess = sessions.len().saturating_sub(MAX_SESSIONS);
    if excess == 0 {
        return Ok(());
    }
    sessions.retain(|session| session.id != newest.id);
    sort_by_last_use(tx.state, &mut sessions);
    sessions.truncate(excess);
    revoke(tx, sessions, RevocationReason::Limit, actor)
}

/// Requires that the user has fewer than [`MAX_TOKENS`] tokens before `new` is created. Expired
/// tokens are revoked first. For a device token, the device tokens that were unused for longest are
/// revoked then.
///
/// # Errors
/// [`Error::TooManyTokens`] if the limit is still reached.
pub(crate) fn ensure_token_quota(
    tx: &mut Transaction<'_>,
    new: &Credential,
    actor: &Actor,
) -> Result<()> {
    let (user, limit) = (new.user_id, MAX_TOKENS - 1);
    let tokens = find_excess(tx.state, tx.connection, user, CredentialType::Token, limit)?;
    if tokens.len() <= limit {
        return Ok(());
    }
    let now = tx.now();
    let (active, expired): (Vec<_>, Vec<_>) =
        tokens.into_iter().partition(|token| token.is_active(now));
    let excess = active.len().saturating_sub(limit);
    revoke(tx, expired, RevocationReason::Expired, &Actor::operator())?;
    if excess == 0 {
        return Ok(());
    }
    let mut devices = active;
    devices
        .retain(|token| new.kind == CredentialKind::Device && token.kind == CredentialKind::Device);
    if devices.len() < excess {
        return Err(Error::TooManyTokens(MAX_TOKENS));
    }
    sort_by_last_use(tx.state, &mut devices);
    devices.truncate(excess);
    revoke(tx, devices, RevocationReason::Limit, actor)
}

/// Sorts the credentials in the order in which they are revoked: first expired ones, then those
/// that were unused for longest.
fn sort_by_last_use(state: &AppState, credentials: &mut [Credential]) {
    let now = state.now();
    credentials.sort_by_key(|one| (one.is_active(now), one.last_active_at(), one.id));
}

/// Revokes these credentials of one user.
fn revoke(
    tx: &mut Transaction<'_>,
    credentials: Vec<Credential>,
    reason: RevocationReason,
    actor: &Actor,
) -> Result<()> {
    let Some(user) = credentials.first().map(|first| first.user_id) else {
        return Ok(());
    };
    revoke::insert_revocation(tx, user, credentials, 0, reason, actor).map(drop)
}

/// Returns the credentials of a class that are not revoked, if there are more than `limit`.
/// Otherwise no rows are read, because few users reach a limit. Expiry is not checked, so that the
/// limit holds for differing clocks.
fn find_excess(
    state: &AppState,
    connection: &mut AnyConnection,
    user: UserId,
    class: CredentialType,
    limit: usize,
) -> Result<Vec<Credential>> {
    let unrevoked = store::count_unrevoked(connection, user, class)?;
    if usize::try_from(unrevoked).unwrap_or(usize::MAX) <= limit {
        return Ok(Vec::new());
    }
    let mut credentials = store::unrevoked(connection, user, &[])?;
    for credential in &mut credentials {
        last_used::merge_pending(state, credential);
    }
    credentials.retain(|credential| credential.class() == class);
    Ok(credentials)
}
