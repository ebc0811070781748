//! The session cookie: content signed, holding the session's secret and a message for the next
//! page, perhaps with a receipt, nothing else.
//!
//! `actix-session` reads and writes it. `sessions::cookie_middleware` stands around it, for what it
//! has no setting for: several cookies of one name, older keys, and a cookie that lasts only where
//! the user asked to stay signed in.

pub mod middleware;
pub mod request_header;
pub mod verified_cache;

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

/// How many cookies with a right signature are tried at most. A browser has several after the
/// operator changed the cookie's domain.
const MOST_TRIED: usize = 8;

/// The length of a signature, which stands before the content: 32 bytes in base64.
const SIGNATURE: usize = 44;

/// Returns the name of the cookie. `__Host-` and `__Secure-` make browsers refuse a cookie of that
/// name from a sibling host or a page without TLS (draft-ietf-httpbis-rfc6265bis, section 4.1.3).
#[must_use]
pub fn cookie_name(settings: &Settings) -> String {
    let prefix = match (settings.is_https(), &settings.cookie_domain) {
        (true, None) => "__Host-",
        (true, Some(_)) => "__Secure-",
        (false, _) => "",
    };
    format!("{prefix}{}", settings.cookie_name)
}

/// How the cookie is named, signed and kept.
pub struct CookieConfig {
    name: String,
    secure: bool,
    domain: Option<String>,
    lasts: std::time::Duration,
    first: Key,
    older: Vec<Key>,
    verified: Verified,
    /// Where a cookie of this name may have been set under other settings; none is the host alone.
    elsewhere: Vec<Option<String>>,
}

/// A cookie with a right signature.
pub(super) struct SignedCookie {
    /// The digest of the session's secret, where the cookie holds one.
    pub(super) secret: Option<Digest>,
    /// The whole `Cookie` header that holds this cookie alone, signed with the first key.
    pub(super) line: HeaderValue,
}

impl CookieConfig {
    /// The rules that `settings` lead to.
    #[must_use]
    pub fn new(settings: &Settings, keys: &SigningKeys) -> Self {
        Self {
            name: cookie_name(settings),
            secure: settings.is_https(),
            domain: settings.cookie_domain.clone(),
            lasts: settings.remember.max,
            first: Key::from(keys.first()),
            older: keys.older().map(Key::from).collect(),
            verified: Verified::default(),
            elsewhere: elsewhere(settings),
        }
    }

    /// The middleware that reads the cookie before a handler and writes it after.
    #[must_use]
    pub fn middleware(&self) -> SessionMiddleware<CookieSessionStore> {
        let lasts = Duration::try_from(self.lasts).unwrap_or(Duration::MAX);
        SessionMiddleware::builder(CookieSessionStore::default(), self.first.clone())
            .cookie_name(self.name.clone())
            .cookie_content_security(CookieContentSecurity::Signed)
            .cookie_secure(self.secure)
            .cookie_http_only(true)
            .cookie_same_site(SameSite::Lax)
            .cookie_path("/".to_owned())
            .cookie_domain(self.domain.clone())
            .session_lifecycle(PersistentSession::default().session_ttl(lasts))
            .build()
    }

    pub(super) fn name(&self) -> &str {
        &self.name
    }

    /// The session's secret in the value of a cookie, as a browser sends it, where any of our keys
    /// signed it.
    #[must_use]
    pub fn secret_in(&self, value: &str) -> Option<SessionSecret> {
        secret_of(&self.verify(value)?)
    }

