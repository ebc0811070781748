//! Sign-ins between their two steps: the password was right and a second factor is missing, or a
//! passkey was used and the password is missing.
//!
//! An attempt is a row of its own and no credential, so nothing of the account is readable with it.
//! The browser has its secret in the signed cookie.

mod store;

use std::time::Duration;

pub(crate) use self::store::{count_try, delete_expired, end_all, end_open, set_session};
use crate::{
    app_state::Transaction,
    crypto::{
        digest::Digest,
        password_hash::StoredHash,
        rng::Random,
        secret::{LENGTH_256, SecretString, random_256},
    },
    db::AnyConnection,
    error::Result,
    types::ids::{CredentialId, FactorId, UserId},
    util::clock::Timestamp,
};

/// The life of an attempt.
pub const LIFETIME: Duration = Duration::from_secs(600);
/// The number of proofs that can be tried in one attempt: codes, answers of passkeys or passwords.
pub const MAX_TRIES: i64 = 5;

/// The secret of an attempt.
#[derive(Clone)]
pub struct AttemptSecret(SecretString);

impl AttemptSecret {
    /// Generates a secret.
    ///
    /// # Errors
    /// Returns an error if the system provides no random bytes.
    pub fn generate(random: &dyn Random) -> Result<Self> {
        Ok(Self(random_256(random)?))
    }

    /// Parses a secret from a cookie with a valid signature.
    #[must_use]
    pub fn parse(text: String) -> Option<Self> {
        (text.len() == LENGTH_256).then(|| Self(SecretString::new(text)))
    }

    /// Returns the digest that the database stores.
    #[must_use]
    pub fn digest(&self) -> Digest {
        self.0.digest()
    }

    /// Returns the text for the cookie.
    pub(crate) fn expose(&self) -> &str {
        self.0.expose()
    }
}

/// An attempt.
#[derive(Clone, Debug)]
pub(crate) struct SignInAttempt {
    pub(crate) user: UserId,
    /// The digest of the user's password hash at the first step. Another one ends the attempt.
    pub(crate) password_digest: Digest,
    /// The passkey of the first step, whose authenticator did not verify the user. The second step
    /// then takes the password only. `None` if the first step was the password.
    pub(crate) passkey: Option<FactorId>,
    /// Whether the user selected "Keep me signed in".
    pub(crate) remember: bool,
    /// The number of proofs that were tried.
    pub(crate) tried: i64,
    pub(crate) created_at: Timestamp,
    /// The session that this attempt opened.
    pub(crate) session: Option<CredentialId>,
}

impl SignInAttempt {
    /// Returns whether the attempt waits for its second step.
    pub(crate) const fn is_open(&self) -> bool {
        self.session.is_none() && self.tried < MAX_TRIES
    }

    /// Returns whether the attempt was made for the password with this hash.
    pub(crate) fn is_for(&self, hash: &StoredHash) -> bool {
        self.password_digest == digest_of(hash)
    }
}

fn digest_of(hash: &StoredHash) -> Digest {
    Digest::of(hash.as_str().as_bytes())
}

/// The first step of a sign-in.
pub(crate) struct FirstStep<'a> {
    pub(crate) user: UserId,
    /// The password hash of the user.
    pub(crate) hash: &'a StoredHash,
    /// The passkey that was used. `None`: the password was verified.
    pub(crate) passkey: Option<FactorId>,
    /// Whether the user selected "Keep me signed in".
    pub(crate) remember: bool,
}

/// Begins an attempt after its first step.
///
/// # Errors
/// Returns an error if the database fails.
pub(crate) fn begin(tx: &mut Transaction<'_>, secret: Digest, first: &FirstStep<'_>) -> Result<()> {
    let attempt = SignInAttempt {
        user: first.user,
        password_digest: digest_of(first.hash),
        passkey: first.passkey,
        remember: first.remember,
        tried: 0,
        created_at: tx.now(),
        session: None,
    };
    Ok(store::insert(tx.connection, secret, &attempt)?)
}

/// Returns the attempt with this secret, if it is younger than [`LIFETIME`] at `now`.
///
/// # Errors
/// Returns an error if the database fails.
pub(crate) fn find(
    connection: &mut AnyConnection,
    secret: Digest,
    now: Timestamp,
) -> Result<Option<SignInAttempt>> {
    let found = store::find(connection, secret)?;
    // A time in the future comes from a clock that was set back.
    Ok(found.filter(|attempt| {
        attempt.created_at <= now && attempt.created_at.saturating_add(LIFETIME) > now
    }))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::crypto::rng::SystemRandom;

    #[test]
    fn secret_of_another_length_is_refused() {
        let secret = AttemptSecret::generate(&SystemRandom).ok().unwrap();
        let text = secret.expose().to_owned();
        assert!(AttemptSecret::parse(format!("{text}A")).is_none());
        assert!(AttemptSecret::parse(String::new()).is_none());
        assert!(AttemptSecret::parse(text).is_some());
    }
}
