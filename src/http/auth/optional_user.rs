//! The user of a page that needs no sign-in, as an argument of its handler.

use std::rc::Rc;

use actix_web::{FromRequest, HttpRequest, HttpResponse, dev::Payload};
use futures_util::future::{Ready, ready};

use super::{
    browser_cookie::BrowserCookie,
    extract::{app_state, principal_of},
    session_cookie::SessionCookie,
};
use crate::{
    app_state::AppState,
    credentials::{Principal, revoke},
    error::{Error, Result},
    http::{
        address::Address,
        extract::language::language_of,
        paths,
        response::{
            components::Toast,
            html::{Layout, see_other},
        },
        return_to::{ReturnTo, or_page},
    },
    i18n::Language,
    sessions::SignedIn,
    types::{language_tag::LanguageTag, message::Message},
};

/// The user of a page that needs no sign-in: a route with [`super::Access::OptionalSession`].
pub struct OptionalUser {
    /// The application state.
    pub state: AppState,
    /// The user and the credential, if the browser is signed in.
    pub principal: Option<Rc<Principal>>,
    /// The session cookie.
    pub cookie: SessionCookie,
    language: Language,
    pub(super) request: HttpRequest,
}

impl OptionalUser {
    /// Returns the layout of the page, with the message that an earlier request left.
    #[must_use]
    pub fn layout(&self) -> Layout {
        Layout::new(&self.request, self.cookie.take_flash_message())
    }

    /// Returns the language of the page.
    #[must_use]
    pub const fn language(&self) -> &Language {
        &self.language
    }

    /// Returns the language of an account that is created by this page, so that its mails have it as
    /// well. `None` is the default, which follows the browser.
    #[must_use]
    pub fn language_of_account(&self) -> Option<LanguageTag> {
        let default = self.state.settings().languages.chosen(None);
        let tag = self.language.tag();
        (tag != default.tag()).then(|| tag.clone())
    }

    /// Fails if mail is off, because the page needs it.
    ///
    /// # Errors
    /// [`Error::NotFound`]
    pub fn require_mail(&self) -> Result<()> {
        if self.state.settings().mail.is_on() {
            Ok(())
        } else {
            Err(Error::NotFound)
        }
    }

    /// Signs the browser out of every account. The sign-in page shows `message`.
    ///
    /// # Errors
    /// Database errors.
    pub async fn sign_out_and_redirect(&self, message: &str) -> Result<HttpResponse> {
        for session in self.sessions().await? {
            let (user, id) = (session.user().id, session.credential().id);
            revoke::sign_out_here(&self.state, user, id, session.actor()).await?;
        }
        self.cookie.sign_out_with(message)?;
        Ok(see_other(&self.address(paths::LOGIN)))
    }

    /// Returns the address of `path`.
    #[must_use]
    pub fn address(&self, path: &str) -> Address {
        Address::of(self.state.mount(), path)
    }

    /// Redirects to the page at `path`, which shows `message`.
    ///
    /// # Errors
    /// None are expected.
    pub fn redirect(&self, path: &str, message: &Message) -> Result<HttpResponse> {
        self.cookie
            .set_flash_message(&Toast::new(self.language(), message))?;
        Ok(see_other(&self.address(path)))
    }

    /// Writes the result of the first step of a sign-in into the cookie. Leads to the account, to
    /// `next`, to the second step or to the verification of the address. A complete sign-in also
    /// sends the cookie `browser`.
    ///
    /// # Errors
    /// None are expected.
    pub fn enter(
        &self,
        signed_in: &SignedIn,
        remember: bool,
        next: Option<ReturnTo>,
        browser: Option<BrowserCookie>,
    ) -> Result<HttpResponse> {
        match signed_in {
            SignedIn::Session(secret) => {
                self.cookie.sign_in(secret, remember)?;
                let page = or_page(next, self.state.mount(), paths::ACCOUNT);
                let mut response = see_other(&page);
                if let Some(browser) = browser {
                    browser.send(&mut response)?;
                }
                Ok(response)
            }
            SignedIn::AddressUnverified(email) => {
                self.cookie.keep_address(email)?;
                Ok(see_other(&self.address(paths::VERIFY_EMAIL)))
            }
            SignedIn::SecondFactorMissing(attempt) => {
                self.cookie.begin_attempt(attempt)?;
                let page = ReturnTo::append_to(paths::LOGIN_VERIFY, next.as_ref());
                Ok(see_other(&self.address(&page)))
            }
        }
    }
}

impl FromRequest for OptionalUser {
    type Error = Error;
    type Future = Ready<Result<Self>>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        ready(app_state(request).map(|state| {
            let (principal, cookie) = (principal_of(request), SessionCookie::of(request));
            Self {
                state,
                principal,
                cookie,
                language: language_of(request),
                request: request.clone(),
            }
        }))
    }
}
