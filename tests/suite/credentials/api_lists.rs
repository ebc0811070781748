//! Lists in the JSON API: pages, ended credentials, filters, the audit log.

use std::time::Duration;

use reqwest::Method;
use serde_json::{Value, json};

use crate::support::answer::Answer;
use crate::support::api::{expect_members, text};
use crate::support::app::TestApp;
use crate::support::client::Browser;
use crate::support::user_agents::SAFARI_ON_IPHONE;

const ADA: &str = "ada@example.com";
const LISTS: [&str; 4] = [
    "/api/v1/credentials",
    "/api/v1/sessions",
    "/api/v1/tokens",
    "/api/v1/events",
];

async fn get(browser: &Browser, path: &str) -> Answer {
    browser.call(Method::GET, path, None).await
}

/// Returns every ID of a list, page by page, and the number of rows of each page.
async fn walk(browser: &Browser, path: &str) -> (Vec<String>, Vec<usize>) {
    let (mut ids, mut sizes) = (Vec::new(), Vec::new());
    let mut next = path.to_owned();
    loop {
        let page = get(browser, &next).await.expect_status(200);
        expect_members(&page.text, &["data", "next"]);
        sizes.push(page.ids().len());
        ids.extend(page.ids());
        match &page.json()["next"] {
            Value::Null => return (ids, sizes),
            cursor => next = format!("{path}&cursor={}", text(cursor)),
        }
    }
}

#[tokio::test]
async fn list_pages_run_from_newest_to_oldest() {
    let app = TestApp::start();
    let ada = app.register(ADA).await;
    for name in ["One", "Two", "Three", "Four", "Five"] {
        app.token(&ada, name, &[]).await;
        app.advance(Duration::from_secs(1));
        app.sign_in(ADA).await;
        app.advance(Duration::from_secs(1));
    }
    for (path, rows) in [
        ("/api/v1/tokens?limit=2", 5),
        ("/api/v1/tokens?limit=5", 5),
        ("/api/v1/sessions?limit=2", 6),
        ("/api/v1/credentials?limit=3", 11),
        ("/api/v1/credentials?kind=personal&limit=2", 5),
        ("/api/v1/events?limit=4", 12),
    ] {
        let (ids, sizes) = walk(&ada, path).await;
        let (whole, limit) = path.rsplit_once('=').unwrap();
        let whole = get(&ada, &format!("{whole}=100")).await;
        assert_eq!(ids.len(), rows, "{path}");
        assert_eq!(ids, whole.ids(), "{path}");
        let limit: usize = limit.parse().unwrap();
        let (last, full) = sizes.split_last().unwrap();
        assert!(full.iter().all(|size| *size == limit), "{path}: {sizes:?}");
        assert!((1..=limit).contains(last), "{path}: {sizes:?}");
        let mut sorted = ids.clone();
        sorted.sort_by(|a, b| b.cmp(a));
        assert_eq!(ids, sorted, "{path}");
    }
}

#[tokio::test]
async fn page_has_50_rows_by_default_and_at_most_100() {
    let app = TestApp::start();
    let ada = app.register(ADA).await;
    let client = app.client(&ada, &["tokens:*"]).await;
    let body = json!({"name": "One of many", "abilities": []});
    for _ in 0..51 {
        client
            .post("/api/v1/tokens", &body)
            .await
            .expect_status(201);
    }
    for (path, rows) in [
        ("/api/v1/tokens", 50),
        ("/api/v1/tokens?limit=1", 1),
        ("/api/v1/tokens?limit=100", 52),
        ("/api/v1/events", 50),
    ] {
        assert_eq!(get(&ada, path).await.ids().len(), rows, "{path}");
    }
}

#[tokio::test]
async fn invalid_paging_is_refused_by_field() {
    let app = TestApp::start();
    let ada = app.register(ADA).await;
    for path in LISTS {
        for (query, field) in [
            ("limit=0", "limit"),
            ("limit=101", "limit"),
            ("limit=-1", "limit"),
            ("limit=", "limit"),
            ("limit=ten", "limit"),
            ("limit=1.5", "limit"),
            ("limit=18446744073709551617", "limit"),
            ("limit=1&limit=2", "limit"),
            ("cursor=", "cursor"),
            ("cursor=x", "cursor"),
            ("cursor=0", "cursor"),
            ("page=2", "page"),
            ("LIMIT=1", "LIMIT"),
            ("callback=x", "callback"),
        ] {
            let answer = get(&ada, &format!("{path}?{query}")).await;
            answer.expect_invalid_fields(&[field]);
        }
        let answer = get(&ada, &format!("{path}?limit=0&cursor=x&y=z")).await;
        answer.expect_invalid_fields(&["cursor", "limit", "y"]);
        let answer = get(&ada, &format!("{path}?cursor=%ff")).await;
        answer.expect_problem(400, "malformed");
    }
    for path in &LISTS[..3] {
        for query in ["ended=1", "ended=", "ended=TRUE", "ended=true&ended=true"] {
            let answer = get(&ada, &format!("{path}?{query}")).await;
            answer.expect_invalid_fields(&["ended"]);
        }
        let answer = get(&ada, &format!("{path}?kind=phone&from=x")).await;
        answer.expect_invalid_fields(&["from", "kind"]);
    }
    get(&ada, "/api/v1/events?ended=true")
        .await
        .expect_invalid_fields(&["ended"]);
    get(&ada, "/api/v1/user?x=")
        .await
        .expect_invalid_fields(&["x"]);
    get(&ada, "/api/v1/abilities?limit=1")
        .await
        .expect_invalid_fields(&["limit"]);
    get(&ada, "/api/v1/sessions/current?ended=true")
        .await
        .expect_invalid_fields(&["ended"]);
}

