//! The queries that find what has expired, and forget what ended long ago.

use diesel::{QueryResult, prelude::*};

use crate::{
    ids::{CredentialId, ReceiptId, UserId},
    kit::{clock::Timestamp, db::AnyConnection},
    schema::credentials,
};

/// Some that expired by `now` and were not ended yet, with their users.
pub(crate) fn expired(
    connection: &mut AnyConnection,
    now: Timestamp,
    most: i64,
) -> QueryResult<Vec<(UserId, CredentialId)>> {
    credentials::table
        .filter(
            credentials::ended_at
                .is_null()
                .and(credentials::expires_at.le(now)),
        )
        .limit(most)
        .select((credentials::user_id, credentials::id))
        .load(connection)
}

/// Forgets some that ended before `before`, their secrets with them, and says how many. Their receipts,
/// whose ids sort by time, lead to them: an index by that time alone would be one more page to be written
/// for each ending. Those that somebody ended by hand have none.
pub(crate) fn forget_ended(
    connection: &mut AnyConnection,
    before: Timestamp,
    most: i64,
) -> QueryResult<usize> {
    let mut ids: Vec<CredentialId> = credentials::table
        .filter(credentials::receipt_id.lt(ReceiptId::first_at(before)))
        .limit(most)
        .select(credentials::id)
        .load(connection)?;
    let rest = most.saturating_sub(i64::try_from(ids.len()).unwrap_or(most));
    let by_hand: Vec<CredentialId> = credentials::table
        .filter(credentials::receipt_id.is_null())
        .filter(credentials::ended_at.lt(before))
        .limit(rest)
        .select(credentials::id)
        .load(connection)?;
    ids.extend(by_hand);
    diesel::delete(credentials::table.filter(credentials::id.eq_any(ids))).execute(connection)
}
