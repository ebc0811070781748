//! The page of the audit log, and the lines for events on other pages.

use actix_web::HttpResponse;
use askama::Template;

use crate::{
    audit::{Event, list},
    error::Result,
    http::{
        auth::BrowserUser,
        middleware::body::Query,
        paths,
        response::{
            html::{self, Layout},
            relative_time::RelativeTime,
        },
    },
    i18n,
    types::{message::field, pagination::Paging},
};

/// The number of events on a page.
const PAGE_SIZE: usize = 50;

/// An event as text.
pub struct EventRow {
    /// The description of the event.
    pub sentence: String,
    /// The object of the event, or the means.
    pub detail: String,
    /// The time.
    pub at: RelativeTime,
    /// The address of the client.
    pub ip: Option<String>,
    /// The path of the receipt.
    pub receipt: Option<String>,
    /// How many times the event occurred within one minute.
    pub times: i64,
}

impl EventRow {
    /// Returns the line of `event`, with its time relative to now.
    #[must_use]
    pub fn new(user: &BrowserUser, event: &Event) -> Self {
        let language = user.language();
        Self {
            sentence: i18n::text(language, &event.kind.message()),
            detail: i18n::written(language, &event.detail.text()),
            at: RelativeTime::past(language, user.context.now(), event.at),
            ip: event.ip.map(|ip| ip.to_string()),
            receipt: event.receipt_id.map(paths::receipt),
            times: event.times,
        }
    }
}

#[derive(Template)]
#[template(path = "activity.html")]
struct ActivityPage {
    frame: Layout,
    lines: Vec<EventRow>,
    older: Option<String>,
}

/// `GET /account/activity`
pub async fn show(user: BrowserUser, mut query: Query) -> Result<HttpResponse> {
    let after = query.0.parsed("cursor", field::cursor_invalid());
    query.0.check()?;
    let events = list(
        &user.context,
        user.principal.user().id,
        Paging::new(PAGE_SIZE, after),
    )
    .await?;
    html::ok(&ActivityPage {
        frame: user.frame(),
        lines: events
            .rows
            .iter()
            .map(|event| EventRow::new(&user, event))
            .collect(),
        older: events
            .next
            .map(|next| paths::with_query(paths::ACTIVITY, &[("cursor", next.to_string())])),
    })
}
