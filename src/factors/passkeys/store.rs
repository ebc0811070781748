//! The queries about passkeys, their challenges and the handles of their users.

use diesel::{QueryResult, dsl::exists, prelude::*};

use crate::{
    app_state::Invalidation,
    crypto::digest::Digest,
    db::AnyConnection,
    schema::{passkey_challenges as challenges, passkey_user_handles as handles, passkeys},
    types::ids::{FactorId, UserId},
    util::clock::Timestamp,
};

/// A stored passkey.
#[derive(Clone)]
pub(in crate::factors) struct StoredPasskey {
    pub(in crate::factors) id: FactorId,
    pub(in crate::factors) user: UserId,
    pub(in crate::factors) credential_id: Vec<u8>,
    /// The public key in JSON.
    pub(in crate::factors) public_key: String,
    pub(in crate::factors) name: String,
    pub(in crate::factors) aaguid: [u8; 16],
    /// The transports by which a browser reaches the authenticator, separated by spaces.
    pub(in crate::factors) transports: String,
    pub(in crate::factors) counter: i64,
    pub(in crate::factors) backup_eligible: bool,
    pub(in crate::factors) backed_up: bool,
    pub(in crate::factors) created_at: Timestamp,
    pub(in crate::factors) last_used_at: Option<Timestamp>,
    pub(in crate::factors) copy_suspected_at: Option<Timestamp>,
    /// Whether the authenticator has verified the user, at the registration or at a use.
    pub(in crate::factors) user_verified: bool,
}

type Row = (
    FactorId,
    UserId,
    Vec<u8>,
    String,
    String,
    Vec<u8>,
    String,
    i64,
    bool,
    bool,
    Timestamp,
    Option<Timestamp>,
    Option<Timestamp>,
    bool,
);

impl From<Row> for StoredPasskey {
    fn from(row: Row) -> Self {
        Self {
            id: row.0,
            user: row.1,
            credential_id: row.2,
            public_key: row.3,
            name: row.4,
            // The column has a constraint on the length.
            aaguid: row.5.try_into().unwrap_or_default(),
            transports: row.6,
            counter: row.7,
            backup_eligible: row.8,
            backed_up: row.9,
            created_at: row.10,
            last_used_at: row.11,
            copy_suspected_at: row.12,
            user_verified: row.13,
        }
    }
}

/// Returns the passkeys of a user, the oldest first.
pub(in crate::factors) fn of_user(
    connection: &mut AnyConnection,
    user: UserId,
) -> QueryResult<Vec<StoredPasskey>> {
    let rows: Vec<Row> = passkeys::table
        .filter(passkeys::user_id.eq(user))
        .order(passkeys::id.asc())
        .select(passkeys::all_columns)
        .load(connection)?;
    Ok(rows.into_iter().map(StoredPasskey::from).collect())
}

/// Returns one passkey of a user.
pub(in crate::factors) fn find(
    connection: &mut AnyConnection,
    user: UserId,
    id: FactorId,
) -> QueryResult<Option<StoredPasskey>> {
    let row: Option<Row> = passkeys::table
        .filter(passkeys::id.eq(id).and(passkeys::user_id.eq(user)))
        .select(passkeys::all_columns)
        .first(connection)
        .optional()?;
    Ok(row.map(StoredPasskey::from))
}

/// Returns whether a user has a passkey.
pub(in crate::factors) fn has_passkey(
    connection: &mut AnyConnection,
    user: UserId,
) -> QueryResult<bool> {
    diesel::select(exists(passkeys::table.filter(passkeys::user_id.eq(user))))
        .get_result(connection)
}

/// Returns the passkey with this credential ID.
pub(super) fn by_credential_id(
    connection: &mut AnyConnection,
    credential_id: &[u8],
) -> QueryResult<Option<StoredPasskey>> {
    let row: Option<Row> = passkeys::table
        .filter(passkeys::credential_id.eq(credential_id))
        .select(passkeys::all_columns)
        .first(connection)
        .optional()?;
    Ok(row.map(StoredPasskey::from))
}

pub(super) fn insert(connection: &mut AnyConnection, passkey: &StoredPasskey) -> QueryResult<()> {
    diesel::insert_into(passkeys::table)
        .values((
            passkeys::id.eq(passkey.id),
            passkeys::user_id.eq(passkey.user),
            passkeys::credential_id.eq(&passkey.credential_id),
            passkeys::public_key.eq(&passkey.public_key),
            passkeys::name.eq(&passkey.name),
            passkeys::aaguid.eq(passkey.aaguid.as_slice()),
            passkeys::transports.eq(&passkey.transports),
            passkeys::counter.eq(passkey.counter),
            passkeys::backup_eligible.eq(passkey.backup_eligible),
            passkeys::backed_up.eq(passkey.backed_up),
            passkeys::created_at.eq(passkey.created_at),
            passkeys::last_used_at.eq(passkey.last_used_at),
            passkeys::copy_suspected_at.eq(passkey.copy_suspected_at),
            passkeys::user_verified.eq(passkey.user_verified),
        ))
        .execute(connection)
        .map(drop)
}

