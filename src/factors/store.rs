//! The queries about authenticator apps and recovery codes, and whether a user has a password.

use std::collections::HashMap;

use diesel::{QueryResult, dsl::exists, prelude::*};

use super::MAX_FAILURES;
use crate::{
    app_state::Invalidation,
    crypto::{password_hash::StoredHash, sealing::SealingKeyId},
    db::AnyConnection,
    schema::{
        authenticator_apps as apps, pending_authenticator_apps as pending, recovery_code_sets,
        recovery_codes, users,
    },
    types::ids::{CredentialId, FactorId, UserId},
    util::clock::Timestamp,
};

/// A stored authenticator app.
#[derive(Clone)]
pub(super) struct StoredApp {
    pub(super) id: FactorId,
    pub(super) user: UserId,
    pub(super) sealed_secret: Vec<u8>,
    pub(super) created_at: Timestamp,
    pub(super) last_used_at: Option<Timestamp>,
    pub(super) last_step: i64,
    pub(super) failures: i64,
}

impl StoredApp {
    /// Returns whether codes of the app are refused.
    pub(super) const fn is_suspended(&self) -> bool {
        self.failures >= MAX_FAILURES
    }

    /// Returns the same from before the present code, which [`count_failure`] has already added.
    pub(super) const fn was_suspended_before_count(&self) -> bool {
        self.failures > MAX_FAILURES
    }
}

type AppRow = (
    FactorId,
    UserId,
    Vec<u8>,
    Timestamp,
    Option<Timestamp>,
    i64,
    i64,
);

/// The columns of an [`AppRow`].
#[diesel::dsl::auto_type(no_type_alias)]
fn app_columns() -> _ {
    (
        apps::id,
        apps::user_id,
        apps::sealed_secret,
        apps::created_at,
        apps::last_used_at,
        apps::last_step,
        apps::failures,
    )
}

impl From<AppRow> for StoredApp {
    fn from(row: AppRow) -> Self {
        let (id, user, sealed_secret, created_at, last_used_at, last_step, failures) = row;
        Self {
            id,
            user,
            sealed_secret,
            created_at,
            last_used_at,
            last_step,
            failures,
        }
    }
}

/// Returns the authenticator app of a user.
pub(super) fn app_of(
    connection: &mut AnyConnection,
    user: UserId,
) -> QueryResult<Option<StoredApp>> {
    let row: Option<AppRow> = apps::table
        .filter(apps::user_id.eq(user))
        .select(app_columns())
        .first(connection)
        .optional()?;
    Ok(row.map(StoredApp::from))
}

/// Returns whether a user has a password.
pub(crate) fn has_password(connection: &mut AnyConnection, user: UserId) -> QueryResult<bool> {
    let stored: Option<String> = users::table
        .find(user)
        .select(users::password_hash)
        .first(connection)
        .optional()?;
    Ok(stored.is_some_and(|stored| !StoredHash::from_stored(stored).is_absent()))
}

/// Returns whether a user has an authenticator app.
pub(super) fn has_app(connection: &mut AnyConnection, user: UserId) -> QueryResult<bool> {
    diesel::select(exists(apps::table.filter(apps::user_id.eq(user)))).get_result(connection)
}

pub(super) fn insert_app(
    connection: &mut AnyConnection,
    app: &StoredApp,
    sealed_with: SealingKeyId,
) -> QueryResult<()> {
    diesel::insert_into(apps::table)
        .values((
            apps::id.eq(app.id),
            apps::user_id.eq(app.user),
            apps::sealed_secret.eq(&app.sealed_secret),
            apps::sealed_with.eq(sealed_with.as_bytes().as_slice()),
            apps::created_at.eq(app.created_at),
            apps::last_used_at.eq(app.last_used_at),
            apps::last_step.eq(app.last_step),
            apps::failures.eq(app.failures),
        ))
        .execute(connection)
        .map(drop)
}

/// Deletes an authenticator app. The cache remembers that a user has a second factor, so the user must
/// be invalidated.
pub(super) fn delete_app(
    connection: &mut AnyConnection,
    _: Invalidation,
    user: UserId,
    id: FactorId,
) -> QueryResult<()> {
    diesel::delete(apps::table.filter(apps::id.eq(id).and(apps::user_id.eq(user))))
        .execute(connection)
        .map(drop)
}

/// Counts a code as wrong until [`use_step`] accepts it. The count stops one beyond `most`.
pub(super) fn count_failure(
    connection: &mut AnyConnection,
    user: UserId,
    most: i64,
) -> QueryResult<()> {
    let counted = apps::table.filter(apps::user_id.eq(user).and(apps::failures.le(most)));
    diesel::update(counted)
        .set(apps::failures.eq(apps::failures + 1))
        .execute(connection)
        .map(drop)
}

