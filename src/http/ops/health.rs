//! Health checks, for whoever restarts processes and balances load.

use actix_web::{HttpResponse, http::StatusCode, web::Data};
use serde::Serialize;
use utoipa::ToSchema;

use crate::{
    app_state::AppState,
    error::{Error, Result},
    http::{middleware::body::Query, paths, response},
};

/// How the service is.
#[derive(Serialize, ToSchema)]
struct Health {
    status: &'static str,
}

/// The process is up; nothing else is looked at, so that an outage of the database restarts nobody.
///
/// # Errors
/// None that is known.
#[utoipa::path(
    get,
    path = paths::HEALTH,
    tag = "Service",
    operation_id = "isAlive",
    responses((status = 200, description = "It is up.", body = Health))
)]
pub async fn alive() -> Result<HttpResponse> {
    response::json::answer(StatusCode::OK, &Health { status: "up" })
}

/// The database answers, and the process is not about to stop. With `?writes=1` a change is committed as well:
/// known callers get in where that is not possible, so it is for an operator's alarm and not for a balancer.
///
/// # Errors
/// [`Error::Unavailable`] otherwise; [`Error::Malformed`] for another value of `writes`.
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
        description = "`1`: whether changes can be made, too. A row is changed to find out."
    )),
    responses((status = 200, description = "It does.", body = Health))
)]
pub async fn ready(context: Data<AppState>, Query(mut query): Query) -> Result<HttpResponse> {
    if context.stopping.has_begun() {
        return Err(Error::Unavailable("it is about to stop".to_owned()));
    }
    match query.text("writes").as_str() {
        "" => context.db.ping().await?,
        "1" => takes_changes(&context).await?,
        _ => return Err(Error::Malformed("The value of writes is 1.".to_owned())),
    }
    response::json::answer(StatusCode::OK, &Health { status: "ready" })
}

/// One probe at a time: whoever asks meanwhile gets its answer, so that no client causes commit after commit.
async fn takes_changes(context: &AppState) -> Result<()> {
    let db = context.db.clone();
    let probe = async move { db.probe_writes().await.map_err(Error::from) };
    context.write_probes.get_or_run((), || probe).await
}
