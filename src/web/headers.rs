//! The headers that every answer has, whatever its status.

use actix_web::http::{
    StatusCode,
    header::{self, HeaderMap, HeaderName, HeaderValue},
};

use super::refusal::Surface;

/// Pages load their stylesheet and icon from here and nothing else from anywhere; they are framed by
/// nobody, and their forms go nowhere else.
const PAGE_POLICY: &str = "default-src 'none'; style-src 'self'; img-src 'self'; form-action 'self'; \
     base-uri 'none'; frame-ancestors 'none'";
/// An answer of the API that somebody opens as a page can do nothing at all.
const API_POLICY: &str = "default-src 'none'; frame-ancestors 'none'; sandbox";

/// What a browser is told to forget about us when it is signed out (`Clear-Site-Data`). Not
/// "cookies": that reaches every host under the same registrable domain, and ours is deleted anyway.
pub const CLEARED_AT_SIGN_OUT: HeaderValue = HeaderValue::from_static("\"cache\", \"storage\"");

/// On every answer.
const ALWAYS: [(HeaderName, HeaderValue); 6] = [
    (
        header::X_CONTENT_TYPE_OPTIONS,
        HeaderValue::from_static("nosniff"),
    ),
    (header::X_FRAME_OPTIONS, HeaderValue::from_static("DENY")),
    (
        header::REFERRER_POLICY,
        HeaderValue::from_static("same-origin"),
    ),
    (
        header::CROSS_ORIGIN_OPENER_POLICY,
        HeaderValue::from_static("same-origin"),
    ),
    (
        header::CROSS_ORIGIN_RESOURCE_POLICY,
        HeaderValue::from_static("same-origin"),
    ),
    (
        header::PERMISSIONS_POLICY,
        HeaderValue::from_static("camera=(), geolocation=(), microphone=(), payment=()"),
    ),
];

/// Puts them on. What a handler has set itself stays.
pub fn put_on(headers: &mut HeaderMap, surface: Surface, status: StatusCode, https: bool) {
    for (name, value) in ALWAYS {
        put(headers, name, value);
    }
    let policy = match surface {
        Surface::Page => PAGE_POLICY,
        Surface::Api => API_POLICY,
    };
    put(
        headers,
        header::CONTENT_SECURITY_POLICY,
        HeaderValue::from_static(policy),
    );
    // Nothing that is made for one caller is kept by anybody; assets say otherwise themselves.
    put(
        headers,
        header::CACHE_CONTROL,
        HeaderValue::from_static("no-store"),
    );
    if https {
        let year = HeaderValue::from_static("max-age=31536000; includeSubDomains");
        put(headers, header::STRICT_TRANSPORT_SECURITY, year);
    }
    if surface == Surface::Page && status == StatusCode::OK {
        put(headers, header::VARY, HeaderValue::from_static("Cookie"));
    }
}

fn put(headers: &mut HeaderMap, name: HeaderName, value: HeaderValue) {
    if !headers.contains_key(&name) {
        headers.insert(name, value);
    }
}
