//! The queries of the audit log.

use diesel::{QueryResult, prelude::*};

use super::{Event, EventBoundary, EventDetail, EventFilter, EventGroup, EventKind};
use crate::{
    db::{AnyConnection, with_backend},
    schema::events,
    types::{
        ids::{CredentialId, EventId, EventTag, ReceiptId, UserId},
        pagination::Paging,
    },
    util::clock::Timestamp,
};

#[derive(Insertable, Queryable, Selectable)]
#[diesel(table_name = events, treat_none_as_default_value = false)]
struct Row {
    id: EventId,
    /// `None`: the actor was no user.
    user_id: Option<UserId>,
    at: Timestamp,
    kind: String,
    actor_credential_id: Option<CredentialId>,
    ip: Option<String>,
    credential_id: Option<CredentialId>,
    receipt_id: Option<ReceiptId>,
    detail: String,
    times: i64,
}

impl From<Row> for Event {
    fn from(row: Row) -> Self {
        let kind = EventKind::parse(&row.kind);
        Self {
            id: row.id,
            at: row.at,
            kind,
            actor_credential_id: row.actor_credential_id,
            ip: row.ip.and_then(|ip| ip.parse().ok()),
            credential_id: row.credential_id,
            receipt_id: row.receipt_id,
            detail: EventDetail::from_stored(kind, row.detail),
            times: row.times,
        }
    }
}

/// Returns the time of the newest event of all users and of the anonymous log.
#[cfg(feature = "cli")]
pub(super) fn newest_at(connection: &mut AnyConnection) -> QueryResult<Option<Timestamp>> {
    events::table
        .order(events::id.desc())
        .select(events::at)
        .first(connection)
        .optional()
}

pub(super) fn insert(
    connection: &mut AnyConnection,
    user: Option<UserId>,
    event: &Event,
) -> QueryResult<()> {
    let row = Row {
        id: event.id,
        user_id: user,
        at: event.at,
        kind: event.kind.as_str().to_owned(),
        actor_credential_id: event.actor_credential_id,
        ip: event.ip.map(|ip| ip.to_string()),
        credential_id: event.credential_id,
        receipt_id: event.receipt_id,
        detail: event.detail.to_stored(),
        times: event.times,
    };
    with_backend!(connection => diesel::insert_into(events::table)
        .values(row)
        .execute(connection))
    .map(drop)
}

/// Counts `event` on the row of the same change by the same actor since `since`. Returns whether
/// such a row exists.
pub(super) fn count_repetition(
    connection: &mut AnyConnection,
    user: UserId,
    event: &Event,
    since: EventId,
) -> QueryResult<bool> {
    let mut query = events::table
        .filter(events::user_id.eq(user).and(events::id.ge(since)))
        .filter(events::kind.eq(event.kind.as_str()))
        .order(events::id.desc())
        .select(Row::as_select())
        .into_boxed();
    query = match event.actor_credential_id {
        Some(id) => query.filter(events::actor_credential_id.eq(id)),
        None => query.filter(events::actor_credential_id.is_null()),
    };
    query = match event.credential_id {
        Some(id) => query.filter(events::credential_id.eq(id)),
        None => query.filter(events::credential_id.is_null()),
    };
    query = match event.ip {
        Some(ip) => query.filter(events::ip.eq(ip.to_string())),
        None => query.filter(events::ip.is_null()),
    };
    let found: Option<Row> = query.first(connection).optional()?;
    let Some(row) = found else {
        return Ok(false);
    };
    let detail = event
        .detail
        .after(EventDetail::from_stored(event.kind, row.detail));
    diesel::update(events::table.find(row.id))
        .set((
            events::times.eq(row.times.saturating_add(1)),
            events::detail.eq(detail.to_stored()),
        ))
        .execute(connection)?;
    Ok(true)
}

/// Returns the number of `user`'s events.
pub(super) fn count(connection: &mut AnyConnection, user: UserId) -> QueryResult<i64> {
    events::table
        .filter(events::user_id.eq(user))
        .count()
        .get_result(connection)
}

/// Deletes the oldest `limit` events of `user`. The kinds of [`EventKind::is_deleted_last`] come
/// after all others.
pub(super) fn delete_oldest(
    connection: &mut AnyConnection,
    user: UserId,
    limit: i64,
) -> QueryResult<usize> {
    let kept_longest: Vec<&str> = EventKind::ALL
        .iter()
        .filter(|kind| kind.is_deleted_last())
        .map(|kind| kind.as_str())
        .collect();
    let oldest = events::table
        .filter(events::user_id.eq(user))
        .order(events::id.asc())
        .select(events::id);
    let mut ids: Vec<EventId> = oldest
        .filter(events::kind.ne_all(&kept_longest))
        .limit(limit)
        .load(connection)?;
    let remaining = limit.saturating_sub(i64::try_from(ids.len()).unwrap_or(limit));
    let others: Vec<EventId> = oldest
        .filter(events::kind.eq_any(&kept_longest))
        .limit(remaining)
        .load(connection)?;
    ids.extend(others);
    diesel::delete(events::table.filter(events::id.eq_any(ids))).execute(connection)
}

