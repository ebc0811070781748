//! Which pages of other origins may read what the API answers: those of trusted origins, for
//! first-party apps in a browser, and no others (WHATWG Fetch, section 3.3).
//!
//! `may_act` in `same_origin` says whose requests *do* something; this only says whose pages may see
//! the answer, and which may ask first.

use actix_web::{
    HttpRequest, HttpResponse,
    http::{
        Method,
        header::{self, HeaderMap, HeaderValue},
    },
};

use crate::{
    config::Settings,
    http::{paths, response::error_response::ResponseFormat},
};

/// What a page may send, beyond what every page may. A path that does not take a method still
/// refuses it: this only lets the question through.
const METHODS: HeaderValue = HeaderValue::from_static("GET, POST, PATCH, DELETE");
const HEADERS: HeaderValue =
    HeaderValue::from_static("authorization, content-type, idempotency-key");
/// What a page's script may read of an answer's head, beyond what it always may.
const READABLE: HeaderValue = HeaderValue::from_static("location, retry-after, www-authenticate");
/// How long a browser need not ask again, in seconds.
const FOR: HeaderValue = HeaderValue::from_static("600");

/// The origin of the page that sent the request, where it is a trusted one and calls the API. A
/// proxy's question at `/auth/verify` carries the headers of somebody else's request.
fn trusted<'a>(request: &'a HttpRequest, settings: &Settings) -> Option<&'a HeaderValue> {
    let origin = request.headers().get(header::ORIGIN)?;
    let known = settings.trusts(origin.to_str().ok()?);
    (is_for_pages(request) && known).then_some(origin)
}

fn is_for_pages(request: &HttpRequest) -> bool {
    ResponseFormat::of(request.path()) == ResponseFormat::Json && request.path() != paths::VERIFY
}

/// The answer to a browser that asks on behalf of a trusted origin's page whether it may send
/// something (a CORS-preflight request); `None` for every other request.
#[must_use]
pub fn preflight(request: &HttpRequest, settings: &Settings) -> Option<HttpResponse> {
    let asks = request.method() == Method::OPTIONS
        && request
            .headers()
            .contains_key(header::ACCESS_CONTROL_REQUEST_METHOD);
    if !asks {
        return None;
    }
    trusted(request, settings)?;
    let mut answer = HttpResponse::NoContent();
    answer
        .insert_header((header::ACCESS_CONTROL_ALLOW_METHODS, METHODS))
        .insert_header((header::ACCESS_CONTROL_ALLOW_HEADERS, HEADERS))
        .insert_header((header::ACCESS_CONTROL_MAX_AGE, FOR));
    Some(answer.finish())
}

/// Lets a trusted origin's page read the answer, and tells caches that who asks makes a difference.
pub fn apply(headers: &mut HeaderMap, request: &HttpRequest, settings: &Settings) {
    if settings.trusted_origins.is_empty() || !is_for_pages(request) {
        return;
    }
    headers.append(header::VARY, HeaderValue::from_static("Origin"));
    if let Some(origin) = trusted(request, settings) {
        headers.insert(header::ACCESS_CONTROL_ALLOW_ORIGIN, origin.clone());
        headers.insert(
            header::ACCESS_CONTROL_ALLOW_CREDENTIALS,
            HeaderValue::from_static("true"),
        );
        headers.insert(header::ACCESS_CONTROL_EXPOSE_HEADERS, READABLE);
    }
}
