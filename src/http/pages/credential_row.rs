//! One credential on a page: what it is, since when, last used when and from where, what it may do,
//! and how to end it.

use crate::{
    app_state::Context,
    credentials::Credential,
    http::{paths, response::relative_time::Moment},
    sessions::Device,
    types::{credential_kind::Class, ids::CredentialId},
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
    pub created: Moment,
    /// From where it was made.
    pub ip: Option<String>,
    /// When it was last used.
    pub last_used: Option<Moment>,
    /// From where it was last used.
    pub last_used_ip: Option<String>,
    /// Until when it lives if nobody ends it.
    pub ends: Option<Moment>,
    /// "Keep me signed in".
    pub remembered: bool,
    /// Refused until resumed.
    pub paused: bool,
    /// When it ended.
    pub ended: Option<Moment>,
    /// What ended it.
    pub receipt: Option<String>,
    /// Where its button goes.
    pub revoke: String,
}

impl Row {
    /// How `credential` looks now to whoever is signed in by `current`.
    #[must_use]
    pub fn new(context: &Context, credential: &Credential, current: CredentialId) -> Self {
        let now = context.now();
        let is_token = credential.class() == Class::Token;
        let past = |moment: Timestamp| Moment::past(now, moment);
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
                .or_else(|| credential.dies_at().filter(|end| *end <= now))
                .map(past),
            receipt: credential.receipt_id.map(paths::receipt),
            revoke: if is_token {
                paths::token_revoke(credential.id)
            } else {
                paths::session_revoke(credential.id)
            },
        }
    }

    fn end(credential: &Credential, now: Timestamp) -> Option<Moment> {
        let end = match credential.class() {
            Class::Token => credential.expires_at,
            Class::Session => credential.dies_at(),
        };
        end.filter(|_| credential.is_live(now))
            .map(|end| Moment::future(now, end))
    }

    /// Each of `credentials`, the session that looks at the page first.
    #[must_use]
    pub fn all(context: &Context, credentials: &[Credential], current: CredentialId) -> Vec<Self> {
        let mut rows: Vec<Self> = credentials
            .iter()
            .map(|credential| Self::new(context, credential, current))
            .collect();
        rows.sort_by_key(|row| !row.current);
        rows
    }
}
