//! Pages as a browser without JavaScript shows them.

use serde_json::Value;

use crate::support::answer::Answer;
use crate::support::client::Browser;

pub const ADA: &str = "ada@example.com";
pub const GRACE: &str = "grace@example.com";

/// The error message of a field. The field must refer to it (`aria-describedby`).
#[track_caller]
pub fn field_error(page: &Answer, field: &str) -> String {
    let id = format!("id=\"{field}-fault\"");
    let (_, after) = page
        .text
        .split_once(&id)
        .unwrap_or_else(|| panic!("{field} has no error message: {page}"));
    let tied = page.text.split("aria-describedby=\"").skip(1);
    let tied = tied.filter_map(|rest| rest.split('"').next());
    let name = format!("{field}-fault");
    assert!(
        tied.into_iter()
            .any(|ids| ids.split(' ').any(|id| id == name)),
        "{field} does not refer to its message: {page}"
    );
    let text = after
        .split('>')
        .nth(1)
        .and_then(|rest| rest.split('<').next());
    text.expect("a message").to_owned()
}

/// Expects a form with errors (`422`) for exactly these fields.
#[track_caller]
pub fn expect_field_errors(page: Answer, fields: &[&str]) -> Answer {
    let page = page.expect_status(422);
    for field in fields {
        assert!(!field_error(&page, field).is_empty(), "{page}");
    }
    let count = page.text.matches("class=\"fault\" id=").count();
    assert_eq!(count, fields.len(), "{page}");
    page
}

/// The rows of a list of the API, newest first.
pub async fn fetch_list(browser: &Browser, path: &str) -> Vec<Value> {
    let answer = browser.get(path).await.expect_status(200).json();
    answer["data"].as_array().expect("a list").clone()
}

/// The ID of the browser's own session.
pub async fn own_session(browser: &Browser) -> String {
    let own = browser.get("/api/v1/sessions/current").await.json();
    own["id"].as_str().expect("an id").to_owned()
}

/// The ID of the newest token.
pub async fn newest_token(browser: &Browser) -> String {
    let tokens = fetch_list(browser, "/api/v1/tokens").await;
    tokens[0]["id"].as_str().expect("an id").to_owned()
}

/// The types of the events in the audit log, newest first.
pub async fn event_types(browser: &Browser) -> Vec<String> {
    let events = fetch_list(browser, "/api/v1/events").await;
    let kinds = events
        .iter()
        .map(|event| event["type"].as_str().unwrap().to_owned());
    kinds.collect()
}

/// The address that a link of the page leads to.
#[track_caller]
pub fn link(page: &Answer, words: &str) -> String {
    let (before, _) = page
        .text
        .split_once(&format!(">{words}</a>"))
        .unwrap_or_else(|| panic!("no link says {words}: {page}"));
    let (_, href) = before.rsplit_once("href=\"").expect("an address");
    href.split('"')
        .next()
        .expect("an end")
        .replace("&#38;", "&")
}