pub(super) fn set_name(
    connection: &mut AnyConnection,
    id: FactorId,
    name: &str,
) -> QueryResult<()> {
    diesel::update(passkeys::table.find(id))
        .set(passkeys::name.eq(name))
        .execute(connection)
        .map(drop)
}

/// Writes the columns of a passkey that a use changes.
pub(super) fn record_use(
    connection: &mut AnyConnection,
    passkey: &StoredPasskey,
) -> QueryResult<()> {
    diesel::update(passkeys::table.find(passkey.id))
        .set((
            passkeys::counter.eq(passkey.counter),
            passkeys::backed_up.eq(passkey.backed_up),
            passkeys::last_used_at.eq(passkey.last_used_at),
            passkeys::user_verified.eq(passkey.user_verified),
        ))
        .execute(connection)
        .map(drop)
}

/// Marks a passkey as possibly copied at `now`.
pub(super) fn suspect_copy(
    connection: &mut AnyConnection,
    id: FactorId,
    now: Timestamp,
) -> QueryResult<()> {
    diesel::update(passkeys::table.find(id))
        .set(passkeys::copy_suspected_at.eq(now))
        .execute(connection)
        .map(drop)
}

/// Deletes a passkey. The cache remembers that a user has a second factor, so the user must be
/// invalidated.
pub(super) fn delete(
    connection: &mut AnyConnection,
    _: Invalidation,
    id: FactorId,
) -> QueryResult<()> {
    diesel::delete(passkeys::table.find(id))
        .execute(connection)
        .map(drop)
}

pub(super) fn handle_of(
    connection: &mut AnyConnection,
    user: UserId,
) -> QueryResult<Option<Vec<u8>>> {
    handles::table
        .find(user)
        .select(handles::handle)
        .first(connection)
        .optional()
}

pub(super) fn insert_handle(
    connection: &mut AnyConnection,
    user: UserId,
    handle: &[u8],
) -> QueryResult<()> {
    diesel::insert_into(handles::table)
        .values((handles::user_id.eq(user), handles::handle.eq(handle)))
        .execute(connection)
        .map(drop)
}

pub(super) fn insert_challenge(
    connection: &mut AnyConnection,
    digest: Digest,
    holder: Digest,
    now: Timestamp,
) -> QueryResult<()> {
    diesel::insert_into(challenges::table)
        .values((
            challenges::digest.eq(digest),
            challenges::holder.eq(holder),
            challenges::created_at.eq(now),
        ))
        .execute(connection)
        .map(drop)
}

/// Deletes the challenges of a holder except the newest `kept`.
pub(super) fn delete_oldest_challenges(
    connection: &mut AnyConnection,
    holder: Digest,
    kept: i64,
) -> QueryResult<()> {
    let oldest: Vec<Digest> = challenges::table
        .filter(challenges::holder.eq(holder))
        .order((challenges::created_at.desc(), challenges::digest.asc()))
        .limit(i64::from(i32::MAX))
        .offset(kept)
        .select(challenges::digest)
        .load(connection)?;
    diesel::delete(challenges::table.filter(challenges::digest.eq_any(oldest)))
        .execute(connection)
        .map(drop)
}

/// Deletes a challenge of a holder, and returns when it was made. Of two concurrent calls, one gets
/// the time.
pub(super) fn take_challenge(
    connection: &mut AnyConnection,
    digest: Digest,
    holder: Digest,
) -> QueryResult<Option<Timestamp>> {
    let row = challenges::table
        .find(digest)
        .filter(challenges::holder.eq(holder));
    let created = row
        .select(challenges::created_at)
        .first(connection)
        .optional()?;
    let deleted = diesel::delete(row).execute(connection)?;
    Ok(created.filter(|_| deleted == 1))
}

/// Deletes up to `limit` challenges that were made before `before`, and returns their number.
pub(super) fn delete_challenges_before(
    connection: &mut AnyConnection,
    before: Timestamp,
    limit: i64,
) -> QueryResult<usize> {
    let expired: Vec<Digest> = challenges::table
        .filter(challenges::created_at.lt(before))
        .limit(limit)
        .select(challenges::digest)
        .load(connection)?;
    diesel::delete(challenges::table.filter(challenges::digest.eq_any(expired))).execute(connection)
}
