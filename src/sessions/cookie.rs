//! The session cookie: content signed, holding the session's secret and a message for the next
//! page, perhaps with a receipt, nothing else.
//!
//! `actix-session` reads and writes it. Around it stands [`keep`], for what it has no setting for:
//! older keys, and a cookie that lasts only where somebody asked to be kept signed in.

use std::collections::HashMap;

use actix_session::{
    Session, SessionMiddleware,
    config::{CookieContentSecurity, PersistentSession},
    storage::CookieSessionStore,
};
use actix_web::{
    HttpMessage as _,
    body::MessageBody,
    cookie::{Cookie, CookieJar, Key, SameSite, time::Duration},
    dev::{ServiceRequest, ServiceResponse},
    http::header::{self, HeaderValue},
    middleware::Next,
    web::Data,
};

use super::{secret::SessionSecret, verified::Verified};
use crate::{
    config::{Settings, SigningKeys},
    error::{Error, Result as NarthexResult},
    ids::ReceiptId,
    kit::digest::Digest,
};

const SECRET: &str = "s";
const REMEMBER: &str = "r";
const MESSAGE: &str = "m";
const RECEIPT: &str = "e";

/// The name of the cookie. `__Host-` and `__Secure-` make browsers refuse a cookie of that name that a
/// sibling host or a page without TLS tries to plant (draft-ietf-httpbis-rfc6265bis, section 4.1.3).
#[must_use]
pub fn cookie_name(settings: &Settings) -> &'static str {
    match (settings.is_https(), &settings.cookie_domain) {
        (true, None) => "__Host-narthex",
        (true, Some(_)) => "__Secure-narthex",
        (false, _) => "narthex",
    }
}

/// How the cookie is named, signed and kept.
pub struct CookieRules {
    name: &'static str,
    secure: bool,
    domain: Option<String>,
    lasts: std::time::Duration,
    first: Key,
    older: Vec<Key>,
    verified: Verified,
}

impl CookieRules {
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
        }
    }

    /// The middleware that reads the cookie before a handler and writes it after.
    #[must_use]
    pub fn middleware(&self) -> SessionMiddleware<CookieSessionStore> {
        let lasts = Duration::try_from(self.lasts).unwrap_or(Duration::MAX);
        SessionMiddleware::builder(CookieSessionStore::default(), self.first.clone())
            .cookie_name(self.name.to_owned())
            .cookie_content_security(CookieContentSecurity::Signed)
            .cookie_secure(self.secure)
            .cookie_http_only(true)
            .cookie_same_site(SameSite::Lax)
            .cookie_path("/".to_owned())
            .cookie_domain(self.domain.clone())
            .session_lifecycle(PersistentSession::default().session_ttl(lasts))
            .build()
    }

    /// The session's secret in the value of a cookie, as a browser sends it, where any of our keys
    /// signed it.
    #[must_use]
    pub fn secret_in(&self, value: &str) -> Option<SessionSecret> {
        let cookie = Cookie::parse_encoded(format!("{}={value}", self.name)).ok()?;
        let mut jar = CookieJar::new();
        jar.add_original(cookie.into_owned());
        let keys = std::iter::once(&self.first).chain(&self.older);
        let content = keys
            .into_iter()
            .find_map(|key| jar.signed(key).get(self.name))?;
        let bag: HashMap<String, String> = serde_json::from_str(content.value()).ok()?;
        SessionSecret::parse(serde_json::from_str(bag.get(SECRET)?).ok()?)
    }

    /// The digest of the session's secret in our cookie among `headers`, where any of our keys signed it:
    /// for a request that changes nothing about its cookie, and need not be given a [`SessionCookie`].
    #[must_use]
    pub fn secret_among(&self, headers: &header::HeaderMap) -> Option<Digest> {
        let value = headers
            .get_all(header::COOKIE)
            .filter_map(|value| value.to_str().ok())
            .flat_map(|text| text.split(';'))
            .filter_map(|pair| pair.trim().split_once('='))
            .find_map(|(name, value)| (name == self.name).then_some(value))?;
        self.verified.secret_in(value, || {
            self.secret_in(value).map(|secret| secret.digest())
        })
    }

    /// The same cookie signed with the first key, where an older one signed it.
    fn signed_anew(&self, cookie: &Cookie<'static>) -> Option<Cookie<'static>> {
        let mut jar = CookieJar::new();
        jar.add_original(cookie.clone());
        let verified = self
            .older
            .iter()
            .find_map(|key| jar.signed(key).get(self.name))?;
        let mut signed = CookieJar::new();
        signed.signed_mut(&self.first).add(verified);
        signed.get(self.name).cloned()
    }
}

