//! Events as text.

use super::names::{NamedCredential, Names};
use crate::{
    audit::{Event, EventDetail, EventGroup, EventKind, TokenChangeDetail},
    credentials::CredentialFilter,
    http::{
        auth::BrowserUser,
        pages::revoke::address_from,
        paths,
        response::{
            client_address::{ClientAddress, Locator},
            relative_time::RelativeTime,
        },
    },
    i18n,
    types::{
        credential_kind::CredentialType,
        message::{Message, label},
    },
};

/// The largest number of revoked credentials that a line names. The receipt has all.
const MAX_NAMED: usize = 3;

/// An event as text, for a short list.
pub struct EventRow {
    /// The description of the event.
    pub sentence: String,
    /// The object of the event, or the means.
    pub detail: String,
    /// The time.
    pub at: RelativeTime,
    /// The address of the client.
    pub ip: Option<String>,
    /// The path of the receipt.
    pub receipt: Option<String>,
    /// The number of times that the event occurred within one minute.
    pub times: i64,
}

impl EventRow {
    /// Returns the line of `event`, with its time relative to now.
    #[must_use]
    pub fn new(user: &BrowserUser, event: &Event) -> Self {
        let language = user.language();
        Self {
            sentence: i18n::text(language, &event.kind.message()),
            detail: i18n::written(language, &event.detail.text()),
            at: RelativeTime::past(language, user.state.now(), event.at),
            ip: event.ip.map(|ip| ip.to_string()),
            receipt: event.receipt_id.map(paths::receipt),
            times: event.times,
        }
    }
}

/// An event with everything that is known about it.
pub struct ActivityRow {
    /// The event in short.
    pub event: EventRow,
    /// The name of the icon.
    pub icon: &'static str,
    /// The path of the credential that the event is about, while it is stored.
    pub href: Option<String>,
    /// The changes of a token: `+ orders:write`.
    pub changes: Vec<String>,
    /// The first credentials that were revoked.
    pub revoked: Vec<NamedCredential>,
    /// The number of further credentials that were revoked.
    pub more_revoked: u64,
    /// The credential that caused the event.
    pub by: Option<NamedCredential>,
    /// The address of the client.
    pub address: Option<ClientAddress>,
    /// The path to follow if the user did not sign in there.
    pub not_me: Option<String>,
}

impl ActivityRow {
    /// Returns the line of `event`.
    #[must_use]
    pub fn new(user: &BrowserUser, locator: &Locator, names: &Names, event: &Event) -> Self {
        let about = names.get(event.credential_id);
        let revoked = names.revoked(event.receipt_id);
        let mut short = EventRow::new(user, event);
        let mut changes = Vec::new();
        if let EventDetail::TokenChange(change) = &event.detail {
            changes = changes_of(user, change);
            if change.is_about_abilities() {
                short.sentence = user.text(&label::permissions_changed());
            }
        }
        Self {
            icon: icon(event.kind),
            href: about.map(|about| about.href.clone()),
            changes,
            revoked: revoked.iter().take(MAX_NAMED).cloned().collect(),
            more_revoked: more_revoked(event, revoked),
            by: names
                .get(event.actor_credential_id)
                .filter(|_| event.actor_credential_id != event.credential_id)
                .cloned(),
            address: locator.address(event.ip),
            not_me: report_sign_in_path(user, event, about),
            event: short,
        }
    }
}

fn icon(kind: EventKind) -> &'static str {
    match (EventGroup::of(kind), kind) {
        (EventGroup::SignIns, _) => "user",
        (EventGroup::Failures, _) => "red",
        (EventGroup::Revocations, _) => "sign-out",
        (_, EventKind::TokenPaused) => "pause",
        (_, EventKind::TokenResumed) => "play",
        (_, EventKind::TokenRotated) => "rotate",
        (EventGroup::Tokens, _) => "personal",
        (_, EventKind::PasswordChanged | EventKind::PasswordConfirmed) => "lock",
        (EventGroup::Account, _) => "settings",
    }
}

pub(super) fn changes_of(user: &BrowserUser, change: &TokenChangeDetail) -> Vec<String> {
    let added = change.added.iter().map(|name| format!("+ {name}"));
    let removed = change.removed.iter().map(|name| format!("− {name}"));
    let mut others: Vec<Message> = Vec::new();
    others.extend(change.renamed_from.clone().map(label::renamed_from));
    others.extend(change.expiry.map(|expiry| match expiry.time() {
        Some(end) => label::expires_at(end),
        None => label::expires_never(),
    }));
    let others = others.iter().map(|message| user.text(message));
    added.chain(removed).chain(others).collect()
}

fn more_revoked(event: &Event, named: &[NamedCredential]) -> u64 {
    match &event.detail {
        EventDetail::Revoked(count) if !named.is_empty() => {
            let named = u64::try_from(named.len().min(MAX_NAMED)).unwrap_or(u64::MAX);
            count
                .sessions
                .saturating_add(count.tokens)
                .saturating_sub(named)
        }
        _ => 0,
    }
}

/// Returns the page on which a user signs out a session that another person opened. The password is
/// changed there next. If the session has ended, only the password is left to change.
fn report_sign_in_path(
    user: &BrowserUser,
    event: &Event,
    session: Option<&NamedCredential>,
) -> Option<String> {
    let is_sign_in = EventGroup::of(event.kind) == EventGroup::SignIns;
    match (event.credential_id, session) {
        _ if !is_sign_in => None,
        (_, Some(session)) if session.current => None,
        (Some(id), Some(session)) if session.is_unrevoked => {
            let one = CredentialFilter::one(CredentialType::Session, id);
            Some(address_from(&one, user.address(paths::PASSWORD).as_str()))
        }
        _ => Some(paths::PASSWORD.to_owned()),
    }
}
