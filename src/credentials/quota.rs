//! How much one user may have at once. Counted within transactions that hold the user's lock, so that
//! no race gets past it.

use super::{
    credential::Credential,
    receipt::Reason,
    selection::Selection,
    sign_out::{self, Ending},
    store, usage,
};
use crate::{
    activity::Actor,
    context::{Shared, Transaction},
    error::{Error, Result},
    ids::UserId,
    kind::Class,
    kit::db::AnyConnection,
};

/// The most live sessions of one user. A further sign-in is let in, and the session that went unused
/// for longest ends: to be turned away with the right password helps nobody.
pub const MOST_SESSIONS: usize = 100;
/// The most live tokens of one user, paused ones included. No token ends to make room for another, for
/// a program that still needs it may be behind it.
pub const MOST_TOKENS: usize = 500;

/// After the session `newest` was opened, ends what is beyond [`MOST_SESSIONS`].
///
/// # Errors
/// When the database fails.
pub(crate) fn end_sessions_beyond(
    context: &Transaction,
    connection: &mut AnyConnection,
    newest: &Credential,
    actor: &Actor,
) -> Result<()> {
    let user = newest.user_id;
    let mut sessions = live_beyond(context, connection, user, Class::Session, MOST_SESSIONS)?;
    let beyond = sessions.len().saturating_sub(MOST_SESSIONS);
    if beyond == 0 {
        return Ok(());
    }
    sessions.retain(|session| session.id != newest.id);
    sessions.sort_by_key(|session| (session.last_seen(), session.id));
    let ids = sessions.iter().take(beyond).map(|session| session.id);
    let selection = Selection {
        id: ids.collect(),
        ..Selection::all_of(Class::Session)
    };
    let ending = Ending::of(selection, Reason::Limit);
    sign_out::end_within(context, connection, user, &ending, actor).map(drop)
}

/// Before a token is made, makes sure that `user` has fewer than [`MOST_TOKENS`].
///
/// # Errors
/// [`Error::TooManyTokens`].
pub(crate) fn expect_room_for_a_token(
    context: &Shared,
    connection: &mut AnyConnection,
    user: UserId,
) -> Result<()> {
    let tokens = live_beyond(context, connection, user, Class::Token, MOST_TOKENS - 1)?;
    if tokens.len() >= MOST_TOKENS {
        return Err(Error::TooManyTokens(MOST_TOKENS));
    }
    Ok(())
}

/// What is live of a class, where that may be more than `most`: the rows are read only then, for
/// almost nobody comes near.
fn live_beyond(
    context: &Shared,
    connection: &mut AnyConnection,
    user: UserId,
    class: Class,
    most: usize,
) -> Result<Vec<Credential>> {
    let not_ended = store::count_not_ended(connection, user, class)?;
    if usize::try_from(not_ended).unwrap_or(usize::MAX) <= most {
        return Ok(Vec::new());
    }
    let mut credentials = store::not_ended(connection, user, &[])?;
    for credential in &mut credentials {
        usage::overlay(context, credential);
    }
    let now = context.now();
    credentials.retain(|credential| credential.class() == class && credential.is_live(now));
    Ok(credentials)
}
