//! The queries about secrets: the lookup of every check, and inserts and deletions.

use diesel::{QueryResult, prelude::*};

use super::row::{NewestSecret, Row, UseRow, UserRow, secret_form};
use crate::{
    app_state::{Invalidation, Transaction},
    credentials::credential::Credential,
    crypto::digest::Digest,
    db::{AnyConnection, with_backend},
    schema::{credentials, last_uses, secrets, users},
    types::{
        credential_state::earlier,
        ids::{CredentialId, UserId},
        secret_form::SecretForm,
        user::User,
    },
    util::clock::Timestamp,
};

/// The result of a lookup by secret.
pub(crate) struct SecretLookup {
    pub(crate) credential: Credential,
    /// The format of this secret.
    pub(crate) form: SecretForm,
    /// The end of the grace period of this secret.
    pub(crate) valid_until: Option<Timestamp>,
    /// The end that an import gave this secret.
    pub(crate) accepted_until: Option<Timestamp>,
    /// Whether this secret was revoked.
    pub(crate) is_revoked: bool,
    pub(crate) user: User,
    /// The time since which the user is disabled.
    pub(crate) user_disabled_at: Option<Timestamp>,
}

impl SecretLookup {
    /// Returns the time from which this secret is refused, although its credential stays valid.
    pub(crate) fn until(&self) -> Option<Timestamp> {
        earlier(self.valid_until, self.accepted_until)
    }

    /// Returns whether this secret is refused, although its credential stays valid: it was revoked,
    /// or its end has passed by this clock.
    pub(crate) fn is_refused(&self, now: Timestamp) -> bool {
        self.is_revoked || self.until().is_some_and(|until| until <= now)
    }
}

/// Looks a secret up by its digest.
pub(crate) fn by_digest(
    connection: &mut AnyConnection,
    digest: Digest,
) -> QueryResult<Option<SecretLookup>> {
    type Joined = (
        Row,
        Option<UseRow>,
        NewestSecret,
        (Option<Timestamp>, Option<Timestamp>, Option<Timestamp>),
        UserRow,
        Option<Timestamp>,
    );
    let found: Option<Joined> = with_backend!(connection => secrets::table
        .inner_join(credentials::table.inner_join(users::table).left_join(last_uses::table))
        .filter(secrets::digest.eq(digest))
        .select((
            Row::as_select(),
            Option::<UseRow>::as_select(),
            NewestSecret::as_select(),
            (
                secrets::valid_until,
                secrets::accepted_until,
                secrets::revoked_at,
            ),
            UserRow::as_select(),
            users::disabled_at,
        ))
        .first(connection)
        .optional())?;
    let Some((row, last, presented, ends, user, user_disabled_at)) = found else {
        return Ok(None);
    };
    let (valid_until, accepted_until, revoked_at) = ends;
    let presented_form = presented.form.clone();
    // The hint is that of the newest secret, whichever secret was presented.
    let newest = match valid_until {
        None => presented,
        Some(_) => newest_secret(connection, row.id)?.unwrap_or(presented),
    };
    let credential = row.into_credential(last, newest)?;
    Ok(Some(SecretLookup {
        form: secret_form(credential.id, credential.class(), &presented_form)?,
        credential,
        valid_until,
        accepted_until,
        is_revoked: revoked_at.is_some(),
        user: user.into_user(),
        user_disabled_at,
    }))
}

/// Returns the newest secret, which is the one that no rotation has replaced. `None` if another
/// program changed the database.
fn newest_secret(
    connection: &mut AnyConnection,
    credential: CredentialId,
) -> QueryResult<Option<NewestSecret>> {
    secrets::table
        .filter(secrets::credential_id.eq(credential))
        .filter(secrets::valid_until.is_null())
        .select(NewestSecret::as_select())
        .first(connection)
        .optional()
}

/// The maximum number of secrets that are invalidated one by one. If there are more, all of the
/// user's entries are invalidated by one invalidation, because publishing blocks all other
/// publishers. A token that is rotated often keeps many expired secrets.
const MAX_INVALIDATED_SECRETS: usize = 16;

/// Invalidates the cache entries of all secrets of a credential once this transaction is committed,
/// expired secrets included. Entries of the user's other credentials stay. If there are too many
/// secrets, or none because another program changed the database, all entries of the user are
/// invalidated. Call it under the user's lock, so that no secret is added meanwhile, and before
/// secrets are deleted.
pub(in crate::credentials) fn invalidate(
    tx: &mut Transaction<'_>,
    user: UserId,
    credential: CredentialId,
) -> QueryResult<Invalidation> {
    let connection = &mut *tx.connection;
    let secrets: Vec<Digest> = with_backend!(connection => secrets::table
        .filter(secrets::credential_id.eq(credential))
        .select(secrets::digest)
        .load(connection))?;
    Ok(if (1..=MAX_INVALIDATED_SECRETS).contains(&secrets.len()) {
        tx.invalidate_secrets(secrets)
    } else {
        tx.invalidate_user(user)
    })
}

/// Inserts a secret of a credential.
pub(in crate::credentials) fn insert_secret(
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

/// Inserts the secret of a token that another system made. Its last characters are unknown.
pub(in crate::credentials) fn insert_foreign_secret(
    connection: &mut AnyConnection,
    token: &Credential,
    digest: Digest,
) -> QueryResult<()> {
    with_backend!(connection => diesel::insert_into(secrets::table)
        .values((
            secrets::digest.eq(digest),
            secrets::credential_id.eq(token.id),
            secrets::hint.eq(""),
            secrets::created_at.eq(token.created_at),
            secrets::form.eq(token.form.as_stored()),
            secrets::accepted_until.eq(token.secret_accepted_until),
        ))
        .execute(connection))
    .map(drop)
}

/// Inserts a further secret of a session, which is valid in addition to the existing ones until the
/// session expires. It has an end, so that the session still has one newest secret.
pub(in crate::credentials) fn insert_further_secret(
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

/// Deletes all secrets of a credential.
pub(in crate::credentials) fn delete_secrets(
    connection: &mut AnyConnection,
    _: Invalidation,
    credential: CredentialId,
) -> QueryResult<()> {
    diesel::delete(secrets::table.filter(secrets::credential_id.eq(credential)))
        .execute(connection)
        .map(drop)
}

/// Returns whether the newest secret of a credential was created after `since`.
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
