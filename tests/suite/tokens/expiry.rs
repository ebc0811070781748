//! Changes of a token's expiry, alone or with a rotation, within the limits of the caller.

use std::time::Duration;

use reqwest::Method;
use serde_json::{Value, json};

use crate::support::answer::Answer;
use crate::support::api::Token;
use crate::support::app::TestApp;
use crate::support::client::{ApiClient, Browser};

const ADA: &str = "ada@example.com";
const TOKENS: &str = "/api/v1/tokens";
const HOUR: Duration = Duration::from_secs(3600);

async fn new_token(app: &TestApp, ada: &Browser, expires_in: Value) -> Token {
    let body = json!({"name": "CI", "abilities": ["*"], "expires_in": expires_in});
    let new_token = ada.call(Method::POST, TOKENS, Some(&body)).await;
    app.token_from(&new_token.expect_status(201).json())
}

async fn change(caller: &Browser, token: &Token, expires_in: Value) -> Answer {
    let path = format!("{TOKENS}/{}", token.id);
    let body = json!({"expires_in": expires_in});
    caller.call(Method::PATCH, &path, Some(&body)).await
}

async fn change_by(caller: &ApiClient, token: &Token, expires_in: Value) -> Answer {
    let path = format!("{TOKENS}/{}", token.id);
    caller
        .patch(&path, &json!({"expires_in": expires_in}))
        .await
}

async fn rotate(caller: &ApiClient, token: &Token, body: &Value) -> Answer {
    caller
        .post(&format!("{TOKENS}/{}/rotate", token.id), body)
        .await
}

async fn expiry(ada: &Browser, token: &Token) -> Value {
    let path = format!("{TOKENS}/{}", token.id);
    ada.get(&path).await.expect_status(200).json()["expires_at"].clone()
}

#[tokio::test]
async fn changed_expiry_is_enforced() {
    let app = TestApp::start();
    let ada = app.register(ADA).await;
    let token = new_token(&app, &ada, json!(7200)).await;
    assert!(token.client.is_authenticated().await);
    let changed = change(&ada, &token, json!(3600)).await.expect_status(200);
    assert_eq!(changed.json()["expires_at"], "2026-11-22T13:30:00Z");
    app.advance(HOUR - Duration::from_secs(1));
    assert!(token.client.is_authenticated().await);
    app.advance(Duration::from_secs(1));
    assert!(
        !token.client.is_authenticated().await,
        "the token must be expired"
    );
    let expired = change(&ada, &token, json!(3600)).await;
    expired.expect_problem(404, "not-found");
}

#[tokio::test]
async fn null_means_never_and_absent_keeps_the_expiry() {
    let app = TestApp::start();
    let ada = app.register(ADA).await;
    let token = new_token(&app, &ada, json!(3600)).await;
    let path = format!("{TOKENS}/{}", token.id);
    let body = json!({"name": "New"});
    let renamed = ada.call(Method::PATCH, &path, Some(&body)).await;
    let renamed = renamed.expect_status(200).json();
    assert_eq!(renamed["expires_at"], "2026-11-22T13:30:00Z");
    // Equal changes within a minute would share one event.
    app.advance(Duration::from_secs(61));
    let never = change(&ada, &token, Value::Null).await.expect_status(200);
    assert_eq!(never.json()["expires_at"], Value::Null);
    let events = ada.get("/api/v1/events").await.json();
    let events = events["data"]
        .as_array()
        .expect("the events must be an array")
        .iter();
    let changed = events.filter(|event| event["type"] == "token.changed");
    assert_eq!(changed.count(), 2, "each change must be in the audit log");
}

#[tokio::test]
async fn invalid_expiry_is_rejected_by_field() {
    let app = TestApp::start_with(&[("NARTHEX_TOKEN_MAX_AGE", "2h")]);
    let ada = app.register(ADA).await;
    let token = new_token(&app, &ada, json!(3600)).await;
    for wrong in [
        json!(0),
        json!(-1),
        json!(1.5),
        json!("3600"),
        json!(7201),
        json!(4_000_000_000_000_u64),
        Value::Null,
    ] {
        let refused = change(&ada, &token, wrong.clone()).await;
        refused.expect_invalid_fields(&["expires_in"]);
        let body = json!({"expires_in": wrong});
        let refused = rotate(&token.client, &token, &body).await;
        refused.expect_invalid_fields(&["expires_in"]);
    }
    assert_eq!(expiry(&ada, &token).await, "2026-11-22T13:30:00Z");
    assert!(
        token.client.is_authenticated().await,
        "a rejected rotation must keep the secret"
    );
    change(&ada, &token, json!(7200)).await.expect_status(200);
}

