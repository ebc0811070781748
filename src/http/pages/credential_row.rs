//! One credential on a page: its properties, its latest use, its abilities, and the address that
//! revokes it.

use crate::{
    credentials::Credential,
    http::{auth::BrowserUser, paths, response::relative_time::RelativeTime},
    i18n,
    sessions::Device,
    types::credential_kind::CredentialType,
    util::clock::Timestamp,
};

/// A credential as text.
pub struct CredentialRow {
    /// The ID.
    pub id: String,
    /// The token's name, or the session's browser and system.
    pub title: String,
    /// The path of its page.
    pub href: String,
    /// The label of the kind: `phone`, `personal token`.
    pub kind: String,
    /// Whether this is the session of the user who views the page.
    pub current: bool,
    /// Whether this is a token.
    pub is_token: bool,
    /// The last four characters of a token's secret; empty if Narthex has never seen the secret.
    pub hint: String,
    /// The time of the creation or of the sign-in.
    pub created: RelativeTime,
    /// The address of the client that created it.
    pub ip: Option<String>,
    /// The time of the latest use.
    pub last_used: Option<RelativeTime>,
    /// The address of the latest use.
    pub last_used_ip: Option<String>,
    /// The path of the form that revokes it.
    pub revoke: String,
}

impl CredentialRow {
    /// Returns the row of `credential` for a page of `user`.
    #[must_use]
    pub fn new(user: &BrowserUser, credential: &Credential) -> Self {
        let (now, language) = (user.state.now(), user.language());
        let is_token = credential.class() == CredentialType::Token;
        let past = |time: Timestamp| RelativeTime::past(language, now, time);
        Self {
            id: credential.id.to_string(),
            title: if is_token {
                credential.name.clone()
            } else {
                let device = Device::of(credential.user_agent.as_deref());
                i18n::text(language, &device.message())
            },
            href: if is_token {
                paths::token(credential.id)
            } else {
                paths::session(credential.id)
            },
            kind: i18n::text(language, &credential.kind.label()),
            current: credential.id == user.principal.credential().id,
            is_token,
            hint: credential.hint.clone(),
            created: past(credential.created_at),
            ip: credential.ip.map(|ip| ip.to_string()),
            last_used: credential.last_used_at.map(past),
            last_used_ip: credential.last_used_ip.map(|ip| ip.to_string()),
            revoke: if is_token {
                paths::token_revoke(credential.id)
            } else {
                paths::session_revoke(credential.id)
            },
        }
    }

    /// Returns the rows of `credentials`, with the session of the signed-in user first.
    #[must_use]
    pub fn all(user: &BrowserUser, credentials: &[Credential]) -> Vec<Self> {
        let mut rows: Vec<Self> = credentials
            .iter()
            .map(|credential| Self::new(user, credential))
            .collect();
        rows.sort_by_key(|row| !row.current);
        rows
    }
}
