//! One line a request, and its place in the numbers. Never in the line: queries, bodies, cookies, the Authorization header.

use std::time::Duration;

use actix_web::{HttpMessage as _, HttpRequest, http::StatusCode};

use super::address::client_address;
use crate::{error::Error, ids::UserId};

/// On a request whose caller is known, for the log.
#[derive(Clone, Copy)]
pub struct KnownUser(pub UserId);

/// Writes the line; `error` is what went wrong on our side, or was refused.
pub fn write(request: &HttpRequest, status: StatusCode, error: Option<&Error>, took: Duration) {
    let user = request
        .extensions()
        .get::<KnownUser>()
        .map(|known| tracing::field::display(known.0));
    let ip = client_address(request).map(tracing::field::display);
    let route = request.match_pattern().unwrap_or_default();
    let refused = error.map(Error::slug);
    let micros = u64::try_from(took.as_micros()).unwrap_or(u64::MAX);
    let (method, status) = (request.method().as_str(), status.as_u16());
    let class = match status {
        ..=299 => "2xx",
        300..=399 => "3xx",
        400..=499 => "4xx",
        _ => "5xx",
    };
    metrics::counter!("narthex_requests_total", "status" => class).increment(1);
    metrics::histogram!("narthex_request_seconds").record(took.as_secs_f64());
    if let Some(reason) = refused {
        metrics::counter!("narthex_refused_total", "reason" => reason).increment(1);
    }
    if is_a_failure(status, error) {
        let cause = error.map(tracing::field::display);
        tracing::error!(
            method,
            path = request.path(),
            route,
            status,
            micros,
            ip,
            user,
            refused,
            cause,
            "request"
        );
    } else {
        tracing::info!(
            method,
            path = request.path(),
            route,
            status,
            micros,
            ip,
            user,
            refused,
            "request"
        );
    }
}

/// Whether somebody has to look. That too many passwords wait is what a flood of sign-ins is meant to
/// meet: as many errors in the log would only hide one that is ours.
const fn is_a_failure(status: u16, error: Option<&Error>) -> bool {
    status >= 500 && !matches!(error, Some(Error::Busy))
}
