//! The session cookie. Its content is signed. It has the session's secret, and for the next page a
//! message and the id of a receipt, the secret of a link in a mail, or sealed recovery codes. Between
//! the two steps of a sign-in it has the secret of the attempt.
//!
//! `actix-session` reads and writes it. [`middleware`] runs around it and adds three features:
//! several cookies of one name, older keys, and cookies of different lives. A cookie outlives the
//! browser only if the user asked for that.

#[cfg(feature = "testing")]
mod issue;
mod link;
pub mod middleware;
pub(super) mod request_header;
mod second_step;
mod verified_cache;

use std::collections::HashMap;

use actix_session::{
    Session, SessionMiddleware,
    config::{CookieContentSecurity, PersistentSession},
    storage::CookieSessionStore,
};
use actix_web::{
    HttpMessage as _,
    cookie::{Cookie, CookieJar, Key, SameSite, time::Duration},
    http::header::{HeaderMap, HeaderValue},
};

use self::verified_cache::Verified;
use crate::{
    config::{PublicUrl, Settings, SigningKeys},
    crypto::digest::Digest,
    error::{Error, Result as NarthexResult},
    sessions::secret::SessionSecret,
    types::ids::ReceiptId,
};

const SECRET: &str = "s";
const REMEMBER: &str = "r";
const MESSAGE: &str = "m";
const RECEIPT: &str = "e";

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
    name: String,
    secure: bool,
    domain: Option<String>,
    lifetime: std::time::Duration,
    first: Key,
    older: Vec<Key>,
    verified_cookies: Verified,
    /// The other domains for which a cookie of this name may have been set under other settings.
    /// `None` is the host alone.
    other_domains: Vec<Option<String>>,
}

/// A cookie with a valid signature.
pub(super) struct SignedCookie {
    /// The digest of the session's secret, if the cookie has one.
    pub(super) secret: Option<Digest>,
    /// A `Cookie` header with this cookie alone, signed with the first key.
    pub(super) line: HeaderValue,
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

    pub(super) fn name(&self) -> &str {
        &self.name
    }

    /// Returns the session's secret in the value of a cookie as a browser sends it. `None` if no
    /// key of ours signed it.
    #[must_use]
    pub fn secret_in(&self, value: &str) -> Option<SessionSecret> {
        secret_of(&self.verify(value)?)
    }

    /// Returns the digests of the session secrets in our cookies among `headers`, in the order of
    /// the request. Cookies without a valid signature are skipped. At most `MAX_TRIED` others are
    /// returned.
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
    pub(super) fn signed_among(&self, headers: &HeaderMap) -> Vec<SignedCookie> {
        let mut with_secret = 0;
        request_header::values(headers, &self.name)
            .filter_map(|value| self.signed(str::from_utf8(value).ok()?))
            .take_while(|cookie| {
                with_secret += usize::from(cookie.secret.is_some());
                with_secret <= MAX_TRIED
            })
            .collect()
    }

    /// Returns whether `headers` have a cookie of our name, signed or not.
    #[must_use]
    pub fn has_cookie(&self, headers: &HeaderMap) -> bool {
        self.sent(headers) > 0
    }

