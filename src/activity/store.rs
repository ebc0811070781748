//! The activity log's queries.

use diesel::{QueryResult, prelude::*};

use super::event::{Event, EventKind};
use crate::{
    ids::{CredentialId, EventId, OfEvent, ReceiptId, UserId},
    kit::{
        clock::Timestamp,
        db::{AnyConnection, on},
        page::Paging,
    },
    schema::events,
};

#[derive(Insertable, Queryable, Selectable)]
#[diesel(table_name = events, treat_none_as_default_value = false)]
struct Row {
    id: EventId,
    /// `None`: somebody who is no user did it.
    user_id: Option<UserId>,
    at: Timestamp,
    kind: String,
    by_credential: Option<CredentialId>,
    ip: Option<String>,
    credential_id: Option<CredentialId>,
    receipt_id: Option<ReceiptId>,
    detail: String,
}

impl From<Row> for Event {
    fn from(row: Row) -> Self {
        Self {
            id: row.id,
            at: row.at,
            kind: EventKind::parse(&row.kind),
            by_credential: row.by_credential,
            ip: row.ip.and_then(|ip| ip.parse().ok()),
            credential_id: row.credential_id,
            receipt_id: row.receipt_id,
            detail: row.detail,
        }
    }
}

/// When the newest line was written, whoever's it is.
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
        by_credential: event.by_credential,
        ip: event.ip.map(|ip| ip.to_string()),
        credential_id: event.credential_id,
        receipt_id: event.receipt_id,
        detail: event.detail.clone(),
    };
    on!(connection => diesel::insert_into(events::table)
        .values(row)
        .execute(connection))
    .map(drop)
}

pub(super) fn newest(
    connection: &mut AnyConnection,
    user: UserId,
    paging: Paging<OfEvent>,
) -> QueryResult<Vec<Event>> {
    let mut query = events::table
        .filter(events::user_id.eq(user))
        .order(events::id.desc())
        .limit(paging.to_fetch())
        .select(Row::as_select())
        .into_boxed();
    if let Some(after) = paging.after() {
        query = query.filter(events::id.lt(after));
    }
    let rows: Vec<Row> = query.load(connection)?;
    Ok(rows.into_iter().map(Event::from).collect())
}

pub(super) fn forget_nobodys(
    connection: &mut AnyConnection,
    before: Timestamp,
    most: i64,
) -> QueryResult<usize> {
    let ids: Vec<EventId> = events::table
        .filter(events::user_id.is_null().and(events::at.lt(before)))
        .limit(most)
        .select(events::id)
        .load(connection)?;
    diesel::delete(events::table.filter(events::id.eq_any(ids))).execute(connection)
}
