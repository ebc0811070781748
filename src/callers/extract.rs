//! The caller as an argument of a handler. A handler that asks for one cannot run without it.

use std::{net::IpAddr, ops::Deref, rc::Rc};

use actix_web::{FromRequest, HttpMessage as _, HttpRequest, dev::Payload, http::header};
use futures_util::future::{Ready, ready};

use crate::{
    credentials::Caller,
    error::{Error, Result},
    web::address::client_address,
};

/// A signed-in browser, on a route of [`super::Access::Browser`].
pub struct Browser(Rc<Caller>);

/// A caller of the API, on a route that asks for one.
pub struct AnyCaller(Rc<Caller>);

/// Somebody who may be signed in, on a route of [`super::Access::Visitor`].
pub struct Visitor(pub Option<Rc<Caller>>);

fn admitted(request: &HttpRequest) -> Option<Rc<Caller>> {
    request.extensions().get::<Rc<Caller>>().cloned()
}

macro_rules! caller_argument {
    ($name:ident) => {
        impl Deref for $name {
            type Target = Caller;

            fn deref(&self) -> &Caller {
                &self.0
            }
        }

        impl FromRequest for $name {
            type Error = Error;
            type Future = Ready<Result<Self>>;

            fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
                // Absent only where the route table lets anybody call a handler that needs somebody.
                ready(admitted(request).map(Self).ok_or(Error::NotSignedIn {
                    invalid_token: false,
                }))
            }
        }
    };
}

caller_argument!(Browser);
caller_argument!(AnyCaller);

impl FromRequest for Visitor {
    type Error = Error;
    type Future = Ready<Result<Self>>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        ready(Ok(Self(admitted(request))))
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
