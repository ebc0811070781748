//! The queries that find expired credentials and delete old rows.

use diesel::{QueryResult, prelude::*};

use crate::{
    db::AnyConnection,
    schema::{credentials, receipts},
    types::ids::{CredentialId, ReceiptId, UserId},
    util::clock::Timestamp,
};

/// Returns up to `limit` credentials that expired by `now` and were not revoked, with their users.
pub(crate) fn expired(
    connection: &mut AnyConnection,
    now: Timestamp,
    limit: i64,
) -> QueryResult<Vec<(UserId, CredentialId)>> {
    credentials::table
        .filter(
            credentials::ended_at
                .is_null()
                .and(credentials::expires_at.le(now)),
        )
        .limit(limit)
        .select((credentials::user_id, credentials::id))
        .load(connection)
}

/// Deletes up to `limit` credentials that were revoked before `before`, with their secrets. Returns
/// their users, each once, and the number of credentials. The rows are found by their receipts,
/// whose IDs sort by time. An index on the time itself would be one more page to write for each
/// revocation. Rows that were revoked by a manual change of the database have no receipt.
pub(crate) fn delete_ended(
    connection: &mut AnyConnection,
    before: Timestamp,
    limit: i64,
) -> QueryResult<(Vec<UserId>, usize)> {
    let mut found: Vec<(CredentialId, UserId)> = credentials::table
        .filter(credentials::receipt_id.lt(ReceiptId::lower_bound_at(before)))
        .limit(limit)
        .select((credentials::id, credentials::user_id))
        .load(connection)?;
    let remaining = limit.saturating_sub(i64::try_from(found.len()).unwrap_or(limit));
    let without_receipt: Vec<(CredentialId, UserId)> = credentials::table
        .filter(credentials::receipt_id.is_null())
        .filter(credentials::ended_at.lt(before))
        .limit(remaining)
        .select((credentials::id, credentials::user_id))
        .load(connection)?;
    found.extend(without_receipt);
    let (ids, mut users): (Vec<CredentialId>, Vec<UserId>) = found.into_iter().unzip();
    users.sort_unstable();
    users.dedup();
    let deleted = diesel::delete(credentials::table.filter(credentials::id.eq_any(ids)))
        .execute(connection)?;
    Ok((users, deleted))
}

/// Deletes receipts of `users` beyond the newest `kept_per_user` of each: the oldest first, and at
/// most `limit` of a user. A receipt stays as long as one of its credentials.
pub(crate) fn delete_receipts(
    connection: &mut AnyConnection,
    users: &[UserId],
    kept_per_user: i64,
    limit: i64,
) -> QueryResult<usize> {
    let full: Vec<(UserId, i64)> = receipts::table
        .filter(receipts::user_id.eq_any(users))
        .group_by(receipts::user_id)
        .having(diesel::dsl::count_star().gt(kept_per_user))
        .select((receipts::user_id, diesel::dsl::count_star()))
        .load(connection)?;
    let mut deleted = 0;
    for (user, count) in full {
        let of_receipt =
            credentials::table.filter(credentials::receipt_id.eq(receipts::id.nullable()));
        let ids: Vec<ReceiptId> = receipts::table
            .filter(receipts::user_id.eq(user))
            .filter(diesel::dsl::not(diesel::dsl::exists(of_receipt)))
            .order(receipts::id.asc())
            .limit(limit.min(count.saturating_sub(kept_per_user)))
            .select(receipts::id)
            .load(connection)?;
        deleted +=
            diesel::delete(receipts::table.filter(receipts::id.eq_any(ids))).execute(connection)?;
    }
    Ok(deleted)
}
