//! Verifies passwords.

use super::{
    policy::has_valid_length,
    proof::PasswordProof,
    store::{self, StoredPassword},
};
use crate::{
    app_state::AppState,
    audit::{self, Actor, EventKind, NewEvent},
    credentials::{self, Principal},
    crypto::{
        password_hash::{HashPermit, PasswordCheck, StoredHash},
        secret::SecretString,
    },
    db::AnyConnection,
    error::{Error, Result},
    rate_limit::{self, Attempt, Counted},
    types::{email::Email, fields::FieldErrors, ids::UserId, message},
    util::networks,
};

/// Verifies an e-mail address and a password. An unknown address, a wrong password and a disabled
/// account have the same response and the same cost, and are counted in the same way.
///
/// Malformed addresses and impossible passwords are rejected without being counted, because they
/// cost nothing and guess nothing.
///
/// # Errors
/// [`Error::WrongPassword`]; [`Error::Throttled`] after too many wrong passwords, whatever this one
/// is; [`Error::Busy`] if too many requests wait for a hash.
pub async fn authenticate(
    state: &AppState,
    email: &str,
    password: SecretString,
    actor: Actor,
) -> Result<PasswordProof> {
    let Ok(email) = Email::parse(email) else {
        return Err(Error::WrongPassword);
    };
    if !has_valid_length(&password) {
        return Err(Error::WrongPassword);
    }
    let canonical = email.canonical().to_owned();
    let (stored, attempt) = state
        .read(move |state, connection| {
            let stored = store::by_email(connection, &canonical)?;
            let attempt = Attempt::to_sign_in(state, &canonical, actor.ip);
            let user = stored.as_ref().map(|stored| stored.user);
            let attempt = check_rate_limit(state, connection, attempt, user, &actor)?;
            Ok((stored, attempt))
        })
        .await?;
    let permit = state.hasher().acquire(actor.ip).await?;
    let permit = permit.with_dummy(state.hasher().dummy_of(email.canonical()));
    let counted = rate_limit::record_attempt(state, &attempt).await?;
    verify(state, permit, stored, password, actor, counted).await
}

/// Verifies the password of an authenticated caller.
///
/// # Errors
/// [`Error::WrongPassword`]; [`Error::Throttled`] after too many wrong passwords in this session;
/// [`Error::Busy`] if too many requests wait for a hash.
pub async fn authenticate_user(
    state: &AppState,
    caller: &Principal,
    password: SecretString,
) -> Result<PasswordProof> {
    if !has_valid_length(&password) {
        return Err(Error::WrongPassword);
    }
    let (user, actor) = (caller.user().id, caller.actor());
    let attempt = Attempt::in_session(caller.credential().id);
    let (stored, attempt) = state
        .read(move |state, connection| {
            let attempt = rate_limit::check(state, connection, attempt)?;
            Ok((store::find(connection, user)?, attempt))
        })
        .await?;
    let permit = state.hasher().acquire(actor.ip).await?;
    let counted = rate_limit::record_attempt(state, &attempt).await?;
    verify(state, permit, stored, password, actor, counted).await
}

/// Returns the attempt with its location, if no counter blocks it.
///
/// An attacker can keep an account's counter or its network's counter blocked. So a known location
/// is blocked only by its own counter. This needs no cookie, because the stored sessions have the
/// addresses of their sign-ins. A client in such a network could learn from it that the account
/// exists; registration reveals that, too.
fn check_rate_limit(
    state: &AppState,
    connection: &mut AnyConnection,
    attempt: Attempt,
    user: Option<UserId>,
    actor: &Actor,
) -> Result<Attempt> {
    // The query runs for an unknown account as well, so that the response time reveals nothing.
    let user = user.unwrap_or_else(UserId::nil);
    let is_known_location = match actor.ip.map(networks::client_prefix) {
        Some(network) => credentials::has_signed_in_from(connection, user, network)?,
        None => false,
    };
    let attempt = if is_known_location {
        attempt.at_known_location()
    } else {
        attempt
    };
    rate_limit::check(state, connection, attempt)
}

