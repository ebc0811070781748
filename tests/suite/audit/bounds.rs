//! Bounds of one user's audit log and receipts.

use std::time::Duration;

use narthex::{
    audit::{self, Actor, EventKind, MAX_EVENTS, NewEvent},
    credentials::{MAX_RECEIPTS, prune},
    db::DatabaseUrl,
};
use reqwest::Method;
use serde_json::{Value, json};

use crate::support::app::TestApp;
use crate::support::client::Browser;
use crate::support::sql::{execute, query_lines};

const ADA: &str = "ada@example.com";
const SECOND: Duration = Duration::from_secs(1);
const DAY: Duration = Duration::from_secs(24 * 3600);

async fn events(browser: &Browser, kind: &str) -> Vec<Value> {
    let events = browser.get("/api/v1/events?limit=100").await.json();
    let events = events["data"].as_array().unwrap().iter();
    let events = events.filter(|event| event["type"] == kind);
    events.cloned().collect()
}

/// Returns the number of rows of a table. A `kind` that is not empty counts only events of that
/// kind.
fn count(app: &TestApp, table: &str, kind: &str) -> i64 {
    let of_kind = if kind.is_empty() {
        String::new()
    } else {
        format!(" WHERE kind = '{kind}'")
    };
    let query = format!("SELECT CAST(COUNT(*) AS TEXT) AS line FROM {table}{of_kind}");
    query_lines(app, &query, &query)[0].parse().unwrap()
}

