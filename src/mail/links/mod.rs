//! Links that work once. The secret of a link is in its mail only. The database has its digest, and
//! the values from which the server derives it again when it sends the mail.

mod code;
mod secret;
mod store;

use std::time::Duration;

pub use self::{code::LinkCode, secret::LinkSecret};
use crate::{
    app_state::{AppState, Transaction},
    crypto::{digest::Digest, rng},
    db::AnyConnection,
    error::{Error, Result},
    types::{
        email::Email,
        ids::{LinkId, UserId},
    },
    util::clock::Timestamp,
};

const HOUR: Duration = Duration::from_secs(3600);
const DAY: Duration = Duration::from_secs(24 * 3600);

/// The life of a code. A code is shorter than a secret, so it lives shorter.
pub const CODE_LIFE: Duration = Duration::from_secs(600);

/// The wrong codes that a link survives, less one.
const MAX_WRONG_CODES: i64 = 3;

/// The purpose of a link.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Purpose {
    /// Verifies the address of an account.
    VerifyEmail,
    /// Sets a new password.
    ResetPassword,
    /// Confirms the new address of an account.
    ConfirmEmail,
    /// Puts the previous address of an account back.
    UndoEmail,
    /// Verifies the second address of an account.
    VerifyNoticeEmail,
    /// Creates an account.
    Invitation,
}

impl Purpose {
    /// All purposes.
    pub const ALL: [Self; 6] = [
        Self::VerifyEmail,
        Self::ResetPassword,
        Self::ConfirmEmail,
        Self::UndoEmail,
        Self::VerifyNoticeEmail,
        Self::Invitation,
    ];

    /// Returns the stored name. It is an input of the secret, so it never changes.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::VerifyEmail => "verify-email",
            Self::ResetPassword => "reset-password",
            Self::ConfirmEmail => "confirm-email",
            Self::UndoEmail => "undo-email",
            Self::VerifyNoticeEmail => "verify-notice-email",
            Self::Invitation => "invitation",
        }
    }

    fn parse(text: &str) -> Option<Self> {
        Self::ALL
            .into_iter()
            .find(|purpose| purpose.as_str() == text)
    }

    /// Returns how long a link works.
    #[must_use]
    pub const fn life(self) -> Duration {
        match self {
            Self::ResetPassword | Self::ConfirmEmail => HOUR,
            Self::VerifyEmail | Self::VerifyNoticeEmail => DAY,
            Self::UndoEmail | Self::Invitation => DAY.saturating_mul(7),
        }
    }

    /// Returns whether a change of the account's password or address makes the link void. The undo
    /// of an address change stays: a thief of the account could otherwise prevent the undo by
    /// changing the password.
    const fn ends_with_changes(self) -> bool {
        !matches!(self, Self::UndoEmail)
    }
}

/// A link to be created.
#[derive(Clone, Copy, Debug)]
pub struct NewLink<'a> {
    /// The purpose of the link.
    pub purpose: Purpose,
    /// The account. `None` for an invitation.
    pub user: Option<UserId>,
    /// The address to which the link is mailed.
    pub email: &'a Email,
    /// Parameters of the act in JSON.
    pub detail: &'a str,
}

/// A stored link.
#[derive(Clone, Debug)]
pub struct Link {
    /// The ID.
    pub id: LinkId,
    /// The purpose of the link.
    pub purpose: Purpose,
    /// The account. `None` for an invitation.
    pub user: Option<UserId>,
    /// The address to which the link was mailed, as typed.
    pub email: String,
    /// The canonical form of the address.
    pub email_canonical: String,
    /// Parameters of the act in JSON.
    pub detail: String,
    /// The time after which the link does not work.
    pub expires_at: Timestamp,
    code_expires_at: Option<Timestamp>,
    digest: Digest,
    salt: [u8; 16],
}

/// Creates a link. Earlier links of the same account and purpose do not work any more, except for
/// links that undo an address change: each of them puts another address back.
///
/// # Errors
/// Returns an error if the database fails or the process has no signing key.
pub fn create(tx: &mut Transaction<'_>, new: &NewLink<'_>) -> Result<LinkId> {
    let now = tx.now();
    create_for(tx, new, now)
}

/// Does the same as [`create`] for a link whose mail is sent at `mailed_at`. Its life begins then.
///
/// # Errors
/// The errors of [`create`].
pub(super) fn create_for(
    tx: &mut Transaction<'_>,
    new: &NewLink<'_>,
    mailed_at: Timestamp,
) -> Result<LinkId> {
    match new.user {
        Some(user) if new.purpose != Purpose::UndoEmail => {
            store::delete_of_user(tx.connection, user, new.purpose)?;
        }
        Some(_) => {}
        None => store::delete_of_email(tx.connection, new.email.canonical(), new.purpose)?,
    }
    let (id, now) = (tx.new_id()?, tx.now());
    let salt = rng::bytes::<16>(tx.state.random())?;
    let keys = tx.state.signing_keys();
    let keys = keys.ok_or_else(|| Error::internal("the process has no signing key"))?;
    let secret = LinkSecret::derive(keys.first(), id, new.purpose, &salt)?;
    let link = Link {
        id,
        purpose: new.purpose,
        user: new.user,
        email: new.email.as_str().to_owned(),
        email_canonical: new.email.canonical().to_owned(),
        detail: new.detail.to_owned(),
        expires_at: mailed_at.saturating_add(new.purpose.life()),
        code_expires_at: (new.purpose == Purpose::VerifyEmail)
            .then(|| mailed_at.saturating_add(CODE_LIFE)),
        digest: secret.digest(),
        salt,
    };
    store::insert(tx.connection, &link, now)?;
    Ok(id)
}

