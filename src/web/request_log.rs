//! One line a request, and its place in the numbers. Never in the line: queries, bodies, cookies, the Authorization header.

use std::time::Duration;

use actix_web::{HttpMessage as _, HttpRequest, http::StatusCode};
use metrics::{Counter, Histogram};
use tracing::Level;

use super::address::client_address;
use crate::{error::Error, ids::UserId, kit::shown::shown};

/// On a request whose caller is known, for the log.
#[derive(Clone, Copy)]
pub struct KnownUser(pub UserId);

/// Where the lines and numbers of one app go. The numbers are looked up by name once: after
/// `metrics::bind`, which an app that was made before it would not count for.
pub struct RequestLog {
    answered: [Counter; 4],
    seconds: Histogram,
}

impl Default for RequestLog {
    fn default() -> Self {
        let of = |class| metrics::counter!("narthex_requests_total", "status" => class);
        Self {
            answered: ["2xx", "3xx", "4xx", "5xx"].map(of),
            seconds: metrics::histogram!("narthex_request_seconds"),
        }
    }
}

impl RequestLog {
    /// Counts the request and writes its line; `error` is what went wrong on our side, or was refused.
    pub fn write(
        &self,
        request: &HttpRequest,
        status: StatusCode,
        error: Option<&Error>,
        took: Duration,
    ) {
        let [good, elsewhere, refused, failed] = &self.answered;
        let class = match status.as_u16() {
            ..=299 => good,
            300..=399 => elsewhere,
            400..=499 => refused,
            _ => failed,
        };
        class.increment(1);
        self.seconds.record(took.as_secs_f64());
        // What the line is made of is gathered only where somebody wants lines.
        if let Some(error) = error {
            metrics::counter!("narthex_refused_total", "reason" => error.slug()).increment(1);
        }
        if is_a_failure(status.as_u16(), error) {
            if tracing::enabled!(Level::ERROR) {
                line(request, status, error, took);
            }
        } else if tracing::enabled!(Level::INFO) {
            line(request, status, error, took);
        }
    }
}

fn line(request: &HttpRequest, status: StatusCode, error: Option<&Error>, took: Duration) {
    let user = request
        .extensions()
        .get::<KnownUser>()
        .map(|known| tracing::field::display(known.0));
    let ip = client_address(request).map(tracing::field::display);
    let route = request.match_pattern().unwrap_or_default();
    let refused = error.map(Error::slug);
    let micros = u64::try_from(took.as_micros()).unwrap_or(u64::MAX);
    // A secret may be in both, where somebody put it into the wrong place.
    let (method, path) = (shown(request.method().as_str()), shown(request.path()));
    let (method, path, status) = (&*method, &*path, status.as_u16());
    if is_a_failure(status, error) {
        let cause = error.map(tracing::field::display);
        tracing::error!(
            method, path, route, status, micros, ip, user, refused, cause, "request"
        );
    } else {
        tracing::info!(
            method, path, route, status, micros, ip, user, refused, "request"
        );
    }
}

/// Whether somebody has to look. That too many passwords wait is what a flood of sign-ins is meant to
/// meet: as many errors in the log would only hide one that is ours.
const fn is_a_failure(status: u16, error: Option<&Error>) -> bool {
    status >= 500 && !matches!(error, Some(Error::Busy))
}
