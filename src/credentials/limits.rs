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
pub const MOST_SESSIONS: usize = 100;
/// The maximum number of tokens of one user, paused ones included. At the limit no personal token
/// is created, because a program may still need each of the others. A sign-in of a device succeeds
/// and revokes the device token that was unused for longest.
pub const MOST_TOKENS: usize = 500;

/// Revokes the sessions beyond [`MOST_SESSIONS`] after the session `newest` was opened.
///
/// # Errors
/// When the database fails.
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
        MOST_SESSIONS,
    )?;
    let beyond = sessions.len().saturating_sub(MOST_SESSIONS);
    if beyond == 0 {
        return Ok(());
    }
    sessions.retain(|session| session.id != newest.id);
    longest_unused_first(tx.state, &mut sessions);
    sessions.truncate(beyond);
    revoke(tx, sessions, RevocationReason::Limit, actor)
}

/// Requires that the user has fewer than [`MOST_TOKENS`] tokens before `new` is created. Expired
/// tokens are revoked first. For a device token, the device tokens that were unused for longest are
/// revoked then.
///
/// # Errors
/// [`Error::TooManyTokens`] if the limit is still reached.
pub(crate) fn make_room_for_a_token(
    tx: &mut Transaction<'_>,
    new: &Credential,
    actor: &Actor,
) -> Result<()> {
    let (user, most) = (new.user_id, MOST_TOKENS - 1);
    let tokens = find_excess(tx.state, tx.connection, user, CredentialType::Token, most)?;
    if tokens.len() <= most {
        return Ok(());
    }
    let now = tx.now();
    let (live, over): (Vec<_>, Vec<_>) = tokens.into_iter().partition(|token| token.is_active(now));
    let beyond = live.len().saturating_sub(most);
    revoke(tx, over, RevocationReason::Expired, &Actor::operator())?;
    if beyond == 0 {
        return Ok(());
    }
    let mut devices = live;
    devices
        .retain(|token| new.kind == CredentialKind::Device && token.kind == CredentialKind::Device);
    if devices.len() < beyond {
        return Err(Error::TooManyTokens(MOST_TOKENS));
    }
    longest_unused_first(tx.state, &mut devices);
    devices.truncate(beyond);
    revoke(tx, devices, RevocationReason::Limit, actor)
}

/// Sorts the credentials in the order in which they are revoked: first expired ones, then those
/// that were unused for longest.
fn longest_unused_first(context: &AppState, credentials: &mut [Credential]) {
    let now = context.now();
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
    revoke::insert_revocation(tx, user, credentials, reason, actor).map(drop)
}

/// Returns the credentials of a class that are not revoked, if there are more than `most`.
/// Otherwise no rows are read, because few users reach a limit. Expiry is not checked, so that the
/// limit holds for differing clocks.
fn find_excess(
    context: &AppState,
    connection: &mut AnyConnection,
    user: UserId,
    class: CredentialType,
    most: usize,
) -> Result<Vec<Credential>> {
    let not_ended = store::count_not_ended(connection, user, class)?;
    if usize::try_from(not_ended).unwrap_or(usize::MAX) <= most {
        return Ok(Vec::new());
    }
    let mut credentials = store::not_ended(connection, user, &[])?;
    for credential in &mut credentials {
        last_used::merge_pending(context, credential);
    }
    credentials.retain(|credential| credential.class() == class);
    Ok(credentials)
}
