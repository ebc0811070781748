//! The caller as an argument of a handler. A handler that asks for one cannot run without it.

use std::{net::IpAddr, ops::Deref, rc::Rc};

use actix_web::{
    FromRequest, HttpMessage as _, HttpRequest, HttpResponse, dev::Payload, http::header, web::Data,
};
use futures_util::future::{Ready, ready};

use crate::{
    context::Context,
    credentials::{Caller, Confirmed},
    error::{Error, Result},
    sessions::cookie::SessionCookie,
    web::{
        address::client_address,
        page::{Frame, see_other},
    },
};

/// A caller of the API, on a route that asks for one.
pub struct AnyCaller(Rc<Caller>);

/// A signed-in browser on one of the pages: a route of [`super::Access::Browser`].
pub struct SignedIn {
    /// What verbs are given.
    pub context: Context,
    /// Who it is.
    pub caller: Rc<Caller>,
    /// Its cookie.
    pub cookie: SessionCookie,
    request: HttpRequest,
}

impl SignedIn {
    /// The frame of the page, with what an earlier request left to say.
    #[must_use]
    pub fn frame(&self) -> Frame {
        Frame::new(
            &self.request,
            Some(self.caller.user.name.clone()),
            self.cookie.take_message(),
        )
    }

    /// On to another page, which says `message`.
    ///
    /// # Errors
    /// None that is known.
    pub fn go(&self, to: &str, message: &str) -> Result<HttpResponse> {
        self.cookie.leave_message(message)?;
        Ok(see_other(to))
    }

    /// Proof that the password was confirmed not long ago, without which this leads to confirming
    /// it, and then `back`.
    ///
    /// # Errors
    /// [`Error::ConfirmPassword`].
    pub fn confirmed(&self, back: impl FnOnce() -> String) -> Result<Confirmed<'_>> {
        self.caller.confirmed(self.context.now(), back)
    }
}

/// Somebody on a page that is open to all: a route of [`super::Access::Visitor`].
pub struct Visitor {
    /// What verbs are given.
    pub context: Context,
    /// Who it is, where they are signed in.
    pub caller: Option<Rc<Caller>>,
    /// Their cookie.
    pub cookie: SessionCookie,
    request: HttpRequest,
}

impl Visitor {
    /// The frame of the page, with what an earlier request left to say.
    #[must_use]
    pub fn frame(&self) -> Frame {
        Frame::new(&self.request, None, self.cookie.take_message())
    }
}

fn context(request: &HttpRequest) -> Result<Context> {
    let data = request.app_data::<Data<Context>>();
    data.map(|data| Context::clone(data))
        .ok_or_else(|| Error::internal("the app has no context"))
}

fn admitted(request: &HttpRequest) -> Option<Rc<Caller>> {
    request.extensions().get::<Rc<Caller>>().cloned()
}

/// Absent only where the route table lets anybody call a handler that needs somebody.
fn needed(request: &HttpRequest) -> Result<Rc<Caller>> {
    admitted(request).ok_or(Error::NotSignedIn {
        invalid_token: false,
    })
}

impl Deref for AnyCaller {
    type Target = Caller;

    fn deref(&self) -> &Caller {
        &self.0
    }
}

impl FromRequest for AnyCaller {
    type Error = Error;
    type Future = Ready<Result<Self>>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        ready(needed(request).map(Self))
    }
}

impl FromRequest for SignedIn {
    type Error = Error;
    type Future = Ready<Result<Self>>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        ready(needed(request).and_then(|caller| {
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

impl FromRequest for Visitor {
    type Error = Error;
    type Future = Ready<Result<Self>>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        ready(context(request).map(|context| {
            let (caller, cookie) = (admitted(request), SessionCookie::of(request));
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
pub struct Origin {
    /// The client's address.
    pub ip: Option<IpAddr>,
    /// What the client says that it is.
    pub user_agent: Option<String>,
}

impl FromRequest for Origin {
    type Error = Error;
    type Future = Ready<Result<Self>>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        let user_agent = request
            .headers()
            .get(header::USER_AGENT)
            .and_then(|value| value.to_str().ok())
            .map(|text| text.chars().filter(|c| !c.is_control()).collect());
        ready(Ok(Self {
            ip: client_address(request),
            user_agent,
        }))
    }
}
