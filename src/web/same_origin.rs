//! Cross-site requests do nothing.
//!
//! Browsers say with each request where it comes from: `Sec-Fetch-Site` (W3C Fetch Metadata), and
//! where that is absent `Origin`. A request with neither was sent by no browser, and so without a
//! cookie that it did not choose itself. Form tokens would be a second proof of the same, and state.

use actix_web::{
    HttpRequest,
    http::{Method, header},
};

use super::host::own_origin;
use crate::config::Settings;

/// Whether the request may do something: it is safe by its method, carries a bearer token (which no
/// other site can add), or comes from a page of ours or of a trusted origin.
#[must_use]
pub fn may_act(request: &HttpRequest, settings: &Settings) -> bool {
    let safe = [Method::GET, Method::HEAD, Method::OPTIONS].contains(request.method());
    if safe || request.headers().contains_key(header::AUTHORIZATION) {
        return true;
    }
    let text = |name: &str| {
        request
            .headers()
            .get(name)
            .map(|value| value.to_str().unwrap_or("?"))
    };
    let origin = text("origin");
    let trusted = origin.is_some_and(|origin| {
        settings
            .trusted_origins
            .iter()
            .any(|trusted| trusted.as_str() == origin)
    });
    match (text("sec-fetch-site"), origin) {
        (Some("same-origin" | "none"), _) | (None, None) => true,
        (Some(_), _) => trusted,
        (None, Some(origin)) => {
            trusted || own_origin(request, settings).is_some_and(|own| own == origin)
        }
    }
}
