//! State that nodes share besides revocations: rate limits, idempotency keys, form keys and
//! changes. `cluster::revocation` tests revocations.

use std::time::Duration;

use reqwest::Method;
use serde_json::json;

use crate::support::api::text;
use crate::support::app::{PASSWORD, TestApp, secret_in};
use crate::support::client::{ApiClient, Browser};

const ADA: &str = "ada@example.com";
const WRONG: &str = "not her password at all";
const MINUTE: Duration = Duration::from_secs(60);

/// Starts two nodes on one database, with the same clock.
fn start_two() -> (TestApp, TestApp) {
    let one = TestApp::start();
    let other = one.start_second(&[]);
    (one, other)
}

/// Returns a browser with the same session at another node.
fn at(app: &TestApp, browser: &Browser) -> Browser {
    let cookie = browser.cookie("narthex").expect("a session");
    let there = app.browser();
    there.put_cookie("narthex", &cookie.value);
    there
}

#[tokio::test(flavor = "multi_thread")]
async fn wrong_passwords_count_on_all_nodes_together() {
    let (one, other) = start_two();
    one.register(ADA).await;
    for round in 0..6 {
        let app = if round % 2 == 0 { &one } else { &other };
        let form = [("email", ADA), ("password", WRONG)];
        let tried = app.browser().post("/login", &form).await;
        tried.expect_status(422);
    }
    for app in [&one, &other] {
        let form = [("email", ADA), ("password", PASSWORD)];
        app.browser()
            .post("/login", &form)
            .await
            .expect_status(429)
            .expect_header("retry-after", "1");
        let device = json!({"email": ADA, "password": PASSWORD, "device_name": "x"});
        let device = app.anonymous().post_json("/api/v1/sign-in", &device).await;
        device.expect_status(429);
    }
    // A successful sign-in at one node resets the rate limit of the account at the other.
    one.advance(Duration::from_secs(1));
    one.sign_in(ADA).await;
    let form = [("email", ADA), ("password", WRONG)];
    for _ in 0..5 {
        other
            .browser()
            .post("/login", &form)
            .await
            .expect_status(422);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn idempotency_key_is_valid_on_every_node() {
    let (one, other) = start_two();
    let ada = one.register(ADA).await;
    let token = one.token(&ada, "CI", &["orders:read"]).await;
    let path = format!("/api/v1/tokens/{}/rotate", token.id);
    let rotate = async |app: &TestApp| {
        let browser = at(app, &ada);
        let request = browser
            .request(Method::POST, &path)
            .json(&json!({"overlap": "1h"}))
            .header("Idempotency-Key", "the release of November");
        let answer = browser.send(request).await.expect_status(200);
        text(&answer.json()["secret"])
    };
    let first = rotate(&one).await;
    let again = rotate(&other).await;
    assert_eq!(first, again);
    for app in [&one, &other] {
        for secret in [&first, &token.secret] {
            assert!(app.api_client(secret).is_authenticated().await);
        }
    }
    let events = ada.get("/api/v1/events").await.json();
    let events = events["data"].as_array().expect("a list").iter();
    let rotated = events.filter(|event| event["type"] == "token.rotated");
    assert_eq!(rotated.count(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn form_repeated_on_another_node_creates_no_second_token() {
    let (one, other) = start_two();
    let ada = one.register(ADA).await;
    let key = ada.get("/account/tokens/new").await.field("form_key");
    let form = [("name", "CI"), ("expires", "7d"), ("form_key", &*key)];
    let made = ada.post("/account/tokens", &form).await.expect_status(200);
    let there = at(&other, &ada);
    let again = there.post("/account/tokens", &form).await;
    let page = there.follow(&again.expect_status(303)).await;
    page.expect_text("already created")
        .expect_no_text(&secret_in(&made.text));
    let tokens = there.get("/api/v1/tokens").await;
    assert_eq!(tokens.ids().len(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn new_session_secret_replaces_the_old_one_on_every_node() {
    let (one, other) = start_two();
    let ada = one.register(ADA).await;
    let (before, elsewhere) = (at(&one, &ada), at(&other, &ada));
    // Both nodes cache it.
    for _ in 0..3 {
        assert!(before.is_signed_in().await);
        assert!(elsewhere.is_signed_in().await);
    }
    one.advance(MINUTE);
    ada.post("/account/confirm", &[("password", PASSWORD)])
        .await
        .expect_status(303);
    assert!(at(&other, &ada).is_signed_in().await);
    assert!(ada.is_signed_in().await);
    assert!(!before.is_signed_in().await);
    assert!(!elsewhere.is_signed_in().await);
}

#[tokio::test(flavor = "multi_thread")]
async fn reauthentication_is_valid_on_every_node() {
    let (one, other) = start_two();
    let ada = one.register(ADA).await;
    let form = [("name", "CI"), ("expires", "7d")];
    // The sign-in counts as an authentication, which later becomes too old at both nodes.
    at(&other, &ada)
        .post("/account/tokens", &form)
        .await
        .expect_status(200);
    one.advance(16 * MINUTE);
    for app in [&one, &other] {
        let asked = at(app, &ada).post("/account/tokens", &form).await;
        let asked = asked.expect_status(303);
        assert!(asked.location().starts_with("/account/confirm"), "{asked}");
    }
    ada.post("/account/confirm", &[("password", PASSWORD)])
        .await
        .expect_status(303);
    at(&other, &ada)
        .post("/account/tokens", &form)
        .await
        .expect_status(200);
}

#[tokio::test(flavor = "multi_thread")]
async fn token_change_applies_on_the_other_node_immediately() {
    let (one, other) = start_two();
    let ada = one.register(ADA).await;
    let token = one.token(&ada, "CI", &["account:read"]).await;
    let there: ApiClient = other.api_client(&token.secret);
    for _ in 0..3 {
        there.get("/api/v1/user").await.expect_status(200);
    }
    let path = format!("/api/v1/tokens/{}", token.id);
    let change = async |body| {
        let changed = ada.call(Method::PATCH, &path, Some(&body)).await;
        changed.expect_status(200);
    };
    change(json!({"paused": true})).await;
    there.get("/api/v1/user").await.expect_status(401);
    change(json!({"paused": false})).await;
    there.get("/api/v1/user").await.expect_status(200);
    change(json!({"abilities": []})).await;
    there.get("/api/v1/events").await.expect_status(403);
}
