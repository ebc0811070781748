//! The configuration of the session cookie: its name, its keys and its attributes. It verifies the
//! cookies of a request.

use std::collections::HashMap;

use actix_session::{
    SessionMiddleware,
    config::{CookieContentSecurity, PersistentSession},
    storage::CookieSessionStore,
};
use actix_web::{
    cookie::{Cookie, CookieJar, Key, SameSite, time::Duration},
    http::header::{HeaderMap, HeaderValue},
};

use super::{SECRET, request_header, verified_cache::Verified};
use crate::{
    config::{PublicUrl, Settings, SigningKeys},
    crypto::digest::Digest,
    sessions::secret::SessionSecret,
};

/// The largest number of cookies with a valid signature that are tried. A browser has several after
/// the operator changed the cookie's domain.
const MAX_TRIED: usize = 8;

/// The length of the signature before the content: 32 bytes in base64.
const SIGNATURE_LENGTH: usize = 44;

/// Returns the name of the cookie. `__Host-` and `__Secure-` make browsers refuse a cookie of that
/// name from a sibling host or a page without TLS (draft-ietf-httpbis-rfc6265bis, section 4.1.3).
#[must_use]
pub fn cookie_name(settings: &Settings) -> String {
    let prefix = match (settings.is_https(), &settings.sessions.cookie_domain) {
        (true, None) => "__Host-",
        (true, Some(_)) => "__Secure-",
        (false, _) => "",
    };
    format!("{prefix}{}", settings.sessions.cookie_name)
}

/// The name, the keys and the attributes of the cookie.
pub struct CookieConfig {
    pub(super) name: String,
    secure: bool,
    domain: Option<String>,
    lifetime: std::time::Duration,
    pub(super) first: Key,
    older: Vec<Key>,
    verified_cookies: Verified,
    /// The other domains for which a cookie of this name may have been set under other settings.
    /// `None` is the host alone.
    other_domains: Vec<Option<String>>,
}

/// A cookie with a valid signature.
pub(in crate::http::auth) struct SignedCookie {
    /// The digest of the session's secret, if the cookie has one.
    pub(in crate::http::auth) secret: Option<Digest>,
    /// A `Cookie` header with this cookie alone, signed with the first key.
    pub(in crate::http::auth) line: HeaderValue,
}

impl CookieConfig {
    /// Creates the configuration from `settings`.
    #[must_use]
    pub fn new(settings: &Settings, keys: &SigningKeys) -> Self {
        Self {
            name: cookie_name(settings),
            secure: settings.is_https(),
            domain: settings.sessions.cookie_domain.clone(),
            lifetime: settings.sessions.remembered_limits.max,
            first: Key::from(keys.first()),
            older: keys.older().map(Key::from).collect(),
            verified_cookies: Verified::default(),
            other_domains: other_domains(settings),
        }
    }

    /// Returns the middleware that reads the cookie before a handler and writes it afterwards.
    #[must_use]
    pub fn middleware(&self) -> SessionMiddleware<CookieSessionStore> {
        let lifetime = Duration::try_from(self.lifetime).unwrap_or(Duration::MAX);
        SessionMiddleware::builder(CookieSessionStore::default(), self.first.clone())
            .cookie_name(self.name.clone())
            .cookie_content_security(CookieContentSecurity::Signed)
            .cookie_secure(self.secure)
            .cookie_http_only(true)
            .cookie_same_site(SameSite::Lax)
            .cookie_path("/".to_owned())
            .cookie_domain(self.domain.clone())
            .session_lifecycle(PersistentSession::default().session_ttl(lifetime))
            .build()
    }

    pub(in crate::http::auth) fn name(&self) -> &str {
        &self.name
    }

    /// Returns the session's secret in the value of a cookie as a browser sends it. `None` if no
    /// key of the settings signed it.
    #[must_use]
    pub fn secret_in(&self, value: &str) -> Option<SessionSecret> {
        secret_of(&self.verify(value)?)
    }

