//! The start page.

use actix_web::HttpResponse;

use crate::http::{auth::OptionalUser, paths, response::html::see_other};

/// `GET /`
pub async fn home(user: OptionalUser) -> HttpResponse {
    see_other(if user.principal.is_some() {
        paths::ACCOUNT
    } else {
        paths::LOGIN
    })
}
