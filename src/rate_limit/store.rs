//! The queries about counters.

use diesel::{QueryResult, prelude::*};

use super::escalating_delay::AttemptCounter;
use crate::{
    crypto::digest::Digest,
    db::{self, AnyConnection},
    schema::{attempt_counters, mail_requests},
    types::id::Id,
    util::clock::Timestamp,
};

/// Returns the counter of `key`, if it exists.
pub(super) fn find(
    connection: &mut AnyConnection,
    key: Digest,
) -> QueryResult<Option<AttemptCounter>> {
    let found: Option<(Timestamp, Timestamp)> = attempt_counters::table
        .find(key)
        .select((attempt_counters::clear_at, attempt_counters::blocked_until))
        .first(connection)
        .optional()?;
    Ok(found.map(|(clear_at, blocked_until)| AttemptCounter {
        clear_at,
        blocked_until,
    }))
}

/// Returns the counter of `key`, created if it does not exist, and locks it until the transaction
/// ends. Of two concurrent attempts the second sees the count of the first.
pub(super) fn lock(connection: &mut AnyConnection, key: Digest) -> QueryResult<AttemptCounter> {
    if !touch(connection, key)? {
        let inserted = db::with_savepoint(connection, |connection| {
            let empty = AttemptCounter::default();
            diesel::insert_into(attempt_counters::table)
                .values((
                    attempt_counters::key.eq(key),
                    attempt_counters::clear_at.eq(empty.clear_at),
                    attempt_counters::blocked_until.eq(empty.blocked_until),
                ))
                .execute(connection)
        });
        match inserted {
            // A concurrent transaction created it meanwhile.
            Err(error) if db::is_unique_violation(&error) => drop(touch(connection, key)?),
            other => drop(other?),
        }
    }
    Ok(find(connection, key)?.unwrap_or_default())
}

/// Locks the row. An `UPDATE` does so on both databases; SQLite has no `SELECT … FOR UPDATE`.
fn touch(connection: &mut AnyConnection, key: Digest) -> QueryResult<bool> {
    diesel::update(attempt_counters::table.find(key))
        .set(attempt_counters::clear_at.eq(attempt_counters::clear_at))
        .execute(connection)
        .map(|rows| rows == 1)
}

/// Writes a counter that is locked.
pub(super) fn set(
    connection: &mut AnyConnection,
    key: Digest,
    counter: AttemptCounter,
) -> QueryResult<()> {
    diesel::update(attempt_counters::table.find(key))
        .set((
            attempt_counters::clear_at.eq(counter.clear_at),
            attempt_counters::blocked_until.eq(counter.blocked_until),
        ))
        .execute(connection)
        .map(drop)
}

pub(super) fn delete(connection: &mut AnyConnection, key: Digest) -> QueryResult<()> {
    diesel::delete(attempt_counters::table.find(key))
        .execute(connection)
        .map(drop)
}

/// Deletes up to `limit` counters that are clear by `now`, or only after `farthest`, which no
/// attempt can cause.
pub(super) fn delete_expired(
    connection: &mut AnyConnection,
    now: Timestamp,
    farthest: Timestamp,
    limit: i64,
) -> QueryResult<usize> {
    let expired = || {
        attempt_counters::clear_at
            .le(now)
            .or(attempt_counters::clear_at.gt(farthest))
    };
    let keys: Vec<Digest> = attempt_counters::table
        .filter(expired())
        .limit(limit)
        .select(attempt_counters::key)
        .load(connection)?;
    // The condition is checked again, because a counter that was incremented meanwhile stays.
    diesel::delete(
        attempt_counters::table.filter(attempt_counters::key.eq_any(keys).and(expired())),
    )
    .execute(connection)
}

/// Returns the times of the mail requests with this key after `since`, the newest first.
pub(super) fn mail_requests(
    connection: &mut AnyConnection,
    key: Digest,
    since: Timestamp,
) -> QueryResult<Vec<Timestamp>> {
    mail_requests::table
        .filter(mail_requests::key.eq(key))
        .filter(mail_requests::at.gt(since))
        .order(mail_requests::at.desc())
        .select(mail_requests::at)
        .load(connection)
}

pub(super) fn insert_mail_request(
    connection: &mut AnyConnection,
    key: Digest,
    id: Id<()>,
    at: Timestamp,
) -> QueryResult<()> {
    diesel::insert_into(mail_requests::table)
        .values((
            mail_requests::key.eq(key),
            mail_requests::id.eq(id),
            mail_requests::at.eq(at),
        ))
        .execute(connection)
        .map(drop)
}

/// Deletes the mail requests after `now` with this key, and their rows with other keys.
pub(super) fn delete_mail_requests_after(
    connection: &mut AnyConnection,
    key: Digest,
    now: Timestamp,
) -> QueryResult<()> {
    let later = || mail_requests::at.gt(now);
    let ids: Vec<Id<()>> = mail_requests::table
        .filter(mail_requests::key.eq(key))
        .filter(later())
        .select(mail_requests::id)
        .load(connection)?;
    if ids.is_empty() {
        return Ok(());
    }
    let replaced = mail_requests::table
        .filter(later())
        .filter(mail_requests::id.eq_any(ids));
    diesel::delete(replaced).execute(connection).map(drop)
}

/// Deletes up to `limit` mail requests of `before` or earlier, and returns their number.
pub(super) fn delete_mail_requests(
    connection: &mut AnyConnection,
    before: Timestamp,
    limit: i64,
) -> QueryResult<usize> {
    let expired: Vec<Id<()>> = mail_requests::table
        .filter(mail_requests::at.le(before))
        .limit(limit)
        .select(mail_requests::id)
        .load(connection)?;
    // The rows of one mail can have different times.
    let expired = mail_requests::table
        .filter(mail_requests::at.le(before))
        .filter(mail_requests::id.eq_any(expired));
    diesel::delete(expired).execute(connection)
}
