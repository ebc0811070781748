//! Who is calling: what a route asks of its callers, the guard that makes sure of it, and the
//! argument types by which a handler gets them.

mod access;
mod extract;
mod guard;
mod presented_credential;
pub mod session_cookie;

pub use self::{
    access::Access,
    extract::{ApiCaller, BrowserUser, ClientInfo, OptionalUser, user_of},
    guard::{AccessGuard, guard},
    presented_credential::{Counts, Shown, bearer, client_password, from_original_request},
};
