//! `/metrics`, on an address of its own, in the text format of Prometheus (version 0.0.4).
//!
//! No label is a user, an address or an id, because more people read the metrics than the log.

use std::{net::SocketAddr, sync::OnceLock};

use actix_web::{App, HttpResponse, HttpServer, dev::Server, web};
use metrics_exporter_prometheus::{Matcher, PrometheusBuilder, PrometheusHandle};

use crate::{app_state::AppState, telemetry::log_writer};

/// The upper bounds of the buckets of request times, in seconds.
const BUCKETS: [f64; 8] = [0.0005, 0.001, 0.0025, 0.01, 0.05, 0.25, 1.0, 5.0];

/// The help texts of the counters. docs/operations.md has the same metrics.
const COUNTERS: [(&str, &str); 13] = [
    (
        "narthex_http_requests_total",
        "Requests by class of status.",
    ),
    (
        "narthex_rejections_total",
        "Rejected and failed requests by reason.",
    ),
    (
        "narthex_rate_limited_total",
        "Attempts beyond a rate limit, by limit.",
    ),
    (
        "narthex_connections_rejected_total",
        "Connections beyond the share of a client.",
    ),
    (
        "narthex_password_verifications_total",
        "Verified passwords of sign-ins by result.",
    ),
    (
        "narthex_code_verifications_total",
        "Verified codes of second factors by result.",
    ),
    (
        "narthex_credentials_revoked_total",
        "Revoked sessions and tokens by reason.",
    ),
    (
        "narthex_cache_misses_total",
        "Lookups of a secret in the database.",
    ),
    (
        "narthex_foreign_tokens_total",
        "Accepted requests with a token of another system.",
    ),
    (
        "narthex_mail_sent_total",
        "Mails that the mail server accepted.",
    ),
    (
        "narthex_mail_failed_total",
        "Failed attempts to send a mail, by whether the failure is final.",
    ),
    (
        "narthex_database_errors_total",
        "Requests that failed because of the database.",
    ),
    (
        "narthex_log_lines_dropped_total",
        "Log lines that were not written.",
    ),
];

/// The help texts of the gauges.
const GAUGES: [(&str, &str); 9] = [
    ("narthex_cache_entries", "Cached sessions and tokens."),
    (
        "narthex_lease_held",
        "1 while cached credentials are checked without the database.",
    ),
    (
        "narthex_nodes",
        "Nodes on the database, including this one. 0 before it has joined.",
    ),
    (
        "narthex_database_restore_suspected",
        "1 while the database may have lost revocations.",
    ),
    (
        "narthex_database_read_only",
        "1 while the database accepts no changes.",
    ),
    ("narthex_mail_queued", "Mails that wait to be sent."),
    ("narthex_database_connections", "Connections of the pool."),
    (
        "narthex_database_connections_in_use",
        "Connections of the pool that are in use.",
    ),
    ("narthex_build_info", "Always 1. The label is the version."),
];

/// The help texts of the histograms.
const HISTOGRAMS: [(&str, &str); 2] = [
    (
        "narthex_http_request_duration_seconds",
        "Time until a request was answered.",
    ),
    (
        "narthex_revocation_wait_seconds",
        "Time that a revocation waited for other nodes.",
    ),
];

/// The metrics of the process. All servers of the process share them.
static RECORDER: OnceLock<PrometheusHandle> = OnceLock::new();

/// Starts to record metrics and binds their address.
///
/// # Errors
/// An error of the operating system if the address is not available.
pub fn bind(listen: SocketAddr, state: &AppState) -> std::io::Result<Server> {
    let (handle, state) = (recorder()?, state.clone());
    let server = HttpServer::new(move || {
        let (handle, state) = (handle.clone(), state.clone());
        App::new().route(
            "/metrics",
            web::get().to(move || write(handle.clone(), state.clone())),
        )
    })
    .workers(1)
    .disable_signals()
    .bind(listen)?;
    Ok(server.run())
}

fn recorder() -> std::io::Result<PrometheusHandle> {
    if let Some(handle) = RECORDER.get() {
        return Ok(handle.clone());
    }
    let handle = PrometheusBuilder::new()
        .set_buckets_for_metric(Matcher::Suffix("_seconds".to_owned()), &BUCKETS)
        .and_then(PrometheusBuilder::install_recorder)
        .map_err(std::io::Error::other)?;
    for (name, help) in COUNTERS {
        metrics::describe_counter!(name, help);
    }
    for (name, help) in GAUGES {
        metrics::describe_gauge!(name, help);
    }
    for (name, help) in HISTOGRAMS {
        metrics::describe_histogram!(name, help);
    }
    Ok(RECORDER.get_or_init(|| handle).clone())
}

async fn write(handle: PrometheusHandle, state: AppState) -> HttpResponse {
    // The numbers of credentials and nodes are far below the precision of a float.
    metrics::gauge!("narthex_cache_entries").set(state.cluster().cached_credentials() as f64);
    let yes = |yes: bool| f64::from(u8::from(yes));
    let node = state.cluster().stats();
    metrics::gauge!("narthex_lease_held").set(yes(node.holds_lease));
    metrics::gauge!("narthex_nodes").set(node.nodes as f64);
    metrics::gauge!("narthex_database_restore_suspected").set(yes(node.may_be_a_copy));
    metrics::gauge!("narthex_database_read_only").set(yes(node.rejects_writes));
    let (connections, in_use) = state.db().connections();
    metrics::gauge!("narthex_database_connections").set(connections);
    metrics::gauge!("narthex_database_connections_in_use").set(in_use);
    metrics::gauge!("narthex_build_info", "version" => env!("CARGO_PKG_VERSION")).set(1.0);
    metrics::counter!("narthex_log_lines_dropped_total").absolute(log_writer::lost());
    // `run_upkeep` moves recorded values into the buckets. A counter exists before its first event.
    metrics::counter!("narthex_database_errors_total").increment(0);
    metrics::counter!("narthex_mail_sent_total").increment(0);
    for is_final in ["no", "yes"] {
        metrics::counter!("narthex_mail_failed_total", "final" => is_final).increment(0);
    }
    handle.run_upkeep();
    HttpResponse::Ok()
        .content_type("text/plain; version=0.0.4; charset=utf-8")
        .body(handle.render())
}
