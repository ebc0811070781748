//! The audit log as a file: CSV for spreadsheets, JSON for programs. The file has the events that the
//! filter of the page matches, on all of its pages. A log has at most 10,000 events, so the file is
//! made at once.

use std::fmt::Write as _;

use actix_web::{
    HttpResponse,
    http::header::{ContentDisposition, DispositionParam, DispositionType},
};

use super::list::LogQuery;
use crate::{
    audit::{self, Event, EventDetail},
    error::{Error, Result},
    http::{
        api::events::EventJson, auth::BrowserUser, middleware::body::Query,
        response::paginated::List,
    },
    i18n,
    types::{ids::EventTag, pagination::Page},
};

/// The heading of the table. Programs read it, so it is the same in every language.
const COLUMNS: [&str; 10] = [
    "time",
    "type",
    "description",
    "detail",
    "changes",
    "times",
    "address",
    "credential",
    "by",
    "receipt",
];

/// `GET /account/activity.csv`
pub async fn csv(user: BrowserUser, query: Query) -> Result<HttpResponse> {
    let events = matching(&user, query).await?;
    let mut text = String::new();
    write_row(&mut text, &COLUMNS.map(str::to_owned));
    for event in &events {
        write_row(&mut text, &cells(&user, event));
    }
    Ok(HttpResponse::Ok()
        .content_type("text/csv; charset=utf-8")
        .insert_header(attachment("activity.csv"))
        .body(text))
}

/// `GET /account/activity.json`
pub async fn json(user: BrowserUser, query: Query) -> Result<HttpResponse> {
    let rows = matching(&user, query).await?;
    let page: Page<Event, EventTag> = Page { rows, next: None };
    let text = serde_json::to_string(&List::of(&page, EventJson::of)).map_err(Error::internal)?;
    Ok(HttpResponse::Ok()
        .content_type("application/json")
        .insert_header(attachment("activity.json"))
        .body(text))
}

async fn matching(user: &BrowserUser, query: Query) -> Result<Vec<Event>> {
    let (_, filter) = LogQuery::parse(query.0)?.filter(user).await?;
    audit::all_matching(&user.state, user.principal.user().id, filter).await
}

fn attachment(name: &str) -> ContentDisposition {
    ContentDisposition {
        disposition: DispositionType::Attachment,
        parameters: vec![DispositionParam::Filename(name.to_owned())],
    }
}

fn cells(user: &BrowserUser, event: &Event) -> [String; COLUMNS.len()] {
    let language = user.language();
    let or_empty = |text: Option<String>| text.unwrap_or_default();
    [
        event.at.to_string(),
        event.kind.as_str().to_owned(),
        i18n::text(language, &event.kind.message()),
        i18n::written(language, &event.detail.text()),
        match &event.detail {
            EventDetail::TokenChange(change) => super::row::changes_of(user, change).join("; "),
            _ => String::new(),
        },
        event.times.to_string(),
        or_empty(event.ip.map(|ip| ip.to_string())),
        or_empty(event.credential_id.map(|id| id.to_string())),
        or_empty(event.actor_credential_id.map(|id| id.to_string())),
        or_empty(event.receipt_id.map(|id| id.to_string())),
    ]
}

/// Writes a row (RFC 4180). Every cell is quoted.
fn write_row(text: &mut String, cells: &[String; COLUMNS.len()]) {
    for (index, cell) in cells.iter().enumerate() {
        let separator = if index == 0 { "" } else { "," };
        // A write into a string cannot fail.
        let _ = write!(
            text,
            "{separator}\"{}\"",
            without_formula(cell).replace('"', "\"\"")
        );
    }
    text.push_str("\r\n");
}

/// Returns the cell as text for a spreadsheet, which would calculate a formula (OWASP, CSV
/// injection). A client chooses its user agent, and a user the name of a token.
fn without_formula(cell: &str) -> String {
    let is_formula = cell.starts_with(['=', '+', '-', '@', '\t', '\r', '＝', '＋', '－', '＠']);
    if is_formula {
        format!("'{cell}")
    } else {
        cell.to_owned()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn formula_becomes_text() {
        for cell in ["=1+1", "+1", "-1", "@SUM(A1)", "\t=1", "\r=1", "＝1"] {
            assert_eq!(without_formula(cell), format!("'{cell}"));
        }
        for cell in ["", "CI", "2026-11-28", "a=b"] {
            assert_eq!(without_formula(cell), cell);
        }
    }
}
