//! Identifies the caller of a route of the app.
//!
//! A cookie is accepted only on a request that names this server and that a page of this origin
//! sent. The check is here, and not in a middleware around the app, so that no public item can
//! identify a caller without it.

use std::rc::Rc;

use actix_web::{HttpMessage as _, HttpRequest, http::header, web::Data};

use super::ability::{Require, require};
use crate::{
    app_state::AppState,
    credentials::Principal,
    error::{Error, Result},
    factors::requirement,
    http::{
        auth::from_app_request,
        middleware::{allowed_host::names_this_server, client_ip, csrf::is_from_trusted_page},
    },
    types::credential_kind::CredentialType,
};

/// Returns the caller, if the request has a valid credential. The caller of one request is
/// identified once.
///
/// # Errors
/// [`Error::Misdirected`] if the request names another host. [`Error::CrossSite`] if a page of
/// another site sent a change with the cookie. [`Error::NotSignedIn`] for an invalid bearer token.
/// [`Error::MultipleCredentials`], [`Error::SecondFactorMissing`], and database errors.
pub(super) async fn identify(request: &HttpRequest) -> Result<Option<Principal>> {
    let known = request.extensions().get::<Rc<Principal>>().cloned();
    if let Some(known) = known {
        return Ok(Some((*known).clone()));
    }
    let caller = identify_again(request).await?;
    if let Some(caller) = &caller {
        request.extensions_mut().insert(Rc::new(caller.clone()));
    }
    Ok(caller)
}

/// Does the same as [`identify`] without the result of an earlier check.
///
/// # Errors
/// Returns the errors of [`identify`].
pub(super) async fn identify_again(request: &HttpRequest) -> Result<Option<Principal>> {
    let state = state_of(request)?;
    let settings = state.settings();
    client_ip::record(request, &settings.server.trusted_proxies);
    let authority = request.uri().authority();
    let authority = authority.map(actix_web::http::uri::Authority::as_str);
    if !names_this_server(authority, request.headers(), settings, "") {
        return Err(Error::Misdirected);
    }
    // The program stops in this case. A library cannot stop the app, so it identifies no caller.
    if let Some(mismatch) = state.cluster().config_mismatch() {
        return Err(Error::Unavailable(mismatch.to_owned()));
    }
    let caller = from_app_request(&state, request).await?;
    let by_cookie = caller
        .as_ref()
        .is_some_and(|caller| caller.credential().class() == CredentialType::Session);
    if by_cookie && may_change(request) && !is_from_trusted_page(request, settings) {
        return Err(Error::CrossSite);
    }
    if let Some(caller) = &caller {
        requirement::require(&state, caller).await?;
    }
    Ok(caller)
}

/// Returns `None` for a caller that must set up or confirm a second factor first. A page that needs
/// no sign-in then treats this user as not signed in.
///
/// # Errors
/// Returns the other errors of `identified`.
pub(super) fn none_if_second_factor_needed(
    identified: Result<Option<Principal>>,
) -> Result<Option<Principal>> {
    match identified {
        Err(Error::SecondFactorMissing | Error::SecondFactorUnproved) => Ok(None),
        other => other,
    }
}

/// Returns the caller if it meets the requirement `A`.
///
/// # Errors
/// The errors of [`identify`]; [`Error::NotSignedIn`] without a credential; and the errors of
/// [`require`].
pub(super) async fn require_caller<A: Require>(request: &HttpRequest) -> Result<Principal> {
    let caller = identify(request).await?;
    let caller = caller.ok_or(Error::NotSignedIn {
        invalid_token: false,
    })?;
    require::<A>(&caller, state_of(request)?.now())?;
    Ok(caller)
}

/// Returns whether the request may change something. A web socket starts with a GET, but carries
/// changes afterwards, and browsers let every page open one (RFC 6455, section 10.2).
fn may_change(request: &HttpRequest) -> bool {
    !request.method().is_safe() || request.headers().contains_key(header::UPGRADE)
}

/// Returns the state that [`Narthex::routes`](super::Narthex::routes) registers in the app.
pub(super) fn state_of(request: &HttpRequest) -> Result<Data<AppState>> {
    request
        .app_data::<Data<AppState>>()
        .cloned()
        .ok_or_else(|| {
            Error::internal(
                "the app does not know Narthex: call .configure(narthex.routes()) on the App \
                 itself, and not on a scope",
            )
        })
}
