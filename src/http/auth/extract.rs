//! The caller as an argument of a handler. A handler that asks for one cannot run without it.

use std::{net::IpAddr, rc::Rc};

use actix_web::{
    FromRequest, HttpMessage as _, HttpRequest, HttpResponse, dev::Payload, http::header, web::Data,
};
use futures_util::future::{Ready, ready};

use super::{presented_credential, session_cookie::SessionCookie};
use crate::{
    app_state::AppState,
    credentials::{CredentialFilter, Principal, RecentlyAuthenticated, RevocationReceipt, revoke},
    error::{Error, Result},
    http::{
        draft::{self, Draft},
        middleware::client_ip::client_address,
        paths,
        response::html::{Layout, see_other},
    },
    sessions::SessionSecret,
    types::{
        credential_kind::CredentialType,
        fields::Fields,
        ids::{ReceiptId, UserId},
    },
};

/// A caller of the API, on a route that asks for one.
pub struct ApiCaller {
    /// What verbs are given.
    pub context: AppState,
    /// Who it is.
    pub caller: Rc<Principal>,
    request: HttpRequest,
}

impl ApiCaller {
    /// Proof that the password was confirmed not long ago, where a session calls.
    ///
    /// # Errors
    /// [`Error::ReauthenticationRequired`].
    pub fn require_recent_authentication(&self) -> Result<RecentlyAuthenticated<'_>> {
        self.caller
            .require_recent_authentication(self.context.now())
    }

    /// Makes sure that the caller may end what `selection` names.
    ///
    /// # Errors
    /// [`Error::ReauthenticationRequired`].
    pub fn authorize_revocation(&self, selection: &CredentialFilter) -> Result<()> {
        self.caller
            .authorize_revocation(selection, self.context.now())
    }

    /// The caller's session goes on under a new secret.
    ///
    /// # Errors
    /// None that is known.
    pub fn renew(&self, secret: &SessionSecret) -> Result<()> {
        SessionCookie::of(&self.request).renew(secret)
    }

    /// Where the calling browser's own session is among what ended, ends the other sessions whose
    /// cookies it sent, and deletes the cookies.
    ///
    /// # Errors
    /// When the database cannot be asked.
    pub async fn sign_out_if_revoked(&self, receipt: &RevocationReceipt) -> Result<()> {
        let own = &self.caller.credential;
        if own.class() == CredentialType::Session && receipt.contains(own.id) {
            revoke_other_cookies(&self.context, &self.request).await?;
            SessionCookie::of(&self.request).delete();
        }
        Ok(())
    }
}

/// A signed-in browser on one of the pages: a route of [`super::Access::SessionPage`].
pub struct BrowserUser {
    /// What verbs are given.
    pub context: AppState,
    /// Who it is.
    pub caller: Rc<Principal>,
    /// Its cookie.
    pub cookie: SessionCookie,
    request: HttpRequest,
}

impl BrowserUser {
    /// The frame of the page, with what an earlier request left to say.
    #[must_use]
    pub fn frame(&self) -> Layout {
        // What an earlier request left to say waits for a page without a draft.
        let (message, receipt) = match self.open_draft() {
            Some(_) => (Some(draft::NOT_SUBMITTED.to_owned()), None),
            None => (self.cookie.take_message(), self.cookie.take_receipt()),
        };
        Layout {
            user_id: self.caller.user.id.to_string(),
            receipt: receipt.map(paths::receipt),
            ..Layout::new(&self.request, Some(self.caller.user.name.clone()), message)
        }
    }

    /// What this user entered into the form that is sent to `action`, where that was refused before it
    /// was submitted and this is the way back to it.
    #[must_use]
    pub fn draft(&self, action: &str) -> Option<Fields> {
        self.open_draft()?.of(action)
    }

    fn open_draft(&self) -> Option<Draft> {
        draft::open(&self.request, self.caller.user.id)
    }

    /// On to another page, which says `message`.
    ///
    /// # Errors
    /// None that is known.
    pub fn redirect(&self, to: &str, message: &str) -> Result<HttpResponse> {
        self.cookie.leave_message(message)?;
        Ok(see_other(to))
    }

    /// On to another page, which says `message` and links a receipt.
    ///
    /// # Errors
    /// None that is known.
    pub fn redirect_with_receipt(
        &self,
        to: &str,
        message: &str,
        receipt: ReceiptId,
    ) -> Result<HttpResponse> {
        self.cookie.leave_receipt(receipt)?;
        self.redirect(to, message)
    }

    /// Signs the browser out after its own session ended: ends the other sessions whose cookies it
    /// sent, deletes the cookies, and leads to the sign-in page, which says `message`.
    ///
    /// # Errors
    /// When the database cannot be asked.
    pub async fn sign_out_and_redirect(&self, message: &str) -> Result<HttpResponse> {
        revoke_other_cookies(&self.context, &self.request).await?;
        self.cookie.sign_out_with(message)?;
        Ok(see_other(paths::LOGIN))
    }

