//! The account in the JSON API.

use actix_web::{HttpResponse, http::StatusCode, web::Bytes};
use serde::Serialize;
use utoipa::ToSchema;

use crate::{
    error::Result,
    http::{auth::ApiCaller, middleware::body::NoQuery, paths, response},
    types::{ids::UserId, language_tag::LanguageTag, user::User},
    util::clock::Timestamp,
};

/// A user.
#[derive(Serialize, ToSchema)]
#[schema(as = User)]
pub struct UserJson<'a> {
    id: UserId,
    name: &'a str,
    email: &'a str,
    /// Whether the user has shown that the address is theirs, or an operator has vouched for it.
    email_verified: bool,
    created_at: Timestamp,
    /// The language that the user chose (RFC 5646). `null` is the language of the browser.
    #[schema(required)]
    language: Option<String>,
}

impl<'a> From<&'a User> for UserJson<'a> {
    fn from(user: &'a User) -> Self {
        Self {
            id: user.id,
            name: &user.name,
            email: &user.email,
            email_verified: user.email_verified,
            created_at: user.created_at,
            language: user.language.as_ref().map(LanguageTag::to_string),
        }
    }
}

/// Returns the user of the caller.
///
/// # Errors
/// Only a failure of serialization, which is not expected.
#[utoipa::path(
    get,
    path = paths::API_USER,
    tag = "Account",
    operation_id = "getUser",
    responses((status = 200, description = "The user.", body = UserJson))
)]
pub async fn user(caller: ApiCaller, _: NoQuery) -> Result<HttpResponse> {
    let response_body = caller.principal.cached_user().response_body(|user| {
        response::json::bytes(&UserJson::from(user)).map(Vec::into_boxed_slice)
    })?;
    Ok(response::json::answer_with(
        StatusCode::OK,
        Bytes::copy_from_slice(response_body),
    ))
}
