//! What happened: the user's activity log.

pub mod api;
mod event;
pub mod pages;
mod store;

pub use event::{Actor, Event, EventKind, What};

use crate::{
    context::Context,
    error::Result,
    ids::{OfEvent, UserId},
    kit::{
        clock::Timestamp,
        db::AnyConnection,
        page::{Page, Paging},
    },
};

/// Adds a line to `user`'s log, or to nobody's, in the transaction of what it tells of: both happen or
/// neither.
///
/// # Errors
/// When the database fails.
pub fn record(
    context: &Context,
    connection: &mut AnyConnection,
    user: impl Into<Option<UserId>>,
    actor: &Actor,
    what: What,
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
    };
    Ok(store::insert(connection, user.into(), &event)?)
}

/// When the newest line of all was written: the clock was there already.
pub(crate) fn newest_at(connection: &mut AnyConnection) -> Result<Option<Timestamp>> {
    Ok(store::newest_at(connection)?)
}

/// Forgets some lines of nobody's log that are older than `before`, and says how many.
pub(crate) fn forget_nobodys(
    connection: &mut AnyConnection,
    before: Timestamp,
    most: i64,
) -> Result<usize> {
    Ok(store::forget_nobodys(connection, before, most)?)
}

/// A page of `user`'s log, newest first.
///
/// # Errors
/// When the database fails.
pub async fn list(
    context: &Context,
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
