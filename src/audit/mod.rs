//! What happened: the user's activity log.

mod event;
mod store;

pub use self::event::{Actor, Event, EventKind, NewEvent};

use std::time::Duration;

use crate::{
    app_state::{AppState, Transaction},
    db::AnyConnection,
    error::Result,
    types::ids::{EventId, OfEvent, UserId},
    util::{
        clock::Timestamp,
        pagination::{Page, Paging},
    },
};

/// The most events of one user: a person reads fewer, and a token that is changed in a loop fills no disk.
pub const MOST_EVENTS: i64 = 10_000;
/// How long the same change by the same actor is counted on one row.
const COUNTED_WITHIN: Duration = Duration::from_secs(60);
/// How many events of a user are forgotten in one transaction.
const FORGOTTEN_AT_ONCE: i64 = 500;
/// Pruning looks at users with so many events since the last time, which is an hour ago.
const MANY: i64 = 64;
const LOOKED_AT_WITHIN: Duration = Duration::from_secs(2 * 3600);

/// Adds a line to `user`'s log, or to nobody's, in the transaction of what it tells of: both happen or
/// neither. What the same actor does again within a minute to the same thing is counted on the same line.
///
/// # Errors
/// When the database fails.
pub fn record(
    context: &AppState,
    connection: &mut AnyConnection,
    user: impl Into<Option<UserId>>,
    actor: &Actor,
    what: NewEvent,
) -> Result<()> {
    let event = Event {
        id: context.new_id()?,
        at: context.now(),
        kind: what.kind,
        by_credential: actor.credential,
        ip: actor.ip,
        credential_id: what.credential,
        receipt_id: what.receipt,
        detail: what.detail,
        times: 1,
    };
    let user = user.into();
    if let Some(user) = user
        && event.kind.is_repeatable()
    {
        let since = EventId::lower_bound_at(event.at.saturating_sub(COUNTED_WITHIN));
        if store::count_again(connection, user, &event, since)? {
            return Ok(());
        }
    }
    store::insert(connection, user, &event)?;
    match user {
        Some(user) if is_one_in_64(event.id) => delete_excess(connection, user).map(drop),
        _ => Ok(()),
    }
}

/// Chosen by a random part of the id, so that hardly any change pays for looking whether the log is full.
fn is_one_in_64(id: EventId) -> bool {
    id.as_bytes()
        .last()
        .is_some_and(|byte| byte.is_multiple_of(64))
}

/// Forgets some of the events of `user` that are beyond [`MOST_EVENTS`], and says how many: the oldest first,
/// sign-ins and endings after all others.
fn delete_excess(connection: &mut AnyConnection, user: UserId) -> Result<usize> {
    let beyond = store::count(connection, user)?.saturating_sub(MOST_EVENTS);
    if beyond <= 0 {
        return Ok(0);
    }
    Ok(store::delete_oldest(
        connection,
        user,
        beyond.min(FORGOTTEN_AT_ONCE),
    )?)
}

/// Forgets events of users whose logs are full. Only a user who did much in the last hours can have more than
/// [`MOST_EVENTS`].
///
/// # Errors
/// When the database fails.
pub(crate) async fn delete_excess_of_all(context: &AppState) -> Result<()> {
    let since = EventId::lower_bound_at(context.now().saturating_sub(LOOKED_AT_WITHIN));
    let users = context
        .read(move |_, connection| Ok(store::users_with_excess(connection, since, MANY)?))
        .await?;
    for user in users {
        let some =
            move |_: &Transaction, connection: &mut AnyConnection| delete_excess(connection, user);
        while context.write(some).await? > 0 {}
    }
    Ok(())
}

/// When the newest line of all was written: the clock was there already.
pub(crate) fn newest_at(connection: &mut AnyConnection) -> Result<Option<Timestamp>> {
    Ok(store::newest_at(connection)?)
}

/// Forgets some lines of nobody's log that are older than `before`, and says how many.
pub(crate) fn delete_anonymous_events(
    connection: &mut AnyConnection,
    before: Timestamp,
    most: i64,
) -> Result<usize> {
    Ok(store::delete_anonymous_events(connection, before, most)?)
}

/// A page of `user`'s log, newest first.
///
/// # Errors
/// When the database fails.
pub async fn list(
    context: &AppState,
    user: UserId,
    paging: Paging<OfEvent>,
) -> Result<Page<Event, OfEvent>> {
    context
        .read(move |_, connection| {
            let events = store::newest(connection, user, paging)?;
            Ok(paging.page(events, |event| event.id))
        })
        .await
}
