//! Addresses at which password managers and browsers learn about passkeys.

use actix_web::{HttpResponse, http::StatusCode, web::Data};
use serde::Serialize;

use crate::{
    app_state::AppState,
    config::Origin,
    error::{Error, Result},
    factors::passkeys::RelyingParty,
    http::{paths, response::json},
};

/// The pages on which a user adds and manages passkeys.
#[derive(Serialize)]
struct Endpoints {
    enroll: String,
    manage: String,
}

/// `GET /.well-known/passkey-endpoints`
pub async fn endpoints(state: Data<AppState>) -> Result<HttpResponse> {
    let settings = state.settings();
    RelyingParty::host(settings).ok_or(Error::NotFound)?;
    let page = settings.base_url() + paths::SECURITY;
    let endpoints = Endpoints {
        enroll: page.clone(),
        manage: page,
    };
    json::answer(StatusCode::OK, &endpoints)
}

/// The other origins that may use the passkeys.
#[derive(Serialize)]
struct RelatedOrigins<'a> {
    origins: Vec<&'a str>,
}

/// `GET /.well-known/webauthn`: the trusted origins, if they share the session by the domain of its
/// cookie. A browser asks the host of that domain.
pub async fn related_origins(state: Data<AppState>) -> Result<HttpResponse> {
    let settings = state.settings();
    let trusted = &settings.server.trusted_origins;
    if settings.sessions.cookie_domain.is_none() || trusted.is_empty() {
        return Err(Error::NotFound);
    }
    let origins = trusted.iter().map(Origin::as_str).collect();
    json::answer(StatusCode::OK, &RelatedOrigins { origins })
}
