//! The queries about secrets: the one that every check asks, and those that give and take them.

use diesel::{QueryResult, prelude::*};

use super::{Row, UseRow};
use crate::{
    app_state::{Invalidation, Transaction},
    credential_cache::User,
    credentials::credential::Credential,
    crypto::digest::Digest,
    db::{AnyConnection, with_backend},
    schema::{credentials, last_uses, secrets, users},
    types::ids::{CredentialId, UserId},
    util::clock::Timestamp,
};

/// What a secret leads to.
pub(crate) struct Found {
    pub(crate) credential: Credential,
    /// Until when this secret of it is good.
    pub(crate) valid_until: Option<Timestamp>,
    /// Whether this secret of it was revoked.
    pub(crate) is_revoked: bool,
    pub(crate) user: User,
    /// Since when nobody can get in as them.
    pub(crate) user_disabled_at: Option<Timestamp>,
}

impl Found {
    /// Whether this secret was rotated out: it was revoked, or its overlap is over by this clock.
    pub(crate) fn is_superseded(&self, now: Timestamp) -> bool {
        self.is_revoked || self.valid_until.is_some_and(|until| until <= now)
    }
}

/// Looks a secret up by its digest.
pub(crate) fn by_digest(
    connection: &mut AnyConnection,
    digest: Digest,
) -> QueryResult<Option<Found>> {
    type Joined = (
        Row,
        Option<UseRow>,
        String,
        Option<Timestamp>,
        Option<Timestamp>,
        (UserId, String, String, Timestamp, Option<Timestamp>),
    );
    let found: Option<Joined> = with_backend!(connection => secrets::table
        .inner_join(credentials::table.inner_join(users::table).left_join(last_uses::table))
        .filter(secrets::digest.eq(digest))
        .select((
            Row::as_select(),
            Option::<UseRow>::as_select(),
            secrets::hint,
            secrets::valid_until,
            secrets::revoked_at,
            (
                users::id,
                users::email,
                users::name,
                users::created_at,
                users::disabled_at,
            ),
        ))
        .first(connection)
        .optional())?;
    let Some((row, last, hint, valid_until, revoked_at, user)) = found else {
        return Ok(None);
    };
    let (id, email, name, created_at, user_disabled_at) = user;
    // A token's hint is that of its newest secret, whichever of them came.
    let hint = match valid_until {
        None => hint,
        Some(_) => hint_of_newest(connection, row.id)?,
    };
    Ok(Some(Found {
        credential: row.into_credential(last, hint)?,
        valid_until,
        is_revoked: revoked_at.is_some(),
        user: User {
            id,
            email,
            name,
            created_at,
        },
        user_disabled_at,
    }))
}

/// The newest secret is the one that no rotation has bounded.
fn hint_of_newest(connection: &mut AnyConnection, credential: CredentialId) -> QueryResult<String> {
    secrets::table
        .filter(secrets::credential_id.eq(credential))
        .filter(secrets::valid_until.is_null())
        .select(secrets::hint)
        .first(connection)
}

/// A credential with more secrets than this makes all old that its user has: each is told by itself, while
/// everybody else who tells something waits, and a token that is rotated often keeps its spent ones for long.
const MOST_TOLD: usize = 16;

/// What is remembered of a credential of `user` is old once this transaction is committed: of each of its
/// secrets, also of those that were rotated out. What else the user has stays known, unless the secrets are
/// too many, or none, which is the work of somebody else than us. To be called under the user's lock, so that
/// no secret is added meanwhile, and before any is taken away.
pub(crate) fn invalidate(
    context: &Transaction,
    connection: &mut AnyConnection,
    user: UserId,
    credential: CredentialId,
) -> QueryResult<Invalidation> {
    let secrets: Vec<Digest> = with_backend!(connection => secrets::table
        .filter(secrets::credential_id.eq(credential))
        .select(secrets::digest)
        .load(connection))?;
    Ok(if (1..=MOST_TOLD).contains(&secrets.len()) {
        context.invalidate_secrets(secrets)
    } else {
        context.invalidate_user(user)
    })
}

/// Adds a secret to a credential.
pub(crate) fn insert_secret(
    connection: &mut AnyConnection,
    credential: CredentialId,
    digest: Digest,
    hint: &str,
    created_at: Timestamp,
) -> QueryResult<()> {
    with_backend!(connection => diesel::insert_into(secrets::table)
        .values((
            secrets::digest.eq(digest),
            secrets::credential_id.eq(credential),
            secrets::hint.eq(hint),
            secrets::created_at.eq(created_at),
        ))
        .execute(connection))
    .map(drop)
}

/// Adds one more secret to a session, which lets its browser in beside those that it has, for as long as the
/// session lasts. It is bounded, so that the session still has one newest secret.
pub(crate) fn insert_further_secret(
    connection: &mut AnyConnection,
    session: &Credential,
    digest: Digest,
) -> QueryResult<()> {
    with_backend!(connection => diesel::insert_into(secrets::table)
        .values((
            secrets::digest.eq(digest),
            secrets::credential_id.eq(session.id),
            secrets::hint.eq(""),
            secrets::created_at.eq(session.created_at),
            secrets::valid_until.eq(session.expires_at),
        ))
        .execute(connection))
    .map(drop)
}

/// Removes every secret of a credential.
pub(crate) fn delete_secrets(
    connection: &mut AnyConnection,
    _: Invalidation,
    credential: CredentialId,
) -> QueryResult<()> {
    diesel::delete(secrets::table.filter(secrets::credential_id.eq(credential)))
        .execute(connection)
        .map(drop)
}

/// Whether the newest secret of a credential was made after `since`.
pub(crate) fn is_renewed_since(
    connection: &mut AnyConnection,
    credential: CredentialId,
    since: Timestamp,
) -> QueryResult<bool> {
    let newest = secrets::table
        .filter(secrets::credential_id.eq(credential))
        .filter(secrets::valid_until.is_null())
        .filter(secrets::created_at.gt(since));
    diesel::select(diesel::dsl::exists(newest)).get_result(connection)
}
