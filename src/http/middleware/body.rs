//! Reads forms and queries into [`Fields`].

use actix_web::{
    FromRequest, HttpMessage as _, HttpRequest,
    dev::{Payload, ServiceRequest},
    error::PayloadError,
    http::{Version, header},
    web::{Bytes, PayloadConfig},
};
use futures_util::future::{LocalBoxFuture, Ready, ready};
use percent_encoding::percent_decode;
use serde::Deserialize;

use crate::{
    error::{Error, Result},
    http::extract::limits,
    types::{fields::Fields, ids::UserId, message::problem},
};

/// The hidden form field that names the user for whom a signed-in page made the form.
pub(crate) const FORM_USER: &str = "user";

/// Returns the largest size of a body.
#[must_use]
pub fn payload_limit() -> PayloadConfig {
    PayloadConfig::new(limits::BODY)
}

/// A form (`application/x-www-form-urlencoded`), without the field that [`is_for_another_user`]
/// reads.
pub struct Form(pub Fields);

impl FromRequest for Form {
    type Error = Error;
    type Future = LocalBoxFuture<'static, Result<Self>>;

    fn from_request(request: &HttpRequest, payload: &mut Payload) -> Self::Future {
        let right_type = is_form(request);
        let body = read(request, payload);
        Box::pin(async move {
            let body = body.await?;
            if !right_type && !body.is_empty() {
                return Err(Error::WrongMediaType("application/x-www-form-urlencoded"));
            }
            if body.len() > limits::FORM {
                return Err(Error::TooLarge(limits::FORM));
            }
            let mut fields = url_encoded(&body)?;
            fields.many(FORM_USER);
            Ok(Self(fields))
        })
    }
}

/// Returns whether the form or the JSON object in `body` was made for another user than `user`. A
/// form that names no user is accepted for every user.
pub fn is_for_another_user(request: &HttpRequest, body: &[u8], user: UserId) -> bool {
    if is_form(request) {
        return url::form_urlencoded::parse(body)
            .any(|(name, value)| name == FORM_USER && value.parse() != Ok(user));
    }
    let body: PageObject = serde_json::from_slice(body).unwrap_or_default();
    let named = body
        .user
        .as_ref()
        .map(|named| named.as_str().map(str::parse));
    named.is_some_and(|named| named != Some(Ok(user)))
}

/// The JSON object of a page's script.
#[derive(Default, Deserialize)]
struct PageObject {
    /// As [`FORM_USER`].
    user: Option<serde_json::Value>,
}

fn is_form(request: &HttpRequest) -> bool {
    request
        .content_type()
        .eq_ignore_ascii_case("application/x-www-form-urlencoded")
}

/// The query of the address.
pub struct Query(pub Fields);

impl Query {
    /// Parses the text after the question mark.
    ///
    /// # Errors
    /// [`Error::Malformed`].
    pub fn read(text: &str) -> Result<Self> {
        url_encoded(text.as_bytes()).map(Self)
    }
}

impl FromRequest for Query {
    type Error = Error;
    type Future = Ready<Result<Self>>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        ready(Self::read(request.query_string()))
    }
}

/// Proof that the address has no query, for API calls without parameters.
pub struct NoQuery;

impl FromRequest for NoQuery {
    type Error = Error;
    type Future = Ready<Result<Self>>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        // Most requests have no query.
        if request.query_string().is_empty() {
            return ready(Ok(Self));
        }
        let query = Query::read(request.query_string());
        ready(query.and_then(|query| Ok(query.0.finish().map(|()| Self)?)))
    }
}

/// Reads the whole body within [`limits::BODY_TIMEOUT`].
pub(crate) fn read(
    request: &HttpRequest,
    payload: &mut Payload,
) -> impl Future<Output = Result<Bytes>> + use<> {
    let bytes = Bytes::from_request(request, payload);
    async move {
        let read = tokio::time::timeout(limits::BODY_TIMEOUT, bytes);
        let read = read.await.map_err(|_| Error::BodyTimeout)?;
        read.map_err(|error| match error.as_error::<PayloadError>() {
            Some(PayloadError::Overflow) => Error::TooLarge(limits::BODY),
            _ => Error::Malformed(problem::body_incomplete()),
        })
    }
}

/// Buffers the body before authentication and puts it back for the handler. Returns the body, which
/// is empty if there is none.
///
/// Otherwise a client could delay the body and act with a credential that was revoked after its
/// headers arrived.
///
/// # Errors
/// [`Error::TooLarge`], [`Error::BodyTimeout`] and [`Error::Malformed`] if the body did not arrive
/// completely.
pub async fn buffer_body(request: &mut ServiceRequest) -> Result<Bytes> {
    // Most requests have no body. They need no timer and no memory for the future that reads it, so
    // that future is boxed.
    if !has_body(request.request()) {
        return Ok(Bytes::new());
    }
    let mut payload = request.take_payload();
    let bytes = Box::pin(read(request.request(), &mut payload)).await?;
    request.set_payload(Payload::from(bytes.clone()));
    Ok(bytes)
}

/// Returns whether the request can have a body, without reading it. In HTTP/2 a body needs neither
/// of the two headers (RFC 9113, section 8.1.1).
pub(crate) fn has_body(request: &HttpRequest) -> bool {
    let length = request.headers().get(header::CONTENT_LENGTH);
    request.headers().contains_key(header::TRANSFER_ENCODING)
        || length.map_or(request.version() == Version::HTTP_2, |length| {
            length.as_bytes() != b"0"
        })
}

/// Parses names and values (WHATWG URL, section 5.1). The standard replaces invalid UTF-8 by
/// replacement characters. Narthex refuses it, because the stored value must be the value that the
/// client sent.
fn url_encoded(bytes: &[u8]) -> Result<Fields> {
    if percent_decode(bytes).decode_utf8().is_err() {
        return Err(Error::Malformed(problem::body_not_utf8()));
    }
    Ok(Fields::new(url::form_urlencoded::parse(bytes)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fields_are_read_as_browsers_send_them() {
        let mut fields = url_encoded(b"a=1&b=%C3%A9+x&a=2&c").unwrap();
        assert_eq!(fields.many("a"), ["1", "2"]);
        assert_eq!(fields.text("b"), "é x");
        assert_eq!(fields.text("c"), "");
        assert!(fields.finish().is_ok());
    }

    #[test]
    fn invalid_utf_8_is_refused() {
        for bytes in [&b"a=%ff"[..], b"a=\xff", b"%ff=a", b"a=%C3%28"] {
            assert!(url_encoded(bytes).is_err(), "{bytes:?}");
        }
        assert!(
            url_encoded(b"a=100%&b=%zz").is_ok(),
            "a lone percent sign is itself"
        );
    }
}