    /// The digests of the sessions' secrets in our cookies among `headers`, in the order in which the
    /// client sent them. A cookie without a signature of ours counts for nothing; of the others, so
    /// many are tried.
    ///
    /// This is the one way to find a session in a request, for pages, the API and forward auth.
    pub fn secrets_among<'a>(
        &'a self,
        headers: &'a HeaderMap,
    ) -> impl Iterator<Item = Digest> + use<'a> {
        let digest = |value: &str| Some(self.secret_in(value)?.digest());
        request_header::values(headers, &self.name)
            .filter_map(move |value| {
                let verify = || str::from_utf8(value).ok().and_then(digest);
                self.verified.secret_in(value, verify)
            })
            .take(MOST_TRIED)
    }

    /// Our cookies among `headers` that are signed, with a secret or without, in the order of
    /// [`CookieConfig::secrets_among`].
    pub(super) fn signed_among(&self, headers: &HeaderMap) -> Vec<SignedCookie> {
        let mut with_secret = 0;
        request_header::values(headers, &self.name)
            .filter_map(|value| self.signed(str::from_utf8(value).ok()?))
            .take_while(|cookie| {
                with_secret += usize::from(cookie.secret.is_some());
                with_secret <= MOST_TRIED
            })
            .collect()
    }

    /// Whether a cookie of our name is among `headers`, signed or not.
    #[must_use]
    pub fn is_sent(&self, headers: &HeaderMap) -> bool {
        self.sent(headers) > 0
    }

    /// Returns how many cookies of our name are among `headers`, signed or not.
    pub(super) fn sent(&self, headers: &HeaderMap) -> usize {
        request_header::values(headers, &self.name).count()
    }

    fn signed(&self, value: &str) -> Option<SignedCookie> {
        let verified = self.verify(value)?;
        let secret = secret_of(&verified).map(|secret| secret.digest());
        let mut jar = CookieJar::new();
        jar.signed_mut(&self.first).add(verified);
        let line = jar.get(&self.name)?.encoded().stripped().to_string();
        let line = HeaderValue::from_str(&line).ok()?;
        Some(SignedCookie { secret, line })
    }

    /// The content of a cookie with this value, where any of our keys signed it.
    fn verify(&self, value: &str) -> Option<Cookie<'static>> {
        if value.len() < SIGNATURE {
            return None;
        }
        let cookie = Cookie::parse_encoded(format!("{}={value}", self.name)).ok()?;
        let mut jar = CookieJar::new();
        jar.add_original(cookie.into_owned());
        let keys = std::iter::once(&self.first).chain(&self.older);
        keys.into_iter()
            .find_map(|key| jar.signed(key).get(&self.name))
    }

    /// The `Set-Cookie` header that deletes the cookie.
    pub(super) fn deletion(&self) -> Option<HeaderValue> {
        self.deletion_at(self.domain.as_deref())
    }

    /// Those that delete what may have been set under the same name for another domain.
    pub(super) fn deletions_elsewhere(&self) -> impl Iterator<Item = HeaderValue> {
        self.elsewhere
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
    let bag: HashMap<String, String> = serde_json::from_str(cookie.value()).ok()?;
    SessionSecret::parse(serde_json::from_str(bag.get(SECRET)?).ok()?)
}

/// The other domains for which a cookie of the same name may have been set: the host alone, the host
/// as a domain, and each domain above it. A cookie with the prefix `__Host-` has no domain.
fn elsewhere(settings: &Settings) -> Vec<Option<String>> {
    let host = settings.public_url.as_ref().and_then(PublicUrl::domain);
    let (Some(host), false) = (
        host,
        settings.is_https() && settings.cookie_domain.is_none(),
    ) else {
        return Vec::new();
    };
    let parents = std::iter::successors(Some(host), |domain| Some(domain.split_once('.')?.1));
    let domains = parents.filter(|domain| domain.contains('.'));
    let all = std::iter::once(None).chain(domains.map(|domain| Some(domain.to_owned())));
    all.filter(|domain| *domain != settings.cookie_domain)
        .collect()
}

/// On a request whose browser's cookie outlives the browser.
#[derive(Clone, Copy)]
pub(super) struct PersistentCookie;

