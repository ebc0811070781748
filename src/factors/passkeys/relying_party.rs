//! The relying party: the host for which a browser makes and uses passkeys.

use std::{net::IpAddr, time::Duration};

use url::Url;
use webauthn_rs_core::WebauthnCore;

use super::challenge;
use crate::config::{PublicUrl, Settings};

/// The host of a server without a public URL.
const LOCALHOST: &str = "localhost";

/// The relying party of the settings.
pub struct RelyingParty {
    id: String,
    name: String,
    /// `None`: every port of `localhost`.
    origin: Option<String>,
    core: WebauthnCore,
}

impl RelyingParty {
    /// Returns the relying party of [`Self::host`]. Without a public URL, each port is accepted.
    #[must_use]
    pub fn of(settings: &Settings) -> Option<Self> {
        let public = settings.server.public_url.as_ref();
        let id = Self::host(settings)?;
        let origin = match public {
            Some(url) => Url::parse(url.origin().as_str()),
            None => Url::parse(&format!("http://{LOCALHOST}")),
        };
        let name = settings.branding.app_name.clone();
        let timeout = challenge::LIFETIME;
        Some(Self {
            core: core(&name, id, origin.ok()?, timeout, public.is_none()),
            id: id.to_owned(),
            name,
            origin: public.map(|url| url.origin().as_str().to_owned()),
        })
    }

    /// Returns the host name of passkeys: the domain of the cookie, or the host of the public URL.
    /// Without a public URL it is `localhost`. `None` if the host is an address, because the ID of a
    /// relying party is a host name.
    #[must_use]
    pub fn host(settings: &Settings) -> Option<&str> {
        let public = settings.server.public_url.as_ref();
        let host = match &settings.sessions.cookie_domain {
            Some(domain) => domain.trim_start_matches('.'),
            None => public.map_or(LOCALHOST, PublicUrl::host),
        };
        let is_address = host.starts_with('[') || host.parse::<IpAddr>().is_ok();
        (!is_address).then_some(host)
    }

    pub(super) fn id(&self) -> &str {
        &self.id
    }

    pub(super) fn name(&self) -> &str {
        &self.name
    }

    /// Returns whether `origin` is that of the pages. Browsers serialize an origin in one way (HTML
    /// standard, section 7.1.1), so another text for it is refused.
    pub(super) fn is_own_origin(&self, origin: &str) -> bool {
        match &self.origin {
            Some(own) => origin == own,
            None => is_localhost(origin),
        }
    }

    /// The verification of what an authenticator signs.
    pub(super) const fn core(&self) -> &WebauthnCore {
        &self.core
    }
}

fn is_localhost(origin: &str) -> bool {
    Url::parse(origin).is_ok_and(|url| {
        let is_host = url.scheme() == "http" && url.host_str() == Some(LOCALHOST);
        is_host && url.origin().ascii_serialization() == origin
    })
}

fn core(
    name: &str,
    id: &str,
    origin: Url,
    timeout: Duration,
    accepts_every_port: bool,
) -> WebauthnCore {
    WebauthnCore::new_unsafe_experts_only(
        name,
        id,
        vec![origin],
        timeout,
        Some(false),
        Some(accepts_every_port),
    )
}
