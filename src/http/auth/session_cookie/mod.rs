//! The session cookie. Its content is signed. It has the session's secret. For the next page it has
//! a message and the id of a receipt, the secret of a link in a mail, or sealed recovery codes.
//! Between the two steps of a sign-in it has the secret of the attempt.
//!
//! `actix-session` reads and writes it. [`middleware`] runs around it and adds three features:
//! several cookies of one name, older keys, and cookies of different lives. A cookie outlives the
//! browser only if the user asked for that.

mod config;
#[cfg(feature = "pages")]
mod flash;
#[cfg(feature = "testing")]
mod issue;
mod link;
pub mod middleware;
pub(super) mod request_header;
mod second_step;
mod verified_cache;

use actix_session::{Session, SessionStatus};
use actix_web::HttpMessage as _;

pub(super) use self::config::SignedCookie;
pub use self::config::{CookieConfig, cookie_name};
use crate::{
    crypto::digest::Digest,
    error::{Error, Result as NarthexResult},
    sessions::secret::SessionSecret,
};

const SECRET: &str = "s";
const REMEMBER: &str = "r";
const MESSAGE: &str = "m";

/// Marks a request whose session cookie outlives the browser.
#[derive(Clone, Copy)]
pub(super) struct PersistentCookie;

/// The session cookies of a request except for the selected one.
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

    /// Makes the response delete each session cookie that was set for another domain.
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

    /// Deletes the cookie if the handler has removed all of its content. An earlier deletion would
    /// discard the content that the handler stores afterwards.
    pub(in crate::http::auth) fn delete_if_emptied(request: &actix_web::HttpRequest) {
        use actix_session::SessionExt as _;
        let session = request.get_session();
        if session.status() == SessionStatus::Changed && session.entries().is_empty() {
            session.purge();
        }
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

    fn put(&self, key: &str, value: &str) -> NarthexResult<()> {
        self.session.insert(key, value).map_err(Error::internal)
    }
}
