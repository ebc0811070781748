//! One line a request, and its place in the numbers. Never in the line: queries, bodies, cookies, the Authorization header.

use std::{net::IpAddr, time::Duration};

use actix_web::{HttpRequest, http::StatusCode};
use metrics::{Counter, Histogram};
use tracing::Level;

use super::client_ip::client_address;
use crate::{error::Error, telemetry::redact::redact, types::ids::UserId};

/// What became of a request.
pub struct RequestOutcome<'a> {
    /// With which status it was answered.
    pub status: StatusCode,
    /// What went wrong on our side, or was refused.
    pub error: Option<&'a Error>,
    /// How long that took.
    pub took: Duration,
    /// Who asked, where the route asks for somebody.
    pub user: Option<UserId>,
}

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
    /// Counts the request and writes its line.
    pub fn write(&self, request: &HttpRequest, answered: &RequestOutcome<'_>) {
        let RequestOutcome { status, error, .. } = *answered;
        let [good, elsewhere, refused, failed] = &self.answered;
        let class = match status.as_u16() {
            ..=299 => good,
            300..=399 => elsewhere,
            400..=499 => refused,
            _ => failed,
        };
        class.increment(1);
        self.seconds.record(answered.took.as_secs_f64());
        // What the line is made of is gathered only where somebody wants lines.
        if let Some(error) = error {
            metrics::counter!("narthex_refused_total", "reason" => error.slug()).increment(1);
        }
        if is_a_failure(status.as_u16(), error) {
            if tracing::enabled!(Level::ERROR) {
                line(request, answered);
            }
        } else if tracing::enabled!(Level::INFO) {
            line(request, answered);
        }
    }
}

fn line(request: &HttpRequest, answered: &RequestOutcome<'_>) {
    let RequestOutcome {
        status,
        error,
        took,
        user,
    } = *answered;
    // As texts, for what is given to be displayed is formatted, with all that goes with that.
    let (mut of_user, mut of_ip) = ([0; 36], String::with_capacity(40));
    let user = user.as_ref().map(|user| user.text(&mut of_user));
    let ip = client_address(request).map(|ip| address(ip, &mut of_ip));
    let route = request.match_pattern();
    let route = route.as_deref().unwrap_or_default();
    let refused = error.map(Error::slug);
    let micros = u64::try_from(took.as_micros()).unwrap_or(u64::MAX);
    // A secret may be in both, where somebody put it into the wrong place.
    let (method, path) = (redact(request.method().as_str()), redact(request.path()));
    let (method, path, status) = (&*method, &*path, status.as_u16());
    let message = "request";
    if is_a_failure(status, error) {
        let cause = error.map(tracing::field::display);
        tracing::error!(
            message, method, path, route, status, micros, ip, user, refused, cause
        );
    } else {
        tracing::info!(
            message, method, path, route, status, micros, ip, user, refused
        );
    }
}

/// As the standard library writes it; that takes five times as long for one of the fourth version, in
/// order to pad it.
fn address(ip: IpAddr, text: &mut String) -> &str {
    match ip {
        IpAddr::V4(address) => {
            for (place, octet) in address.octets().into_iter().enumerate() {
                if place > 0 {
                    text.push('.');
                }
                text.push_str(itoa::Buffer::new().format(octet));
            }
        }
        IpAddr::V6(address) => text.push_str(&address.to_string()),
    }
    text
}

/// Whether somebody has to look. That too many passwords wait is what a flood of sign-ins is meant to
/// meet: as many errors in the log would only hide one that is ours.
const fn is_a_failure(status: u16, error: Option<&Error>) -> bool {
    status >= 500 && !matches!(error, Some(Error::Busy))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_is_written_as_everywhere() {
        for text in ["0.0.0.0", "192.0.2.7", "255.255.255.255", "2001:db8::1"] {
            assert_eq!(address(text.parse().unwrap(), &mut String::new()), text);
        }
    }
}