#[tokio::test]
async fn list_shows_ended_credentials_only_on_request() {
    let app = TestApp::start();
    let ada = app.register(ADA).await;
    let own = ada.session_id().await;
    let phone = app.sign_in_with(ADA, SAFARI_ON_IPHONE).await;
    let phone_id = phone.session_id().await;
    let revoked = app.token(&ada, "Dead", &[]).await.id;
    let active = app.token(&ada, "Alive", &[]).await.id;
    for path in [
        format!("/api/v1/tokens/{revoked}"),
        format!("/api/v1/sessions/{phone_id}"),
    ] {
        ada.call(Method::DELETE, &path, None)
            .await
            .expect_status(204);
    }
    for (path, ids) in [
        ("/api/v1/tokens", vec![&active]),
        ("/api/v1/tokens?ended=false", vec![&active]),
        ("/api/v1/tokens?ended=true", vec![&active, &revoked]),
        ("/api/v1/sessions", vec![&own]),
        ("/api/v1/sessions?ended=true", vec![&phone_id, &own]),
        ("/api/v1/sessions?ended=true&kind=mobile", vec![&phone_id]),
        ("/api/v1/credentials", vec![&active, &own]),
        (
            "/api/v1/credentials?ended=true",
            vec![&active, &revoked, &phone_id, &own],
        ),
        (
            "/api/v1/credentials?ended=true&except=current",
            vec![&active, &revoked, &phone_id],
        ),
    ] {
        let mut found = get(&ada, path).await.expect_status(200).ids();
        let mut ids: Vec<String> = ids.into_iter().cloned().collect();
        // They were created at the same time, so that their order is not predictable.
        found.sort();
        ids.sort();
        assert_eq!(found, ids, "{path}");
    }
}

#[tokio::test]
async fn mixed_list_shows_sessions_and_tokens_with_their_members() {
    let app = TestApp::start();
    let ada = app.register(ADA).await;
    app.advance(Duration::from_secs(1));
    let token = app.token(&ada, "CI", &["orders:read"]).await;
    let list = get(&ada, "/api/v1/credentials").await.json();
    let token_alone = get(&ada, &format!("/api/v1/tokens/{}", token.id)).await;
    let session_alone = get(&ada, "/api/v1/sessions/current").await;
    assert_eq!(
        list["data"],
        json!([token_alone.json(), session_alone.json()])
    );
}

#[tokio::test]
async fn lists_show_only_data_of_their_own_user() {
    let app = TestApp::start();
    let ada = app.register(ADA).await;
    app.token(&ada, "Ada's secret project", &[]).await;
    let grace = app.register("grace@example.com").await;
    for (path, rows) in LISTS.into_iter().zip([1, 1, 0, 2]) {
        let list = get(&grace, &format!("{path}?limit=100")).await;
        let list = list.expect_no_text("project");
        assert_eq!(list.ids().len(), rows, "{path}");
    }
}

#[tokio::test]
async fn audit_log_records_event_credential_and_actor() {
    let app = TestApp::start();
    let ada = app.register(ADA).await;
    let session = ada.session_id().await;
    app.advance(Duration::from_secs(1));
    let token = app.token(&ada, "CI", &[]).await;
    app.advance(Duration::from_secs(1));
    let path = format!("/api/v1/tokens/{}", token.id);
    let change = json!({"name": "Nightly", "paused": true});
    ada.call(Method::PATCH, &path, Some(&change))
        .await
        .expect_status(200);
    app.advance(Duration::from_secs(1));
    ada.call(Method::DELETE, &path, None)
        .await
        .expect_status(204);
    app.advance(Duration::from_secs(1));
    let wrong = json!({"email": ADA, "password": "not the right password", "device_name": "x"});
    app.anonymous()
        .post_json("/api/v1/sign-in", &wrong)
        .await
        .expect_status(401);

    let events = get(&ada, "/api/v1/events").await.expect_status(200);
    let events = events.json()["data"].as_array().unwrap().clone();
    for event in &events {
        assert_eq!(event.as_object().unwrap().len(), 9, "{event}");
    }
    let short: Vec<_> = events
        .iter()
        .map(|event| {
            (
                text(&event["type"]),
                text(&event["detail"]),
                event["by"].clone(),
            )
        })
        .collect();
    let by_ada = || json!(session);
    let line = |kind: &str, detail: &str, by: Value| (kind.to_owned(), detail.to_owned(), by);
    assert_eq!(short[0], line("password.refused", "", Value::Null));
    assert_eq!(short[1], line("credentials.ended", "1 token", by_ada()));
    let mut changes = short[2..4].to_vec();
    changes.sort_by(|a, b| a.0.cmp(&b.0));
    assert_eq!(changes[0], line("token.changed", "Nightly", by_ada()));
    assert_eq!(changes[1], line("token.paused", "Nightly", by_ada()));
    assert_eq!(short[4], line("token.created", "CI", by_ada()));
    assert_eq!(events[4]["credential_id"], json!(token.id));
    assert_eq!(events[4]["at"], "2026-11-22T12:30:01Z");
    assert_eq!(events[4]["ip"], "127.0.0.1");
    let receipt = text(&events[1]["receipt_id"]);
    let receipt = get(&ada, &format!("/api/v1/receipts/{receipt}")).await;
    assert_eq!(receipt.ids(), [token.id]);
}
