//! JSON answers.

use actix_web::{
    HttpResponse,
    http::{
        StatusCode,
        header::{CONTENT_TYPE, HeaderValue},
    },
    web::Bytes,
};
use serde::Serialize;

use crate::error::{Error, Result};

/// A JSON answer.
///
/// # Errors
/// None that is known: our types serialize.
pub fn answer(status: StatusCode, body: &impl Serialize) -> Result<HttpResponse> {
    Ok(answer_with(status, bytes(body)?.into()))
}

/// The body of [`answer`], for somebody who keeps it.
///
/// # Errors
/// As [`answer`].
pub fn bytes(body: &impl Serialize) -> Result<Vec<u8>> {
    let mut text = Vec::with_capacity(USUAL);
    serde_json::to_writer(&mut text, body).map_err(Error::internal)?;
    Ok(text)
}

/// A JSON answer whose body was made before.
#[must_use]
pub fn answer_with(status: StatusCode, body: Bytes) -> HttpResponse {
    HttpResponse::build(status)
        .insert_header((CONTENT_TYPE, JSON))
        .body(body)
}

/// Room for the answer to most calls, in bytes.
const USUAL: usize = 256;
const JSON: HeaderValue = HeaderValue::from_static("application/json");