/// Goes around [`CookieRules::middleware`]: lets cookies in that an older key signed, and makes the
/// cookie end with the browser unless somebody asked to be kept signed in.
///
/// # Errors
/// Those of what it goes around.
pub async fn keep<B: MessageBody>(
    rules: Data<CookieRules>,
    mut request: ServiceRequest,
    next: Next<B>,
) -> Result<ServiceResponse<B>, actix_web::Error> {
    accept_older_keys(&rules, &mut request);
    let mut response = next.call(request).await?;
    let lasting = response.request().extensions().get::<Lasting>().is_some();
    if !lasting {
        end_with_the_browser(rules.name, response.headers_mut());
    }
    Ok(response)
}

/// Must run before anything reads the request's cookies, for what was read is kept with the request.
fn accept_older_keys(rules: &CookieRules, request: &mut ServiceRequest) {
    if rules.older.is_empty() {
        return;
    }
    let anew = request
        .headers()
        .get_all(header::COOKIE)
        .filter_map(|value| value.to_str().ok())
        .flat_map(|text| text.split(';'))
        .filter_map(|pair| Cookie::parse_encoded(pair.trim().to_owned()).ok())
        .find(|cookie| cookie.name() == rules.name)
        .and_then(|cookie| rules.signed_anew(&cookie))
        .and_then(|cookie| HeaderValue::from_str(&cookie.encoded().stripped().to_string()).ok());
    if let Some(value) = anew {
        request.headers_mut().insert(header::COOKIE, value);
    }
}

/// Takes `Max-Age` off our cookie, unless that deletes it.
fn end_with_the_browser(name: &str, headers: &mut header::HeaderMap) {
    let values: Vec<HeaderValue> = headers.remove(header::SET_COOKIE).collect();
    for value in values {
        let ours = value
            .to_str()
            .ok()
            .and_then(|text| Cookie::parse(text.to_owned()).ok())
            .filter(|cookie| cookie.name() == name && cookie.max_age() != Some(Duration::ZERO));
        let value = ours
            .map(|mut cookie| {
                cookie.set_max_age(None);
                cookie.set_expires(None);
                cookie.to_string()
            })
            .and_then(|text| HeaderValue::from_str(&text).ok())
            .unwrap_or(value);
        headers.append(header::SET_COOKIE, value);
    }
}

/// On a request whose browser's cookie outlives the browser.
#[derive(Clone, Copy)]
struct Lasting;

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
            cookie.request.extensions_mut().insert(Lasting);
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

    /// Puts a new session's secret in, and nothing of what was there.
    ///
    /// # Errors
    /// None that is known; the bag's own.
    pub fn sign_in(&self, secret: &SessionSecret, remember: bool) -> NarthexResult<()> {
        self.bag.clear();
        self.put(SECRET, secret.expose())?;
        if remember {
            self.put(REMEMBER, "1")?;
            self.request.extensions_mut().insert(Lasting);
        } else {
            self.request.extensions_mut().remove::<Lasting>();
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

    /// Deletes the cookie.
    pub fn delete(&self) {
        self.bag.purge();
    }

    /// Forgets the session and keeps a message for the sign-in page.
    ///
    /// # Errors
    /// As [`SessionCookie::sign_in`].
    pub fn sign_out_with(&self, message: &str) -> NarthexResult<()> {
        self.bag.clear();
        self.request.extensions_mut().remove::<Lasting>();
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
