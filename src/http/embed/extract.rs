//! The caller as an argument of a handler of the app.

use std::{fmt, marker::PhantomData, ops::Deref};

use actix_web::{FromRequest, HttpRequest, dev::Payload};
use futures_util::future::LocalBoxFuture;

use super::{
    Caller, Refusal,
    ability::Require,
    admission::{identify, none_if_second_factor_needed, require_caller},
    upload::Upload,
};
use crate::{credentials::Principal, error::Error};

/// A caller that meets the requirement `A`, as an argument of a handler. A handler with this
/// argument does not run without such a caller.
///
/// It works on every route of an `App` that is configured with
/// [`Narthex::routes`](super::Narthex::routes). The credential is a bearer token in
/// `Authorization`, or else the session cookie. Another scheme in `Authorization` belongs to the
/// app.
///
/// It must stand before the argument that reads the body. A body that arrives slowly then cannot
/// outlast a revocation: one of up to 64 KiB is read before the check. For a larger one, the
/// credential is checked again at its end. If the credential was revoked meanwhile, the reader of
/// the body gets an error instead of its end.
pub struct Can<A: Require> {
    caller: Caller,
    requirement: PhantomData<fn() -> A>,
}

/// Any caller: a signed-in browser or a valid token.
///
/// `Option<User>` is `None` for every refusal, also if the database does not answer. Use
/// [`OptionalUser`] on pages that need no sign-in.
pub type User = Can<()>;

/// The caller of a page that needs no sign-in, if there is one. A request without a credential is
/// accepted. An invalid token, a cross-site request and a failure of the database are refused.
#[derive(Debug)]
pub struct OptionalUser(Option<User>);

impl<A: Require> Can<A> {
    pub(super) const fn new(principal: Principal) -> Self {
        Self {
            caller: Caller { principal },
            requirement: PhantomData,
        }
    }

    /// Returns the caller, without the proof that it meets the requirement.
    #[must_use]
    pub fn into_caller(self) -> Caller {
        self.caller
    }
}

impl<A: Require> Deref for Can<A> {
    type Target = Caller;

    fn deref(&self) -> &Caller {
        &self.caller
    }
}

impl<A: Require> Clone for Can<A> {
    fn clone(&self) -> Self {
        Self {
            caller: self.caller.clone(),
            requirement: PhantomData,
        }
    }
}

impl<A: Require> fmt::Debug for Can<A> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Can").field(&self.caller).finish()
    }
}

impl OptionalUser {
    /// Returns the caller, if there is one.
    #[must_use]
    pub const fn user(&self) -> Option<&User> {
        self.0.as_ref()
    }
}

impl<A: Require> FromRequest for Can<A> {
    type Error = Refusal;
    type Future = LocalBoxFuture<'static, Result<Self, Refusal>>;

    fn from_request(request: &HttpRequest, payload: &mut Payload) -> Self::Future {
        let caller = with_body(request, payload, require_caller::<A>);
        Box::pin(async move { caller.await.map(Self::new) })
    }
}

impl FromRequest for OptionalUser {
    type Error = Refusal;
    type Future = LocalBoxFuture<'static, Result<Self, Refusal>>;

    fn from_request(request: &HttpRequest, payload: &mut Payload) -> Self::Future {
        let identify =
            async |request: &HttpRequest| none_if_second_factor_needed(identify(request).await);
        let caller = with_body(request, payload, identify);
        Box::pin(async move {
            let caller = caller.await?;
            Ok(Self(caller.map(Can::new)))
        })
    }
}

/// Runs `check` after the body has arrived, and passes the body on if the caller is accepted.
pub(super) fn with_body<T, F>(
    request: &HttpRequest,
    payload: &mut Payload,
    check: F,
) -> impl Future<Output = Result<T, Refusal>> + use<T, F>
where
    F: AsyncFnOnce(&HttpRequest) -> Result<T, Error>,
{
    let upload = Upload::take(request, payload);
    let request = request.clone();
    async move {
        let checked = async {
            let body = upload?.arrived().await?;
            let caller = check(&request).await?;
            body.pass_on();
            Ok(caller)
        };
        checked.await.map_err(|error| Refusal::new(&request, error))
    }
}
