//! Authentication and access rules: the rule of a route, the guard that enforces it, and the
//! extractors that give the caller to a handler.

mod access;
mod extract;
mod guard;
mod presented_credential;
pub mod session_cookie;

pub use self::{
    access::Access,
    extract::{ApiCaller, BrowserUser, ClientInfo, OptionalUser, user_of},
    guard::{AccessGuard, guard},
    presented_credential::{
        AcceptedCredentials, Authorization, bearer, client_password, from_app_request,
        from_original_request,
    },
};
