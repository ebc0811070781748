//! Refuses cross-site requests that would change something.
//!
//! Browsers send the origin of each request: in `Sec-Fetch-Site` (W3C Fetch Metadata), or else in
//! `Origin`. A request with neither does not come from a browser, so its client chose the cookie
//! itself. Form tokens would prove the same again and would need state.

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

/// Returns the reason why a request that is [not trusted](is_trusted_request) is refused. If a page
/// was opened over http although the public URL has https, the error says how to correct this.
#[must_use]
pub fn refusal(request: &HttpRequest, settings: &Settings) -> Error {
    let origin = request.headers().get(header::ORIGIN);
    let origin = origin
        .and_then(|value| value.to_str().ok())
        .and_then(|origin| url::Url::parse(origin).ok());
    let is_own_host = settings.server.public_url.as_ref().is_some_and(|own| {
        let host = origin.as_ref().and_then(url::Url::host_str);
        own.is_https() && host == Some(own.host())
    });
    let format = || ResponseFormat::at(&settings.server.mount, request.path());
    match origin {
        Some(origin)
            if is_own_host && origin.scheme() == "http" && format() == ResponseFormat::Html =>
        {
            Error::HttpsRequired(settings.base_url())
        }
        _ => Error::CrossSite,
    }
}

/// Returns whether the request may change something. It may in three cases. Its method is safe, it
/// calls the API with an `Authorization` header, or a page of Narthex or of a trusted origin sent
/// it. With the header, the API ignores cookies.
///
/// For pages the header proves nothing. Behind a proxy with Basic authentication, browsers add it
/// to requests that another site causes.
#[must_use]
pub fn is_trusted_request(request: &HttpRequest, settings: &Settings) -> bool {
    if [Method::GET, Method::HEAD, Method::OPTIONS].contains(request.method()) {
        return true;
    }
    let (mount, path) = (&settings.server.mount, request.path());
    let has_authorization = ResponseFormat::at(mount, path) == ResponseFormat::Json
        && request.headers().contains_key(header::AUTHORIZATION);
    // The proxy uses the method of the client's request. The call changes nothing.
    let changes_nothing = mount.relative(path) == Some(paths::VERIFY);
    has_authorization || changes_nothing || is_from_trusted_page(request, settings)
}

/// Returns whether a page of this origin or of a trusted origin sent the request, or a client that
/// is not a browser.
#[must_use]
pub fn is_from_trusted_page(request: &HttpRequest, settings: &Settings) -> bool {
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
