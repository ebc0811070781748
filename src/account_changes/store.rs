//! The queries about changes of accounts.

use diesel::{QueryResult, prelude::*};

use super::{ChangeKind, NewChange, StoredChange};
use crate::{
    db::{AnyConnection, with_backend},
    schema::{account_change_sequence, account_changes},
    types::ids::{ReceiptId, UserId},
    util::clock::Timestamp,
};

/// Locks the position until the transaction ends, and returns the next one.
pub(super) fn next_position(connection: &mut AnyConnection) -> QueryResult<i64> {
    with_backend!(connection => diesel::update(account_change_sequence::table)
        .set(account_change_sequence::position.eq(account_change_sequence::position + 1))
        .returning(account_change_sequence::position)
        .get_result(connection))
}

/// Returns the position of the newest change, which may be deleted already.
pub fn newest_position(connection: &mut AnyConnection) -> QueryResult<i64> {
    account_change_sequence::table
        .select(account_change_sequence::position)
        .first(connection)
}

/// Gives the next change the position after `position`, in a database without changes of its own.
pub fn continue_after(connection: &mut AnyConnection, position: i64) -> QueryResult<()> {
    with_backend!(connection => diesel::update(account_change_sequence::table)
        .set(account_change_sequence::position.eq(position))
        .execute(connection))
    .map(drop)
}

pub(super) fn insert(
    connection: &mut AnyConnection,
    position: i64,
    at: Timestamp,
    change: &NewChange,
) -> QueryResult<()> {
    diesel::insert_into(account_changes::table)
        .values((
            account_changes::position.eq(position),
            account_changes::at.eq(at),
            account_changes::kind.eq(change.kind.as_str()),
            account_changes::user_id.eq(change.user),
            account_changes::receipt_id.eq(change.receipt),
        ))
        .execute(connection)
        .map(drop)
}

pub(super) fn after(
    connection: &mut AnyConnection,
    position: i64,
    limit: i64,
) -> QueryResult<Vec<StoredChange>> {
    type Row = (i64, Timestamp, String, UserId, Option<ReceiptId>);
    let rows: Vec<Row> = account_changes::table
        .filter(account_changes::position.gt(position))
        .order(account_changes::position.asc())
        .limit(limit)
        .load(connection)?;
    let rows = rows.into_iter();
    Ok(rows
        .map(|(position, at, kind, user, receipt)| StoredChange {
            position,
            at,
            change: NewChange {
                kind: ChangeKind::parse(&kind),
                user,
                receipt,
            },
        })
        .collect())
}

pub(super) fn delete_before(connection: &mut AnyConnection, time: Timestamp) -> QueryResult<usize> {
    diesel::delete(account_changes::table.filter(account_changes::at.lt(time))).execute(connection)
}
