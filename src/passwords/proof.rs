//! The proof of a password, and its use in a transaction.

use super::store;
use crate::{
    app_state::Transaction,
    audit::Actor,
    credentials,
    crypto::password_hash::StoredHash,
    db::AnyConnection,
    error::{Error, Result},
    factors,
    rate_limit::{self, Counted},
    types::ids::UserId,
};

/// A password proof: the password of this user was verified a moment ago.
#[derive(Clone)]
pub struct PasswordProof {
    user: UserId,
    /// The hash that matched the password. If the hash has changed when the proof is used, the
    /// proof is not valid.
    hash: StoredHash,
    /// The counted attempt, which is removed when the proof is used. `None` after a registration.
    attempt: Option<Counted>,
    is_from_registration: bool,
}

impl PasswordProof {
    /// Returns the proof of a counted attempt.
    pub(super) const fn of_attempt(user: UserId, hash: StoredHash, attempt: Counted) -> Self {
        Self {
            user,
            hash,
            attempt: Some(attempt),
            is_from_registration: false,
        }
    }

    /// Returns a proof for a client that has just registered this account.
    pub(crate) const fn from_registration(user: UserId, hash: StoredHash) -> Self {
        Self {
            user,
            hash,
            attempt: None,
            is_from_registration: true,
        }
    }

    /// Marks the proof as that of a client that registered the account a moment ago.
    pub(crate) const fn for_new_account(mut self) -> Self {
        self.is_from_registration = true;
        self
    }

    /// Returns the user.
    #[must_use]
    pub const fn user(&self) -> UserId {
        self.user
    }

    /// Returns the hash that matched the password.
    pub(crate) const fn hash(&self) -> &StoredHash {
        &self.hash
    }

    /// Returns whether the client registered this account a moment ago.
    #[must_use]
    pub const fn is_from_registration(&self) -> bool {
        self.is_from_registration
    }
}

/// Begins a transaction that needs the password: locks the user, checks that the proof is still
/// valid, and removes the attempt from the counters of failures. So a proof does not outlive a
/// committed change of the password or a disabled account.
///
/// If the user has a second factor, earlier failures stay counted. Otherwise a thief of a session who
/// knows the password could erase the count of wrong codes.
///
/// # Errors
/// The errors of [`check_password_proof`].
pub(crate) fn redeem_password_proof(
    tx: &mut Transaction<'_>,
    proof: &PasswordProof,
    actor: &Actor,
) -> Result<()> {
    check_password_proof(tx, proof, actor)?;
    if factors::has_second_factor(tx.connection, proof.user)? {
        record_first_step(tx, proof)
    } else {
        record_success(tx, proof)
    }
}

/// Locks the user and checks that the proof is still valid. The attempt stays counted until
/// [`record_success`] or [`record_first_step`].
///
/// # Errors
/// [`Error::WrongPassword`] if the proof is no longer valid; [`Error::NotSignedIn`] if the actor's
/// own credential was revoked.
pub(crate) fn check_password_proof(
    tx: &mut Transaction<'_>,
    proof: &PasswordProof,
    actor: &Actor,
) -> Result<()> {
    match credentials::revoke::lock_user_and_recheck_actor(tx, proof.user, actor) {
        Err(Error::NotFound) => return Err(Error::WrongPassword),
        other => other?,
    }
    let hash = current_hash(tx.connection, proof.user)?;
    if hash.as_ref() == Some(&proof.hash) {
        Ok(())
    } else {
        Err(Error::WrongPassword)
    }
}

/// Removes the attempt of a proof from the counters of failures, with all earlier failures.
///
/// # Errors
/// Returns an error if the database fails.
pub(crate) fn record_success(tx: &mut Transaction<'_>, proof: &PasswordProof) -> Result<()> {
    match &proof.attempt {
        Some(attempt) => rate_limit::record_success(tx.state, tx.connection, attempt),
        None => Ok(()),
    }
}

/// Removes the attempt of a proof from the counters of failures, if a second factor is still
/// missing. Earlier failures stay counted.
///
/// # Errors
/// Returns an error if the database fails.
pub(crate) fn record_first_step(tx: &mut Transaction<'_>, proof: &PasswordProof) -> Result<()> {
    match &proof.attempt {
        Some(attempt) => rate_limit::record_first_step(tx.state, tx.connection, attempt),
        None => Ok(()),
    }
}

/// Returns the password hash of a user. Returns `None` if the account does not exist or is disabled.
///
/// # Errors
/// Returns an error if the database fails.
pub(crate) fn current_hash(
    connection: &mut AnyConnection,
    user: UserId,
) -> Result<Option<StoredHash>> {
    let stored = store::find(connection, user)?;
    let enabled = stored.filter(|stored| !stored.is_disabled);
    Ok(enabled.map(|stored| stored.hash))
}
