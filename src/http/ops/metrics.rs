//! `/metrics`, on an address of its own, in Prometheus' text format (version 0.0.4).
//!
//! Numbers without names: no user, address or id is among the labels, for these pages are read by
//! more people than the log is.

use std::{net::SocketAddr, sync::OnceLock};

use actix_web::{App, HttpResponse, HttpServer, dev::Server, web};
use metrics_exporter_prometheus::{Matcher, PrometheusBuilder, PrometheusHandle};

use crate::{app_state::AppState, telemetry::log_writer};

/// Upper bounds of the request times that are counted apart, in seconds.
const SECONDS: [f64; 8] = [0.0005, 0.001, 0.0025, 0.01, 0.05, 0.25, 1.0, 5.0];

/// A process counts once, however many servers it has.
static COUNTING: OnceLock<PrometheusHandle> = OnceLock::new();

/// Starts counting and binds the address at which the numbers are told.
///
/// # Errors
/// When the address cannot be had.
pub fn bind(listen: SocketAddr, context: &AppState) -> std::io::Result<Server> {
    let (handle, context) = (count()?, context.clone());
    let server = HttpServer::new(move || {
        let (handle, context) = (handle.clone(), context.clone());
        App::new().route(
            "/metrics",
            web::get().to(move || write(handle.clone(), context.clone())),
        )
    })
    .workers(1)
    .disable_signals()
    .bind(listen)?;
    Ok(server.run())
}

fn count() -> std::io::Result<PrometheusHandle> {
    if let Some(handle) = COUNTING.get() {
        return Ok(handle.clone());
    }
    let handle = PrometheusBuilder::new()
        .set_buckets_for_metric(Matcher::Suffix("_seconds".to_owned()), &SECONDS)
        .and_then(PrometheusBuilder::install_recorder)
        .map_err(std::io::Error::other)?;
    Ok(COUNTING.get_or_init(|| handle).clone())
}

async fn write(handle: PrometheusHandle, context: AppState) -> HttpResponse {
    // Numbers of passes and nodes, far below what a float can count.
    metrics::gauge!("narthex_remembered_passes").set(context.nodes.cached_credentials() as f64);
    let yes = |yes: bool| f64::from(u8::from(yes));
    let node = context.nodes.stats();
    metrics::gauge!("narthex_lease_held").set(yes(node.holds_lease));
    metrics::gauge!("narthex_nodes").set(node.nodes as f64);
    metrics::gauge!("narthex_database_may_be_a_copy").set(yes(node.may_be_a_copy));
    metrics::gauge!("narthex_database_takes_no_writes").set(yes(node.takes_no_writes));
    let (connections, in_use) = context.db.connections();
    metrics::gauge!("narthex_database_connections").set(connections);
    metrics::gauge!("narthex_database_connections_in_use").set(in_use);
    metrics::gauge!("narthex_build_info", "version" => env!("CARGO_PKG_VERSION")).set(1.0);
    metrics::counter!("narthex_log_lines_lost_total").absolute(log_writer::lost());
    // Moves what was recorded since the last time into the buckets.
    // Counters are there before the first event.
    metrics::counter!("narthex_database_errors_total").increment(0);
    handle.run_upkeep();
    HttpResponse::Ok()
        .content_type("text/plain; version=0.0.4; charset=utf-8")
        .body(handle.render())
}
