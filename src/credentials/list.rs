//! Lists and finds credentials.

use super::{credential::Credential, filter::CredentialFilter, last_used, store};
use crate::{
    app_state::AppState,
    db::AnyConnection,
    error::{Error, Result},
    types::{
        credential_kind::CredentialType,
        ids::{CredentialId, CredentialTag, UserId},
        pagination::{MAX_PAGE_SIZE, Page, Paging},
        secret_form::SecretForm,
    },
    util::clock::Timestamp,
};

/// The statuses that a list includes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum StatusFilter {
    /// Active credentials.
    Active,
    /// All credentials.
    All,
}

impl StatusFilter {
    fn has(self, credential: &Credential, now: Timestamp) -> bool {
        match self {
            Self::Active => credential.is_active(now),
            Self::All => true,
        }
    }
}

/// Returns a page of `user`'s credentials that `filter` matches, newest first.
///
/// # Errors
/// Returns an error if the database fails.
pub async fn list(
    state: &AppState,
    user: UserId,
    filter: CredentialFilter,
    status: StatusFilter,
    paging: Paging<CredentialTag>,
) -> Result<Page<Credential, CredentialTag>> {
    state
        .read(move |state, connection| {
            let now = state.now();
            let descendants = store::made_by(connection, user, &filter.made_by)?;
            let mut rows: Vec<Credential> = Vec::new();
            // One row more than the page has shows whether there is another page. Usually one query
            // is enough. But a filter can have fields without an index: then more is read until the
            // page is full.
            let mut batch = Paging::new(paging.limit() + 1, paging.after());
            loop {
                let read = store::newest(connection, user, &filter, status, batch)?;
                let fetched = batch.page(read, |credential| credential.id);
                rows.extend(fetched.rows.into_iter().filter_map(|mut credential| {
                    last_used::merge_pending(state, &mut credential);
                    let is_match =
                        status.has(&credential, now) && filter.matches(&credential, &descendants);
                    is_match.then_some(credential)
                }));
                if fetched.next.is_none() || rows.len() > paging.limit() {
                    return Ok(paging.page(rows, |credential| credential.id));
                }
                batch = Paging::new(MAX_PAGE_SIZE, fetched.next);
            }
        })
        .await
}

/// A token and the address of its user.
pub struct TokenOfUser {
    /// The address.
    pub email: String,
    /// The token.
    pub token: Credential,
}

/// Returns a page of the active tokens of all users whose newest secret has this format.
///
/// # Errors
/// Returns an error if the database fails.
pub async fn tokens_of_form(
    state: &AppState,
    form: SecretForm,
    paging: Paging<CredentialTag>,
) -> Result<Page<TokenOfUser, CredentialTag>> {
    state
        .read(move |state, connection| {
            let (now, rows) = (state.now(), store::of_form(connection, form, paging)?);
            let rows = rows.into_iter().map(|(email, mut token)| {
                last_used::merge_pending(state, &mut token);
                TokenOfUser { email, token }
            });
            let mut page = paging.page(rows.collect(), |row| row.token.id);
            page.rows.retain(|row| row.token.is_active(now));
            Ok(page)
        })
        .await
}

/// Returns a credential of `user` and of this class, revoked ones included.
///
/// # Errors
/// [`Error::NotFound`] if the ID does not exist, belongs to another user or is of the other class.
pub async fn find(
    state: &AppState,
    user: UserId,
    class: CredentialType,
    id: CredentialId,
) -> Result<Credential> {
    state
        .read(move |state, connection| find_within(state, connection, user, class, id))
        .await
}

/// Does the same as [`find`] inside a transaction.
///
/// # Errors
/// Returns the errors of [`find`].
pub(super) fn find_within(
    state: &AppState,
    connection: &mut AnyConnection,
    user: UserId,
    class: CredentialType,
    id: CredentialId,
) -> Result<Credential> {
    let mut found = store::find(connection, user, id)?
        .filter(|credential| credential.class() == class)
        .ok_or(Error::NotFound)?;
    last_used::merge_pending(state, &mut found);
    Ok(found)
}

/// Returns a credential of any user and of this class, revoked ones included. For operators, who
/// name no user.
///
/// # Errors
/// [`Error::NotFound`] if the ID does not exist or is of the other class.
pub async fn find_any_user(
    state: &AppState,
    class: CredentialType,
    id: CredentialId,
) -> Result<Credential> {
    state
        .read(move |_, connection| {
            store::find_any_user(connection, id)?
                .filter(|credential| credential.class() == class)
                .ok_or(Error::NotFound)
        })
        .await
}
