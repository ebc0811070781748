//! The parameters of a sign-in that come from the browser.

use super::{
    ClientInfo,
    browser_cookie::BrowserCookie,
    optional_user::OptionalUser,
    presented_credential,
    trust_cookie::{self, TrustCookie},
};
use crate::{
    credentials::{Principal, trusted_browsers::BrowserTrust},
    error::Result,
    sessions::SignIn,
    sign_in_attempts::AttemptSecret,
};

impl OptionalUser {
    /// Returns the cookie by which this browser is recognised at its next sign-in.
    ///
    /// # Errors
    /// Returns an error if the machine has no randomness.
    pub fn browser(&self) -> Result<Option<BrowserCookie>> {
        BrowserCookie::of(&self.state, &self.request)
    }

    /// Returns the cookie that makes this browser a trusted one after the sign-in of `attempt`.
    /// `None` if the user has not asked for it, or if the settings do not allow it.
    ///
    /// # Errors
    /// None are expected.
    pub fn trust(&self, attempt: &AttemptSecret, is_asked: bool) -> Result<Option<TrustCookie>> {
        let is_allowed = self.state.settings().sessions.trust_browser.is_some();
        (is_asked && is_allowed)
            .then(|| TrustCookie::new(&self.state, attempt))
            .transpose()
    }

    /// Returns the callers of all active sessions whose cookies the browser sent, the selected one
    /// first.
    ///
    /// # Errors
    /// Database errors.
    pub async fn sessions(&self) -> Result<Vec<Principal>> {
        presented_credential::sessions_of(&self.state, &self.request, self.principal.as_deref())
            .await
    }

    /// Returns the parameters of a sign-in in this browser, without "Keep me signed in", without a
    /// new trust and without a form key. `browser` recognises it at later sign-ins.
    ///
    /// # Errors
    /// Database errors.
    pub async fn sign_in_parameters(
        &self,
        client: ClientInfo,
        browser: Option<&BrowserCookie>,
    ) -> Result<SignIn> {
        Ok(SignIn {
            remember: false,
            user_agent: client.user_agent,
            ip: client.ip,
            replaces: self.sessions().await?,
            form_key: None,
            browser: browser.map(BrowserCookie::digest),
            trust: BrowserTrust {
                sent: trust_cookie::sent_digest(&self.request),
                new: None,
            },
        })
    }
}