    /// Returns the number of cookies of our name among `headers`, signed or not.
    pub(super) fn sent(&self, headers: &HeaderMap) -> usize {
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

    /// Returns the content of a cookie with this value, if one of our keys signed it.
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
    pub(super) fn deletion(&self) -> Option<HeaderValue> {
        self.deletion_at(self.domain.as_deref())
    }

    /// Returns the `Set-Cookie` headers that delete cookies of the same name for other domains.
    pub(super) fn other_deletions(&self) -> impl Iterator<Item = HeaderValue> {
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

/// Marks a request whose session cookie outlives the browser.
#[derive(Clone, Copy)]
pub(super) struct PersistentCookie;

/// The other cookies of our name in a request, besides the selected one.
pub(super) struct OtherCookies {
    several: bool,
    secrets: Vec<Digest>,
    /// Whether the response deletes them.
    pub(super) superseded: bool,
}

impl OtherCookies {
    pub(super) const fn new(sent: usize, secrets: Vec<Digest>) -> Self {
        Self {
            several: sent > 1,
            secrets,
            superseded: false,
        }
    }
}

/// The session cookie of one request: typed access to the key-value store of `actix-session`.
pub struct SessionCookie {
    session: Session,
    request: actix_web::HttpRequest,
}

impl SessionCookie {
    /// Returns the cookie of this request.
    #[must_use]
    pub fn of(request: &actix_web::HttpRequest) -> Self {
        use actix_session::SessionExt as _;
        let cookie = Self {
            session: request.get_session(),
            request: request.clone(),
        };
        if cookie.session.contains_key(REMEMBER) {
            cookie.request.extensions_mut().insert(PersistentCookie);
        }
        cookie
    }

    /// Returns the session's secret, if the cookie has one.
    #[must_use]
    pub fn secret(&self) -> Option<SessionSecret> {
        self.session
            .get::<String>(SECRET)
            .ok()
            .flatten()
            .and_then(SessionSecret::parse)
    }

    /// Returns the digests of the session secrets in the other cookies of the request.
    #[must_use]
    pub fn other_session_digests(&self) -> Vec<Digest> {
        let extensions = self.request.extensions();
        let others = extensions.get::<OtherCookies>();
        others.map_or_else(Vec::new, |others| others.secrets.clone())
    }

    /// Makes the response delete each cookie of our name that was set for another domain.
    fn supersede_others(&self, always: bool) {
        let mut extensions = self.request.extensions_mut();
        if let Some(others) = extensions.get_mut::<OtherCookies>() {
            others.superseded |= always || others.several;
        }
    }

    /// Puts the secret of a new session into the cookie and removes all other content.
    ///
    /// # Errors
    /// An error of `actix-session`. None are expected.
    pub fn sign_in(&self, secret: &SessionSecret, remember: bool) -> NarthexResult<()> {
        self.session.clear();
        self.supersede_others(false);
        self.put(SECRET, secret.expose())?;
        if remember {
            self.put(REMEMBER, "1")?;
            self.request.extensions_mut().insert(PersistentCookie);
        } else {
            self.request.extensions_mut().remove::<PersistentCookie>();
        }
        Ok(())
    }

    /// Replaces the secret of the same session.
    ///
    /// # Errors
    /// The errors of [`SessionCookie::sign_in`].
    pub fn renew(&self, secret: &SessionSecret) -> NarthexResult<()> {
        self.put(SECRET, secret.expose())
    }

    /// Deletes the cookie for every domain for which it may have been set.
    pub fn delete(&self) {
        self.session.purge();
        self.supersede_others(true);
    }

    /// Removes the session and stores a message for the sign-in page.
    ///
    /// # Errors
    /// The errors of [`SessionCookie::sign_in`].
    pub fn sign_out_with(&self, message: &str) -> NarthexResult<()> {
        self.session.clear();
        self.supersede_others(true);
        self.request.extensions_mut().remove::<PersistentCookie>();
        self.put(MESSAGE, message)
    }

    /// Stores a message for the next page.
    ///
    /// # Errors
    /// The errors of [`SessionCookie::sign_in`].
    pub fn set_flash_message(&self, message: &str) -> NarthexResult<()> {
        self.put(MESSAGE, message)
    }

    /// Stores the id of the receipt that the message for the next page refers to.
    ///
    /// # Errors
    /// The errors of [`SessionCookie::sign_in`].
    pub fn set_flash_receipt(&self, receipt: ReceiptId) -> NarthexResult<()> {
        self.put(RECEIPT, &receipt.to_string())
    }

    /// Takes the id of the receipt that the message of an earlier page refers to.
    #[must_use]
    pub fn take_flash_receipt(&self) -> Option<ReceiptId> {
        let receipt = self.session.get::<String>(RECEIPT).ok().flatten()?;
        self.session.remove(RECEIPT);
        receipt.parse().ok()
    }

    /// Takes the message of an earlier page.
    #[must_use]
    pub fn take_flash_message(&self) -> Option<String> {
        let message = self.session.get::<String>(MESSAGE).ok().flatten()?;
        self.session.remove(MESSAGE);
        if self.session.entries().is_empty() {
            self.session.purge();
        }
        Some(message)
    }

    fn put(&self, key: &str, value: &str) -> NarthexResult<()> {
        self.session.insert(key, value).map_err(Error::internal)
    }
}
