//! Looking at a user's credentials.

use super::{credential::Credential, filter::CredentialFilter, last_used, store};
use crate::{
    app_state::{AppState, Shared},
    db::AnyConnection,
    error::{Error, Result},
    types::{
        credential_kind::CredentialType,
        ids::{CredentialId, CredentialTag, UserId},
    },
    util::{
        clock::Timestamp,
        pagination::{MAX_PAGE_SIZE, Page, Paging},
    },
};

/// Which credentials a list has.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum StatusFilter {
    /// What can still let somebody in.
    Active,
    /// Also what ended.
    All,
    /// Only what ended, or whose time is over.
    Ended,
}

impl StatusFilter {
    fn has(self, credential: &Credential, now: Timestamp) -> bool {
        match self {
            Self::Active => credential.is_active(now),
            Self::All => true,
            Self::Ended => !credential.is_active(now),
        }
    }
}

/// A page of `user`'s credentials that `selection` names, newest first.
///
/// # Errors
/// When the database fails.
pub async fn list(
    context: &AppState,
    user: UserId,
    selection: CredentialFilter,
    scope: StatusFilter,
    paging: Paging<CredentialTag>,
) -> Result<Page<Credential, CredentialTag>> {
    context
        .read(move |context, connection| {
            let now = context.now();
            let made = store::made_by(connection, user, &selection.made_by)?;
            let mut rows: Vec<Credential> = Vec::new();
            // One more than the page has tells whether there is another page, and mostly is all there is to
            // read. But a selection has filters that no index knows: read on until the page is full.
            let mut part = Paging::new(paging.limit() + 1, paging.after());
            loop {
                let read = store::newest(connection, user, &selection, scope, part)?;
                let fetched = part.page(read, |credential| credential.id);
                rows.extend(fetched.rows.into_iter().filter_map(|mut credential| {
                    last_used::merge_pending(context, &mut credential);
                    let wanted =
                        scope.has(&credential, now) && selection.matches(&credential, &made);
                    wanted.then_some(credential)
                }));
                if fetched.next.is_none() || rows.len() > paging.limit() {
                    return Ok(paging.page(rows, |credential| credential.id));
                }
                part = Paging::new(MAX_PAGE_SIZE, fetched.next);
            }
        })
        .await
}

/// One of `user`'s credentials of this class, also an ended one.
///
/// # Errors
/// [`Error::NotFound`] where it is nobody's, somebody else's or of the other class.
pub async fn find(
    context: &AppState,
    user: UserId,
    class: CredentialType,
    id: CredentialId,
) -> Result<Credential> {
    context
        .read(move |context, connection| find_within(context, connection, user, class, id))
        .await
}

/// [`find`] inside a transaction.
///
/// # Errors
/// As [`find`].
pub(super) fn find_within(
    context: &Shared,
    connection: &mut AnyConnection,
    user: UserId,
    class: CredentialType,
    id: CredentialId,
) -> Result<Credential> {
    let mut found = store::find(connection, user, id)?
        .filter(|credential| credential.class() == class)
        .ok_or(Error::NotFound)?;
    last_used::merge_pending(context, &mut found);
    Ok(found)
}

/// Anybody's credential of this class, also an ended one. For operators, who name no user.
///
/// # Errors
/// [`Error::NotFound`] where there is none, or where it is of the other class.
pub async fn find_any_user(
    context: &AppState,
    class: CredentialType,
    id: CredentialId,
) -> Result<Credential> {
    context
        .read(move |_, connection| {
            store::find_any_user(connection, id)?
                .filter(|credential| credential.class() == class)
                .ok_or(Error::NotFound)
        })
        .await
}
