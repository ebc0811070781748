//! The cookie of a trusted browser. It outlives the session, and is no credential: it proves nothing
//! without the password.

use actix_web::{HttpMessage as _, HttpRequest, HttpResponse, dev::ServiceRequest};

use super::browser_cookie::{name, send, sent};
use crate::{
    app_state::AppState,
    credentials::trusted_browsers,
    crypto::{digest::Digest, secret::SecretString},
    error::Result,
    sign_in_attempts::AttemptSecret,
};

/// The end of the name.
const NAME: &str = "trusted";

/// The cookie of a browser that the user asks to trust.
pub struct TrustCookie(SecretString);

impl TrustCookie {
    /// Returns the cookie for the browser that completes `attempt`.
    ///
    /// # Errors
    /// Returns an error if the process has no signing key.
    pub fn new(state: &AppState, attempt: &AttemptSecret) -> Result<Self> {
        trusted_browsers::secret_for(state, attempt).map(Self)
    }

    /// Returns the digest that the database stores.
    #[must_use]
    pub fn digest(&self) -> Digest {
        self.0.digest()
    }

    /// Sends the cookie with a response.
    ///
    /// # Errors
    /// None are expected.
    pub fn send(self, state: &AppState, response: &mut HttpResponse) -> Result<()> {
        let settings = state.settings();
        let Some(life) = settings.sessions.trust_browser else {
            return Ok(());
        };
        let name = name(settings, NAME);
        send(response, name, &self.0, settings.is_https(), life)
    }
}

/// The digest of the cookie that a browser has sent.
#[derive(Clone, Copy)]
struct SentDigest(Digest);

/// Returns the digest of the cookie that a browser has sent.
#[must_use]
pub(super) fn sent_digest(request: &HttpRequest) -> Option<Digest> {
    let sent = request.extensions().get::<SentDigest>().copied();
    sent.map(|SentDigest(digest)| digest)
}

/// Keeps the cookie of a request for [`sent_digest`]. The session middleware calls this, because it
/// removes all other cookies from the request.
pub(super) fn keep(state: &AppState, request: &ServiceRequest) {
    let settings = state.settings();
    if settings.sessions.trust_browser.is_some()
        && let Some(secret) = sent(request.headers(), &name(settings, NAME))
    {
        request.extensions_mut().insert(SentDigest(secret.digest()));
    }
}
