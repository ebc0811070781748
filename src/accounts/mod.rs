//! Accounts: registration, invitation, profile, addresses and their verification, disabling,
//! deletion.

mod deactivate;
pub mod email_change;
pub mod email_verification;
pub mod invitation;
pub mod notice_email;
mod profile;
mod register;
mod store;

pub(crate) use self::deactivate::delete_rows;
#[cfg(feature = "testing")]
pub(crate) use self::register::create_with_hash;
pub use self::{
    deactivate::{delete, delete_as_operator, disable, disable_and_end_tokens, enable},
    profile::{Profile, ProfileChanged, change_profile},
    register::{Registration, create, register, register_with_form},
    store::{Account, AccountFilter, AccountPage},
};

use crate::{
    app_state::AppState,
    error::{Error, Result},
    types::{email::Email, ids::UserId},
};

/// Returns the account with this e-mail address.
///
/// # Errors
/// [`Error::NotFound`] if there is none.
pub async fn find_by_email(state: &AppState, email: &Email) -> Result<Account> {
    let canonical = email.canonical().to_owned();
    state
        .read(move |_, connection| store::by_email(connection, &canonical)?.ok_or(Error::NotFound))
        .await
}

/// Returns the account with this ID.
///
/// # Errors
/// [`Error::NotFound`] if there is none.
pub async fn find(state: &AppState, id: UserId) -> Result<Account> {
    state
        .read(move |_, connection| store::find(connection, id)?.ok_or(Error::NotFound))
        .await
}

/// Returns the accounts that match a filter, in the order of their creation. For operators.
///
/// # Errors
/// Returns an error if the database fails.
pub async fn search(state: &AppState, filter: AccountFilter) -> Result<AccountPage> {
    state
        .read(move |_, connection| Ok(store::search(connection, &filter)?))
        .await
}

/// Returns all accounts, in the order of their creation. For operators.
///
/// # Errors
/// Returns an error if the database fails.
pub async fn list(state: &AppState) -> Result<Vec<Account>> {
    state
        .read(|_, connection| Ok(store::all(connection)?))
        .await
}