    /// Returns the digests of the session secrets in the session cookies among `headers`, in the
    /// order of the request. Cookies without a valid signature are skipped. At most `MAX_TRIED`
    /// others are returned.
    ///
    /// Pages, the API and forward auth all find sessions with this function only.
    pub fn secrets_among<'a>(
        &'a self,
        headers: &'a HeaderMap,
    ) -> impl Iterator<Item = Digest> + use<'a> {
        let digest = |value: &str| Some(self.secret_in(value)?.digest());
        request_header::values(headers, &self.name)
            .filter_map(move |value| {
                let verify = || str::from_utf8(value).ok().and_then(digest);
                self.verified_cookies.secret_in(value, verify)
            })
            .take(MAX_TRIED)
    }

    /// Returns the cookies among `headers` with a valid signature, with or without a secret, in the
    /// order of [`CookieConfig::secrets_among`].
    pub(in crate::http::auth) fn signed_among(&self, headers: &HeaderMap) -> Vec<SignedCookie> {
        let mut with_secret = 0;
        request_header::values(headers, &self.name)
            .filter_map(|value| self.signed(str::from_utf8(value).ok()?))
            .take_while(|cookie| {
                with_secret += usize::from(cookie.secret.is_some());
                with_secret <= MAX_TRIED
            })
            .collect()
    }

    /// Returns whether `headers` have a session cookie, signed or not.
    #[must_use]
    pub fn has_cookie(&self, headers: &HeaderMap) -> bool {
        self.sent(headers) > 0
    }

    /// Returns the number of session cookies among `headers`, signed or not.
    pub(in crate::http::auth) fn sent(&self, headers: &HeaderMap) -> usize {
        request_header::values(headers, &self.name).count()
    }

    fn signed(&self, value: &str) -> Option<SignedCookie> {
        let cookie = self.verify(value)?;
        let secret = secret_of(&cookie).map(|secret| secret.digest());
        let mut jar = CookieJar::new();
        jar.signed_mut(&self.first).add(cookie);
        let line = jar.get(&self.name)?.encoded().stripped().to_string();
        let line = HeaderValue::from_str(&line).ok()?;
        Some(SignedCookie { secret, line })
    }

    /// Returns the content of a cookie with this value, if a key of the settings signed it.
    fn verify(&self, value: &str) -> Option<Cookie<'static>> {
        if value.len() < SIGNATURE_LENGTH {
            return None;
        }
        let cookie = Cookie::parse_encoded(format!("{}={value}", self.name)).ok()?;
        let mut jar = CookieJar::new();
        jar.add_original(cookie.into_owned());
        let keys = std::iter::once(&self.first).chain(&self.older);
        keys.into_iter()
            .find_map(|key| jar.signed(key).get(&self.name))
    }

    /// Returns the `Set-Cookie` header that deletes the cookie.
    pub(in crate::http::auth) fn deletion(&self) -> Option<HeaderValue> {
        self.deletion_at(self.domain.as_deref())
    }

    /// Returns the `Set-Cookie` headers that delete cookies of the same name for other domains.
    pub(in crate::http::auth) fn other_deletions(&self) -> impl Iterator<Item = HeaderValue> {
        self.other_domains
            .iter()
            .filter_map(|domain| self.deletion_at(domain.as_deref()))
    }

    fn deletion_at(&self, domain: Option<&str>) -> Option<HeaderValue> {
        let mut cookie = Cookie::build(self.name.clone(), "")
            .path("/")
            .secure(self.secure)
            .http_only(true)
            .same_site(SameSite::Lax)
            .max_age(Duration::ZERO)
            .finish();
        if let Some(domain) = domain {
            cookie.set_domain(domain.to_owned());
        }
        HeaderValue::from_str(&cookie.to_string()).ok()
    }
}

fn secret_of(cookie: &Cookie<'_>) -> Option<SessionSecret> {
    let session: HashMap<String, String> = serde_json::from_str(cookie.value()).ok()?;
    SessionSecret::parse(serde_json::from_str(session.get(SECRET)?).ok()?)
}

/// Returns the other domains for which a cookie of the same name may have been set: the host alone,
/// the host as a domain, and each parent domain. A cookie with the prefix `__Host-` has no domain.
fn other_domains(settings: &Settings) -> Vec<Option<String>> {
    let host = settings
        .server
        .public_url
        .as_ref()
        .and_then(PublicUrl::domain);
    let (Some(host), false) = (
        host,
        settings.is_https() && settings.sessions.cookie_domain.is_none(),
    ) else {
        return Vec::new();
    };
    let parents = std::iter::successors(Some(host), |domain| Some(domain.split_once('.')?.1));
    let domains = parents.filter(|domain| domain.contains('.'));
    let all = std::iter::once(None).chain(domains.map(|domain| Some(domain.to_owned())));
    all.filter(|domain| *domain != settings.sessions.cookie_domain)
        .collect()
}
