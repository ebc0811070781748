//! One session on a page.

use crate::{
    credentials::Credential,
    http::{
        auth::BrowserUser,
        paths,
        response::{
            client_address::{ClientAddress, Locator},
            relative_time::RelativeTime,
        },
    },
    i18n,
    sessions::Device,
    types::{credential_kind::CredentialKind, ids::CredentialId},
};

/// A session as text.
pub(super) struct SessionRow {
    pub(super) id: CredentialId,
    /// The browser and the system.
    pub(super) title: String,
    /// The name of the icon.
    pub(super) icon: &'static str,
    /// The path of its page.
    pub(super) href: String,
    /// Whether this is the session of the user who views the page.
    pub(super) current: bool,
    /// The latest address.
    pub(super) address: Option<ClientAddress>,
    pub(super) signed_in: RelativeTime,
    pub(super) last_active: RelativeTime,
    /// The time at which it was signed out or expired.
    pub(super) ended: Option<RelativeTime>,
    /// The path of the receipt of its revocation.
    pub(super) receipt: Option<String>,
}

impl SessionRow {
    pub(super) fn new(user: &BrowserUser, locator: &Locator, session: &Credential) -> Self {
        let (now, language) = (user.state.now(), user.language());
        let past = |time| RelativeTime::past(language, now, time);
        let device = Device::of(session.user_agent.as_deref());
        Self {
            id: session.id,
            icon: icon(session.kind, &device),
            title: i18n::text(language, &device.message()),
            href: paths::session(session.id),
            current: session.id == user.principal.credential().id,
            address: locator.address(session.last_used_ip.or(session.ip)),
            signed_in: past(session.created_at),
            last_active: past(session.last_active_at()),
            ended: session
                .ended_at
                .or_else(|| session.effective_expiry().filter(|end| *end <= now))
                .map(past),
            receipt: session.receipt_id.map(paths::receipt),
        }
    }
}

/// Returns the name of the icon of a session. Televisions and programs have the kind `other`.
fn icon(kind: CredentialKind, device: &Device) -> &'static str {
    let is_television = |system: &String| system.ends_with("TV") || system == "Chromecast";
    match kind {
        CredentialKind::Other if device.system.as_ref().is_some_and(is_television) => "tv",
        CredentialKind::Other if device.browser.is_some() && device.system.is_none() => "terminal",
        kind => kind.as_str(),
    }
}
