//! Authentication and access rules: the rule of a route, the guard that enforces it, and the
//! extractors that give the caller to a handler.

mod access;
mod authorization;
#[cfg(feature = "pages")]
mod browser_cookie;
#[cfg(feature = "pages")]
mod browser_sign_in;
#[cfg(feature = "pages")]
mod browser_user;
mod client_info;
mod extract;
mod guard;
#[cfg(feature = "pages")]
mod optional_user;
mod presented_credential;
pub mod session_cookie;
#[cfg(feature = "pages")]
mod trust_cookie;

#[cfg(feature = "internals")]
pub use self::authorization::{Authorization, bearer, client_password};
pub use self::{
    access::Access,
    client_info::ClientInfo,
    extract::{ApiCaller, principal_of, user_of},
    guard::{AccessGuard, guard},
    presented_credential::{AcceptedCredentials, from_app_request, from_original_request},
};
#[cfg(feature = "pages")]
pub use self::{
    browser_cookie::BrowserCookie,
    browser_user::{BrowserUser, identify_browser},
    optional_user::OptionalUser,
    trust_cookie::TrustCookie,
};
