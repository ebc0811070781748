//! The account in the JSON API.

use actix_web::{HttpResponse, http::StatusCode};
use serde::Serialize;

use crate::{
    callers::AnyCaller,
    error::Result,
    ids::UserId,
    kit::clock::Timestamp,
    web::{body::NoQuery, json},
};

#[derive(Serialize)]
struct UserJson<'a> {
    id: UserId,
    name: &'a str,
    email: &'a str,
    created_at: Timestamp,
}

/// `GET /user`: who is calling.
///
/// # Errors
/// None of its own.
pub async fn user(here: AnyCaller, _: NoQuery) -> Result<HttpResponse> {
    let user = &here.caller.user;
    let shown = UserJson {
        id: user.id,
        name: &user.name,
        email: &user.email,
        created_at: user.created_at,
    };
    json::answer(StatusCode::OK, &shown)
}
