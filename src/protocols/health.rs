//! Health checks, for whoever restarts processes and balances load.

use actix_web::{HttpResponse, http::StatusCode, web::Data};
use serde::Serialize;
use utoipa::ToSchema;

use crate::{
    context::Context,
    error::{Error, Result},
    urls,
    web::json,
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
    path = urls::HEALTH,
    tag = "Service",
    operation_id = "isAlive",
    responses((status = 200, description = "It is up.", body = Health))
)]
pub async fn alive() -> Result<HttpResponse> {
    json::answer(StatusCode::OK, &Health { status: "up" })
}

/// The database answers, and the process is not about to stop.
///
/// # Errors
/// [`Error::Unavailable`] otherwise.
#[utoipa::path(
    get,
    path = urls::READY,
    tag = "Service",
    operation_id = "isReady",
    responses((status = 200, description = "It does.", body = Health))
)]
pub async fn ready(context: Data<Context>) -> Result<HttpResponse> {
    if context.stopping.has_begun() {
        return Err(Error::Unavailable("it is about to stop".to_owned()));
    }
    context.db.ping().await?;
    json::answer(StatusCode::OK, &Health { status: "ready" })
}
