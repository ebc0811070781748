//! CORS for pages of trusted origins, which are first-party apps in a browser (WHATWG Fetch,
//! section 3.3). Pages of other origins cannot read responses of the API.
//!
//! `is_trusted_request` in [`super::csrf`] decides whether a request may change something. This
//! module decides only which pages may read the response and send a preflight request.

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

/// The methods and headers that a page may send in addition to those that need no permission. A
/// path still refuses a method that it does not support.
const METHODS: HeaderValue = HeaderValue::from_static("GET, POST, PATCH, DELETE");
const HEADERS: HeaderValue =
    HeaderValue::from_static("authorization, content-type, idempotency-key");
/// The response headers that a page's script may read in addition to those that are always
/// readable.
const READABLE: HeaderValue = HeaderValue::from_static("location, retry-after, www-authenticate");
/// The time for which a browser may cache a preflight response, in seconds.
const MAX_AGE: HeaderValue = HeaderValue::from_static("600");

/// Returns the origin of the page that sent the request, if it is trusted and calls the API.
/// `/auth/verify` is excluded, because there a proxy sends the headers of a request to an app.
fn trusted_origin<'a>(request: &'a HttpRequest, settings: &Settings) -> Option<&'a HeaderValue> {
    let origin = request.headers().get(header::ORIGIN)?;
    let is_trusted = settings.trusts(origin.to_str().ok()?);
    (supports_cors(request, settings) && is_trusted).then_some(origin)
}

fn supports_cors(request: &HttpRequest, settings: &Settings) -> bool {
    let (mount, path) = (&settings.server.mount, request.path());
    ResponseFormat::at(mount, path) == ResponseFormat::Json
        && mount.relative(path) != Some(paths::VERIFY)
}

/// Returns the response to a preflight request of a page with a trusted origin. `None` for other
/// requests.
#[must_use]
pub fn preflight(request: &HttpRequest, settings: &Settings) -> Option<HttpResponse> {
    let is_preflight = request.method() == Method::OPTIONS
        && request
            .headers()
            .contains_key(header::ACCESS_CONTROL_REQUEST_METHOD);
    if !is_preflight {
        return None;
    }
    trusted_origin(request, settings)?;
    let mut answer = HttpResponse::NoContent();
    answer
        .insert_header((header::ACCESS_CONTROL_ALLOW_METHODS, METHODS))
        .insert_header((header::ACCESS_CONTROL_ALLOW_HEADERS, HEADERS))
        .insert_header((header::ACCESS_CONTROL_MAX_AGE, MAX_AGE));
    Some(answer.finish())
}

/// Permits a page of a trusted origin to read the response, and tells caches that the response
/// depends on the origin.
pub fn apply(headers: &mut HeaderMap, request: &HttpRequest, settings: &Settings) {
    if settings.server.trusted_origins.is_empty() || !supports_cors(request, settings) {
        return;
    }
    headers.append(header::VARY, HeaderValue::from_static("Origin"));
    if let Some(origin) = trusted_origin(request, settings) {
        headers.insert(header::ACCESS_CONTROL_ALLOW_ORIGIN, origin.clone());
        headers.insert(
            header::ACCESS_CONTROL_ALLOW_CREDENTIALS,
            HeaderValue::from_static("true"),
        );
        headers.insert(header::ACCESS_CONTROL_EXPOSE_HEADERS, READABLE);
    }
}
