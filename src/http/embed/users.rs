//! The accounts, for the app.

use super::{Error, Receipt};
use crate::{
    accounts::{self, Account, Registration},
    app_state::AppState,
    audit::Actor,
    crypto::secret::SecretString,
    error::Error as Inner,
    passwords::policy::NewPassword,
    types::{
        email::Email, fields::FieldErrors, ids::UserId, message::Message, name::Name,
        user::User as UserInfo,
    },
};

/// The accounts. The app acts as an operator: nothing is asked for a password or limited.
#[derive(Clone, Copy)]
pub struct Users<'a>(pub(super) &'a AppState);

/// The data of a new account.
///
/// ```
/// # use narthex::NewUser;
/// let ada = NewUser::new("ada@example.com", "correct horse battery staple").name("Ada");
/// ```
#[must_use]
pub struct NewUser {
    email: String,
    password: SecretString,
    name: Option<String>,
}

impl NewUser {
    /// Creates the data of an account with this e-mail address and this password.
    pub fn new(email: impl Into<String>, password: impl Into<String>) -> Self {
        Self {
            email: email.into(),
            password: SecretString::new(password.into()),
            name: None,
        }
    }

    /// The name. The default is the part of the address before the `@`.
    pub fn name(mut self, name: impl Into<String>) -> Self {
        self.name = Some(name.into());
        self
    }

    fn parse(self) -> Result<Registration, FieldErrors> {
        let name = self.name.as_deref();
        let name = name.unwrap_or_else(|| self.email.split('@').next().unwrap_or_default());
        let mut errors = FieldErrors::default();
        let name = errors.take("name", Name::parse(name));
        let email = errors.take("email", Email::parse(&self.email));
        let password: Result<NewPassword, Message> =
            NewPassword::parse(self.password, email.as_ref(), name.as_ref());
        match (name, email, errors.take("password", password)) {
            (Some(name), Some(email), Some(password)) => Ok(Registration {
                name,
                email,
                password,
            }),
            _ => Err(errors),
        }
    }
}

impl Users<'_> {
    /// Creates an account.
    ///
    /// # Errors
    /// [`ErrorKind::Invalid`](super::ErrorKind::Invalid) if a value is invalid, or if the address
    /// has an account already.
    pub async fn create(&self, new: NewUser) -> Result<UserInfo, Error> {
        let registration = new.parse().map_err(Inner::from)?;
        let id = accounts::create(self.0, registration, Actor::operator()).await?;
        Ok(accounts::find(self.0, id).await?.user)
    }

    /// Returns the user with this ID, if there is one.
    ///
    /// # Errors
    /// A failure of the database.
    pub async fn find(&self, id: UserId) -> Result<Option<UserInfo>, Error> {
        found(accounts::find(self.0, id).await)
    }

    /// Returns the user with this e-mail address, if there is one. Letter case is ignored.
    ///
    /// # Errors
    /// A failure of the database.
    pub async fn find_by_email(&self, email: &str) -> Result<Option<UserInfo>, Error> {
        match Email::parse(email) {
            Ok(email) => found(accounts::find_by_email(self.0, &email).await),
            Err(_) => Ok(None),
        }
    }

    /// Disables an account: ends its sessions, and refuses sign-ins and its tokens until it is
    /// enabled.
    ///
    /// # Errors
    /// [`ErrorKind::NotFound`](super::ErrorKind::NotFound).
    pub async fn disable(&self, id: UserId) -> Result<Receipt, Error> {
        Ok(Receipt::new(&accounts::disable(self.0, id).await?))
    }

    /// Enables a disabled account. Its tokens are accepted again. Revoked credentials stay revoked.
    ///
    /// # Errors
    /// [`ErrorKind::NotFound`](super::ErrorKind::NotFound).
    pub async fn enable(&self, id: UserId) -> Result<(), Error> {
        Ok(accounts::enable(self.0, id).await?)
    }

    /// Deletes an account, and revokes everything before.
    ///
    /// # Errors
    /// [`ErrorKind::NotFound`](super::ErrorKind::NotFound).
    pub async fn delete(&self, id: UserId) -> Result<Receipt, Error> {
        Ok(Receipt::new(
            &accounts::delete_as_operator(self.0, id).await?,
        ))
    }
}

fn found(result: Result<Account, Inner>) -> Result<Option<UserInfo>, Error> {
    match result {
        Ok(account) => Ok(Some(account.user)),
        Err(Inner::NotFound) => Ok(None),
        Err(error) => Err(error.into()),
    }
}
