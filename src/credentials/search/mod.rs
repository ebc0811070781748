//! Searches the sessions or the tokens of a user for the list on a page: with a text, filters, an
//! order, and pages in both directions.
//!
//! All unrevoked credentials of the type are read (`super::limits` bounds their number), and the
//! newest revoked ones. They are filtered and sorted in memory, because no index has the order. The
//! latest uses are not in the database yet, and each order would need an index.

mod order;
mod page;

use super::{credential::Credential, filter::CredentialFilter, last_used, store};
use crate::{
    app_state::AppState,
    error::Result,
    types::{credential_kind::CredentialType, credential_state::CredentialState, ids::UserId},
    util::clock::Timestamp,
};

pub use self::{
    order::SortOrder,
    page::{Boundary, ListPage},
};

/// The number of revoked credentials in a list: the ones revoked last.
pub const MAX_REVOKED: i64 = 500;

/// The credentials that a list shows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ListState {
    /// Credentials that are accepted.
    Active,
    /// Paused tokens.
    Paused,
    /// Revoked and expired credentials.
    Ended,
}

impl ListState {
    /// Every state.
    pub const ALL: [Self; 3] = [Self::Active, Self::Paused, Self::Ended];

    fn of(credential: &Credential, now: Timestamp) -> Self {
        match credential.state_at(now) {
            CredentialState::Active => Self::Active,
            CredentialState::Paused => Self::Paused,
            CredentialState::Expired | CredentialState::Revoked => Self::Ended,
        }
    }
}

/// A search for sessions or tokens.
#[derive(Clone, Debug)]
pub struct Search {
    /// The type of the credentials.
    pub class: CredentialType,
    /// The state of the credentials.
    pub state: ListState,
    /// A part of the name, of the user agent or of an address, or the end of the hint, in any case.
    /// The empty text matches every credential.
    pub text: String,
    /// Further conditions. Its `made_by` is ignored.
    pub filter: CredentialFilter,
    /// Matches only credentials that were never used.
    pub never_used: bool,
    /// Matches only credentials that expire until this time.
    pub expires_until: Option<Timestamp>,
    /// The order.
    pub order: SortOrder,
    /// The boundary of the page; `None` is the first page.
    pub boundary: Option<Boundary>,
    /// The largest number of credentials on the page.
    pub page_size: usize,
}

impl Search {
    fn matches(&self, credential: &Credential) -> bool {
        self.filter.matches(credential, &Default::default())
            && self.matches_text(credential)
            && !(self.never_used && credential.last_used_at.is_some())
            && self.expires_until.is_none_or(|until| {
                let end = credential.effective_expiry();
                end.is_some_and(|end| end <= until)
            })
    }

    fn matches_text(&self, credential: &Credential) -> bool {
        let text = self.text.trim().to_lowercase();
        let has = |part: &str| part.to_lowercase().contains(&text);
        text.is_empty()
            || has(&credential.name)
            || credential.hint.to_lowercase().ends_with(&text)
            || credential.user_agent.as_deref().is_some_and(has)
            || [credential.ip, credential.last_used_ip]
                .into_iter()
                .flatten()
                .any(|ip| has(&ip.to_string()))
    }
}

/// The number of credentials in each state, without regard to the text and the filters.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct StateCounts {
    /// The active credentials.
    pub active: usize,
    /// The paused tokens.
    pub paused: usize,
    /// The ended credentials, at most [`MAX_REVOKED`] revoked ones among them.
    pub ended: usize,
}

impl StateCounts {
    /// Returns the number of credentials in `state`.
    #[must_use]
    pub const fn of(self, state: ListState) -> usize {
        match state {
            ListState::Active => self.active,
            ListState::Paused => self.paused,
            ListState::Ended => self.ended,
        }
    }

    fn add(&mut self, state: ListState, count: usize) {
        match state {
            ListState::Active => self.active += count,
            ListState::Paused => self.paused += count,
            ListState::Ended => self.ended += count,
        }
    }
}

/// Returns the page of `user`'s credentials that `search` requests, and the number of credentials in
/// each state.
///
/// # Errors
/// Returns an error if the database fails.
pub async fn search(
    state: &AppState,
    user: UserId,
    search: Search,
) -> Result<(ListPage, StateCounts)> {
    state
        .read(move |state, connection| {
            let now = state.now();
            let mut counts = StateCounts::default();
            let mut rows = store::unrevoked_of_type(connection, user, search.class)?;
            for credential in &mut rows {
                last_used::merge_pending(state, credential);
                counts.add(ListState::of(credential, now), 1);
            }
            let revoked = if search.state == ListState::Ended {
                let revoked = store::last_revoked(connection, user, search.class, MAX_REVOKED)?;
                let count = revoked.len();
                rows.extend(revoked);
                count
            } else {
                store::count_revoked(connection, user, search.class, MAX_REVOKED)?
            };
            counts.add(ListState::Ended, revoked);
            rows.retain(|credential| {
                ListState::of(credential, now) == search.state && search.matches(credential)
            });
            let page = ListPage::of(
                rows,
                search.order,
                search.boundary.as_ref(),
                search.page_size,
            );
            Ok((page, counts))
        })
        .await
}

/// Returns the number of `user`'s tokens with this name that have not ended.
///
/// # Errors
/// Returns an error if the database fails.
pub async fn count_tokens_named(state: &AppState, user: UserId, name: String) -> Result<usize> {
    state
        .read(move |state, connection| {
            let now = state.now();
            let tokens = store::unrevoked_of_type(connection, user, CredentialType::Token)?;
            let has_name = |token: &&Credential| token.name == name && token.is_active(now);
            Ok(tokens.iter().filter(has_name).count())
        })
        .await
}
