//! The audit log: the security events of each user.

mod detail;
mod event;
mod search;
mod store;
mod token_change;

pub use self::{
    detail::{DeviceDetail, EventDetail, RevokedDetail},
    event::{Actor, Event, EventKind, NewEvent},
    search::{EventBoundary, EventFilter, EventGroup, EventPage, EventsOf, all_matching, search},
    token_change::TokenChangeDetail,
};

use std::time::Duration;

use crate::{
    account_changes::NewChange,
    app_state::{AppState, Transaction},
    db::AnyConnection,
    error::Result,
    types::{
        ids::{EventId, EventTag, UserId},
        pagination::{Page, Paging},
    },
    util::clock::Timestamp,
};

/// The most events of one user. A person reads fewer, and a client that changes a token in a loop
/// cannot fill the disk.
pub const MAX_EVENTS: i64 = 10_000;
/// The period in which repetitions of a change by one actor are counted on one row.
const REPEAT_WINDOW: Duration = Duration::from_secs(60);
/// The most events of a user that one transaction deletes.
const DELETE_BATCH: i64 = 500;
/// Cleanup checks the users that have at least this many events in the last [`RECENT`].
/// It runs every hour.
const MIN_RECENT_EVENTS: i64 = 64;
const RECENT: Duration = Duration::from_secs(2 * 3600);

/// Adds an event to `user`'s log, or to the anonymous log without a user. The row is part of the
/// transaction of the change, so that neither exists without the other. Repetitions by the same
/// actor on the same target within a minute are counted on the same row.
///
/// # Errors
/// Returns an error if the database fails.
pub fn record(
    tx: &mut Transaction<'_>,
    user: impl Into<Option<UserId>>,
    actor: &Actor,
    new: NewEvent,
) -> Result<()> {
    let event = Event {
        id: tx.new_id()?,
        at: tx.now(),
        kind: new.kind,
        actor_credential_id: actor.credential,
        ip: actor.ip,
        credential_id: new.credential,
        receipt_id: new.receipt,
        detail: new.detail,
        times: 1,
    };
    let user = user.into();
    if let (Some(user), Some(kind)) = (user, event.kind.account_change()) {
        tx.record_change(NewChange {
            kind,
            user,
            receipt: event.receipt_id,
        });
    }
    if let Some(user) = user
        && event.kind.is_repeatable()
    {
        let since = EventId::lower_bound_at(event.at.saturating_sub(REPEAT_WINDOW));
        if store::count_repetition(tx.connection, user, &event, since)? {
            return Ok(());
        }
    }
    store::insert(tx.connection, user, &event)?;
    match user {
        Some(user) if is_one_in_64(event.id) => delete_excess(tx.connection, user).map(drop),
        _ => Ok(()),
    }
}

/// Returns `true` for one event in 64. The choice uses a random byte of the ID, so that few changes
/// pay for counting the log.
fn is_one_in_64(id: EventId) -> bool {
    id.as_bytes()
        .last()
        .is_some_and(|byte| byte.is_multiple_of(64))
}

/// Deletes up to [`DELETE_BATCH`] of the events of `user` beyond [`MAX_EVENTS`], and returns
/// their number. The oldest are deleted first, and sign-ins and revocations after all others.
fn delete_excess(connection: &mut AnyConnection, user: UserId) -> Result<usize> {
    let excess = store::count(connection, user)?.saturating_sub(MAX_EVENTS);
    if excess <= 0 {
        return Ok(0);
    }
    Ok(store::delete_oldest(
        connection,
        user,
        excess.min(DELETE_BATCH),
    )?)
}

/// Deletes excess events of users whose logs are full. Only a user with many events in the last
/// hours can have more than [`MAX_EVENTS`].
///
/// # Errors
/// Returns an error if the database fails.
pub(crate) async fn delete_excess_of_all(state: &AppState) -> Result<()> {
    let since = EventId::lower_bound_at(state.now().saturating_sub(RECENT));
    let users = state
        .read(move |_, connection| {
            Ok(store::users_with_excess(
                connection,
                since,
                MIN_RECENT_EVENTS,
            )?)
        })
        .await?;
    for user in users {
        while state
            .write(move |tx| delete_excess(tx.connection, user))
            .await?
            > 0
        {}
    }
    Ok(())
}

/// Returns the time of the newest event of all. The clock had reached this time already.
#[cfg(feature = "cli")]
pub(crate) fn newest_at(connection: &mut AnyConnection) -> Result<Option<Timestamp>> {
    Ok(store::newest_at(connection)?)
}

/// Deletes up to `limit` events of the anonymous log that are older than `before`, and returns
/// their number.
pub(crate) fn delete_anonymous_events(
    connection: &mut AnyConnection,
    before: Timestamp,
    limit: i64,
) -> Result<usize> {
    Ok(store::delete_anonymous_events(connection, before, limit)?)
}

/// Returns up to `limit` events of these kinds in `user`'s log, newest first.
///
/// # Errors
/// Returns an error if the database fails.
#[cfg(feature = "pages")]
pub async fn newest_of(
    state: &AppState,
    user: UserId,
    kinds: &'static [EventKind],
    limit: i64,
) -> Result<Vec<Event>> {
    state
        .read(move |_, connection| Ok(store::newest_of(connection, user, kinds, limit)?))
        .await
}

/// Returns a page of `user`'s log, newest first.
///
/// # Errors
/// Returns an error if the database fails.
pub async fn list(
    state: &AppState,
    user: UserId,
    paging: Paging<EventTag>,
) -> Result<Page<Event, EventTag>> {
    state
        .read(move |_, connection| {
            let events = store::newest(connection, user, paging)?;
            Ok(paging.page(events, |event| event.id))
        })
        .await
}