/// Records `many` events of a kind that is never aggregated, in transactions of at most 500 events.
async fn fill(app: &TestApp, many: i64) {
    let user = app.user_id(ADA).await;
    for start in (0..many).step_by(500) {
        let end = many.min(start + 500);
        let work = app.state.write(move |tx| {
            for number in start..end {
                let event = NewEvent::new(EventKind::TokenCreated, number.to_string());
                audit::record(tx, user, &Actor::operator(), event)?;
            }
            Ok(())
        });
        work.await.unwrap();
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn equal_changes_within_a_minute_share_one_audit_line() {
    let app = TestApp::start();
    let browser = app.register(ADA).await;
    let (one, other) = (
        app.token(&browser, "One", &["tokens:read", "tokens:write"])
            .await,
        app.token(&browser, "Other", &[]).await,
    );
    let path = format!("/api/v1/tokens/{}", one.id);
    for number in 1..=5 {
        app.advance(SECOND);
        let body = json!({"name": format!("Name {number}")});
        let answer = browser.call(Method::PATCH, &path, Some(&body)).await;
        answer.expect_status(200);
        // A change of another kind has a line of its own.
        for paused in [true, false] {
            let body = json!({"paused": paused});
            browser.call(Method::PATCH, &path, Some(&body)).await;
        }
    }
    for (kind, detail) in [
        ("token.changed", "Name 5"),
        ("token.paused", "Name 5"),
        ("token.resumed", "Name 5"),
    ] {
        let lines = events(&browser, kind).await;
        assert_eq!(lines.len(), 1, "{lines:?}");
        assert_eq!(
            (&lines[0]["times"], &lines[0]["detail"]),
            (&json!(5), &json!(detail))
        );
        assert_eq!(
            lines[0]["at"], "2026-11-22T12:30:01Z",
            "a line must have the time of its first event"
        );
    }
    let page = browser.get("/account/activity").await;
    page.expect_text("<bdi>Name 5</bdi></a> (5 times)");

    // Events of another token, of another caller or of another minute have lines of their own.
    let body = json!({"name": "Renamed"});
    let others = format!("/api/v1/tokens/{}", other.id);
    browser.call(Method::PATCH, &others, Some(&body)).await;
    assert_eq!(events(&browser, "token.changed").await.len(), 2);
    one.client.patch(&path, &body).await.expect_status(200);
    assert_eq!(events(&browser, "token.changed").await.len(), 3);
    app.advance(60 * SECOND);
    browser
        .call(Method::PATCH, &path, Some(&json!({"name": "Later"})))
        .await;
    let lines = events(&browser, "token.changed").await;
    assert_eq!(lines.len(), 4);
    assert_eq!(lines[0]["times"], 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn sign_ins_new_tokens_and_refusals_are_never_aggregated() {
    let app = TestApp::start();
    let browser = app.register(ADA).await;
    for _ in 0..3 {
        app.sign_in(ADA).await;
        let token = app.token(&browser, "CI", &[]).await;
        let path = format!("/api/v1/tokens/{}", token.id);
        browser.call(Method::DELETE, &path, None).await;
        let form = [("email", ADA), ("password", "another long password")];
        app.browser().post("/login", &form).await.expect_status(422);
    }
    for (kind, times) in [
        ("session.created", 4),
        ("token.created", 3),
        ("credentials.ended", 3),
        ("password.refused", 3),
    ] {
        let lines = events(&browser, kind).await;
        assert_eq!(lines.len(), times, "{kind}");
        assert!(lines.iter().all(|line| line["times"] == 1));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn pruning_deletes_oldest_events_first_and_sign_ins_last() {
    let app = TestApp::start();
    app.register(ADA).await;
    app.advance(SECOND);
    fill(&app, 1_200).await;
    app.advance(SECOND);
    fill(&app, MAX_EVENTS).await;
    prune(&app.state).await.unwrap();
    assert_eq!(count(&app, "events", ""), MAX_EVENTS);
    for kept in ["account.created", "session.created"] {
        assert_eq!(count(&app, "events", kept), 1, "{kept}");
    }
    // A second run deletes nothing more, and nothing of another user's log.
    app.register("grace@example.com").await;
    prune(&app.state).await.unwrap();
    assert_eq!(count(&app, "events", ""), MAX_EVENTS + 2);
    let query =
        "SELECT CAST(COUNT(DISTINCT at) AS TEXT) AS line FROM events WHERE kind = 'token.created'";
    assert_eq!(
        query_lines(&app, query, query),
        ["1"],
        "the newest events must remain"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn full_audit_log_stays_bounded_without_pruning() {
    let app = TestApp::start();
    app.register(ADA).await;
    for _ in 0..4 {
        app.advance(SECOND);
        fill(&app, MAX_EVENTS / 2).await;
    }
    // One insert in 64 checks the limit and deletes up to 500 events.
    let left = count(&app, "events", "");
    assert!((MAX_EVENTS..MAX_EVENTS + 2_000).contains(&left), "{left}");
}

#[tokio::test(flavor = "multi_thread")]
async fn receipts_of_deleted_credentials_are_bounded() {
    let app = TestApp::start_with(&[("NARTHEX_KEEP_ENDED", "30d")]);
    let browser = app.register(ADA).await;
    let path = format!(
        "/api/v1/tokens/{}",
        app.token(&browser, "Old", &[]).await.id
    );
    browser
        .call(Method::DELETE, &path, None)
        .await
        .expect_status(204);
    let (numbers, id) = match &app.state.settings().database.url {
        DatabaseUrl::Sqlite(_) => (
            "WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 10300)",
            "unhex('0000' || hex(randomblob(14)))",
        ),
        DatabaseUrl::Postgres(_) => (
            "WITH n (i) AS (SELECT generate_series(1, 10300))",
            "decode('0000' || substr(md5(random()::text), 1, 28), 'hex')",
        ),
    };
    execute(
        &app,
        &format!(
            "{numbers} INSERT INTO receipts (id, user_id, at, reason, sessions_ended, tokens_ended)
             SELECT {id}, users.id, i, 'revoked', 0, 1 FROM n, users"
        ),
    );
    prune(&app.state).await.unwrap();
    assert_eq!(
        count(&app, "receipts", ""),
        10_301,
        "receipts of stored credentials must remain"
    );
    app.advance(29 * DAY);
    let browser = app.sign_in(ADA).await;
    let path = format!(
        "/api/v1/tokens/{}",
        app.token(&browser, "New", &[]).await.id
    );
    browser
        .call(Method::DELETE, &path, None)
        .await
        .expect_status(204);
    app.advance(2 * DAY);
    prune(&app.state).await.unwrap();
    assert_eq!(count(&app, "receipts", ""), MAX_RECEIPTS);
    // The newest receipts stay, and so do receipts whose credentials are stored.
    let query = "SELECT CAST(COUNT(*) AS TEXT) AS line FROM receipts WHERE at > 10300";
    assert!(query_lines(&app, query, query)[0].parse::<i64>().unwrap() >= 3);
}
