//! The queries about authenticator apps.

use diesel::{QueryResult, dsl::exists, prelude::*};

use crate::{
    app_state::Invalidation,
    crypto::sealing::SealingKeyId,
    db::AnyConnection,
    factors::MAX_FAILURES,
    schema::{authenticator_apps as apps, pending_authenticator_apps as pending},
    types::ids::{CredentialId, FactorId, UserId},
    util::clock::Timestamp,
};

/// A stored authenticator app.
#[derive(Clone)]
pub(in crate::factors) struct StoredApp {
    pub(in crate::factors) id: FactorId,
    pub(in crate::factors) user: UserId,
    pub(in crate::factors) sealed_secret: Vec<u8>,
    pub(in crate::factors) created_at: Timestamp,
    pub(in crate::factors) last_used_at: Option<Timestamp>,
    pub(in crate::factors) last_step: i64,
    pub(in crate::factors) failures: i64,
}

impl StoredApp {
    /// Returns whether codes of the app are refused.
    pub(in crate::factors) const fn is_suspended(&self) -> bool {
        self.failures >= MAX_FAILURES
    }

    /// Returns the same from before the present code, which [`count_failure`] has already added.
    pub(in crate::factors) const fn was_suspended_before_count(&self) -> bool {
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
pub(in crate::factors) fn app_of(
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

/// Returns the authenticator app of a user if it has this ID.
pub(in crate::factors) fn find_app(
    connection: &mut AnyConnection,
    user: UserId,
    id: FactorId,
) -> QueryResult<Option<StoredApp>> {
    Ok(app_of(connection, user)?.filter(|app| app.id == id))
}

/// Returns whether a user has an authenticator app.
pub(in crate::factors) fn has_app(
    connection: &mut AnyConnection,
    user: UserId,
) -> QueryResult<bool> {
    diesel::select(exists(apps::table.filter(apps::user_id.eq(user)))).get_result(connection)
}

pub(in crate::factors) fn insert_app(
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

/// Deletes an authenticator app. The cache remembers that a user has a second factor, so the user
/// must be invalidated.
pub(in crate::factors) fn delete_app(
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
pub(in crate::factors) fn count_failure(
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
pub(in crate::factors) fn use_step(
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
pub(in crate::factors) fn reset_failures(
    connection: &mut AnyConnection,
    user: UserId,
) -> QueryResult<()> {
    diesel::update(apps::table.filter(apps::user_id.eq(user)))
        .set(apps::failures.eq(0))
        .execute(connection)
        .map(drop)
}

/// Returns up to `limit` apps that another key than `current` sealed.
pub(in crate::factors) fn sealed_with_other_keys(
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
pub(in crate::factors) fn replace_sealed_secret(
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
pub(in crate::factors) fn pending_secret(
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

pub(in crate::factors) fn set_pending_secret(
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

pub(in crate::factors) fn delete_pending_secret(
    connection: &mut AnyConnection,
    session: CredentialId,
) -> QueryResult<()> {
    diesel::delete(pending::table.find(session))
        .execute(connection)
        .map(drop)
}

/// Deletes up to `limit` secrets that were shown before `before`, and returns their number.
pub(in crate::factors) fn delete_pending_before(
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
