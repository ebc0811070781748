//! The start page.

use actix_web::HttpResponse;

use crate::http::{address::Address, auth::OptionalUser, paths, response::html::see_other};

/// `GET /`
pub async fn home(user: OptionalUser) -> HttpResponse {
    let page = if user.principal.is_some() {
        paths::ACCOUNT
    } else {
        paths::LOGIN
    };
    see_other(&Address::of(user.state.mount(), page))
}
