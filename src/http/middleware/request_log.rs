//! Writes one log line for each request and counts it in the metrics. The line never contains
//! queries, bodies, cookies or the Authorization header.

use std::{net::IpAddr, time::Duration};

use actix_web::{HttpRequest, http::StatusCode};
use metrics::{Counter, Histogram};
use tracing::Level;

use super::client_ip::client_address;
use crate::{error::Error, telemetry::redact::redact, types::ids::UserId};

/// The result of a request.
pub struct RequestOutcome<'a> {
    /// The status of the response.
    pub status: StatusCode,
    /// The internal error or the reason of the rejection.
    pub error: Option<&'a Error>,
    /// The time from the request to the response.
    pub took: Duration,
    /// The user, if the route authenticated one.
    pub user: Option<UserId>,
}

/// The log and the metrics of one app. The metrics are looked up by name once. This must be after
/// `metrics::bind`, because earlier look-ups are not counted.
pub struct RequestLog {
    requests: [Counter; 4],
    seconds: Histogram,
}

impl Default for RequestLog {
    fn default() -> Self {
        let counter = |class| metrics::counter!("narthex_http_requests_total", "status" => class);
        Self {
            requests: ["2xx", "3xx", "4xx", "5xx"].map(counter),
            seconds: metrics::histogram!("narthex_http_request_duration_seconds"),
        }
    }
}

impl RequestLog {
    /// Counts the request and writes its line.
    pub fn write(&self, request: &HttpRequest, outcome: &RequestOutcome<'_>) {
        let RequestOutcome { status, error, .. } = *outcome;
        let [succeeded, redirected, refused, failed] = &self.requests;
        let class = match status.as_u16() {
            ..=299 => succeeded,
            300..=399 => redirected,
            400..=499 => refused,
            _ => failed,
        };
        class.increment(1);
        self.seconds.record(outcome.took.as_secs_f64());
        // The content of the line is computed only if the log level is enabled.
        if let Some(error) = error {
            metrics::counter!("narthex_rejections_total", "reason" => error.slug()).increment(1);
        }
        if is_a_failure(status.as_u16(), error) {
            if tracing::enabled!(Level::ERROR) {
                line(request, outcome);
            }
        } else if tracing::enabled!(Level::INFO) {
            line(request, outcome);
        }
    }
}

fn line(request: &HttpRequest, outcome: &RequestOutcome<'_>) {
    let RequestOutcome {
        status,
        error,
        took,
        user,
    } = *outcome;
    // As texts, because values with `Display` are formatted, which costs more.
    let (mut user_buffer, mut ip_buffer) = ([0; 36], String::with_capacity(40));
    let user = user.as_ref().map(|user| user.text(&mut user_buffer));
    let ip = client_address(request).map(|ip| address(ip, &mut ip_buffer));
    let route = request.match_pattern();
    let route = route.as_deref().unwrap_or_default();
    let refused = error.map(Error::slug);
    let micros = u64::try_from(took.as_micros()).unwrap_or(u64::MAX);
    // Both may contain a secret if a client put it into the wrong place.
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

/// Formats an address like the standard library. The standard library takes five times as long for
/// IPv4, because it supports padding.
fn address(ip: IpAddr, text: &mut String) -> &str {
    match ip {
        IpAddr::V4(address) => {
            for (index, octet) in address.octets().into_iter().enumerate() {
                if index > 0 {
                    text.push('.');
                }
                text.push_str(itoa::Buffer::new().format(octet));
            }
        }
        IpAddr::V6(address) => text.push_str(&address.to_string()),
    }
    text
}

/// Returns whether the operator must act. `Busy` does not count: a flood of sign-ins causes it, and
/// as many errors in the log would hide other failures.
const fn is_a_failure(status: u16, error: Option<&Error>) -> bool {
    status >= 500 && !matches!(error, Some(Error::Busy))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn address_has_its_standard_form() {
        for text in ["0.0.0.0", "192.0.2.7", "255.255.255.255", "2001:db8::1"] {
            assert_eq!(address(text.parse().unwrap(), &mut String::new()), text);
        }
    }
}
