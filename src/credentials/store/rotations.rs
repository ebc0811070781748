//! The queries about secrets that follow each other: a rotation adds one and bounds those before.

use diesel::{QueryResult, prelude::*};

use crate::{
    app_state::Invalidation,
    crypto::digest::Digest,
    db::AnyConnection,
    schema::{rotations, secrets},
    types::ids::CredentialId,
    util::clock::Timestamp,
};

/// A secret from before a rotation that was not revoked.
#[derive(Clone, Debug, Queryable)]
pub struct PreviousSecret {
    pub(crate) digest: Digest,
    /// Its last characters.
    pub hint: String,
    /// Until when it works.
    pub until: Timestamp,
}

/// What a secret was derived from, besides the server's key and what was asked for.
pub(crate) struct DerivedSecret {
    pub(crate) digest: Digest,
    pub(crate) salt: [u8; 16],
    /// How long the secret before it goes on working, in microseconds.
    pub(crate) overlap: i64,
}

/// A rotation that was made before.
pub(crate) struct ExistingRotation {
    pub(crate) derived: DerivedSecret,
    /// Whether a newer secret has taken its place.
    pub(crate) is_replaced: bool,
}

/// Lets no secret of a credential work beyond `until`.
pub(crate) fn limit_secrets(
    connection: &mut AnyConnection,
    _: Invalidation,
    credential: CredentialId,
    until: Timestamp,
) -> QueryResult<()> {
    let longer = secrets::valid_until
        .is_null()
        .or(secrets::valid_until.gt(until));
    diesel::update(
        secrets::table
            .filter(secrets::credential_id.eq(credential))
            .filter(longer),
    )
    .set(secrets::valid_until.eq(until))
    .execute(connection)
    .map(drop)
}

/// The secrets of a credential from before a rotation that were not revoked, the newest first: also
/// those whose overlap is over by some clock.
pub(crate) fn previous_secrets(
    connection: &mut AnyConnection,
    credential: CredentialId,
) -> QueryResult<Vec<PreviousSecret>> {
    secrets::table
        .filter(secrets::credential_id.eq(credential))
        .filter(secrets::valid_until.is_not_null())
        .filter(secrets::revoked_at.is_null())
        .order(secrets::created_at.desc())
        .select((
            secrets::digest,
            secrets::hint,
            secrets::valid_until.assume_not_null(),
        ))
        .load(connection)
}

/// Revokes one secret that worked until `until`: from then on no clock is asked about it.
pub(crate) fn revoke_secret(
    connection: &mut AnyConnection,
    _: Invalidation,
    digest: Digest,
    until: Timestamp,
    now: Timestamp,
) -> QueryResult<()> {
    diesel::update(secrets::table.find(digest))
        .set((
            secrets::valid_until.eq(until.min(now)),
            secrets::revoked_at.eq(now),
        ))
        .execute(connection)
        .map(drop)
}

/// Notes what a secret was derived from when `request` asked for it.
pub(crate) fn insert_rotation(
    connection: &mut AnyConnection,
    request: Digest,
    derived: &DerivedSecret,
) -> QueryResult<()> {
    diesel::insert_into(rotations::table)
        .values((
            rotations::digest.eq(derived.digest),
            rotations::request.eq(request),
            rotations::salt.eq(derived.salt.as_slice()),
            rotations::overlap.eq(derived.overlap),
        ))
        .execute(connection)
        .map(drop)
}

/// The newest secret of a credential that `request` made, after `since` where that is given.
pub(crate) fn rotation(
    connection: &mut AnyConnection,
    credential: CredentialId,
    request: Digest,
    since: Option<Timestamp>,
) -> QueryResult<Option<ExistingRotation>> {
    let found: Option<(Digest, Vec<u8>, i64, Option<Timestamp>)> = rotations::table
        .inner_join(secrets::table)
        .filter(secrets::credential_id.eq(credential))
        .filter(rotations::request.eq(request))
        .filter(secrets::created_at.gt(since.unwrap_or(Timestamp::from_micros(i64::MIN))))
        .order(secrets::created_at.desc())
        .select((
            rotations::digest,
            rotations::salt,
            rotations::overlap,
            secrets::valid_until,
        ))
        .first(connection)
        .optional()?;
    found
        .map(|(digest, salt, overlap, valid_until)| {
            let salt = salt.try_into().map_err(|_| {
                diesel::result::Error::DeserializationError("a salt is not of 16 bytes".into())
            })?;
            Ok(ExistingRotation {
                derived: DerivedSecret {
                    digest,
                    salt,
                    overlap,
                },
                is_replaced: valid_until.is_some(),
            })
        })
        .transpose()
}

/// Forgets some secrets that stopped working before `before`, and says how many.
pub(crate) fn delete_superseded(
    connection: &mut AnyConnection,
    before: Timestamp,
    most: i64,
) -> QueryResult<usize> {
    let spent: Vec<Digest> = secrets::table
        .filter(secrets::valid_until.lt(before))
        .limit(most)
        .select(secrets::digest)
        .load(connection)?;
    diesel::delete(secrets::table.filter(secrets::digest.eq_any(spent))).execute(connection)
}