#[tokio::test]
async fn session_needs_confirmation_to_extend_a_token() {
    let app = TestApp::start();
    let ada = app.register(ADA).await;
    let token = new_token(&app, &ada, json!(7200)).await;
    app.advance(Duration::from_secs(15 * 60));
    for longer in [Value::Null, json!(7200)] {
        let refused = change(&ada, &token, longer).await;
        refused.expect_problem(403, "confirm-password");
    }
    assert_eq!(expiry(&ada, &token).await, "2026-11-22T14:30:00Z");
    change(&ada, &token, json!(60)).await.expect_status(200);
}

#[tokio::test]
async fn token_cannot_extend_a_token_beyond_its_own_expiry() {
    let app = TestApp::start();
    let ada = app.register(ADA).await;
    let token = new_token(&app, &ada, json!(3600)).await;
    let other = new_token(&app, &ada, json!(60)).await;
    for longer in [Value::Null, json!(3601)] {
        for one in [&token, &other] {
            let refused = change_by(&token.client, one, longer.clone()).await;
            refused.expect_problem(403, "outlives-caller");
            let body = json!({"expires_in": longer});
            let refused = rotate(&token.client, one, &body).await;
            refused.expect_problem(403, "outlives-caller");
        }
    }
    let longer = change_by(&token.client, &other, json!(3600)).await;
    longer.expect_status(200);
    // The token's current expiry is the limit, not the expiry that it had before.
    change(&ada, &token, json!(60)).await.expect_status(200);
    let refused = change_by(&token.client, &token, json!(3600)).await;
    refused.expect_problem(403, "outlives-caller");
}

#[tokio::test]
async fn resuming_a_token_is_checked_against_its_new_expiry() {
    let app = TestApp::start();
    let ada = app.register(ADA).await;
    let short = new_token(&app, &ada, json!(3600)).await;
    let long = new_token(&app, &ada, Value::Null).await;
    let path = format!("{TOKENS}/{}", long.id);
    let pause = short.client.patch(&path, &json!({"paused": true})).await;
    pause.expect_status(200);
    let resume = short.client.patch(&path, &json!({"paused": false})).await;
    resume.expect_problem(403, "outlives-caller");
    let body = json!({"paused": false, "expires_in": 3600});
    let resume = short.client.patch(&path, &body).await;
    assert_eq!(
        resume.expect_status(200).json()["expires_at"],
        "2026-11-22T13:30:00Z"
    );
}

#[tokio::test]
async fn rotation_changes_the_expiry_if_requested() {
    let app = TestApp::start();
    let ada = app.register(ADA).await;
    let token = new_token(&app, &ada, json!(3600)).await;
    let path = format!("{TOKENS}/{}/rotate", token.id);
    let body = json!({"overlap": "1h"});
    let kept = ada.call(Method::POST, &path, Some(&body)).await;
    let kept = kept.expect_status(200).json();
    assert_eq!(kept["token"]["expires_at"], "2026-11-22T13:30:00Z");
    let body = json!({"overlap": 0, "expires_in": 7200});
    let longer = ada.call(Method::POST, &path, Some(&body)).await;
    let longer = longer.expect_status(200).json();
    assert_eq!(longer["token"]["expires_at"], "2026-11-22T14:30:00Z");
    app.advance(HOUR);
    assert!(app.token_from(&longer).client.is_authenticated().await);
}

#[tokio::test]
async fn idempotency_key_belongs_to_one_expiry() {
    let app = TestApp::start();
    let ada = app.register(ADA).await;
    let token = new_token(&app, &ada, json!(3600)).await;
    let path = format!("{TOKENS}/{}/rotate", token.id);
    let rotate = async |body: Value| {
        let request = ada.request(Method::POST, &path).json(&body);
        ada.send(request.header("Idempotency-Key", "one")).await
    };
    let first = rotate(json!({"expires_in": 60})).await.expect_status(200);
    app.advance(Duration::from_secs(1));
    let again = rotate(json!({"expires_in": 60})).await.expect_status(200);
    assert_eq!(
        again.json(),
        first.json(),
        "a repeated request must not restart the lifetime"
    );
    for other in [
        json!({}),
        json!({"expires_in": 61}),
        json!({"expires_in": null}),
    ] {
        let refused = rotate(other).await;
        refused.expect_invalid_fields(&["Idempotency-Key"]);
    }
    assert_eq!(
        expiry(&ada, &token).await,
        first.json()["token"]["expires_at"]
    );
}