/// Returns the users with at least `min_events` events since `since`.
pub(super) fn users_with_excess(
    connection: &mut AnyConnection,
    since: EventId,
    min_events: i64,
) -> QueryResult<Vec<UserId>> {
    let users: Vec<Option<UserId>> = events::table
        .filter(events::id.ge(since).and(events::user_id.is_not_null()))
        .group_by(events::user_id)
        .having(diesel::dsl::count(events::id).ge(min_events))
        .select(events::user_id)
        .load(connection)?;
    Ok(users.into_iter().flatten().collect())
}

pub(super) fn newest(
    connection: &mut AnyConnection,
    user: UserId,
    paging: Paging<EventTag>,
) -> QueryResult<Vec<Event>> {
    let mut query = events::table
        .filter(events::user_id.eq(user))
        .order(events::id.desc())
        .limit(paging.fetch_limit())
        .select(Row::as_select())
        .into_boxed();
    if let Some(after) = paging.after() {
        query = query.filter(events::id.lt(after));
    }
    let rows: Vec<Row> = query.load(connection)?;
    Ok(rows.into_iter().map(Event::from).collect())
}

#[cfg(feature = "pages")]
pub(super) fn newest_of(
    connection: &mut AnyConnection,
    user: UserId,
    kinds: &[EventKind],
    limit: i64,
) -> QueryResult<Vec<Event>> {
    let names = kinds.iter().map(|kind| kind.as_str());
    let rows: Vec<Row> = events::table
        .filter(events::user_id.eq(user))
        .filter(events::kind.eq_any(names))
        .order(events::id.desc())
        .limit(limit)
        .select(Row::as_select())
        .load(connection)?;
    Ok(rows.into_iter().map(Event::from).collect())
}

/// Returns up to `limit` events that `filter` matches, newest first. Those beyond
/// [`EventBoundary::NewerThan`] are oldest first, because the page next to the boundary is read.
///
/// The index has the user and the ID. A log is bounded, so the other conditions need none.
pub(super) fn matching(
    connection: &mut AnyConnection,
    user: UserId,
    filter: &EventFilter,
    boundary: Option<EventBoundary>,
    limit: i64,
) -> QueryResult<Vec<Event>> {
    let mut query = events::table
        .filter(events::user_id.eq(user))
        .limit(limit)
        .select(Row::as_select())
        .into_boxed();
    query = match boundary {
        Some(EventBoundary::NewerThan(id)) => {
            query.filter(events::id.gt(id)).order(events::id.asc())
        }
        Some(EventBoundary::OlderThan(id)) => {
            query.filter(events::id.lt(id)).order(events::id.desc())
        }
        None => query.order(events::id.desc()),
    };
    if let Some(since) = filter.since {
        query = query.filter(events::id.ge(EventId::lower_bound_at(since)));
    }
    if let Some(before) = filter.before {
        query = query.filter(events::id.lt(EventId::lower_bound_at(before)));
    }
    if let Some(kinds) = filter.group.map(EventGroup::kinds) {
        let kinds: Vec<&str> = kinds.map(EventKind::as_str).collect();
        query = query.filter(events::kind.eq_any(kinds));
    }
    if let Some(of) = filter.credential {
        let names_it = events::credential_id
            .eq(of.credential)
            .or(events::actor_credential_id.eq(of.credential));
        query = match of.receipt {
            Some(receipt) => query.filter(names_it.or(events::receipt_id.eq(receipt))),
            None => query.filter(names_it),
        };
    }
    let rows: Vec<Row> = query.load(connection)?;
    Ok(rows.into_iter().map(Event::from).collect())
}

pub(super) fn delete_anonymous_events(
    connection: &mut AnyConnection,
    before: Timestamp,
    limit: i64,
) -> QueryResult<usize> {
    let ids: Vec<EventId> = events::table
        .filter(events::user_id.is_null().and(events::at.lt(before)))
        .limit(limit)
        .select(events::id)
        .load(connection)?;
    diesel::delete(events::table.filter(events::id.eq_any(ids))).execute(connection)
}
