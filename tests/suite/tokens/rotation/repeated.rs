//! Repeated rotation requests: for ten minutes, the same request returns the same secret.

use reqwest::Method;
use serde_json::json;

use super::{ADA, MINUTE, SECOND, path_of, rotate, rotate_once, rotations, secret_of};
use crate::support::api::Token;
use crate::support::app::TestApp;
use crate::support::client::ApiClient;
use crate::support::operator::Operator;

#[tokio::test]
async fn repeated_request_returns_the_same_secret() {
    let app = TestApp::start();
    let ada = app.register(ADA).await;
    let token = app.token(&ada, "CI", &[]).await;
    let body = json!({"overlap": "1h"});
    let first = rotate_once(&ada, &token, "\"one\"", &body).await;
    app.advance(10 * MINUTE - SECOND);
    let again = rotate_once(&ada, &token, "\"one\"", &body).await;
    assert_eq!(again.json(), first.json());
    assert!(app.api_client(&secret_of(again)).is_authenticated().await);
    assert_eq!(rotations(&ada).await, 1);
    app.advance(50 * MINUTE + SECOND);
    assert!(
        !token.client.is_authenticated().await,
        "a repeated request must not restart the grace period"
    );
}

#[tokio::test]
async fn other_key_other_token_or_late_request_rotates_again() {
    let app = TestApp::start();
    let ada = app.register(ADA).await;
    let (token, other) = (
        app.token(&ada, "CI", &[]).await,
        app.token(&ada, "Shop", &[]).await,
    );
    let body = json!({"overlap": "1h"});
    let first = secret_of(rotate_once(&ada, &token, "one", &body).await);
    let other_secret = secret_of(rotate_once(&ada, &other, "one", &body).await);
    // Rotations of one token within a minute share a line of the log.
    app.advance(2 * MINUTE);
    let second = secret_of(rotate_once(&ada, &token, "two", &body).await);
    app.advance(2 * MINUTE);
    let without = secret_of(rotate(&ada, &token, &body).await);
    app.advance(10 * MINUTE);
    let later = secret_of(rotate_once(&ada, &token, "one", &body).await);
    let mut all = vec![first, other_secret, second, without, later];
    all.sort();
    all.dedup();
    assert_eq!(all.len(), 5);
    assert_eq!(rotations(&ada).await, 5);
}

#[tokio::test]
async fn idempotency_key_belongs_to_one_request() {
    let app = TestApp::start();
    let ada = app.register(ADA).await;
    let token = app.token(&ada, "CI", &[]).await;
    let new = secret_of(rotate_once(&ada, &token, "one", &json!({"overlap": "1h"})).await);
    rotate_once(&ada, &token, "one", &json!({"overlap": "24h"}))
        .await
        .expect_invalid_fields(&["Idempotency-Key"]);
    assert!(app.api_client(&new).is_authenticated().await);
    assert_eq!(rotations(&ada).await, 1);
}

#[tokio::test]
async fn repeated_request_never_returns_a_replaced_secret() {
    let app = TestApp::start();
    let ada = app.register(ADA).await;
    let token = app.token(&ada, "CI", &[]).await;
    let body = json!({"overlap": "1h"});
    secret_of(rotate_once(&ada, &token, "one", &body).await);
    let newest = secret_of(rotate_once(&ada, &token, "two", &body).await);
    rotate_once(&ada, &token, "one", &body)
        .await
        .expect_invalid_fields(&["Idempotency-Key"]);
    assert_eq!(
        secret_of(rotate_once(&ada, &token, "two", &body).await),
        newest
    );
}

#[tokio::test]
async fn idempotency_key_is_scoped_to_its_caller() {
    let app = TestApp::start();
    let ada = app.register(ADA).await;
    let (one, other) = (
        app.token(&ada, "One", &["*"]).await,
        app.token(&ada, "Other", &["*"]).await,
    );
    let token = app.token(&ada, "CI", &[]).await;
    let send_rotation = async |caller: &Token| {
        let request = caller.client.request(Method::POST, &path_of(&token));
        let request = request.header("Idempotency-Key", "the release of November");
        let answer = caller
            .client
            .send(request.json(&json!({"overlap": "1h"})))
            .await;
        secret_of(answer)
    };
    let first = send_rotation(&one).await;
    assert_ne!(send_rotation(&other).await, first);
    assert_eq!(
        rotations(&ada).await,
        2,
        "the second caller's request must be logged as a rotation"
    );
}

