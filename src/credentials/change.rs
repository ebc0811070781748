//! Changes of a credential and of its secrets.
//!
//! Each function publishes the invalidations that its change needs, so that a caller cannot omit
//! them. The caller holds the lock of the user.

use std::time::Duration;

use diesel::QueryResult;

use crate::{
    app_state::{Invalidation, Transaction},
    credentials::{Credential, store},
    crypto::digest::Digest,
    db,
    types::{
        assurance::{AuthenticationMethods, PasskeyUse},
        ids::{CredentialId, UserId},
    },
    util::clock::Timestamp,
};

/// The digest of a new secret, and its last characters. The hint of a session is empty.
pub(crate) struct NewSecret {
    pub(crate) digest: Digest,
    pub(crate) hint: String,
}

impl NewSecret {
    /// The secret of a session.
    pub(crate) const fn of_session(digest: Digest) -> Self {
        Self {
            digest,
            hint: String::new(),
        }
    }
}

/// Adds a credential and its first secret. No node can have cached them, so nothing is invalidated.
///
/// # Errors
/// Returns a unique violation if `form_key` opened a credential of this user before. The
/// transaction can continue after it.
pub(crate) fn open(
    tx: &mut Transaction<'_>,
    credential: &Credential,
    secret: &NewSecret,
    form_key: Option<&[u8]>,
) -> QueryResult<()> {
    // A savepoint costs a round trip, and without a form key there can be no violation.
    if form_key.is_some() {
        db::with_savepoint(tx.connection, |connection| {
            store::insert(connection, credential, form_key)
        })?;
    } else {
        store::insert(tx.connection, credential, None)?;
    }
    store::insert_secret(
        tx.connection,
        credential.id,
        secret.digest,
        &secret.hint,
        credential.created_at,
    )
}

/// Adds a token whose secret another system made.
pub(crate) fn open_foreign(
    tx: &mut Transaction<'_>,
    token: &Credential,
    digest: Digest,
) -> QueryResult<()> {
    store::insert(tx.connection, token, None)?;
    store::insert_foreign_secret(tx.connection, token, digest)
}

/// Adds a further secret to a session. The new secret lives as long as the session. The others stay
/// valid, so nothing is invalidated.
pub(crate) fn add_secret(
    tx: &mut Transaction<'_>,
    session: &Credential,
    digest: Digest,
) -> QueryResult<()> {
    store::insert_further_secret(tx.connection, session, digest)
}

/// Replaces all secrets of a session by one.
pub(crate) fn replace_secret(
    tx: &mut Transaction<'_>,
    user: UserId,
    session: CredentialId,
    digest: Digest,
) -> QueryResult<()> {
    let invalidation = store::invalidate(tx, user, session)?;
    set_only_secret(tx, invalidation, session, digest)
}

/// The changes that a re-authentication makes in a session.
pub(crate) struct Reauthentication {
    /// The time until which the session counts as recently authenticated.
    pub(crate) until: Timestamp,
    /// After a second factor: the methods that proved the user, this one included.
    pub(crate) methods: Option<AuthenticationMethods>,
    /// The time of the proof by the methods of the session. `None`: the password alone was confirmed
    /// after two factors.
    pub(crate) authenticated_at: Option<Timestamp>,
}

impl Reauthentication {
    /// A re-authentication in `session` by the password.
    pub(crate) fn by_password(tx: &Transaction<'_>, session: &Credential) -> Self {
        Self::with(tx, session, None)
    }

    fn with(
        tx: &Transaction<'_>,
        session: &Credential,
        methods: Option<AuthenticationMethods>,
    ) -> Self {
        let now = tx.now();
        let is_whole = methods.is_some() || session.methods.level() == 1;
        Self {
            until: now.saturating_add(tx.state.settings().sessions.confirm_for),
            methods,
            authenticated_at: is_whole.then_some(now),
        }
    }

