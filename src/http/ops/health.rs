//! Health checks for process supervisors and load balancers.

use actix_web::{HttpResponse, http::StatusCode, web::Data};
use serde::Serialize;
use utoipa::ToSchema;

use crate::{
    app_state::AppState,
    error::{Error, Result},
    http::{middleware::body::Query, paths, response},
    types::message::problem,
};

/// The state of the service.
#[derive(Serialize, ToSchema)]
struct Health {
    status: &'static str,
}

/// Reports that the process runs. The database is not checked, so an outage of it restarts no
/// process.
///
/// # Errors
/// None are expected.
#[utoipa::path(
    get,
    path = paths::HEALTH,
    tag = "Service",
    operation_id = "isAlive",
    responses((status = 200, description = "The process runs.", body = Health))
)]
pub async fn alive() -> Result<HttpResponse> {
    response::json::answer(StatusCode::OK, &Health { status: "up" })
}

/// Reports that the database answers and that the process is not shutting down.
///
/// With `?writes=1`, a change must be committed as well. Cached credentials are accepted even if
/// that is impossible. Use the parameter for an operator's alarm and not for a load balancer.
///
/// # Errors
/// [`Error::Unavailable`] if the check fails; [`Error::Malformed`] for another value of `writes`.
#[utoipa::path(
    get,
    path = paths::READY,
    tag = "Service",
    operation_id = "isReady",
    params((
        "writes" = Option<u8>,
        Query,
        minimum = 1,
        maximum = 1,
        description = "`1` also checks that changes can be made. The check changes one row."
    )),
    responses((status = 200, description = "The service is ready.", body = Health))
)]
pub async fn ready(state: Data<AppState>, Query(mut query): Query) -> Result<HttpResponse> {
    if state.shutdown().is_shutting_down() {
        return Err(Error::Unavailable("the server is shutting down".to_owned()));
    }
    match query.text("writes").as_str() {
        "" => state.db().ping().await?,
        "1" => check_writes(&state).await?,
        _ => return Err(Error::Malformed(problem::writes_not_one())),
    }
    response::json::answer(StatusCode::OK, &Health { status: "ready" })
}

/// Runs one probe at a time. A concurrent request shares its result, so that a client cannot cause
/// one commit per request.
async fn check_writes(state: &AppState) -> Result<()> {
    let db = state.db().clone();
    let probe = async move { db.probe_writes().await.map_err(Error::from) };
    state.write_probes().get_or_run((), || probe).await
}