#[tokio::test]
async fn invalid_idempotency_key_is_rejected() {
    let app = TestApp::start();
    let ada = app.register(ADA).await;
    let token = app.token(&ada, "CI", &[]).await;
    for key in ["", &"k".repeat(256), "é"] {
        let answer = rotate_once(&ada, &token, key, &json!({})).await;
        answer.expect_problem(400, "malformed");
    }
    let request = ada.request(Method::POST, &path_of(&token));
    let twice = request
        .header("Idempotency-Key", "a")
        .header("Idempotency-Key", "b");
    ada.send(twice).await.expect_problem(400, "malformed");
    assert!(token.client.is_authenticated().await);
    rotate_once(&ada, &token, &"k".repeat(255), &json!({}))
        .await
        .expect_status(200);
}

#[tokio::test(flavor = "multi_thread")]
async fn concurrent_equal_requests_return_one_secret() {
    let app = TestApp::start();
    let ada = app.register(ADA).await;
    let maker = app.token(&ada, "Maker", &["*"]).await;
    let token = app.token(&ada, "CI", &[]).await;
    let body = json!({"overlap": "1h"});
    let sent = (0..12).map(|_| {
        let request = maker.client.request(Method::POST, &path_of(&token));
        let request = request.header("Idempotency-Key", "one").json(&body);
        maker.client.send(request)
    });
    let answers = futures_util::future::join_all(sent).await;
    let mut secrets: Vec<String> = answers.into_iter().map(secret_of).collect();
    secrets.dedup();
    assert_eq!(secrets.len(), 1);
    assert_eq!(rotations(&ada).await, 1);
}

/// A retry must work after a restart of the process and after a rotation of its signing key.
#[tokio::test(flavor = "multi_thread")]
async fn repeated_request_survives_restart_and_key_rotation() {
    let keys = |seed: &[u8]| {
        let keys = seed.iter().map(|seed| key(*seed));
        keys.collect::<Vec<_>>().join(",")
    };
    let operator = Operator::new().with("NARTHEX_SECRET_KEY", &keys(&[1]));
    operator.add_user(ADA);
    let maker = operator.add_token(ADA, "Maker", &["--ability", "*"]);
    let id = operator.only_token_of(ADA);
    let send_rotation = async |operator: &Operator, key: &str| {
        let serving = operator.serve();
        let client = ApiClient::at(&serving.url, &maker);
        let path = format!("/api/v1/tokens/{id}/rotate");
        let request = client.request(Method::POST, &path);
        let request = request.header("Idempotency-Key", key);
        let answer = client.send(request.json(&json!({"overlap": "1h"}))).await;
        // A killed server would keep its lease, and the next rotation would wait for it.
        serving.stop().expect_code(0);
        answer
    };
    let first = secret_of(send_rotation(&operator, "one").await);
    assert_eq!(secret_of(send_rotation(&operator, "one").await), first);
    let operator = operator.with("NARTHEX_SECRET_KEY", &keys(&[2, 1]));
    assert_eq!(secret_of(send_rotation(&operator, "one").await), first);
    let second = send_rotation(&operator, "two").await;
    let operator = operator.with("NARTHEX_SECRET_KEY", &keys(&[2]));
    send_rotation(&operator, "one")
        .await
        .expect_invalid_fields(&["Idempotency-Key"]);
    // A later secret is derived from the first key of the list, not from a key that is only
    // accepted.
    let second = secret_of(second);
    assert_eq!(secret_of(send_rotation(&operator, "two").await), second);
}

fn key(seed: u8) -> String {
    use base64::{Engine as _, prelude::BASE64_STANDARD};
    let bytes: Vec<u8> = (0..64).map(|byte: u8| byte ^ seed).collect();
    BASE64_STANDARD.encode(bytes)
}