/// Accepts the code of a step, and resets the count of wrong codes. Returns `false` if a code of
/// this step or of a later one was accepted before.
pub(super) fn use_step(
    connection: &mut AnyConnection,
    id: FactorId,
    step: i64,
    now: Timestamp,
) -> QueryResult<bool> {
    let unused = apps::table.filter(apps::id.eq(id).and(apps::last_step.lt(step)));
    diesel::update(unused)
        .set((
            apps::last_step.eq(step),
            apps::last_used_at.eq(now),
            apps::failures.eq(0),
        ))
        .execute(connection)
        .map(|rows| rows == 1)
}

/// Ends the suspension of a user's app.
pub(super) fn reset_failures(connection: &mut AnyConnection, user: UserId) -> QueryResult<()> {
    diesel::update(apps::table.filter(apps::user_id.eq(user)))
        .set(apps::failures.eq(0))
        .execute(connection)
        .map(drop)
}

/// Returns up to `limit` apps that another key than `current` sealed.
pub(super) fn sealed_with_other_keys(
    connection: &mut AnyConnection,
    current: SealingKeyId,
    after: FactorId,
    limit: i64,
) -> QueryResult<Vec<StoredApp>> {
    let rows: Vec<AppRow> = apps::table
        .filter(apps::sealed_with.ne(current.as_bytes().as_slice()))
        .filter(apps::id.gt(after))
        .order(apps::id.asc())
        .limit(limit)
        .select(app_columns())
        .load(connection)?;
    Ok(rows.into_iter().map(StoredApp::from).collect())
}

/// Replaces the sealed secret of an app, unless another process has replaced it.
pub(super) fn replace_sealed_secret(
    connection: &mut AnyConnection,
    app: &StoredApp,
    sealed_secret: &[u8],
    sealed_with: SealingKeyId,
) -> QueryResult<()> {
    let row = apps::table.filter(
        apps::id
            .eq(app.id)
            .and(apps::sealed_secret.eq(&app.sealed_secret)),
    );
    diesel::update(row)
        .set((
            apps::sealed_secret.eq(sealed_secret),
            apps::sealed_with.eq(sealed_with.as_bytes().as_slice()),
        ))
        .execute(connection)
        .map(drop)
}

/// Returns the sealed secret that the page shows to a session, if it was made after `since`.
pub(super) fn pending_secret(
    connection: &mut AnyConnection,
    session: CredentialId,
    since: Timestamp,
) -> QueryResult<Option<Vec<u8>>> {
    pending::table
        .find(session)
        .filter(pending::created_at.gt(since))
        .select(pending::sealed_secret)
        .first(connection)
        .optional()
}

pub(super) fn set_pending_secret(
    connection: &mut AnyConnection,
    session: CredentialId,
    sealed_secret: &[u8],
    now: Timestamp,
) -> QueryResult<()> {
    delete_pending_secret(connection, session)?;
    diesel::insert_into(pending::table)
        .values((
            pending::session_id.eq(session),
            pending::sealed_secret.eq(sealed_secret),
            pending::created_at.eq(now),
        ))
        .execute(connection)
        .map(drop)
}

pub(super) fn delete_pending_secret(
    connection: &mut AnyConnection,
    session: CredentialId,
) -> QueryResult<()> {
    diesel::delete(pending::table.find(session))
        .execute(connection)
        .map(drop)
}

/// Deletes up to `limit` secrets that were shown before `before`, and returns their number.
pub(super) fn delete_pending_before(
    connection: &mut AnyConnection,
    before: Timestamp,
    limit: i64,
) -> QueryResult<usize> {
    let expired: Vec<CredentialId> = pending::table
        .filter(pending::created_at.lt(before))
        .limit(limit)
        .select(pending::session_id)
        .load(connection)?;
    diesel::delete(pending::table.filter(pending::session_id.eq_any(expired))).execute(connection)
}

/// Returns the hashes of the recovery codes with these locators, by locator.
pub(super) fn recovery_codes(
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

pub(super) fn insert_recovery_code(
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
pub(super) fn delete_recovery_code(
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
pub(super) fn delete_recovery_codes(
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
pub(super) fn insert_recovery_codes<'a>(
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
pub(super) fn set_recovery_code_used(
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
pub(super) type RecoveryCodeSet = (Timestamp, Option<Timestamp>, u64);

/// Returns the recovery codes of a user.
pub(super) fn recovery_code_set(
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
pub(super) fn recovery_codes_left(
    connection: &mut AnyConnection,
    user: UserId,
) -> QueryResult<u64> {
    let left: i64 = recovery_codes::table
        .filter(recovery_codes::user_id.eq(user))
        .count()
        .get_result(connection)?;
    Ok(left.unsigned_abs())
}
