//! The queries about tallies.

use diesel::{QueryResult, prelude::*};

use super::escalating_delay::AttemptCounter;
use crate::{
    crypto::digest::Digest,
    db::{self, AnyConnection},
    schema::throttles,
    util::clock::Timestamp,
};

/// The tally of `key`, where there is one.
pub(super) fn find(
    connection: &mut AnyConnection,
    key: Digest,
) -> QueryResult<Option<AttemptCounter>> {
    let found: Option<(Timestamp, Timestamp)> = throttles::table
        .find(key)
        .select((throttles::clear_at, throttles::blocked_until))
        .first(connection)
        .optional()?;
    Ok(found.map(|(clear_at, blocked_until)| AttemptCounter {
        clear_at,
        blocked_until,
    }))
}

/// The tally of `key`, made where there is none, locked until the transaction ends: of two attempts
/// at once the second sees what the first one counted.
pub(super) fn lock(connection: &mut AnyConnection, key: Digest) -> QueryResult<AttemptCounter> {
    if !touch(connection, key)? {
        let made = db::with_savepoint(connection, |connection| {
            let nothing = AttemptCounter::default();
            diesel::insert_into(throttles::table)
                .values((
                    throttles::key.eq(key),
                    throttles::clear_at.eq(nothing.clear_at),
                    throttles::blocked_until.eq(nothing.blocked_until),
                ))
                .execute(connection)
        });
        match made {
            // Somebody else made it meanwhile.
            Err(error) if db::is_unique_violation(&error) => drop(touch(connection, key)?),
            other => drop(other?),
        }
    }
    Ok(find(connection, key)?.unwrap_or_default())
}

/// An `UPDATE` takes the row's lock on both databases; SQLite has no `SELECT … FOR UPDATE`.
fn touch(connection: &mut AnyConnection, key: Digest) -> QueryResult<bool> {
    diesel::update(throttles::table.find(key))
        .set(throttles::clear_at.eq(throttles::clear_at))
        .execute(connection)
        .map(|rows| rows == 1)
}

/// Writes a tally that was locked.
pub(super) fn set(
    connection: &mut AnyConnection,
    key: Digest,
    tally: AttemptCounter,
) -> QueryResult<()> {
    diesel::update(throttles::table.find(key))
        .set((
            throttles::clear_at.eq(tally.clear_at),
            throttles::blocked_until.eq(tally.blocked_until),
        ))
        .execute(connection)
        .map(drop)
}

pub(super) fn delete(connection: &mut AnyConnection, key: Digest) -> QueryResult<()> {
    diesel::delete(throttles::table.find(key))
        .execute(connection)
        .map(drop)
}

/// Forgets some that were clear by `now`, or would be only after `farthest`, where no attempt leads.
pub(super) fn delete_expired(
    connection: &mut AnyConnection,
    now: Timestamp,
    farthest: Timestamp,
    most: i64,
) -> QueryResult<usize> {
    let over = || {
        throttles::clear_at
            .le(now)
            .or(throttles::clear_at.gt(farthest))
    };
    let keys: Vec<Digest> = throttles::table
        .filter(over())
        .limit(most)
        .select(throttles::key)
        .load(connection)?;
    // Asked again: one that was counted up meanwhile stays.
    diesel::delete(throttles::table.filter(throttles::key.eq_any(keys).and(over())))
        .execute(connection)
}
