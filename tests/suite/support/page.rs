//! Pages as a browser without JavaScript sees them.

use serde_json::Value;

use crate::support::answer::Answer;
use crate::support::client::Browser;

pub const ADA: &str = "ada@example.com";
pub const GRACE: &str = "grace@example.com";

/// What is wrong with a field: a message beside it that the field itself points to.
#[track_caller]
pub fn field_error(page: &Answer, field: &str) -> String {
    let id = format!("id=\"{field}-fault\"");
    let (_, after) = page
        .text
        .split_once(&id)
        .unwrap_or_else(|| panic!("nothing is said to be wrong with {field}: {page}"));
    let tied = page.text.split("aria-describedby=\"").skip(1);
    let tied = tied.filter_map(|rest| rest.split('"').next());
    let name = format!("{field}-fault");
    assert!(
        tied.into_iter()
            .any(|ids| ids.split(' ').any(|id| id == name)),
        "{field} does not point to its message: {page}"
    );
    let text = after
        .split('>')
        .nth(1)
        .and_then(|rest| rest.split('<').next());
    text.expect("a message").to_owned()
}

/// It is a form to be corrected, and of what is wrong it names just these fields.
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

/// What a call lists, newest first.
pub async fn fetch_list(browser: &Browser, path: &str) -> Vec<Value> {
    let answer = browser.get(path).await.expect_status(200).json();
    answer["data"].as_array().expect("a list").clone()
}

/// The id of the session that looks.
pub async fn own_session(browser: &Browser) -> String {
    let own = browser.get("/api/v1/sessions/current").await.json();
    own["id"].as_str().expect("an id").to_owned()
}

/// The id of the newest token.
pub async fn newest_token(browser: &Browser) -> String {
    let tokens = fetch_list(browser, "/api/v1/tokens").await;
    tokens[0]["id"].as_str().expect("an id").to_owned()
}

/// The kinds of the events that the activity log has, newest first.
pub async fn event_types(browser: &Browser) -> Vec<String> {
    let events = fetch_list(browser, "/api/v1/events").await;
    let kinds = events
        .iter()
        .map(|event| event["type"].as_str().unwrap().to_owned());
    kinds.collect()
}
