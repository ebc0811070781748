//! How much one user may have at once. Counted within transactions that hold the user's lock, so that
//! no race gets past it.

use super::{credential::Credential, last_used, receipt::RevocationReason, revoke, store};
use crate::{
    app_state::{Shared, Transaction},
    audit::Actor,
    db::AnyConnection,
    error::{Error, Result},
    types::{
        credential_kind::{CredentialKind, CredentialType},
        ids::UserId,
    },
};

/// The most sessions of one user. A further sign-in is let in, and the session that went unused
/// for longest ends: to be turned away with the right password helps nobody.
pub const MOST_SESSIONS: usize = 100;
/// The most tokens of one user, paused ones included. Where there are as many, no personal token is made: a
/// program that still needs the others may be behind each of them. A device that signs in is let in, and the
/// device token that went unused for longest ends.
pub const MOST_TOKENS: usize = 500;

/// After the session `newest` was opened, ends what is beyond [`MOST_SESSIONS`].
///
/// # Errors
/// When the database fails.
pub(crate) fn evict_excess_sessions(
    context: &Transaction,
    connection: &mut AnyConnection,
    newest: &Credential,
    actor: &Actor,
) -> Result<()> {
    let user = newest.user_id;
    let mut sessions = find_excess(
        context,
        connection,
        user,
        CredentialType::Session,
        MOST_SESSIONS,
    )?;
    let beyond = sessions.len().saturating_sub(MOST_SESSIONS);
    if beyond == 0 {
        return Ok(());
    }
    sessions.retain(|session| session.id != newest.id);
    longest_unused_first(context, &mut sessions);
    sessions.truncate(beyond);
    revoke(
        context,
        connection,
        sessions,
        RevocationReason::Limit,
        actor,
    )
}

/// Before `new` is made, makes sure that its user has fewer than [`MOST_TOKENS`]. Tokens that are over by
/// this clock end first. For a device token, the device token that went unused for longest ends then.
///
/// # Errors
/// [`Error::TooManyTokens`].
pub(crate) fn make_room_for_a_token(
    context: &Transaction,
    connection: &mut AnyConnection,
    new: &Credential,
    actor: &Actor,
) -> Result<()> {
    let (user, most) = (new.user_id, MOST_TOKENS - 1);
    let tokens = find_excess(context, connection, user, CredentialType::Token, most)?;
    if tokens.len() <= most {
        return Ok(());
    }
    let now = context.now();
    let (live, over): (Vec<_>, Vec<_>) = tokens.into_iter().partition(|token| token.is_active(now));
    let beyond = live.len().saturating_sub(most);
    revoke(
        context,
        connection,
        over,
        RevocationReason::Expired,
        &Actor::operator(),
    )?;
    if beyond == 0 {
        return Ok(());
    }
    let mut devices = live;
    devices
        .retain(|token| new.kind == CredentialKind::Device && token.kind == CredentialKind::Device);
    if devices.len() < beyond {
        return Err(Error::TooManyTokens(MOST_TOKENS));
    }
    longest_unused_first(context, &mut devices);
    devices.truncate(beyond);
    revoke(context, connection, devices, RevocationReason::Limit, actor)
}

/// Sorts what is to end first to the front: what is over by this clock, then what went unused for longest.
fn longest_unused_first(context: &Shared, credentials: &mut [Credential]) {
    let now = context.now();
    credentials.sort_by_key(|one| (one.is_active(now), one.last_active_at(), one.id));
}

/// Ends these credentials of one user.
fn revoke(
    context: &Transaction,
    connection: &mut AnyConnection,
    credentials: Vec<Credential>,
    reason: RevocationReason,
    actor: &Actor,
) -> Result<()> {
    let Some(user) = credentials.first().map(|first| first.user_id) else {
        return Ok(());
    };
    revoke::insert_revocation(context, connection, user, credentials, reason, actor).map(drop)
}

/// What was not ended of a class, where that is more than `most`: the rows are read only then, for almost
/// nobody comes near. No clock is asked, so that the bound holds whatever the clocks of others say.
fn find_excess(
    context: &Shared,
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
