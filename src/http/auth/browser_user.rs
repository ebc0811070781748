//! The signed-in user of a page, as an argument of its handler.

use std::rc::Rc;

use actix_web::{FromRequest, HttpMessage as _, HttpRequest, HttpResponse, dev::Payload};
use futures_util::future::{Ready, ready};

use super::{
    extract::{app_state, require_principal, revoke_other_cookies},
    presented_credential,
    session_cookie::SessionCookie,
    trust_cookie,
};
use crate::{
    app_state::AppState,
    credentials::{Principal, RecentlyAuthenticated},
    crypto::{digest::Digest, secret::SecretString},
    error::{Error, Result},
    factors::RecoveryCode,
    http::{
        address::{Address, relative_path},
        draft::{self, Draft},
        extract::language::language_of,
        paths,
        response::{
            components::Toast,
            field_texts::FieldTexts,
            html::{Layout, see_other},
        },
    },
    i18n::{self, Language},
    types::{
        fields::{FieldErrors, Fields},
        ids::ReceiptId,
        language_tag::LanguageTag,
        message::{Message, notice},
    },
};

/// The signed-in user of a page: a route with [`super::Access::SessionPage`].
pub struct BrowserUser {
    /// The application state.
    pub state: AppState,
    /// The user and the credential.
    pub principal: Rc<Principal>,
    /// The session cookie.
    pub cookie: SessionCookie,
    language: Language,
    request: HttpRequest,
}

impl BrowserUser {
    /// Returns the layout of the page, with the message that an earlier request left.
    #[must_use]
    pub fn layout(&self) -> Layout {
        if relative_path(&self.request) != Some(paths::RECOVERY_CODES) {
            self.cookie.remove_recovery_codes();
        }
        // If there is a draft, the message of an earlier request stays for the next page.
        let (message, receipt) = match self.open_draft() {
            Some(_) => {
                let message = Toast::new(self.language(), &notice::not_submitted());
                (Some(message), None)
            }
            None => (
                self.cookie.take_flash_message(),
                self.cookie.take_flash_receipt(),
            ),
        };
        Layout {
            receipt: receipt.map(paths::receipt),
            ..Layout::new(&self.request, message)
        }
    }

    /// Returns the language of the page.
    #[must_use]
    pub const fn language(&self) -> &Language {
        &self.language
    }

    /// Writes a message in the language of the page.
    #[must_use]
    pub fn text(&self, message: &Message) -> String {
        i18n::text(self.language(), message)
    }

    /// Writes the problems of fields in the language of the page.
    #[must_use]
    pub fn field_texts(&self, errors: &FieldErrors) -> FieldTexts {
        FieldTexts::new(self.language(), errors)
    }

    /// Returns the draft of the form that is sent to `action`. A draft is the content of a form
    /// that was refused before it was processed, and to which the user now returns.
    #[must_use]
    pub fn draft(&self, action: &str) -> Option<Fields> {
        self.open_draft()?.of(action)
    }

    fn open_draft(&self) -> Option<Draft> {
        draft::open(&self.request, self.principal.user().id)
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
        self.redirect_in(None, path, message)
    }

    /// Does the same as [`Self::redirect`] after the user chose the language `tag`.
    ///
    /// # Errors
    /// None are expected.
    pub fn redirect_in(
        &self,
        tag: Option<&LanguageTag>,
        path: &str,
        message: &Message,
    ) -> Result<HttpResponse> {
        let languages = &self.state.settings().languages;
        let chosen = tag.and_then(|tag| languages.find(tag));
        let language = chosen.unwrap_or(&self.language);
        self.cookie
            .set_flash_message(&Toast::new(language, message))?;
        Ok(see_other(&self.address(path)))
    }

    /// Redirects to the page at `path`, which shows `message` and links the receipt.
    ///
    /// # Errors
    /// None are expected.
    pub fn redirect_with_receipt(
        &self,
        path: &str,
        message: &Message,
        receipt: ReceiptId,
    ) -> Result<HttpResponse> {
        let response = self.redirect(path, message)?;
        self.cookie.set_flash_receipt(receipt)?;
        Ok(response)
    }

    /// Signs the browser out after its own session was revoked. The sessions of the other cookies
    /// in the request are revoked, and all these cookies are deleted. The sign-in page shows
    /// `message`.
    ///
    /// # Errors
    /// Database errors.
    pub async fn sign_out_and_redirect(&self, message: &Message) -> Result<HttpResponse> {
        revoke_other_cookies(&self.state, &self.request).await?;
        self.cookie.sign_out_with(&self.text(message))?;
        Ok(see_other(&self.address(paths::LOGIN)))
    }

    /// Stores new recovery codes, which the next page shows.
    ///
    /// # Errors
    /// Fails without randomness.
    pub fn put_recovery_codes(&self, codes: &[RecoveryCode]) -> Result<()> {
        let user = self.principal.user().id;
        self.cookie.put_recovery_codes(&self.state, user, codes)
    }

    /// Returns the recovery codes that an earlier request made a moment ago.
    #[must_use]
    pub fn recovery_codes(&self) -> Option<SecretString> {
        let user = self.principal.user().id;
        self.cookie.recovery_codes(&self.state, user)
    }

    /// Returns the digest of the cookie of a trusted browser that this browser has sent.
    #[must_use]
    pub fn trust_digest(&self) -> Option<Digest> {
        trust_cookie::sent_digest(&self.request)
    }

    /// Returns the proof that the user re-authenticated recently. Otherwise the user is redirected
    /// to the confirmation page and then to the path `return_address`.
    ///
    /// # Errors
    /// [`Error::ReauthenticationRequired`] if the user must re-authenticate first.
    pub fn confirmed(
        &self,
        return_address: impl FnOnce() -> String,
    ) -> Result<RecentlyAuthenticated<'_>> {
        self.with_return_address(
            return_address,
            self.principal
                .require_recent_authentication(self.state.now()),
        )
    }

    /// Stores the path `return_address` for the confirmation page if `result` requires a
    /// re-authentication.
    ///
    /// # Errors
    /// The error of `result`.
    pub fn with_return_address<T>(
        &self,
        return_address: impl FnOnce() -> String,
        result: Result<T>,
    ) -> Result<T> {
        if matches!(
            result,
            Err(Error::ReauthenticationRequired | Error::SecondFactorConfirmationRequired)
        ) {
            draft::set_page_after_confirmation(&self.request, return_address());
        }
        result
    }
}

/// Finds the signed-in user of a request that has no route, for the layout of its page.
///
/// # Errors
/// Database errors.
pub async fn identify_browser(request: &HttpRequest) -> Result<()> {
    let caller = presented_credential::from_cookie(&app_state(request)?, request).await?;
    if let Some(caller) = caller {
        request.extensions_mut().insert(Rc::new(caller));
    }
    Ok(())
}

impl FromRequest for BrowserUser {
    type Error = Error;
    type Future = Ready<Result<Self>>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        ready(require_principal(request).and_then(|principal| {
            let cookie = SessionCookie::of(request);
            Ok(Self {
                state: app_state(request)?,
                principal,
                cookie,
                language: language_of(request),
                request: request.clone(),
            })
        }))
    }
}
