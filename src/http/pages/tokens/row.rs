//! One token in a list and on its own page.

use std::time::Duration;

use crate::{
    credentials::{Credential, search::ListState},
    http::{
        auth::BrowserUser,
        paths,
        response::{html::Layout, relative_time::RelativeTime},
    },
    types::{credential_kind::CredentialKind, credential_state::CredentialState},
    util::clock::Timestamp,
};

/// The number of permissions that a list shows of one token.
const CHIPS: usize = 3;
/// A token that expires within this time is marked.
const SOON: Duration = Duration::from_secs(7 * 24 * 3600);

/// A token as text.
pub(in crate::http::pages) struct TokenRow {
    pub(super) id: String,
    pub(super) name: String,
    /// The last four characters of the secret; empty if Narthex has never seen the secret.
    pub(super) hint: String,
    /// The kind in one word.
    pub(super) kind: String,
    pub(super) full_access: bool,
    pub(super) abilities: Vec<String>,
    pub(super) created: RelativeTime,
    pub(super) last_used: Option<RelativeTime>,
    pub(super) last_used_ip: Option<String>,
    /// The expiry of a token that has not ended.
    pub(super) expires: Option<RelativeTime>,
    pub(super) expires_soon: bool,
    /// The state in one word, and the colour of its badge.
    pub(super) state: String,
    pub(super) state_colour: &'static str,
    pub(super) paused: bool,
    pub(super) ended: Option<RelativeTime>,
    pub(super) receipt: Option<String>,
    /// The badge and the note of a token that has not ended, if another system made its secret.
    pub(super) foreign: Option<ForeignSecret>,
    pub(super) page: String,
    /// The page with a form opened.
    pub(super) edit: String,
    pub(super) rotate: String,
    pub(super) pause: String,
    pub(super) resume: String,
    pub(super) revoke: String,
}

/// The note about a secret that another system made.
pub(in crate::http::pages) struct ForeignSecret {
    pub(super) badge: String,
    pub(super) note: String,
}

impl ForeignSecret {
    fn new(layout: &Layout, token: &Credential, now: Timestamp) -> Option<Self> {
        token.form.foreign_name()?;
        Some(match token.secret_accepted_until {
            None => Self {
                badge: layout.text("tokens-foreign"),
                note: layout.text("tokens-foreign-note"),
            },
            Some(end) if now < end => Self {
                badge: layout.text("tokens-foreign"),
                note: layout.text_with("tokens-foreign-until", &[("end", end.into())]),
            },
            Some(end) => Self {
                badge: layout.text("tokens-foreign-over"),
                note: layout.text_with("tokens-foreign-since", &[("end", end.into())]),
            },
        })
    }
}

impl TokenRow {
    pub(in crate::http::pages) fn new(
        user: &BrowserUser,
        layout: &Layout,
        token: &Credential,
    ) -> Self {
        let (now, language) = (user.state.now(), user.language());
        let past = |time: Timestamp| RelativeTime::past(language, now, time);
        let state = token.state_at(now);
        let end = token.expires_at.filter(|_| state.is_live());
        let (state_text, state_colour) = state_badge(layout, state);
        let page = paths::token(token.id);
        let page_with = |form| paths::with_query(&page, &[("form", form)]);
        Self {
            id: token.id.to_string(),
            name: token.name.clone(),
            hint: token.hint.clone(),
            kind: kind_name(layout, token.kind),
            full_access: token
                .abilities
                .iter()
                .any(|ability| ability.as_str() == "*"),
            abilities: token.abilities.iter().map(ToString::to_string).collect(),
            created: past(token.created_at),
            last_used: token.last_used_at.map(past),
            last_used_ip: token.last_used_ip.map(|ip| ip.to_string()),
            expires: end.map(|end| RelativeTime::future(language, now, end)),
            expires_soon: end.is_some_and(|end| end <= now.saturating_add(SOON)),
            state: state_text,
            state_colour,
            paused: state == CredentialState::Paused,
            ended: (!state.is_live())
                .then(|| token.ended_at.or(token.expires_at))
                .flatten()
                .map(past),
            receipt: token.receipt_id.map(paths::receipt),
            foreign: ForeignSecret::new(layout, token, now).filter(|_| state.is_live()),
            edit: page_with("edit"),
            rotate: page_with("rotate"),
            page,
            pause: paths::token_pause(token.id),
            resume: paths::token_resume(token.id),
            revoke: paths::token_revoke(token.id),
        }
    }

    /// Returns the permissions that a list shows.
    pub(super) fn chips(&self) -> &[String] {
        self.abilities.get(..CHIPS).unwrap_or(&self.abilities)
    }

    /// Returns the number of permissions that a list leaves out.
    pub(super) fn hidden_chips(&self) -> usize {
        self.abilities.len().saturating_sub(CHIPS)
    }

    /// Returns what tells the token apart from others with its name, and its last use.
    pub(super) fn facts(&self, layout: &Layout) -> String {
        let hint = (!self.hint.is_empty()).then(|| format!("…{}", self.hint));
        let used = match &self.last_used {
            Some(used) => format!("{}: {}", layout.text("tokens-column-last-used"), used.words),
            None => layout.text("tokens-never-used"),
        };
        let ip = self.last_used_ip.clone();
        let facts = [hint, Some(self.kind.clone()), Some(used), ip];
        facts.into_iter().flatten().collect::<Vec<_>>().join(" · ")
    }

    /// Returns the id of the message about the consequence of a revocation.
    pub(super) const fn revocation_note(&self) -> &'static str {
        match self.last_used {
            Some(_) => "revoke-one-token-used",
            None => "revoke-one-token-unused",
        }
    }

    /// Returns whether the token has ended.
    pub(super) const fn has_ended(&self) -> bool {
        self.ended.is_some()
    }
}

/// Returns the name of a kind of token in one word.
pub(super) fn kind_name(layout: &Layout, kind: CredentialKind) -> String {
    match kind {
        CredentialKind::Device => layout.text("tokens-kind-device"),
        CredentialKind::Service => layout.text("tokens-kind-service"),
        _ => layout.text("tokens-kind-personal"),
    }
}

/// Returns the name of a state in the list.
pub(super) fn state_name(layout: &Layout, state: ListState) -> String {
    match state {
        ListState::Active => layout.text("tokens-state-active"),
        ListState::Paused => layout.text("tokens-state-paused"),
        ListState::Ended => layout.text("tokens-state-ended"),
    }
}

fn state_badge(layout: &Layout, state: CredentialState) -> (String, &'static str) {
    match state {
        CredentialState::Active => (layout.text("tokens-state-active"), "green"),
        CredentialState::Paused => (layout.text("tokens-state-paused"), "amber"),
        CredentialState::Expired => (layout.text("tokens-state-expired"), "neutral"),
        CredentialState::Revoked => (layout.text("tokens-state-revoked"), "neutral"),
    }
}
