//! The front door.

use actix_web::HttpResponse;

use crate::{callers::Visitor, urls, web::page::see_other};

/// `GET /`
pub async fn home(visitor: Visitor) -> HttpResponse {
    see_other(if visitor.caller.is_some() {
        urls::ACCOUNT
    } else {
        urls::LOGIN
    })
}
