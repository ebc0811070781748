//! The header with which a program marks a repeated request.

use std::future::{Ready, ready};

use actix_web::{FromRequest, HttpRequest, dev::Payload, http::header::HeaderValue};
use utoipa::{
    IntoParams,
    openapi::{
        Required,
        path::{Parameter, ParameterBuilder, ParameterIn},
    },
};

use crate::{
    error::{Error, Result},
    http::openapi::schemas,
    types::message::problem,
};

/// The longest key, in characters. A UUID has 36.
const MAX_KEY_LENGTH: usize = 255;

/// The header `Idempotency-Key`, if present (draft-ietf-httpapi-idempotency-key-header-07, section
/// 2.1): 1 to 255 printable ASCII characters. Quotes are optional and part of the key, because many
/// programs send none.
pub struct IdempotencyKey(pub Option<String>);

impl IntoParams for IdempotencyKey {
    fn into_params(_: impl Fn() -> Option<ParameterIn>) -> Vec<Parameter> {
        // Spaces around the value of a header are not part of it (RFC 9110, section 5.5).
        let key = schemas::text()
            .min_length(Some(1))
            .max_length(Some(MAX_KEY_LENGTH))
            .pattern(Some("^[!-~]([ -~]*[!-~])?$"));
        let header = ParameterBuilder::new()
            .name("Idempotency-Key")
            .parameter_in(ParameterIn::Header)
            .required(Required::False)
            .description(Some(
                "Identifies a repeated request: the same key is the same request.",
            ))
            .schema(Some(key));
        vec![header.build()]
    }
}

impl FromRequest for IdempotencyKey {
    type Error = Error;
    type Future = Ready<Result<Self>>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        let sent: Vec<&[u8]> = request
            .headers()
            .get_all("Idempotency-Key")
            .map(HeaderValue::as_bytes)
            .collect();
        ready(match sent.as_slice() {
            [] => Ok(Self(None)),
            [key] => read(key).map(|key| Self(Some(key))),
            _ => Err(Error::Malformed(problem::several_idempotency_keys())),
        })
    }
}

fn read(key: &[u8]) -> Result<String> {
    let text = std::str::from_utf8(key).ok().filter(|text| {
        (1..=MAX_KEY_LENGTH).contains(&text.len())
            && text.bytes().all(|byte| (b' '..=b'~').contains(&byte))
    });
    text.map(str::to_owned)
        .ok_or_else(|| Error::Malformed(problem::idempotency_key_malformed(MAX_KEY_LENGTH)))
}
