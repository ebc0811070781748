//! The front door.

use actix_web::HttpResponse;

use crate::http::{auth::Visitor, paths, response::html::see_other};

/// `GET /`
pub async fn home(visitor: Visitor) -> HttpResponse {
    see_other(if visitor.caller.is_some() {
        paths::ACCOUNT
    } else {
        paths::LOGIN
    })
}
