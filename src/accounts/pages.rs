//! The account pages.

use actix_web::HttpResponse;

use crate::{callers::Visitor, urls, web::page::see_other};

/// Leads to the account, or to the sign-in page.
pub async fn home(visitor: Visitor) -> HttpResponse {
    see_other(if visitor.0.is_some() {
        urls::ACCOUNT
    } else {
        urls::LOGIN
    })
}
