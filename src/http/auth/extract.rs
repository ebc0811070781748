//! The caller as an argument of a handler. A handler with such an argument does not run without a
//! caller.

use std::rc::Rc;

use actix_web::{FromRequest, HttpMessage as _, HttpRequest, dev::Payload, web::Data};
use futures_util::future::{Ready, ready};

use super::{presented_credential, session_cookie::SessionCookie};
use crate::{
    app_state::AppState,
    credentials::{CredentialFilter, Principal, RecentlyAuthenticated, RevocationReceipt, revoke},
    error::{Error, Result},
    sessions::SessionSecret,
    types::{credential_kind::CredentialType, ids::UserId},
};

/// The caller of an API route that requires authentication.
pub struct ApiCaller {
    /// The application state.
    pub state: AppState,
    /// The user and the credential.
    pub principal: Rc<Principal>,
    request: HttpRequest,
}

impl ApiCaller {
    /// Returns the proof that the caller re-authenticated recently. A token needs no confirmation.
    ///
    /// # Errors
    /// [`Error::ReauthenticationRequired`] if a session must re-authenticate first.
    pub fn require_recent_authentication(&self) -> Result<RecentlyAuthenticated<'_>> {
        self.principal
            .require_recent_authentication(self.state.now())
    }

    /// Checks that the caller may revoke the credentials that `filter` matches.
    ///
    /// # Errors
    /// [`Error::ReauthenticationRequired`] if a session must re-authenticate first.
    pub fn authorize_revocation(&self, filter: &CredentialFilter) -> Result<()> {
        self.principal
            .authorize_revocation(filter, self.state.now())
    }

    /// Writes a new secret of the caller's session into the cookie.
    ///
    /// # Errors
    /// None are expected.
    pub fn renew(&self, secret: &SessionSecret) -> Result<()> {
        SessionCookie::of(&self.request).renew(secret)
    }

    /// Signs the browser out if `receipt` contains its session. The sessions of the other cookies
    /// in the request are revoked, and all these cookies are deleted.
    ///
    /// # Errors
    /// Database errors.
    pub async fn sign_out_if_revoked(&self, receipt: &RevocationReceipt) -> Result<()> {
        let own = self.principal.credential();
        if own.class() == CredentialType::Session && receipt.contains(own.id) {
            revoke_other_cookies(&self.state, &self.request).await?;
            SessionCookie::of(&self.request).delete();
        }
        Ok(())
    }
}

/// Revokes the sessions of the cookies in the request other than the selected one.
pub(super) async fn revoke_other_cookies(state: &AppState, request: &HttpRequest) -> Result<()> {
    for other in presented_credential::sessions_of(state, request, None).await? {
        let (user, session) = (other.user().id, other.credential().id);
        revoke::sign_out_here(state, user, session, other.actor()).await?;
    }
    Ok(())
}

pub(super) fn app_state(request: &HttpRequest) -> Result<AppState> {
    let data = request.app_data::<Data<AppState>>();
    data.map(|data| AppState::clone(data))
        .ok_or_else(|| Error::internal("the application state is missing"))
}

/// Returns the caller that the guard has found.
pub fn principal_of(request: &HttpRequest) -> Option<Rc<Principal>> {
    request.extensions().get::<Rc<Principal>>().cloned()
}

/// Returns the authenticated user of `request`, for the log.
#[must_use]
pub fn user_of(request: &HttpRequest) -> Option<UserId> {
    let extensions = request.extensions();
    extensions
        .get::<Rc<Principal>>()
        .map(|principal| principal.user().id)
}

/// The principal is absent only if the route table has a public access rule for a handler that
/// needs a caller.
pub(super) fn require_principal(request: &HttpRequest) -> Result<Rc<Principal>> {
    principal_of(request).ok_or(Error::NotSignedIn {
        invalid_token: false,
    })
}

impl FromRequest for ApiCaller {
    type Error = Error;
    type Future = Ready<Result<Self>>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        ready(require_principal(request).and_then(|principal| {
            Ok(Self {
                state: app_state(request)?,
                principal,
                request: request.clone(),
            })
        }))
    }
}
