//! The cookie by which a browser is recognised at its next sign-in. It outlives the session and is
//! no credential: it only decides whether a sign-in is reported to the user.

use std::time::Duration;

use actix_web::{
    HttpMessage as _, HttpRequest, HttpResponse,
    cookie::{Cookie, SameSite},
    dev::ServiceRequest,
    http::header::HeaderMap,
};

use super::session_cookie::request_header;
use crate::{
    app_state::AppState,
    config::Settings,
    credentials::known_browsers,
    crypto::{
        digest::Digest,
        secret::{LENGTH_256, SecretString, random_256},
    },
    error::{Error, Result},
};

/// The end of the name.
const NAME: &str = "browser";

/// The cookie of a browser.
pub struct BrowserCookie {
    secret: SecretString,
    name: String,
    secure: bool,
}

impl BrowserCookie {
    /// Returns the cookie of a request, or a new one. `None`: mail is off, so nothing is reported.
    ///
    /// # Errors
    /// Returns an error if the machine has no randomness.
    pub fn of(state: &AppState, request: &HttpRequest) -> Result<Option<Self>> {
        let settings = state.settings();
        if !settings.mail.is_on() {
            return Ok(None);
        }
        let sent = request.extensions().get::<SentSecret>().cloned();
        let secret = match sent {
            Some(SentSecret(secret)) => secret,
            None => random_256(state.random())?,
        };
        Ok(Some(Self {
            secret,
            name: name(settings, NAME),
            secure: settings.is_https(),
        }))
    }

    /// Returns the digest that the database stores.
    #[must_use]
    pub fn digest(&self) -> Digest {
        self.secret.digest()
    }

    /// Sends the cookie with a response. Its life begins again.
    ///
    /// # Errors
    /// None are expected.
    pub fn send(self, response: &mut HttpResponse) -> Result<()> {
        send(
            response,
            self.name,
            &self.secret,
            self.secure,
            known_browsers::LIFE,
        )
    }
}

/// Sends a cookie of this host that lives for `life`.
pub(super) fn send(
    response: &mut HttpResponse,
    name: String,
    secret: &SecretString,
    secure: bool,
    life: Duration,
) -> Result<()> {
    let cookie = Cookie::build(name, secret.expose())
        .path("/")
        .secure(secure)
        .http_only(true)
        .same_site(SameSite::Lax)
        .max_age(life.try_into().map_err(Error::internal)?)
        .finish();
    response.add_cookie(&cookie).map_err(Error::internal)
}

/// The secret that a browser has sent.
#[derive(Clone)]
struct SentSecret(SecretString);

/// Keeps the cookie of a request for [`BrowserCookie::of`]. The session middleware calls this,
/// because it removes all other cookies from the request.
pub(super) fn keep(state: &AppState, request: &ServiceRequest) {
    let settings = state.settings();
    if settings.mail.is_on()
        && let Some(secret) = sent(request.headers(), &name(settings, NAME))
    {
        request.extensions_mut().insert(SentSecret(secret));
    }
}

/// Returns the name of a cookie after that of the session. With the prefix `__Host-`, no sibling host
/// can set the cookie, so none can make its own browser a known or a trusted one.
pub(super) fn name(settings: &Settings, end: &str) -> String {
    let prefix = if settings.is_https() { "__Host-" } else { "" };
    format!("{prefix}{}-{end}", settings.sessions.cookie_name)
}

/// Returns the secret in the first cookie of this name.
pub(super) fn sent(headers: &HeaderMap, name: &str) -> Option<SecretString> {
    let value = request_header::values(headers, name).next()?;
    let is_ours = value.len() == LENGTH_256
        && value
            .iter()
            .all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_'));
    is_ours.then(|| SecretString::new(String::from_utf8_lossy(value).into_owned()))
}
