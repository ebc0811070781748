//! Finding the pass in a request: an `Authorization` header, or the session cookie.

use actix_web::{
    HttpRequest,
    http::header::{self, HeaderValue},
};

use crate::{
    config::TokenPrefix,
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
    let secret = bearer(&context.settings.token_prefix, value);
    let Some(secret) = secret else {
        return Err(refused);
    };
    let caller = ask_the_gate(context, request, Class::Token, secret.digest()).await?;
    caller.map(Some).ok_or(refused)
}

/// The secret in the value of an `Authorization` header (RFC 6750, section 2.1), if it is one of a
/// token of ours by its form. The scheme's name is that in any case (RFC 9110, section 11.1).
#[must_use]
pub fn bearer(prefix: &TokenPrefix, value: &HeaderValue) -> Option<TokenSecret> {
    let (scheme, text) = value.to_str().ok()?.split_once(' ')?;
    if !scheme.eq_ignore_ascii_case("bearer") {
        return None;
    }
    TokenSecret::parse(prefix, text.trim_start_matches(' '))
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
