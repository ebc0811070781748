//! The queries about rotations. A rotation inserts a secret and sets the end of the previous ones.

use diesel::{QueryResult, prelude::*};

use crate::{
    app_state::Invalidation,
    crypto::digest::Digest,
    db::AnyConnection,
    schema::{rotations, secrets},
    types::ids::CredentialId,
    util::clock::Timestamp,
};

/// A previous secret that was not revoked.
#[derive(Clone, Debug)]
pub struct PreviousSecret {
    pub(crate) digest: Digest,
    /// The last characters of the secret.
    pub hint: String,
    /// The end of its grace period, or the earlier end that an import gave it.
    pub until: Timestamp,
}

/// The inputs from which a secret was derived, apart from the server's key and the request.
pub(crate) struct DerivedSecret {
    pub(crate) digest: Digest,
    pub(crate) salt: [u8; 16],
    /// The grace period of the previous secret, in microseconds.
    pub(crate) overlap: i64,
}

/// An earlier rotation.
pub(crate) struct ExistingRotation {
    pub(crate) derived: DerivedSecret,
    /// Whether a newer secret has replaced the secret of this rotation.
    pub(crate) is_replaced: bool,
}

/// Sets the end of all secrets of a credential to `until` at the latest.
pub(in crate::credentials) fn limit_secrets(
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

/// Returns the previous secrets of a credential that were not revoked, newest first. Secrets whose
/// grace period is over are included, because the clocks of nodes differ.
pub(crate) fn previous_secrets(
    connection: &mut AnyConnection,
    credential: CredentialId,
) -> QueryResult<Vec<PreviousSecret>> {
    let rows: Vec<(Digest, String, Timestamp, Option<Timestamp>)> = secrets::table
        .filter(secrets::credential_id.eq(credential))
        .filter(secrets::valid_until.is_not_null())
        .filter(secrets::revoked_at.is_null())
        .order(secrets::created_at.desc())
        .select((
            secrets::digest,
            secrets::hint,
            secrets::valid_until.assume_not_null(),
            secrets::accepted_until,
        ))
        .load(connection)?;
    let previous = |(digest, hint, until, end): (_, _, Timestamp, Option<Timestamp>)| {
        let until = end.map_or(until, |end| end.min(until));
        PreviousSecret {
            digest,
            hint,
            until,
        }
    };
    Ok(rows.into_iter().map(previous).collect())
}

/// Revokes a secret that was valid until `until`. From then on its validity depends on no clock.
pub(in crate::credentials) fn revoke_secret(
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

/// Stores the inputs from which the secret for `request` was derived.
pub(crate) fn insert_rotation(
    connection: &mut AnyConnection,
    request: Digest,
    derived: &DerivedSecret,
) -> QueryResult<()> {
    diesel::insert_into(rotations::table)
        .values((
            rotations::secret_digest.eq(derived.digest),
            rotations::request_digest.eq(request),
            rotations::salt.eq(derived.salt.as_slice()),
            rotations::overlap.eq(derived.overlap),
        ))
        .execute(connection)
        .map(drop)
}

/// Returns the newest rotation of a credential by `request`, only after `since` if that is given.
pub(crate) fn rotation(
    connection: &mut AnyConnection,
    credential: CredentialId,
    request: Digest,
    since: Option<Timestamp>,
) -> QueryResult<Option<ExistingRotation>> {
    let found: Option<(Digest, Vec<u8>, i64, Option<Timestamp>)> = rotations::table
        .inner_join(secrets::table)
        .filter(secrets::credential_id.eq(credential))
        .filter(rotations::request_digest.eq(request))
        .filter(secrets::created_at.gt(since.unwrap_or(Timestamp::from_micros(i64::MIN))))
        .order(secrets::created_at.desc())
        .select((
            rotations::secret_digest,
            rotations::salt,
            rotations::overlap,
            secrets::valid_until,
        ))
        .first(connection)
        .optional()?;
    found
        .map(|(digest, salt, overlap, valid_until)| {
            let salt = salt.try_into().map_err(|_| {
                diesel::result::Error::DeserializationError("a salt does not have 16 bytes".into())
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

/// Deletes up to `limit` secrets that expired before `before`, and returns their number.
pub(crate) fn delete_superseded(
    connection: &mut AnyConnection,
    before: Timestamp,
    limit: i64,
) -> QueryResult<usize> {
    let superseded: Vec<Digest> = secrets::table
        .filter(secrets::valid_until.lt(before))
        .limit(limit)
        .select(secrets::digest)
        .load(connection)?;
    diesel::delete(secrets::table.filter(secrets::digest.eq_any(superseded))).execute(connection)
}
