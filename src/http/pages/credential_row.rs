//! One credential on a page: what it is, since when, last used when and from where, what it may do,
//! and how to end it.

use crate::{
    app_state::AppState,
    credentials::Credential,
    http::{paths, response::relative_time::RelativeTime},
    sessions::Device,
    types::{credential_kind::CredentialType, ids::CredentialId},
    util::clock::Timestamp,
};

/// A credential in words.
pub struct Row {
    /// The token's name, or the session's browser and system.
    pub title: String,
    /// Where the title leads: a token has a page of its own.
    pub href: Option<String>,
    /// `phone`, `personal token`.
    pub kind: &'static str,
    /// Whether it is the session that looks at the page.
    pub current: bool,
    /// Whether it is a token.
    pub is_token: bool,
    /// The last characters of a token's secret.
    pub hint: String,
    /// What a token may do, each by its name.
    pub abilities: Vec<String>,
    /// When it was made, or signed in.
    pub created: RelativeTime,
    /// From where it was made.
    pub ip: Option<String>,
    /// When it was last used.
    pub last_used: Option<RelativeTime>,
    /// From where it was last used.
    pub last_used_ip: Option<String>,
    /// Until when it lives if nobody ends it.
    pub ends: Option<RelativeTime>,
    /// "Keep me signed in".
    pub remembered: bool,
    /// Refused until resumed.
    pub paused: bool,
    /// When it ended.
    pub ended: Option<RelativeTime>,
    /// What ended it.
    pub receipt: Option<String>,
    /// Where its button goes.
    pub revoke: String,
}

impl Row {
    /// How `credential` looks now to whoever is signed in by `current`.
    #[must_use]
    pub fn new(context: &AppState, credential: &Credential, current: CredentialId) -> Self {
        let now = context.now();
        let is_token = credential.class() == CredentialType::Token;
        let past = |moment: Timestamp| RelativeTime::past(now, moment);
        Self {
            title: if is_token {
                credential.name.clone()
            } else {
                Device::of(credential.user_agent.as_deref()).to_string()
            },
            href: is_token.then(|| paths::token(credential.id)),
            kind: credential.kind.label(),
            current: credential.id == current,
            is_token,
            hint: credential.hint.clone(),
            abilities: credential
                .abilities
                .iter()
                .map(ToString::to_string)
                .collect(),
            created: past(credential.created_at),
            ip: credential.ip.map(|ip| ip.to_string()),
            last_used: credential.last_used_at.map(past),
            last_used_ip: credential.last_used_ip.map(|ip| ip.to_string()),
            ends: Self::end(credential, now),
            remembered: credential.remembered,
            paused: credential.paused,
            ended: credential
                .ended_at
                .or_else(|| credential.effective_expiry().filter(|end| *end <= now))
                .map(past),
            receipt: credential.receipt_id.map(paths::receipt),
            revoke: if is_token {
                paths::token_revoke(credential.id)
            } else {
                paths::session_revoke(credential.id)
            },
        }
    }

    fn end(credential: &Credential, now: Timestamp) -> Option<RelativeTime> {
        let end = match credential.class() {
            CredentialType::Token => credential.expires_at,
            CredentialType::Session => credential.effective_expiry(),
        };
        end.filter(|_| credential.is_active(now))
            .map(|end| RelativeTime::future(now, end))
    }

    /// Each of `credentials`, the session that looks at the page first.
    #[must_use]
    pub fn all(context: &AppState, credentials: &[Credential], current: CredentialId) -> Vec<Self> {
        let mut rows: Vec<Self> = credentials
            .iter()
            .map(|credential| Self::new(context, credential, current))
            .collect();
        rows.sort_by_key(|row| !row.current);
        rows
    }
}
