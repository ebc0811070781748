//! Who exists: registering, the profile, the password, deleting and disabling.

pub mod api;
mod authenticate;
mod change_password;
mod close;
mod email;
mod guessable;
pub mod pages;
mod password;
mod profile;
mod register;
mod set_password;
mod store;

pub(crate) use self::authenticate::begin_sign_in;
pub use self::{
    authenticate::{Authenticated, authenticate, authenticate_user},
    change_password::{PasswordChange, PasswordChanged, change_password},
    close::{delete, delete_as_operator, disable, enable},
    email::Email,
    password::{LONGEST as LONGEST_PASSWORD, NewPassword, SHORTEST as SHORTEST_PASSWORD},
    profile::{Profile, change_profile},
    register::{Registration, create, register, register_once},
    set_password::set_password_as_operator,
    store::{Account, AccountFilter, AccountPage},
};

use crate::{
    context::Context,
    error::{Error, Result},
};

/// The account with this e-mail address.
///
/// # Errors
/// [`Error::NotFound`] where there is none.
pub async fn find_by_email(context: &Context, email: &Email) -> Result<Account> {
    let canonical = email.canonical().to_owned();
    context
        .read(move |_, connection| store::by_email(connection, &canonical)?.ok_or(Error::NotFound))
        .await
}

/// The accounts that a filter selects, in the order they were made. For operators.
///
/// # Errors
/// When the database fails.
pub async fn search(context: &Context, filter: AccountFilter) -> Result<AccountPage> {
    context
        .read(move |_, connection| Ok(store::search(connection, &filter)?))
        .await
}

/// Every account, in the order they were made. For operators.
///
/// # Errors
/// When the database fails.
pub async fn list(context: &Context) -> Result<Vec<Account>> {
    context
        .read(|_, connection| Ok(store::all(connection)?))
        .await
}
