//! One credential on a page: its properties, its latest use, its abilities, and the address that
//! revokes it.

use crate::{
    credentials::Credential,
    http::{auth::BrowserUser, paths, response::relative_time::RelativeTime},
    i18n,
    sessions::Device,
    types::credential_kind::{CredentialKind, CredentialType},
    util::clock::Timestamp,
};

/// A credential as text.
pub struct CredentialRow {
    /// The token's name, or the session's browser and system.
    pub title: String,
    /// The path of the title's link. Only a token has a page of its own.
    pub href: Option<String>,
    /// The label of the kind: `phone`, `personal token`.
    pub kind: String,
    /// Whether the kind has no name of its own.
    pub is_other_device: bool,
    /// Whether this is the session of the user who views the page.
    pub current: bool,
    /// Whether this is a token.
    pub is_token: bool,
    /// The last four characters of a token's secret; empty if Narthex has never seen the secret.
    pub hint: String,
    /// Whether another system made the token's secret.
    pub is_foreign: bool,
    /// The names of a token's abilities.
    pub abilities: Vec<String>,
    /// The time of the creation or of the sign-in.
    pub created: RelativeTime,
    /// The address of the client that created it.
    pub ip: Option<String>,
    /// The time of the latest use.
    pub last_used: Option<RelativeTime>,
    /// The address of the latest use.
    pub last_used_ip: Option<String>,
    /// The expiry of an active credential.
    pub ends: Option<RelativeTime>,
    /// Whether the user selected "Keep me signed in".
    pub remembered: bool,
    /// Whether the token is paused.
    pub paused: bool,
    /// The time at which the credential ended.
    pub ended: Option<RelativeTime>,
    /// The path of the receipt of its revocation.
    pub receipt: Option<String>,
    /// The path of the form that revokes it.
    pub revoke: String,
}

impl CredentialRow {
    /// Returns the row of `credential` for a page of `user`.
    #[must_use]
    pub fn new(user: &BrowserUser, credential: &Credential) -> Self {
        let (now, language) = (user.context.now(), user.language());
        let is_token = credential.class() == CredentialType::Token;
        let past = |time: Timestamp| RelativeTime::past(language, now, time);
        Self {
            title: if is_token {
                credential.name.clone()
            } else {
                let device = Device::of(credential.user_agent.as_deref());
                i18n::text(language, &device.message())
            },
            href: is_token.then(|| paths::token(credential.id)),
            kind: i18n::text(language, &credential.kind.label()),
            is_other_device: credential.kind == CredentialKind::Other,
            current: credential.id == user.principal.credential().id,
            is_token,
            hint: credential.hint.clone(),
            is_foreign: credential.form.foreign_name().is_some(),
            abilities: credential
                .abilities
                .iter()
                .map(ToString::to_string)
                .collect(),
            created: past(credential.created_at),
            ip: credential.ip.map(|ip| ip.to_string()),
            last_used: credential.last_used_at.map(past),
            last_used_ip: credential.last_used_ip.map(|ip| ip.to_string()),
            ends: Self::end(user, credential),
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

    fn end(user: &BrowserUser, credential: &Credential) -> Option<RelativeTime> {
        let now = user.context.now();
        let end = match credential.class() {
            CredentialType::Token => credential.expires_at,
            CredentialType::Session => credential.effective_expiry(),
        };
        end.filter(|_| credential.is_active(now))
            .map(|end| RelativeTime::future(user.language(), now, end))
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
