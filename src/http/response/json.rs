//! JSON responses.

use actix_web::{
    HttpResponse,
    http::{
        StatusCode,
        header::{CONTENT_TYPE, HeaderValue, LOCATION},
    },
    web::Bytes,
};
use serde::Serialize;

use super::error_response::with_cookies_of;
use crate::error::{Error, Result};

/// Returns a JSON response.
///
/// # Errors
/// None are expected, because the types of this crate serialize.
pub fn answer(status: StatusCode, body: &impl Serialize) -> Result<HttpResponse> {
    Ok(answer_with(status, bytes(body)?.into()))
}

/// The address to which the script of a page goes next.
#[cfg(feature = "pages")]
#[derive(Serialize)]
struct RedirectBody<'a> {
    location: &'a str,
}

/// Turns a redirect into an answer for the script of a page. A browser would follow the redirect
/// without showing its page.
///
/// # Errors
/// Fails if `redirect` is no redirect.
#[cfg(feature = "pages")]
pub fn onward(redirect: &HttpResponse) -> Result<HttpResponse> {
    let location = redirect.headers().get(LOCATION);
    let location = location.and_then(|location| location.to_str().ok());
    let location = location.ok_or_else(|| Error::internal("the response is no redirect"))?;
    let answer = answer(StatusCode::OK, &RedirectBody { location })?;
    Ok(with_cookies_of(redirect, answer))
}

/// Returns the body of [`answer`], for callers that cache it.
///
/// # Errors
/// The errors of [`answer`].
pub fn bytes(body: &impl Serialize) -> Result<Vec<u8>> {
    let mut text = Vec::with_capacity(TYPICAL_LENGTH);
    serde_json::to_writer(&mut text, body).map_err(Error::internal)?;
    Ok(text)
}

/// Returns a JSON response with a serialized body.
#[must_use]
pub fn answer_with(status: StatusCode, body: Bytes) -> HttpResponse {
    HttpResponse::build(status)
        .insert_header((CONTENT_TYPE, JSON))
        .body(body)
}

/// The initial capacity, in bytes. Most responses fit into it.
const TYPICAL_LENGTH: usize = 256;
const JSON: HeaderValue = HeaderValue::from_static("application/json");
