//! Problem details (RFC 9457).

use std::collections::BTreeSet;

use narthex::{
    http::response::problem_type::PROBLEM_TYPES,
    i18n::{Language, text},
};
use reqwest::Method;
use serde_json::{Value, json};

use crate::support::answer::Answer;
use crate::support::app::{PASSWORD, TestApp};
use crate::support::client::AnonymousClient;
use crate::support::operator::Operator;

/// One error response of the API for every status.
async fn errors(app: &TestApp) -> Vec<Answer> {
    let browser = app.register("ada@example.com").await;
    let secret = app.token_of(&browser, "CI", &["tokens:write"]).await;
    let client = app.api_client(&secret);
    let anonymous = app.anonymous();
    let token = |body: Value| client.request(Method::POST, "/api/v1/tokens").json(&body);
    let misdirected = anonymous.request(Method::GET, "/api/v1/user");
    let long = "x".repeat(70_000);
    let plain = client.request(Method::POST, "/api/v1/tokens");
    let preview = json!({"digest": "0".repeat(64)});
    vec![
        client.send(token(json!({})).body("{")).await,
        anonymous.get("/api/v1/user").await,
        client.get("/api/v1/user/none").await,
        client.get("/api/v1/tokens").await,
        client.delete("/api/v1/user").await,
        browser
            .call(Method::POST, "/api/v1/sign-out", Some(&preview))
            .await,
        client.send(token(json!({"name": long}))).await,
        client.send(plain.body("name=x")).await,
        anonymous
            .send(misdirected.header("host", "evil.example"))
            .await,
        client
            .send(token(json!({"name": "", "abilities": []})))
            .await,
    ]
}

#[tokio::test]
async fn section_3_every_error_is_a_problem_with_its_status() {
    let app = TestApp::start();
    let mut statuses = Vec::new();
    for answer in errors(&app).await {
        // This compares the status of the body and the media type.
        answer.problem();
        statuses.push(answer.status);
    }
    statuses.sort_unstable();
    statuses.dedup();
    assert_eq!(statuses, [400, 401, 403, 404, 405, 409, 413, 415, 421, 422]);
}

#[tokio::test]
async fn section_3_1_members_follow_the_standard() {
    let app = TestApp::start();
    for answer in errors(&app).await {
        let problem = answer.json();
        let kind = problem["type"].as_str().unwrap();
        let slug = kind.strip_prefix("/problems/").unwrap_or_default();
        assert!(!slug.is_empty(), "3.1.1, with its full path: {answer}");
        let plain = slug.bytes().all(|b| b.is_ascii_lowercase() || b == b'-');
        assert!(plain, "3.1.1, a URI: {answer}");
        for member in ["title", "detail"] {
            let text = problem[member].as_str().unwrap_or_default();
            assert!(!text.is_empty(), "3.1.3, 3.1.4: {answer}");
        }
        assert!(problem["status"].is_u64(), "3.1.2, a number: {answer}");
        assert!(problem.get("instance").is_none(), "3.1.5: {answer}");
        // The only extension is `errors`, which section 3.2 allows.
        let errors = problem.get("errors");
        assert_eq!(errors.is_some(), answer.status == 422, "{answer}");
    }
}

#[tokio::test]
async fn section_3_1_1_each_type_is_the_url_of_its_explanation() {
    let app = TestApp::start();
    let anonymous = app.anonymous();
    let mut slugs = BTreeSet::new();
    for kind in PROBLEM_TYPES {
        let page = anonymous.get(&format!("/problems/{}", kind.slug)).await;
        page.expect_status(200)
            .expect_header("content-type", "text/html; charset=utf-8")
            .expect_text(&text(Language::english(), &(kind.title)()))
            .expect_text(&format!("status {}", kind.status))
            .expect_text(&format!("/problems/{}<", kind.slug));
        let meaning = text(Language::english(), &(kind.meaning)());
        assert!(meaning.len() > 40, "{kind:?}");
        assert!(slugs.insert(kind.slug), "{} occurs twice", kind.slug);
    }
    for answer in errors(&app).await {
        let problem = answer.problem();
        let page = anonymous.get(&problem.kind).await.expect_status(200);
        page.expect_text(&problem.title);
    }
    for unknown in ["", "none", "NOT-FOUND", "not-found/x", "..%2fnot-found"] {
        let page = anonymous.get(&format!("/problems/{unknown}")).await;
        page.expect_status(404).expect_text("<h1>Not found</h1>");
    }
}

#[tokio::test]
async fn section_3_1_3_title_is_constant_and_detail_is_specific() {
    let app = TestApp::start();
    let browser = app.register("ada@example.com").await;
    let secret = app.token_of(&browser, "CI", &[]).await;
    let client = app.api_client(&secret);
    let one = client.get("/api/v1/tokens").await.problem();
    let other = client.get("/api/v1/sessions").await.problem();
    assert_eq!((&one.kind, &one.title), (&other.kind, &other.title));
    assert_ne!(one.detail, other.detail);
}

#[tokio::test]
async fn section_4_1_internal_errors_are_not_disclosed() {
    let operator = Operator::new();
    operator.add_user("ada@example.com");
    let serving = operator.serve();
    operator.execute("ALTER TABLE users RENAME TO elsewhere");
    let body = json!({"email": "ada@example.com", "password": PASSWORD, "device_name": "x"});
    let anonymous = AnonymousClient::at(&serving.url);
    let answer = anonymous.post_json("/api/v1/sign-in", &body).await;
    let answer = answer.expect_problem(503, "unavailable");
    for word in ["users", "table", "sql", "relation"] {
        let answer = answer.clone();
        answer.expect_no_text(word);
    }
}
