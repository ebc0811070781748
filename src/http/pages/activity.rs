//! The activity page, and how an event looks on any page.

use actix_web::HttpResponse;
use askama::Template;

use crate::{
    app_state::AppState,
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
    util::pagination::Paging,
};

/// How many events a page has.
const ON_A_PAGE: usize = 50;

/// An event in words.
pub struct Line {
    /// What happened.
    pub sentence: &'static str,
    /// To what, or by what.
    pub detail: String,
    /// When.
    pub at: RelativeTime,
    /// From where.
    pub ip: Option<String>,
    /// Where there is more about it.
    pub receipt: Option<String>,
    /// How often it happened within a minute.
    pub times: i64,
}

impl Line {
    /// How `event` looks now.
    #[must_use]
    pub fn new(context: &AppState, event: &Event) -> Self {
        Self {
            sentence: event.kind.sentence(),
            detail: event.detail.clone(),
            at: RelativeTime::past(context.now(), event.at),
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
    lines: Vec<Line>,
    older: Option<String>,
}

/// `GET /account/activity`
pub async fn show(user: BrowserUser, mut query: Query) -> Result<HttpResponse> {
    let after = query.0.parsed("cursor", "This is no cursor.");
    query.0.check()?;
    let events = list(
        &user.context,
        user.caller.user.id,
        Paging::new(ON_A_PAGE, after),
    )
    .await?;
    html::ok(&ActivityPage {
        frame: user.frame(),
        lines: events
            .rows
            .iter()
            .map(|event| Line::new(&user.context, event))
            .collect(),
        older: events
            .next
            .map(|next| paths::with_query(paths::ACTIVITY, &[("cursor", next.to_string())])),
    })
}
