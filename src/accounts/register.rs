//! Making an account.

use super::{find_by_email, store};
use crate::{
    app_state::AppState,
    audit::{self, Actor, EventKind, NewEvent},
    config,
    credential_cache::User,
    crypto::password_hash::HashPermit,
    db,
    error::{Error, Result},
    passwords::{
        policy::NewPassword,
        verify::{PasswordProof, authenticate},
    },
    rate_limit::{self, Attempt},
    types::{email::Email, fields::FieldErrors, form::SENT_AGAIN_WITHIN, ids::UserId, name::Name},
};

/// Who wants an account.
pub struct Registration {
    /// Their name.
    pub name: Name,
    /// Their address.
    pub email: Email,
    /// Their password.
    pub password: NewPassword,
}

/// Makes an account for somebody who asks for one, and knows its password by that. Every one counts
/// against their network, also those that succeed.
///
/// # Errors
/// [`Error::RegistrationClosed`] where only operators make accounts; [`Error::Throttled`] where too
/// many came from there; and as [`create`].
pub async fn register(
    context: &AppState,
    registration: Registration,
    actor: Actor,
) -> Result<PasswordProof> {
    if context.settings.registration == config::Registration::Closed {
        return Err(Error::RegistrationClosed);
    }
    let attempt = Attempt::to_register(context, actor.ip);
    let attempt = context
        .read(move |context, connection| rate_limit::check(context, connection, attempt))
        .await?;
    let place = context.hasher.place(actor.ip).await?;
    rate_limit::record_attempt(context, &attempt).await?;
    make(context, &place, registration, actor).await
}

/// As [`register`], for a form that may come twice because of a second click. An account that was created a
/// moment ago with this address and this password was created by the same form: its owner is signed in.
///
/// # Errors
/// As [`register`], and as [`authenticate`], whose limits hold here too.
pub async fn register_with_form(
    context: &AppState,
    registration: Registration,
    actor: Actor,
) -> Result<PasswordProof> {
    let (email, password) = (registration.email.clone(), registration.password.clone());
    let taken = match register(context, registration, actor).await {
        Err(Error::Invalid(taken)) => taken,
        other => return other,
    };
    let account = find_by_email(context, &email).await?;
    if account.user.created_at.saturating_add(SENT_AGAIN_WITHIN) <= context.now() {
        return Err(taken.into());
    }
    match authenticate(context, email.as_str(), password.into_secret(), actor).await {
        Ok(proof) => Ok(proof.for_new_account()),
        Err(Error::WrongPassword) => Err(taken.into()),
        Err(other) => Err(other),
    }
}

/// Makes an account.
///
/// # Errors
/// [`Error::Invalid`] where the address has one already: the database's own constraint says so, so
/// that of two who ask at once one gets it.
pub async fn create(
    context: &AppState,
    registration: Registration,
    actor: Actor,
) -> Result<UserId> {
    let place = context.hasher.place(actor.ip).await?;
    let made = make(context, &place, registration, actor).await?;
    Ok(made.user())
}

async fn make(
    context: &AppState,
    place: &HashPermit,
    registration: Registration,
    actor: Actor,
) -> Result<PasswordProof> {
    let Registration {
        name,
        email,
        password,
    } = registration;
    let hash = place.hash(password.into_secret()).await?;
    context
        .write(move |context, connection| {
            let user = User {
                id: context.new_id()?,
                email: email.as_str().to_owned(),
                name: name.into(),
                created_at: context.now(),
            };
            db::with_savepoint(connection, |connection| {
                store::insert(connection, &user, &email, &hash)
            })
            .map_err(taken)?;
            let what = NewEvent::new(EventKind::AccountCreated, "");
            audit::record(context, connection, user.id, &actor, what)?;
            Ok(PasswordProof::from_registration(user.id, hash))
        })
        .await
}

/// The address is the only thing about a user that must be unique, besides its id.
pub(super) fn taken(error: diesel::result::Error) -> Error {
    if db::is_unique_violation(&error) {
        FieldErrors::one(
            "email",
            "There is an account with this address. Sign in instead.",
        )
        .into()
    } else {
        error.into()
    }
}
