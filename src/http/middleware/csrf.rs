//! Cross-site requests do nothing.
//!
//! Browsers say with each request where it comes from: `Sec-Fetch-Site` (W3C Fetch Metadata), and
//! where that is absent `Origin`. A request with neither was sent by no browser, and so without a
//! cookie that it did not choose itself. Form tokens would be a second proof of the same, and state.

use actix_web::{
    HttpRequest,
    http::{Method, header},
};

use super::allowed_host::own_origin;
use crate::{
    config::Settings,
    error::Error,
    http::{paths, response::error_response::ResponseFormat},
};

/// Why a request that [may not act](is_trusted_request) is refused: a page that was opened by http where the
/// public URL is https is told what would do.
#[must_use]
pub fn refusal(request: &HttpRequest, settings: &Settings) -> Error {
    let origin = request.headers().get(header::ORIGIN);
    let origin = origin
        .and_then(|value| value.to_str().ok())
        .and_then(|origin| url::Url::parse(origin).ok());
    let is_ours = settings.public_url.as_ref().is_some_and(|own| {
        let host = origin.as_ref().and_then(url::Url::host_str);
        own.is_https() && host == Some(own.host())
    });
    match origin {
        Some(origin)
            if is_ours
                && origin.scheme() == "http"
                && ResponseFormat::of(request.path()) == ResponseFormat::Html =>
        {
            Error::HttpsRequired(settings.base_url())
        }
        _ => Error::CrossSite,
    }
}

/// Whether the request may do something: it is safe by its method, calls the API with an
/// `Authorization` header (which decides alone there, so that no cookie counts), or comes from a page
/// of ours or of a trusted origin.
///
/// On a page the header proves nothing: behind a proxy that asks for Basic authentication, browsers
/// add it to whatever another site makes them send.
#[must_use]
pub fn is_trusted_request(request: &HttpRequest, settings: &Settings) -> bool {
    if [Method::GET, Method::HEAD, Method::OPTIONS].contains(request.method()) {
        return true;
    }
    let by_header = ResponseFormat::of(request.path()) == ResponseFormat::Json
        && request.headers().contains_key(header::AUTHORIZATION);
    // Asked with whatever method the client used elsewhere, and does nothing with any.
    let only_asks = request.path() == paths::VERIFY;
    if by_header || only_asks {
        return true;
    }
    let text = |name: &str| {
        request
            .headers()
            .get(name)
            .map(|value| value.to_str().unwrap_or("?"))
    };
    let origin = text("origin");
    let trusted = origin.is_some_and(|origin| settings.trusts(origin));
    match (text("sec-fetch-site"), origin) {
        (Some("same-origin" | "none"), _) | (None, None) => true,
        (Some(_), _) => trusted,
        (None, Some(origin)) => {
            trusted || own_origin(request, settings).is_some_and(|own| own == origin)
        }
    }
}