    /// A re-authentication in `session` by a code.
    pub(crate) fn by_code(tx: &Transaction<'_>, session: &Credential) -> Self {
        Self::with(tx, session, Some(session.methods.with_code()))
    }

    /// A re-authentication in `session` by a passkey. It is a second factor if the authenticator
    /// has verified the user. It is also one in addition to the password of the session.
    pub(crate) fn by_passkey(
        tx: &Transaction<'_>,
        session: &Credential,
        passkey: PasskeyUse,
    ) -> Self {
        let alone = AuthenticationMethods::NONE.with_passkey(passkey);
        let methods = session.methods.with_passkey(passkey);
        let is_second = alone.level() > 1 || session.methods.has_password();
        Self::with(tx, session, is_second.then_some(methods))
    }
}

/// Records a re-authentication in a session, and replaces its secrets by one.
pub(crate) fn record_reauthentication(
    tx: &mut Transaction<'_>,
    session: &Credential,
    digest: Digest,
    reauthentication: &Reauthentication,
    form_key: Option<&[u8]>,
) -> QueryResult<()> {
    let invalidation = store::invalidate(tx, session.user_id, session.id)?;
    store::confirm(
        tx.connection,
        invalidation,
        session.id,
        reauthentication,
        form_key,
    )?;
    set_only_secret(tx, invalidation, session.id, digest)
}

fn set_only_secret(
    tx: &mut Transaction<'_>,
    invalidation: Invalidation,
    session: CredentialId,
    digest: Digest,
) -> QueryResult<()> {
    store::delete_secrets(tx.connection, invalidation, session)?;
    store::insert_secret(tx.connection, session, digest, "", tx.now())
}

/// Writes the name, abilities, expiry and pause of a token.
pub(crate) fn update(tx: &mut Transaction<'_>, token: &Credential) -> QueryResult<()> {
    let invalidation = store::invalidate(tx, token.user_id, token.id)?;
    store::update(tx.connection, invalidation, token)
}

/// Invalidates a credential whose change an earlier request made. The nodes may not have applied
/// the invalidation of that request yet.
pub(crate) fn invalidate_again(
    tx: &mut Transaction<'_>,
    credential: &Credential,
) -> QueryResult<()> {
    store::invalidate(tx, credential.user_id, credential.id).map(drop)
}

/// Gives a token a new secret. Its earlier secrets work for at most `grace_period`, and at most
/// `kept` of them work at all.
///
/// The other secrets are revoked and not only expired. The clock of another node may be slow, and
/// by that clock an expired secret can still be valid. Secrets that are expired by this clock are
/// revoked first.
pub(crate) fn rotate_secret(
    tx: &mut Transaction<'_>,
    token: &Credential,
    secret: &NewSecret,
    grace_period: Duration,
    kept: usize,
) -> QueryResult<()> {
    let now = tx.now();
    let invalidation = store::invalidate(tx, token.user_id, token.id)?;
    let until = now.saturating_add(grace_period);
    store::limit_secrets(tx.connection, invalidation, token.id, until)?;
    let mut earlier = store::previous_secrets(tx.connection, token.id)?;
    earlier.sort_by_key(|earlier| earlier.until <= now);
    for revoked in earlier.iter().skip(kept) {
        let (digest, until) = (revoked.digest, revoked.until);
        store::revoke_secret(tx.connection, invalidation, digest, until, now)?;
    }
    store::insert_secret(tx.connection, token.id, secret.digest, &secret.hint, now)
}

/// Revokes one expired secret of a credential. The clock of another node may be slow.
pub(crate) fn revoke_secret(
    tx: &mut Transaction<'_>,
    credential: &Credential,
    digest: Digest,
    until: Timestamp,
) -> QueryResult<()> {
    let invalidation = store::invalidate(tx, credential.user_id, credential.id)?;
    store::revoke_secret(tx.connection, invalidation, digest, until, tx.now())
}
