//! Creates accounts.

use super::{find_by_email, store};
use crate::{
    app_state::{AppState, Transaction},
    audit::{self, Actor, EventKind, NewEvent},
    config,
    crypto::password_hash::{HashPermit, StoredHash},
    db,
    error::{Error, Result},
    passwords::{policy::NewPassword, proof::PasswordProof, verify::authenticate},
    rate_limit::{self, Attempt},
    types::user::User,
    types::{
        email::Email,
        fields::FieldErrors,
        form::RESUBMISSION_WINDOW,
        ids::UserId,
        language_tag::LanguageTag,
        message::{Message, field},
        name::Name,
    },
    util::clock::Timestamp,
};

/// The data of a registration.
pub struct Registration {
    /// The user's name.
    pub name: Name,
    /// The user's e-mail address.
    pub email: Email,
    /// The user's password.
    pub password: NewPassword,
}

/// The data of an account that is inserted.
#[derive(Clone)]
pub(super) struct NewAccount {
    pub(super) name: Name,
    pub(super) email: Email,
    pub(super) hash: StoredHash,
    /// The language of the pages and mails. `None` is the language of the browser.
    pub(super) language: Option<LanguageTag>,
}

/// Inserts an account. `unverified_since` is the time from which its address waits for its
/// verification.
///
/// # Errors
/// A unique violation if the address has an account already. The transaction can continue after it.
pub(super) fn insert(
    tx: &mut Transaction<'_>,
    new: &NewAccount,
    unverified_since: Option<Timestamp>,
) -> Result<std::result::Result<UserId, diesel::result::Error>> {
    let user = User {
        id: tx.new_id()?,
        email: new.email.as_str().to_owned(),
        name: new.name.as_str().to_owned(),
        email_verified: unverified_since.is_none(),
        created_at: tx.now(),
        language: new.language.clone(),
    };
    let inserted = db::with_savepoint(tx.connection, |connection| {
        store::insert(connection, &user, &new.email, &new.hash, unverified_since)
    });
    Ok(inserted.map(|()| user.id))
}

/// Creates an account for a client that registers. The returned proof needs no verification,
/// because the client has just chosen the password. Each attempt counts against the client's
/// network, successful ones included.
///
/// # Errors
/// [`Error::RegistrationClosed`] if only operators create accounts; [`Error::Throttled`] if too
/// many attempts came from the client's network; and the errors of [`create`].
pub async fn register(
    state: &AppState,
    registration: Registration,
    actor: Actor,
) -> Result<PasswordProof> {
    let permit = acquire_registration_permit(state, &actor).await?;
    insert_account(state, &permit, registration, actor).await
}

/// Admits a registration by a client, and counts it against the client's network.
///
/// # Errors
/// [`Error::RegistrationClosed`] if only operators create accounts; [`Error::Throttled`] if too
/// many attempts came from the client's network.
pub(super) async fn acquire_registration_permit(
    state: &AppState,
    actor: &Actor,
) -> Result<HashPermit> {
    if state.settings().accounts.registration == config::RegistrationPolicy::Closed {
        return Err(Error::RegistrationClosed);
    }
    let attempt = Attempt::to_register(state, actor.ip);
    let attempt = state
        .read(move |state, connection| rate_limit::check(state, connection, attempt))
        .await?;
    let permit = state.hasher().acquire(actor.ip).await?;
    rate_limit::record_attempt(state, &attempt).await?;
    Ok(permit)
}

/// Does the same as [`register`] for a form that a second click may send twice. If an account with
/// this address and this password was created within [`RESUBMISSION_WINDOW`], the same form created
/// it. Then its owner is signed in.
///
/// # Errors
/// Returns the errors of [`register`] and of [`authenticate`], with its rate limits.
pub async fn register_with_form(
    state: &AppState,
    registration: Registration,
    actor: Actor,
) -> Result<PasswordProof> {
    let (email, password) = (registration.email.clone(), registration.password.clone());
    let email_taken = match register(state, registration, actor).await {
        Err(Error::Invalid(email_taken)) => email_taken,
        other => return other,
    };
    let account = find_by_email(state, &email).await?;
    if account.user.created_at.saturating_add(RESUBMISSION_WINDOW) <= state.now() {
        return Err(email_taken.into());
    }
    match authenticate(state, email.as_str(), password.into_secret(), actor).await {
        Ok(proof) => Ok(proof.for_new_account()),
        Err(Error::WrongPassword) => Err(email_taken.into()),
        Err(other) => Err(other),
    }
}

/// Creates an account.
///
/// # Errors
/// [`Error::Invalid`] if the address has an account already. The database's unique constraint
/// decides, so that one of two concurrent calls succeeds.
pub async fn create(state: &AppState, registration: Registration, actor: Actor) -> Result<UserId> {
    let permit = state.hasher().acquire(actor.ip).await?;
    let proof = insert_account(state, &permit, registration, actor).await?;
    Ok(proof.user())
}

async fn insert_account(
    state: &AppState,
    permit: &HashPermit,
    registration: Registration,
    actor: Actor,
) -> Result<PasswordProof> {
    let Registration {
        name,
        email,
        password,
    } = registration;
    let hash = permit.hash(password.into_secret()).await?;
    create_with_hash(state, name, email, hash, actor).await
}

/// Creates an account whose password was hashed before.
///
/// # Errors
/// Returns the errors of [`create`].
pub(crate) async fn create_with_hash(
    state: &AppState,
    name: Name,
    email: Email,
    hash: StoredHash,
    actor: Actor,
) -> Result<PasswordProof> {
    state
        .write(move |tx| {
            let new = NewAccount {
                name,
                email,
                hash,
                language: None,
            };
            let user = insert(tx, &new, None)?
                .map_err(|error| email_taken(error, field::email_registered()))?;
            let event = NewEvent::new(EventKind::AccountCreated, "");
            audit::record(tx, user, &actor, event)?;
            Ok(PasswordProof::from_registration(user, new.hash))
        })
        .await
}

/// Converts a violation of the unique constraint. Apart from the ID, the address is the only unique
/// value of a user.
pub(super) fn email_taken(error: diesel::result::Error, message: Message) -> Error {
    if db::is_unique_violation(&error) {
        FieldErrors::one("email", message).into()
    } else {
        error.into()
    }
}
