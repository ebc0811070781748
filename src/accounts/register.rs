//! Making an account.

use super::{email::Email, password::NewPassword, store};
use crate::{
    activity::{self, Actor, EventKind, What},
    config,
    context::Context,
    credentials::User,
    error::{Error, Result},
    fields::FieldErrors,
    ids::UserId,
    kit::db,
    name::Name,
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

/// Makes an account for somebody who asks for one.
///
/// # Errors
/// [`Error::RegistrationClosed`] where only operators make accounts, and as [`create`].
pub async fn register(
    context: &Context,
    registration: Registration,
    actor: Actor,
) -> Result<UserId> {
    match context.settings.registration {
        config::Registration::Open => create(context, registration, actor).await,
        config::Registration::Closed => Err(Error::RegistrationClosed),
    }
}

/// Makes an account.
///
/// # Errors
/// [`Error::Invalid`] where the address has one already: the database's own constraint says so, so
/// that of two who ask at once one gets it.
pub async fn create(context: &Context, registration: Registration, actor: Actor) -> Result<UserId> {
    let Registration {
        name,
        email,
        password,
    } = registration;
    let hash = context.hasher.hash(password.into_secret()).await?;
    context
        .write(move |context, connection| {
            let user = User {
                id: context.new_id()?,
                email: email.as_str().to_owned(),
                name: name.into(),
                created_at: context.now(),
            };
            db::attempt(connection, |connection| {
                store::insert(connection, &user, &email, &hash)
            })
            .map_err(taken)?;
            let what = What::new(EventKind::AccountCreated, "");
            activity::record(context, connection, user.id, &actor, what)?;
            Ok(user.id)
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