pub(super) async fn verify(
    state: &AppState,
    permit: HashPermit,
    stored: Option<StoredPassword>,
    password: SecretString,
    actor: Actor,
    counted: Counted,
) -> Result<PasswordProof> {
    let verified = match stored {
        Some(stored) => {
            let user = stored.user;
            let hash = verify_one(state, &permit, stored, password).await?;
            (Some(user), hash)
        }
        None => {
            permit.verify(password, None).await?;
            (None, None)
        }
    };
    drop(permit);
    let label = if verified.1.is_some() {
        "correct"
    } else {
        "wrong"
    };
    metrics::counter!("narthex_password_verifications_total", "result" => label).increment(1);
    match verified {
        (Some(user), Some(hash)) => Ok(PasswordProof::of_attempt(user, hash, counted)),
        (user, _) => {
            record_refusal(state, user, actor, counted).await?;
            Err(Error::WrongPassword)
        }
    }
}

/// Returns the hash that matches the password, if the account is not disabled.
async fn verify_one(
    state: &AppState,
    permit: &HashPermit,
    stored: StoredPassword,
    password: SecretString,
) -> Result<Option<StoredHash>> {
    let (user, hash) = (stored.user, stored.hash);
    let check = permit.verify(password.clone(), Some(hash.clone())).await?;
    if stored.is_disabled {
        return Ok(None);
    }
    match check {
        PasswordCheck::Valid => Ok(Some(hash)),
        PasswordCheck::ValidNeedsRehash => rehash(state, permit, user, hash, password).await,
        PasswordCheck::Invalid => Ok(None),
        PasswordCheck::MalformedHash => {
            tracing::error!(%user, "stored password hash malformed, sign-in impossible");
            Ok(None)
        }
    }
}

/// Replaces a hash with outdated parameters, in a transaction of its own. Of several concurrent
/// sign-ins one replaces it, and the others verify against the new hash.
async fn rehash(
    state: &AppState,
    permit: &HashPermit,
    user: UserId,
    old: StoredHash,
    password: SecretString,
) -> Result<Option<StoredHash>> {
    let new = permit.hash(password.clone()).await?;
    let found = state
        .write(move |tx| {
            if store::renew_hash(tx.connection, user, &old, &new)? {
                return Ok(HashAfterUpdate::Replaced(new));
            }
            let stored = store::find(tx.connection, user)?;
            Ok(HashAfterUpdate::Changed(stored.map(|stored| stored.hash)))
        })
        .await?;
    match found {
        HashAfterUpdate::Replaced(new) => Ok(Some(new)),
        HashAfterUpdate::Changed(stored) => {
            let check = permit.verify(password, stored.clone()).await?;
            Ok(stored.filter(|_| check.is_valid()))
        }
    }
}

/// The stored hash after the replacement.
enum HashAfterUpdate {
    Replaced(StoredHash),
    Changed(Option<StoredHash>),
}

/// Records a failed attempt in the audit log, without a user if the account does not exist. If only
/// existing accounts caused a commit, the response time would reveal them. The same transaction
/// removes the attempt from the counters of successes.
async fn record_refusal(
    state: &AppState,
    user: Option<UserId>,
    actor: Actor,
    attempt: Counted,
) -> Result<()> {
    state
        .write(move |tx| {
            let event = NewEvent::new(EventKind::PasswordRefused, "");
            audit::record(tx, user, &actor, event)?;
            rate_limit::record_failure(tx.state, tx.connection, &attempt)
        })
        .await
}

/// Returns the attempt to enter a code in a sign-in of `user`, if no counter blocks it. The counters
/// are those of the account's passwords.
///
/// # Errors
/// [`Error::Throttled`] after too many wrong passwords and codes.
pub(crate) fn attempt_in_sign_in(
    state: &AppState,
    connection: &mut AnyConnection,
    user: UserId,
    actor: &Actor,
) -> Result<Attempt> {
    let canonical = store::canonical_email(connection, user)?.ok_or(Error::WrongPassword)?;
    let attempt = Attempt::to_sign_in(state, &canonical, actor.ip);
    check_rate_limit(state, connection, attempt, Some(user), actor)
}

/// Returns the error of a form without a password.
pub(crate) fn missing_password() -> Error {
    FieldErrors::one("password", message::field::missing()).into()
}

/// Turns [`Error::WrongPassword`] into an error of a field, because a user who is signed in can
/// correct it.
#[must_use]
pub fn wrong_password_in(field: &'static str, error: Error) -> Error {
    match error {
        Error::WrongPassword => FieldErrors::one(field, message::field::password_wrong()).into(),
        other => other,
    }
}