/// Returns the link with this ID, if it still works.
///
/// # Errors
/// Returns an error if the database fails.
pub fn find(connection: &mut AnyConnection, id: LinkId, now: Timestamp) -> Result<Option<Link>> {
    Ok(store::find(connection, id)?.filter(|link| now < link.expires_at))
}

/// Returns the link of this purpose with this secret, if it still works. It stays valid.
///
/// # Errors
/// Returns an error if the database fails.
pub fn find_by_secret(
    connection: &mut AnyConnection,
    purpose: Purpose,
    secret: Digest,
    now: Timestamp,
) -> Result<Option<Link>> {
    let found = store::by_digest(connection, secret)?;
    Ok(found.filter(|link| link.purpose == purpose && now < link.expires_at))
}

/// Returns the newest link of this account and purpose, if it still works.
///
/// # Errors
/// Returns an error if the database fails.
pub fn find_of_user(
    connection: &mut AnyConnection,
    user: UserId,
    purpose: Purpose,
    now: Timestamp,
) -> Result<Option<Link>> {
    let found = store::newest_of_user(connection, user, purpose)?;
    Ok(found.filter(|link| now < link.expires_at))
}

/// Makes the links of one account and purpose void.
///
/// # Errors
/// Returns an error if the database fails.
pub fn void(connection: &mut AnyConnection, user: UserId, purpose: Purpose) -> Result<()> {
    Ok(store::delete_of_user(connection, user, purpose)?)
}

/// Makes the links void that undo a later change than this link does. A thief who changed the
/// address twice has the mail of the second change.
///
/// # Errors
/// Returns an error if the database fails.
pub fn void_later(connection: &mut AnyConnection, user: UserId, link: &Link) -> Result<()> {
    Ok(store::delete_since(connection, user, link)?)
}

/// Uses a link up. Of two concurrent transactions, one gets `true`.
///
/// # Errors
/// Returns an error if the database fails.
pub fn take(tx: &mut Transaction<'_>, link: &Link) -> Result<bool> {
    Ok(store::delete(tx.connection, link.id)?)
}

/// Makes the links of an account void, after a change that ends what is pending.
///
/// # Errors
/// Returns an error if the database fails.
pub fn void_of_user(connection: &mut AnyConnection, user: UserId) -> Result<()> {
    for purpose in Purpose::ALL {
        if purpose.ends_with_changes() {
            store::delete_of_user(connection, user, purpose)?;
        }
    }
    Ok(())
}

/// Deletes up to `limit` links that do not work any more, and returns their number.
///
/// # Errors
/// Returns an error if the database fails.
pub(crate) fn delete_expired(
    connection: &mut AnyConnection,
    now: Timestamp,
    limit: i64,
) -> Result<usize> {
    Ok(store::delete_expired(connection, now, limit)?)
}

impl Link {
    /// Returns when the link was created, or when its mail is sent if a limit delays it.
    #[must_use]
    pub fn created_at(&self) -> Timestamp {
        self.expires_at.saturating_sub(self.purpose.life())
    }

    /// Derives the secret again, to send it. The current key of the server is tried first, then its
    /// older keys. Returns `None` if the key of the link was removed from the settings.
    ///
    /// # Errors
    /// Returns an error if the derivation fails.
    pub fn secret(&self, state: &AppState) -> Result<Option<LinkSecret>> {
        let key = self.key(state)?;
        key.map(|key| LinkSecret::derive(key, self.id, self.purpose, &self.salt))
            .transpose()
    }

    /// Derives the code of the same mail. Returns `None` if there is none.
    ///
    /// # Errors
    /// Returns an error if the derivation fails.
    pub fn code(&self, state: &AppState) -> Result<Option<LinkCode>> {
        match (self.code_expires_at, self.key(state)?) {
            (Some(until), Some(key)) if state.now() < until => {
                LinkCode::derive(key, self.id, &self.salt).map(Some)
            }
            _ => Ok(None),
        }
    }

    /// Returns the key from which the secret was derived.
    fn key<'a>(&self, state: &'a AppState) -> Result<Option<&'a [u8]>> {
        let Some(keys) = state.signing_keys() else {
            return Ok(None);
        };
        for key in std::iter::once(keys.first()).chain(keys.older()) {
            let secret = LinkSecret::derive(key, self.id, self.purpose, &self.salt)?;
            if secret.digest() == self.digest {
                return Ok(Some(key));
            }
        }
        Ok(None)
    }
}

/// Compares a typed code with the one of the account's link of `purpose`. Returns the link if the
/// code is right. A wrong code is counted, and the third one makes the link void.
///
/// # Errors
/// Returns an error if the database fails.
pub fn check_code(
    tx: &mut Transaction<'_>,
    user: UserId,
    purpose: Purpose,
    typed: &LinkCode,
) -> Result<Option<Link>> {
    let now = tx.now();
    let link = store::lock_of_user(tx.connection, user, purpose)?;
    let Some(link) = link.filter(|link| now < link.expires_at) else {
        return Ok(None);
    };
    let Some(code) = link.code(tx.state)? else {
        return Ok(None);
    };
    if code.matches(typed) {
        return Ok(Some(link));
    }
    if store::count_wrong_code(tx.connection, link.id)? >= MAX_WRONG_CODES {
        store::delete(tx.connection, link.id)?;
    }
    Ok(None)
}