    /// Proof that the password was confirmed not long ago, without which this leads to confirming
    /// it, and then `back`.
    ///
    /// # Errors
    /// [`Error::ReauthenticationRequired`].
    pub fn confirmed(&self, back: impl FnOnce() -> String) -> Result<RecentlyAuthenticated<'_>> {
        self.with_return_address(
            back,
            self.caller
                .require_recent_authentication(self.context.now()),
        )
    }

    /// Has the confirmation that `result` may ask for lead to the page `back` afterwards.
    ///
    /// # Errors
    /// The error of `result`.
    pub fn with_return_address<T>(
        &self,
        back: impl FnOnce() -> String,
        result: Result<T>,
    ) -> Result<T> {
        if matches!(result, Err(Error::ReauthenticationRequired)) {
            draft::redirect_to(&self.request, back());
        }
        result
    }
}

/// Somebody on a page that is open to all: a route of [`super::Access::OptionalSession`].
pub struct OptionalUser {
    /// What verbs are given.
    pub context: AppState,
    /// Who it is, where they are signed in.
    pub caller: Option<Rc<Principal>>,
    /// Their cookie.
    pub cookie: SessionCookie,
    request: HttpRequest,
}

impl OptionalUser {
    /// The frame of the page, with what an earlier request left to say.
    #[must_use]
    pub fn frame(&self) -> Layout {
        Layout::new(&self.request, None, self.cookie.take_message())
    }

    /// The callers of all live sessions whose cookies the browser sent, the one that counts first.
    ///
    /// # Errors
    /// When the database cannot be asked.
    pub async fn sessions(&self) -> Result<Vec<Principal>> {
        presented_credential::sessions_of(&self.context, &self.request, self.caller.as_deref())
            .await
    }
}

/// Ends the sessions whose cookies the browser sent besides the one that counts.
async fn revoke_other_cookies(context: &AppState, request: &HttpRequest) -> Result<()> {
    for other in presented_credential::sessions_of(context, request, None).await? {
        let (user, session) = (other.user.id, other.credential.id);
        revoke::sign_out_here(context, user, session, other.actor()).await?;
    }
    Ok(())
}

fn context(request: &HttpRequest) -> Result<AppState> {
    let data = request.app_data::<Data<AppState>>();
    data.map(|data| AppState::clone(data))
        .ok_or_else(|| Error::internal("the app has no context"))
}

fn principal_of(request: &HttpRequest) -> Option<Rc<Principal>> {
    request.extensions().get::<Rc<Principal>>().cloned()
}

/// The user that the route of `request` let in, for the log.
#[must_use]
pub fn user_of(request: &HttpRequest) -> Option<UserId> {
    let extensions = request.extensions();
    extensions
        .get::<Rc<Principal>>()
        .map(|caller| caller.user.id)
}

/// Absent only where the route table lets anybody call a handler that needs somebody.
fn require_principal(request: &HttpRequest) -> Result<Rc<Principal>> {
    principal_of(request).ok_or(Error::NotSignedIn {
        invalid_token: false,
    })
}

impl FromRequest for ApiCaller {
    type Error = Error;
    type Future = Ready<Result<Self>>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        ready(require_principal(request).and_then(|caller| {
            Ok(Self {
                context: context(request)?,
                caller,
                request: request.clone(),
            })
        }))
    }
}

impl FromRequest for BrowserUser {
    type Error = Error;
    type Future = Ready<Result<Self>>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        ready(require_principal(request).and_then(|caller| {
            let cookie = SessionCookie::of(request);
            Ok(Self {
                context: context(request)?,
                caller,
                cookie,
                request: request.clone(),
            })
        }))
    }
}

impl FromRequest for OptionalUser {
    type Error = Error;
    type Future = Ready<Result<Self>>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        ready(context(request).map(|context| {
            let (caller, cookie) = (principal_of(request), SessionCookie::of(request));
            Self {
                context,
                caller,
                cookie,
                request: request.clone(),
            }
        }))
    }
}

/// Where a request came from, for who signs in by it.
pub struct ClientInfo {
    /// The client's address.
    pub ip: Option<IpAddr>,
    /// What the client says that it is.
    pub user_agent: Option<String>,
}

impl FromRequest for ClientInfo {
    type Error = Error;
    type Future = Ready<Result<Self>>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        let user_agent = request
            .headers()
            .get(header::USER_AGENT)
            .map(|value| ascii_of(value.as_bytes()));
        ready(Ok(Self {
            ip: client_address(request),
            user_agent,
        }))
    }
}

/// Returns the text of a header without control characters, and with `?` for each byte beyond ASCII: one
/// such byte does not make a phone an unknown client.
fn ascii_of(value: &[u8]) -> String {
    value
        .iter()
        .filter(|byte| !byte.is_ascii_control())
        .map(|byte| {
            if byte.is_ascii() {
                char::from(*byte)
            } else {
                '?'
            }
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use actix_web::{http::header::HeaderValue, test::TestRequest};

    use super::*;

    #[test]
    fn a_byte_beyond_ascii_leaves_the_rest_of_a_user_agent() {
        let agent = HeaderValue::from_bytes(b"Mozilla/5.0 (iPhone; caf\xe9)").unwrap();
        let request = TestRequest::default().insert_header((header::USER_AGENT, agent));
        let origin = ClientInfo::from_request(&request.to_http_request(), &mut Payload::None);
        let user_agent = origin.into_inner().unwrap().user_agent;
        assert_eq!(user_agent.as_deref(), Some("Mozilla/5.0 (iPhone; caf?)"));
    }
}