/// On a request with a `Cookie` header: what it holds of our name besides the cookie that counts.
pub(super) struct OtherCookies {
    several: bool,
    secrets: Vec<Digest>,
    /// Whether the answer is to delete them.
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

/// The cookie of one request: five verbs over the key/value bag of `actix-session`.
pub struct SessionCookie {
    bag: Session,
    request: actix_web::HttpRequest,
}

impl SessionCookie {
    /// The cookie of this request.
    #[must_use]
    pub fn of(request: &actix_web::HttpRequest) -> Self {
        use actix_session::SessionExt as _;
        let cookie = Self {
            bag: request.get_session(),
            request: request.clone(),
        };
        if cookie.bag.contains_key(REMEMBER) {
            cookie.request.extensions_mut().insert(PersistentCookie);
        }
        cookie
    }

    /// The session's secret, where the cookie holds one.
    #[must_use]
    pub fn secret(&self) -> Option<SessionSecret> {
        self.bag
            .get::<String>(SECRET)
            .ok()
            .flatten()
            .and_then(SessionSecret::parse)
    }

    /// The digests of further sessions' secrets, whose cookies the browser sent besides this one.
    #[must_use]
    pub fn others(&self) -> Vec<Digest> {
        let extensions = self.request.extensions();
        let others = extensions.get::<OtherCookies>();
        others.map_or_else(Vec::new, |others| others.secrets.clone())
    }

    /// Has the answer delete every cookie of our name that is set for another domain.
    fn supersede_others(&self, even_if_there_is_one: bool) {
        let mut extensions = self.request.extensions_mut();
        if let Some(others) = extensions.get_mut::<OtherCookies>() {
            others.superseded |= even_if_there_is_one || others.several;
        }
    }

    /// Puts a new session's secret in, and nothing of what was there.
    ///
    /// # Errors
    /// None that is known; the bag's own.
    pub fn sign_in(&self, secret: &SessionSecret, remember: bool) -> NarthexResult<()> {
        self.bag.clear();
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
    /// As [`SessionCookie::sign_in`].
    pub fn renew(&self, secret: &SessionSecret) -> NarthexResult<()> {
        self.put(SECRET, secret.expose())
    }

    /// Deletes the cookie, for whatever domain it was set.
    pub fn delete(&self) {
        self.bag.purge();
        self.supersede_others(true);
    }

    /// Forgets the session and keeps a message for the sign-in page.
    ///
    /// # Errors
    /// As [`SessionCookie::sign_in`].
    pub fn sign_out_with(&self, message: &str) -> NarthexResult<()> {
        self.bag.clear();
        self.supersede_others(true);
        self.request.extensions_mut().remove::<PersistentCookie>();
        self.put(MESSAGE, message)
    }

    /// Keeps a message for the next page.
    ///
    /// # Errors
    /// As [`SessionCookie::sign_in`].
    pub fn leave_message(&self, message: &str) -> NarthexResult<()> {
        self.put(MESSAGE, message)
    }

    /// Keeps the receipt that the message for the next page is about.
    ///
    /// # Errors
    /// As [`SessionCookie::sign_in`].
    pub fn leave_receipt(&self, receipt: ReceiptId) -> NarthexResult<()> {
        self.put(RECEIPT, &receipt.to_string())
    }

    /// Takes the receipt that the message of an earlier page is about.
    #[must_use]
    pub fn take_receipt(&self) -> Option<ReceiptId> {
        let receipt = self.bag.get::<String>(RECEIPT).ok().flatten()?;
        self.bag.remove(RECEIPT);
        receipt.parse().ok()
    }

    /// Takes the message that an earlier page left.
    #[must_use]
    pub fn take_message(&self) -> Option<String> {
        let message = self.bag.get::<String>(MESSAGE).ok().flatten()?;
        self.bag.remove(MESSAGE);
        if self.bag.entries().is_empty() {
            self.bag.purge();
        }
        Some(message)
    }

    fn put(&self, key: &str, value: &str) -> NarthexResult<()> {
        self.bag.insert(key, value).map_err(Error::internal)
    }
}
