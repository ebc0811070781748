//! Finding the pass in a request: an `Authorization` header, or the session cookie.

use actix_web::{HttpRequest, http::header};

use crate::{
    context::Context,
    credentials::{Caller, Class, gate},
    error::{Error, Result},
    kit::digest::Digest,
    sessions::cookie::SessionCookie,
    tokens::TokenSecret,
    web::address::client_address,
};

/// The caller behind the session cookie, if the cookie is good.
///
/// # Errors
/// When the database cannot be asked.
pub(super) async fn by_cookie(context: &Context, request: &HttpRequest) -> Result<Option<Caller>> {
    match SessionCookie::of(request).secret() {
        Some(secret) => ask_the_gate(context, request, Class::Session, secret.digest()).await,
        None => Ok(None),
    }
}

/// The caller of the API, if anybody: an `Authorization` header, where there is one, decides alone.
///
/// # Errors
/// [`Error::NotSignedIn`] for a bearer token that is not good, [`Error::Malformed`] for two headers
/// (RFC 6750, section 3.1: `invalid_request`).
pub async fn by_either(context: &Context, request: &HttpRequest) -> Result<Option<Caller>> {
    let mut headers = request.headers().get_all(header::AUTHORIZATION);
    let Some(value) = headers.next() else {
        return by_cookie(context, request).await;
    };
    if headers.next().is_some() {
        return Err(Error::Malformed(
            "Send one Authorization header.".to_owned(),
        ));
    }
    // Whatever it was that came, it was meant as a pass and is none.
    let refused = Error::NotSignedIn {
        invalid_token: true,
    };
    let prefix = &context.settings.token_prefix;
    let secret = value
        .to_str()
        .ok()
        .and_then(|text| text.split_once(' '))
        .filter(|(scheme, _)| scheme.eq_ignore_ascii_case("bearer"))
        .and_then(|(_, text)| TokenSecret::parse(prefix, text.trim_start_matches(' ')));
    let Some(secret) = secret else {
        return Err(refused);
    };
    let caller = ask_the_gate(context, request, Class::Token, secret.digest()).await?;
    caller.map(Some).ok_or(refused)
}

async fn ask_the_gate(
    context: &Context,
    request: &HttpRequest,
    class: Class,
    digest: Digest,
) -> Result<Option<Caller>> {
    match gate::check(context, class, digest, client_address(request)).await? {
        Ok(caller) => Ok(Some(caller)),
        Err(refusal) => {
            tracing::debug!(class = class.as_str(), ?refusal, "a pass was refused");
            Ok(None)
        }
    }
}
