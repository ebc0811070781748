//! Health checks, for whoever restarts processes and balances load.

use actix_web::{HttpResponse, http::StatusCode, web::Data};
use serde::Serialize;

use crate::{context::Context, error::Result, web::json};

#[derive(Serialize)]
struct Health {
    status: &'static str,
}

/// The process is up; nothing else is looked at, so that an outage of the database restarts nobody.
///
/// # Errors
/// None that is known.
pub async fn alive() -> Result<HttpResponse> {
    json::answer(StatusCode::OK, &Health { status: "up" })
}

/// The database answers.
///
/// # Errors
/// [`crate::error::Error::Unavailable`] where it does not.
pub async fn ready(context: Data<Context>) -> Result<HttpResponse> {
    context.db.ping().await?;
    json::answer(StatusCode::OK, &Health { status: "ready" })
}
