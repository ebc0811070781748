//! Searches the log of a user, with pages in both directions.

use super::{Event, EventKind, MAX_EVENTS, store};
use crate::{
    app_state::AppState,
    error::{Error, Result},
    types::ids::{CredentialId, EventId, ReceiptId, UserId},
    util::clock::Timestamp,
};

/// A group of kinds of events, which a user can search for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum EventGroup {
    /// Sign-ins.
    SignIns,
    /// Attempts that failed.
    Failures,
    /// Changes of tokens.
    Tokens,
    /// Revocations.
    Revocations,
    /// Changes of the account and of its password.
    Account,
}

impl EventGroup {
    /// Every group.
    pub const ALL: [Self; 5] = [
        Self::SignIns,
        Self::Failures,
        Self::Tokens,
        Self::Revocations,
        Self::Account,
    ];

    /// Returns the stable name, for addresses.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::SignIns => "sign_in",
            Self::Failures => "failed",
            Self::Tokens => "token",
            Self::Revocations => "revocation",
            Self::Account => "account",
        }
    }

    /// Returns the group with this name.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|group| group.as_str() == text)
    }

    /// Returns the kinds of the group.
    pub(super) fn kinds(self) -> impl Iterator<Item = EventKind> {
        let kinds = EventKind::ALL.iter().copied();
        kinds.filter(move |kind| Self::of(*kind) == self)
    }

    /// Returns the group of a kind.
    #[must_use]
    pub const fn of(kind: EventKind) -> Self {
        match kind {
            EventKind::SignedIn | EventKind::SignedInOnNewDevice => Self::SignIns,
            EventKind::PasswordRefused | EventKind::CodeRefused | EventKind::PasskeyRefused => {
                Self::Failures
            }
            EventKind::TokenCreated
            | EventKind::TokenImported
            | EventKind::TokenChanged
            | EventKind::TokenRotated
            | EventKind::TokenPaused
            | EventKind::TokenResumed => Self::Tokens,
            EventKind::CredentialsEnded => Self::Revocations,
            EventKind::SignInRecognised
            | EventKind::AccountCreated
            | EventKind::AccountImported
            | EventKind::NameChanged
            | EventKind::EmailChanged
            | EventKind::EmailChangeRequested
            | EventKind::EmailChangeUndone
            | EventKind::NoticeEmailChanged
            | EventKind::EmailVerified
            | EventKind::AccountDisabled
            | EventKind::AccountEnabled
            | EventKind::PasswordChanged
            | EventKind::PasswordReset
            | EventKind::PasswordRemoved
            | EventKind::PasswordConfirmed
            | EventKind::CodeConfirmed
            | EventKind::PasskeyConfirmed
            | EventKind::FactorAdded
            | EventKind::FactorRemoved
            | EventKind::FactorResumed
            | EventKind::PasskeyAdded
            | EventKind::PasskeyRenamed
            | EventKind::PasskeyCopySuspected
            | EventKind::PasskeyRemoved
            | EventKind::RecoveryCodesMade
            | EventKind::RecoveryCodeUsed
            | EventKind::FactorRemovalPlanned
            | EventKind::FactorRemovalCancelled
            | EventKind::TrustedBrowserAdded
            | EventKind::TrustedBrowserRemoved
            | EventKind::Other => Self::Account,
        }
    }
}

/// A filter of events. A field that is `None` matches every event.
#[derive(Clone, Copy, Debug, Default)]
pub struct EventFilter {
    /// The group of the event.
    pub group: Option<EventGroup>,
    /// The credential that the event is about, or that caused it.
    pub credential: Option<EventsOf>,
    /// Matches events from this time on.
    pub since: Option<Timestamp>,
    /// Matches events before this time.
    pub before: Option<Timestamp>,
}

/// The events of one credential: those that name it, and its revocation.
#[derive(Clone, Copy, Debug)]
pub struct EventsOf {
    /// The credential.
    pub credential: CredentialId,
    /// The receipt of its revocation.
    pub receipt: Option<ReceiptId>,
}

/// The end of the neighbouring page at which a page begins or ends.
#[derive(Clone, Copy, Debug)]
pub enum EventBoundary {
    /// The page has the events before this one.
    OlderThan(EventId),
    /// The page has the events after this one.
    NewerThan(EventId),
}

/// One page of the log, newest first.
#[derive(Debug, Default)]
pub struct EventPage {
    /// The events.
    pub rows: Vec<Event>,
    /// The boundary of the page with newer events.
    pub newer: Option<EventId>,
    /// The boundary of the page with older events.
    pub older: Option<EventId>,
}

/// Returns the page of `user`'s log at `boundary`, or the newest page.
///
/// # Errors
/// Returns an error if the database fails.
pub async fn search(
    state: &AppState,
    user: UserId,
    filter: EventFilter,
    boundary: Option<EventBoundary>,
    page_size: usize,
) -> Result<EventPage> {
    state
        .read(move |_, connection| {
            let limit = i64::try_from(page_size).unwrap_or(MAX_EVENTS);
            // One row more than the page has shows whether there is another page.
            let mut read = |boundary| {
                let limit = limit.saturating_add(1);
                let mut rows = store::matching(connection, user, &filter, boundary, limit)?;
                let has_more = rows.len() > page_size;
                rows.truncate(page_size);
                Ok::<_, Error>((rows, has_more))
            };
            if let Some(boundary @ EventBoundary::NewerThan(_)) = boundary {
                let (mut rows, has_more) = read(Some(boundary))?;
                rows.reverse();
                if has_more {
                    return Ok(EventPage::new(rows, true, true));
                }
                // The page would be the newest one, and possibly not full.
                let (rows, has_more) = read(None)?;
                return Ok(EventPage::new(rows, false, has_more));
            }
            let (rows, has_more) = read(boundary)?;
            Ok(EventPage::new(rows, boundary.is_some(), has_more))
        })
        .await
}

impl EventPage {
    fn new(rows: Vec<Event>, has_newer: bool, has_older: bool) -> Self {
        let id = |event: Option<&Event>| event.map(|event| event.id);
        Self {
            newer: id(rows.first()).filter(|_| has_newer),
            older: id(rows.last()).filter(|_| has_older),
            rows,
        }
    }
}

/// Returns every event of `user`'s log that `filter` matches, newest first: at most [`MAX_EVENTS`],
/// which is the bound of a log.
///
/// # Errors
/// Returns an error if the database fails.
pub async fn all_matching(
    state: &AppState,
    user: UserId,
    filter: EventFilter,
) -> Result<Vec<Event>> {
    state
        .read(move |_, connection| {
            Ok(store::matching(
                connection, user, &filter, None, MAX_EVENTS,
            )?)
        })
        .await
}
