//! The queries about the columns of `users` that passwords and their links need. `accounts` comes
//! later in the order of folders, so it cannot provide them.

use diesel::{QueryResult, dsl::exists, prelude::*};

use crate::{
    app_state::Invalidation,
    crypto::password_hash::{Argon2Parameters, StoredHash},
    db::AnyConnection,
    schema::{imported, users},
    types::ids::UserId,
    util::clock::Timestamp,
};

/// The stored password of a user.
#[derive(Clone)]
pub(super) struct StoredPassword {
    pub(super) user: UserId,
    pub(super) hash: StoredHash,
    /// Whether the account is disabled. Then no password is right.
    pub(super) is_disabled: bool,
}

/// The columns of [`StoredPassword`].
type Row = (UserId, String, Option<Timestamp>);

impl From<Row> for StoredPassword {
    fn from((user, hash, disabled_at): Row) -> Self {
        Self {
            user,
            hash: StoredHash::from_stored(hash),
            is_disabled: disabled_at.is_some(),
        }
    }
}

pub(super) fn find(
    connection: &mut AnyConnection,
    id: UserId,
) -> QueryResult<Option<StoredPassword>> {
    let row: Option<Row> = users::table
        .find(id)
        .select((users::id, users::password_hash, users::disabled_at))
        .first(connection)
        .optional()?;
    Ok(row.map(StoredPassword::from))
}

/// Returns the password of the user with this canonical address.
pub(super) fn by_email(
    connection: &mut AnyConnection,
    canonical: &str,
) -> QueryResult<Option<StoredPassword>> {
    let row: Option<Row> = users::table
        .filter(users::email_canonical.eq(canonical))
        .select((users::id, users::password_hash, users::disabled_at))
        .first(connection)
        .optional()?;
    Ok(row.map(StoredPassword::from))
}

/// The name and the address of a user.
pub(super) struct StoredProfile {
    pub(super) email: String,
    pub(super) name: String,
}

pub(super) fn profile(
    connection: &mut AnyConnection,
    id: UserId,
) -> QueryResult<Option<StoredProfile>> {
    let row: Option<(String, String)> = users::table
        .find(id)
        .select((users::email, users::name))
        .first(connection)
        .optional()?;
    Ok(row.map(|(email, name)| StoredProfile { email, name }))
}

pub(super) fn is_unverified(connection: &mut AnyConnection, id: UserId) -> QueryResult<bool> {
    let since: Option<Option<Timestamp>> = users::table
        .find(id)
        .select(users::email_unverified_since)
        .first(connection)
        .optional()?;
    Ok(since.flatten().is_some())
}

/// Marks the address of a user as verified.
pub(crate) fn set_email_verified(
    connection: &mut AnyConnection,
    _: Invalidation,
    id: UserId,
) -> QueryResult<()> {
    diesel::update(users::table.find(id))
        .set(users::email_unverified_since.eq(None::<Timestamp>))
        .execute(connection)
        .map(drop)
}

/// Returns the canonical address of a user.
pub(super) fn canonical_email(
    connection: &mut AnyConnection,
    id: UserId,
) -> QueryResult<Option<String>> {
    users::table
        .find(id)
        .select(users::email_canonical)
        .first(connection)
        .optional()
}

pub(super) fn set_password(
    connection: &mut AnyConnection,
    id: UserId,
    password: &StoredHash,
) -> QueryResult<()> {
    diesel::update(users::table.find(id))
        .set(users::password_hash.eq(password.as_str()))
        .execute(connection)
        .map(drop)
}

/// Replaces a stored hash by another hash of the same password, unless the stored hash has changed
/// meanwhile.
pub(super) fn renew_hash(
    connection: &mut AnyConnection,
    id: UserId,
    old: &StoredHash,
    new: &StoredHash,
) -> QueryResult<bool> {
    let row = users::table.filter(users::id.eq(id).and(users::password_hash.eq(old.as_str())));
    diesel::update(row)
        .set(users::password_hash.eq(new.as_str()))
        .execute(connection)
        .map(|rows| rows == 1)
}

/// Returns whether an import created users.
pub(super) fn has_imported_users(connection: &mut AnyConnection) -> QueryResult<bool> {
    let users = imported::table.filter(imported::kind.eq("user"));
    diesel::select(exists(users)).get_result(connection)
}

/// Returns the number of users whose hash has these parameters of Argon2id.
pub(super) fn count_hashes(
    connection: &mut AnyConnection,
    parameters: Argon2Parameters,
) -> QueryResult<u64> {
    let count: i64 = users::table
        .filter(users::password_hash.like(parameters.pattern()))
        .count()
        .get_result(connection)?;
    Ok(count.unsigned_abs())
}

/// Returns the hashes of other schemes and parameters, of the users after this one.
pub(super) fn other_hashes(
    connection: &mut AnyConnection,
    parameters: Argon2Parameters,
    after: Option<UserId>,
    limit: i64,
) -> QueryResult<Vec<(UserId, StoredHash)>> {
    let rows: Vec<(UserId, String)> = users::table
        .filter(users::password_hash.not_like(parameters.pattern()))
        .filter(users::id.gt(after.unwrap_or_else(UserId::nil)))
        .order(users::id.asc())
        .limit(limit)
        .select((users::id, users::password_hash))
        .load(connection)?;
    let rows = rows.into_iter();
    Ok(rows
        .map(|(id, hash)| (id, StoredHash::from_stored(hash)))
        .collect())
}
