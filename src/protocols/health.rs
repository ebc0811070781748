//! Health checks, for whoever restarts processes and balances load.

use actix_web::{HttpResponse, http::StatusCode, web::Data};
use serde::Serialize;
use utoipa::ToSchema;

use crate::{context::Context, error::Result, urls, web::json};

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

/// The database answers.
///
/// # Errors
/// [`crate::error::Error::Unavailable`] where it does not.
#[utoipa::path(
    get,
    path = urls::READY,
    tag = "Service",
    operation_id = "isReady",
    responses((status = 200, description = "It does.", body = Health))
)]
pub async fn ready(context: Data<Context>) -> Result<HttpResponse> {
    context.db.ping().await?;
    json::answer(StatusCode::OK, &Health { status: "ready" })
}
