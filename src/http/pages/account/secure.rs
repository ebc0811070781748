//! The page to which every notice leads: recent events, and the ways to secure the account.

use actix_web::HttpResponse;
use askama::Template;

use crate::{
    audit,
    error::Result,
    factors,
    http::{
        auth::BrowserUser,
        pages::{activity::EventRow, security::planned_removal::RemovalRow},
        response::html::{self, Layout},
    },
    types::pagination::Paging,
};

/// The number of events.
const EVENTS: usize = 10;

#[derive(Template)]
#[template(path = "account/secure.html")]
struct SecurePage {
    layout: Layout,
    has_password: bool,
    /// The removals of a factor that an operator has planned.
    removals: Vec<RemovalRow>,
    lines: Vec<EventRow>,
}

/// `GET /account/secure`
pub async fn show(user: BrowserUser) -> Result<HttpResponse> {
    let account = user.principal.user().id;
    let events = audit::list(&user.state, account, Paging::new(EVENTS, None)).await?;
    html::ok(&SecurePage {
        layout: user.layout(),
        has_password: factors::has_password(&user.state, account).await?,
        removals: RemovalRow::all(&user).await?,
        lines: events
            .rows
            .iter()
            .map(|event| EventRow::new(&user, event))
            .collect(),
    })
}
