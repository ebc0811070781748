//! A rotation that is asked for twice: the same request gives the same secret, for ten minutes.

use reqwest::Method;
use serde_json::json;

use super::{ADA, MINUTE, SECOND, path_of, rotate, rotate_once, rotations, secret_of};
use crate::support::api::Token;
use crate::support::app::TestApp;
use crate::support::client::ApiClient;
use crate::support::operator::Operator;

#[tokio::test]
async fn a_request_that_is_sent_again_gives_the_same_secret_again() {
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
        "its overlap did not begin anew"
    );
}

#[tokio::test]
async fn after_ten_minutes_or_with_another_key_or_for_another_token_it_is_another_rotation() {
    let app = TestApp::start();
    let ada = app.register(ADA).await;
    let (token, other) = (
        app.token(&ada, "CI", &[]).await,
        app.token(&ada, "Shop", &[]).await,
    );
    let body = json!({"overlap": "1h"});
    let first = secret_of(rotate_once(&ada, &token, "one", &body).await);
    let elsewhere = secret_of(rotate_once(&ada, &other, "one", &body).await);
    // Rotations of one token within a minute share a line of the log.
    app.advance(2 * MINUTE);
    let second = secret_of(rotate_once(&ada, &token, "two", &body).await);
    app.advance(2 * MINUTE);
    let without = secret_of(rotate(&ada, &token, &body).await);
    app.advance(10 * MINUTE);
    let later = secret_of(rotate_once(&ada, &token, "one", &body).await);
    let mut all = vec![first, elsewhere, second, without, later];
    all.sort();
    all.dedup();
    assert_eq!(all.len(), 5);
    assert_eq!(rotations(&ada).await, 5);
}

#[tokio::test]
async fn a_key_stands_for_one_request() {
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
async fn a_request_whose_secret_was_rotated_out_since_is_not_answered_with_it() {
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
async fn the_key_of_one_program_gives_another_nothing() {
    let app = TestApp::start();
    let ada = app.register(ADA).await;
    let (one, other) = (
        app.token(&ada, "One", &["*"]).await,
        app.token(&ada, "Other", &["*"]).await,
    );
    let token = app.token(&ada, "CI", &[]).await;
    let ask = async |by: &Token| {
        let request = by.client.request(Method::POST, &path_of(&token));
        let request = request.header("Idempotency-Key", "the release of November");
        let answer = by
            .client
            .send(request.json(&json!({"overlap": "1h"})))
            .await;
        secret_of(answer)
    };
    let first = ask(&one).await;
    assert_ne!(ask(&other).await, first);
    assert_eq!(
        rotations(&ada).await,
        2,
        "it was a rotation, and is told as one"
    );
}

#[tokio::test]
async fn a_key_that_cannot_be_is_refused() {
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
async fn of_many_that_send_one_request_at_once_all_are_given_one_secret() {
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

/// What a retry has to survive: the process, and the key that it signs with.
#[tokio::test(flavor = "multi_thread")]
async fn the_same_secret_comes_again_after_a_restart_and_after_the_key_was_changed() {
    let keys = |of: &[u8]| {
        let keys = of.iter().map(|of| key(*of));
        keys.collect::<Vec<_>>().join(",")
    };
    let operator = Operator::new().with("NARTHEX_SECRET_KEY", &keys(&[1]));
    operator.add_user(ADA);
    let maker = operator.add_token(ADA, "Maker", &["--ability", "*"]);
    let id = operator.only_token_of(ADA);
    let ask = async |operator: &Operator, key: &str| {
        let serving = operator.serve();
        let client = ApiClient::at(&serving.url, &maker);
        let path = format!("/api/v1/tokens/{id}/rotate");
        let request = client.request(Method::POST, &path);
        let request = request.header("Idempotency-Key", key);
        let answer = client.send(request.json(&json!({"overlap": "1h"}))).await;
        drop(serving);
        answer
    };
    let first = secret_of(ask(&operator, "one").await);
    assert_eq!(secret_of(ask(&operator, "one").await), first);
    let operator = operator.with("NARTHEX_SECRET_KEY", &keys(&[2, 1]));
    assert_eq!(secret_of(ask(&operator, "one").await), first);
    let second = ask(&operator, "two").await;
    let operator = operator.with("NARTHEX_SECRET_KEY", &keys(&[2]));
    ask(&operator, "one")
        .await
        .expect_invalid_fields(&["Idempotency-Key"]);
    // What was made since goes by the key that signs, and not by one that is about to go.
    let second = secret_of(second);
    assert_eq!(secret_of(ask(&operator, "two").await), second);
}

fn key(of: u8) -> String {
    use base64::{Engine as _, prelude::BASE64_STANDARD};
    let bytes: Vec<u8> = (0..64).map(|byte: u8| byte ^ of).collect();
    BASE64_STANDARD.encode(bytes)
}
