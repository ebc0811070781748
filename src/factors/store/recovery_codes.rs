//! The queries about recovery codes.

use std::collections::HashMap;

use diesel::{QueryResult, prelude::*};

use crate::{
    crypto::password_hash::StoredHash,
    db::AnyConnection,
    schema::{recovery_code_sets, recovery_codes},
    types::ids::UserId,
    util::clock::Timestamp,
};

/// Returns the hashes of the recovery codes with these locators, by locator.
pub(in crate::factors) fn recovery_codes(
    connection: &mut AnyConnection,
    user: UserId,
    locators: &[String],
) -> QueryResult<HashMap<String, StoredHash>> {
    let rows: Vec<(String, String)> = recovery_codes::table
        .filter(recovery_codes::user_id.eq(user))
        .filter(recovery_codes::locator.eq_any(locators))
        .select((recovery_codes::locator, recovery_codes::hash))
        .load(connection)?;
    let rows = rows.into_iter();
    Ok(rows
        .map(|(locator, hash)| (locator, StoredHash::from_stored(hash)))
        .collect())
}

pub(in crate::factors) fn insert_recovery_code(
    connection: &mut AnyConnection,
    user: UserId,
    locator: &str,
    hash: &StoredHash,
) -> QueryResult<()> {
    diesel::insert_into(recovery_codes::table)
        .values((
            recovery_codes::user_id.eq(user),
            recovery_codes::locator.eq(locator),
            recovery_codes::hash.eq(hash.as_str()),
        ))
        .execute(connection)
        .map(drop)
}

/// Deletes one recovery code, and returns whether it existed with this hash.
pub(in crate::factors) fn delete_recovery_code(
    connection: &mut AnyConnection,
    user: UserId,
    locator: &str,
    hash: &StoredHash,
) -> QueryResult<bool> {
    let code = recovery_codes::table
        .find((user, locator))
        .filter(recovery_codes::hash.eq(hash.as_str()));
    diesel::delete(code)
        .execute(connection)
        .map(|rows| rows == 1)
}

/// Deletes all recovery codes of a user.
pub(in crate::factors) fn delete_recovery_codes(
    connection: &mut AnyConnection,
    user: UserId,
) -> QueryResult<()> {
    diesel::delete(recovery_codes::table.filter(recovery_codes::user_id.eq(user)))
        .execute(connection)?;
    diesel::delete(recovery_code_sets::table.find(user))
        .execute(connection)
        .map(drop)
}

/// Inserts the recovery codes of a user who has none, made at `now`. Each has a locator and a hash.
pub(in crate::factors) fn insert_recovery_codes<'a>(
    connection: &mut AnyConnection,
    user: UserId,
    now: Timestamp,
    codes: impl Iterator<Item = (&'a str, &'a StoredHash)>,
) -> QueryResult<()> {
    diesel::insert_into(recovery_code_sets::table)
        .values((
            recovery_code_sets::user_id.eq(user),
            recovery_code_sets::created_at.eq(now),
        ))
        .execute(connection)?;
    for (locator, hash) in codes {
        insert_recovery_code(connection, user, locator, hash)?;
    }
    Ok(())
}

/// Records that a recovery code of a user was used at `now`.
pub(in crate::factors) fn set_recovery_code_used(
    connection: &mut AnyConnection,
    user: UserId,
    now: Timestamp,
) -> QueryResult<()> {
    diesel::update(recovery_code_sets::table.find(user))
        .set(recovery_code_sets::last_used_at.eq(now))
        .execute(connection)
        .map(drop)
}

/// The recovery codes of a user: when they were made and used, and how many are left.
pub(in crate::factors) type RecoveryCodeSet = (Timestamp, Option<Timestamp>, u64);

/// Returns the recovery codes of a user.
pub(in crate::factors) fn recovery_code_set(
    connection: &mut AnyConnection,
    user: UserId,
) -> QueryResult<Option<RecoveryCodeSet>> {
    let set: Option<(Timestamp, Option<Timestamp>)> = recovery_code_sets::table
        .find(user)
        .select((
            recovery_code_sets::created_at,
            recovery_code_sets::last_used_at,
        ))
        .first(connection)
        .optional()?;
    let Some((created_at, last_used_at)) = set else {
        return Ok(None);
    };
    let left = recovery_codes_left(connection, user)?;
    Ok(Some((created_at, last_used_at, left)))
}

/// Returns how many recovery codes a user can still use.
pub(in crate::factors) fn recovery_codes_left(
    connection: &mut AnyConnection,
    user: UserId,
) -> QueryResult<u64> {
    let left: i64 = recovery_codes::table
        .filter(recovery_codes::user_id.eq(user))
        .count()
        .get_result(connection)?;
    Ok(left.unsigned_abs())
}
