//! Rotation: the new secret, the grace period of the previous one, and repeated requests.

mod repeated;

use std::time::Duration;

use reqwest::Method;
use serde_json::{Value, json};

use crate::support::answer::Answer;
use crate::support::api::{Token, expect_members, text};
use crate::support::app::{TestApp, secret_in};
use crate::support::client::Browser;

const ADA: &str = "ada@example.com";
const MINUTE: Duration = Duration::from_secs(60);
const SECOND: Duration = Duration::from_secs(1);

fn path_of(token: &Token) -> String {
    format!("/api/v1/tokens/{}/rotate", token.id)
}

async fn rotate(browser: &Browser, token: &Token, body: &Value) -> Answer {
    browser
        .call(Method::POST, &path_of(token), Some(body))
        .await
}

/// The same with an `Idempotency-Key`.
async fn rotate_once(browser: &Browser, token: &Token, key: &str, body: &Value) -> Answer {
    let request = browser.request(Method::POST, &path_of(token)).json(body);
    browser.send(request.header("Idempotency-Key", key)).await
}

fn secret_of(answer: Answer) -> String {
    text(&answer.expect_status(200).json()["secret"])
}

async fn rotations(browser: &Browser) -> usize {
    let events = browser.get("/api/v1/events").await.json();
    let events = events["data"].as_array().unwrap().iter();
    events
        .filter(|event| event["type"] == "token.rotated")
        .count()
}

#[tokio::test]
async fn rotation_replaces_the_secret_and_nothing_else() {
    let app = TestApp::start();
    let ada = app.register(ADA).await;
    let token = app.token(&ada, "CI", &["orders:read"]).await;
    let path = format!("/api/v1/tokens/{}", token.id);
    let before = ada.get(&path).await.json();

    let answer = ada.call(Method::POST, &path_of(&token), None).await;
    let answer = answer.expect_status(200);
    expect_members(&answer.text, &["token", "secret"]);
    answer.clone().expect_header("cache-control", "no-store");
    let body = answer.json();
    let new = app.token_from(&body);
    let mut expected = before;
    expected["hint"] = json!(&new.secret[36..]);
    assert_eq!(body["token"], expected);
    assert_ne!(new.secret, token.secret);
    assert!(new.client.is_authenticated().await);
    assert!(
        !token.client.is_authenticated().await,
        "a rotation without grace period must reject the previous secret"
    );
    assert_eq!(rotations(&ada).await, 1);
    let events = ada.get("/api/v1/events").await.json();
    let mut events = events["data"].as_array().unwrap().iter();
    let event = events
        .find(|event| event["type"] == "token.rotated")
        .unwrap();
    assert_eq!(event["detail"], "CI");
    assert_eq!(event["credential_id"], token.id);
}

#[tokio::test]
async fn previous_secret_works_until_its_grace_period_ends() {
    for (overlap, length) in [
        (json!("1h"), 60 * MINUTE),
        (json!("24h"), 24 * 60 * MINUTE),
        (json!("7d"), 7 * 24 * 60 * MINUTE),
        (json!(90), Duration::from_secs(90)),
    ] {
        let app = TestApp::start();
        let ada = app.register(ADA).await;
        let token = app.token(&ada, "CI", &[]).await;
        let new = rotate(&ada, &token, &json!({"overlap": overlap})).await;
        let new = app.api_client(&secret_of(new));
        app.advance(length - SECOND);
        assert!(token.client.is_authenticated().await, "{overlap}");
        app.advance(SECOND);
        assert!(!token.client.is_authenticated().await, "{overlap}");
        assert!(new.is_authenticated().await, "{overlap}");
    }
}

#[tokio::test]
async fn invalid_grace_period_is_rejected_without_rotation() {
    let app = TestApp::start();
    let ada = app.register(ADA).await;
    let token = app.token(&ada, "CI", &[]).await;
    for overlap in [
        json!("8d"),
        json!(604_801),
        json!("soon"),
        json!(""),
        json!("-1h"),
    ] {
        let answer = rotate(&ada, &token, &json!({ "overlap": overlap })).await;
        answer.expect_invalid_fields(&["overlap"]);
    }
    for body in [
        json!({"overlap": true}),
        json!({"overlap": -1}),
        json!({"overlaps": 0}),
    ] {
        rotate(&ada, &token, &body).await.expect_status(422);
    }
    assert!(token.client.is_authenticated().await);
    assert_eq!(rotations(&ada).await, 0);
}

#[tokio::test]
async fn later_rotation_only_shortens_earlier_grace_periods() {
    let app = TestApp::start();
    let ada = app.register(ADA).await;
    let first = app.token(&ada, "CI", &[]).await;
    let second = secret_of(rotate(&ada, &first, &json!({"overlap": "1h"})).await);
    let second = app.api_client(&second);
    rotate(&ada, &first, &json!({"overlap": "7d"})).await;
    assert!(first.client.is_authenticated().await && second.is_authenticated().await);
    app.advance(60 * MINUTE);
    assert!(
        !first.client.is_authenticated().await,
        "the first secret's own hour must end its grace period"
    );
    assert!(second.is_authenticated().await);
    let ada = app.sign_in(ADA).await;
    rotate(&ada, &first, &json!({"overlap": 0}))
        .await
        .expect_status(200);
    assert!(
        !second.is_authenticated().await,
        "a rotation without grace period must reject all previous secrets"
    );
}

#[tokio::test]
async fn at_most_eight_previous_secrets_work() {
    let app = TestApp::start();
    let ada = app.register(ADA).await;
    let other = app.token(&ada, "Other", &[]).await;
    rotate(&ada, &other, &json!({"overlap": "7d"})).await;
    let token = app.token(&ada, "CI", &[]).await;
    let mut secrets = vec![token.secret.clone()];
    for _ in 0..10 {
        app.advance(SECOND);
        secrets.push(secret_of(
            rotate(&ada, &token, &json!({"overlap": "7d"})).await,
        ));
    }
    let mut active = 0;
    for secret in &secrets {
        active += u8::from(app.api_client(secret).is_authenticated().await);
    }
    assert_eq!(active, 9);
    assert!(
        !app.api_client(&secrets[0]).is_authenticated().await,
        "the oldest secret must be rejected"
    );
    assert!(!app.api_client(&secrets[1]).is_authenticated().await);
    assert!(
        other.client.is_authenticated().await,
        "the limit must apply to each token separately"
    );
}

#[tokio::test]
async fn hint_is_always_of_the_newest_secret() {
    let app = TestApp::start();
    let ada = app.register(ADA).await;
    let token = app.token(&ada, "CI", &["tokens:read"]).await;
    let new = secret_of(rotate(&ada, &token, &json!({"overlap": "1h"})).await);
    for path in [
        "/api/v1/tokens/current",
        &format!("/api/v1/tokens/{}", token.id),
    ] {
        let shown = token.client.get(path).await.expect_status(200).json();
        assert_eq!(shown["hint"], new[36..], "{path}");
    }
}

#[tokio::test]
async fn revocation_covers_current_and_previous_secrets() {
    let app = TestApp::start();
    let ada = app.register(ADA).await;
    let token = app.token(&ada, "CI", &[]).await;
    let new = secret_of(rotate(&ada, &token, &json!({"overlap": "7d"})).await);
    let new = app.api_client(&new);
    assert!(token.client.is_authenticated().await && new.is_authenticated().await);
    token
        .client
        .delete("/api/v1/tokens/current")
        .await
        .expect_status(204);
    assert!(!token.client.is_authenticated().await && !new.is_authenticated().await);
}

#[tokio::test]
async fn replaced_secret_cannot_revoke_the_token() {
    let app = TestApp::start();
    let ada = app.register(ADA).await;
    let token = app.token(&ada, "CI", &[]).await;
    let new = app.api_client(&secret_of(rotate(&ada, &token, &json!({})).await));
    let form = [("token", &*token.secret)];
    app.anonymous()
        .post("/oauth/revoke", &form)
        .await
        .expect_status(200);
    assert!(new.is_authenticated().await);
}

#[tokio::test]
async fn token_cannot_rotate_a_stronger_or_longer_lived_token() {
    let app = TestApp::start();
    let ada = app.register(ADA).await;
    let maker = app.token(&ada, "Maker", &["tokens:write"]).await;
    let stronger = app.token(&ada, "CI", &["orders:read"]).await;
    let answer = maker.client.post(&path_of(&stronger), &json!({})).await;
    answer.expect_problem(403, "missing-ability");
    assert!(stronger.client.is_authenticated().await);

    let body = json!({"name": "Short", "abilities": ["*"], "expires_in": 3600});
    let short = ada.call(Method::POST, "/api/v1/tokens", Some(&body)).await;
    let short = app.token_from(&short.json());
    let answer = short.client.post(&path_of(&stronger), &json!({})).await;
    answer.expect_problem(403, "outlives-caller");
    assert!(stronger.client.is_authenticated().await);

    let own = maker.client.post(&path_of(&maker), &json!({})).await;
    assert!(app.api_client(&secret_of(own)).is_authenticated().await);
}

/// The transaction reads the caller again under a lock, even if the cache has the caller.
#[tokio::test]
async fn rotation_checks_the_caller_again_in_its_transaction() {
    for change in [
        "UPDATE credentials SET paused = TRUE WHERE name = 'Maker'",
        "UPDATE secrets SET valid_until = created_at \
         WHERE credential_id = (SELECT id FROM credentials WHERE name = 'Maker'); \
         UPDATE secrets SET credential_id = (SELECT id FROM credentials WHERE name = 'Maker') \
         WHERE credential_id = (SELECT id FROM credentials WHERE name = 'Spare')",
    ] {
        let app = TestApp::start();
        let ada = app.register(ADA).await;
        let maker = app.token(&ada, "Maker", &["*"]).await;
        let token = app.token(&ada, "CI", &[]).await;
        // The second change gives the secret of this token to `Maker`.
        app.token(&ada, "Spare", &[]).await;
        while app.state.cluster().cached_credentials() < 2 {
            assert!(maker.client.is_authenticated().await);
            assert!(token.client.is_authenticated().await);
        }
        // A change directly in the database sends no invalidation, so the cache keeps the tokens.
        crate::support::sql::execute(&app, change);
        assert!(
            maker.client.is_authenticated().await,
            "the cache must still have the caller"
        );
        let answer = maker.client.post(&path_of(&token), &json!({})).await;
        answer.expect_status(401);
        assert!(token.client.is_authenticated().await);
        assert_eq!(rotations(&ada).await, 0);
    }
}

#[tokio::test]
async fn form_without_grace_period_has_none() {
    let app = TestApp::start();
    let ada = app.register(ADA).await;
    let token = app.token(&ada, "CI", &[]).await;
    let page = format!("/account/tokens/{}/rotate", token.id);
    let shown = ada.post(&page, &[("form_key", "")]).await;
    let shown = shown.expect_status(200);
    shown.expect_text("The previous secret no longer works");
    assert!(!token.client.is_authenticated().await);
}

#[tokio::test]
async fn rotation_of_an_unavailable_token_is_not_found() {
    let app = TestApp::start();
    let (ada, grace) = (
        app.register(ADA).await,
        app.register("grace@example.com").await,
    );
    let (mine, hers) = (
        app.token(&ada, "CI", &[]).await,
        app.token(&grace, "CI", &[]).await,
    );
    rotate(&ada, &hers, &json!({}))
        .await
        .expect_problem(404, "not-found");
    assert!(hers.client.is_authenticated().await);
    mine.client
        .delete("/api/v1/tokens/current")
        .await
        .expect_status(204);
    rotate(&ada, &mine, &json!({}))
        .await
        .expect_problem(404, "not-found");
    for id in [
        ada.session_id().await,
        "0196b2f0-0000-7000-8000-000000000000".to_owned(),
    ] {
        let path = format!("/api/v1/tokens/{id}/rotate");
        let answer = ada.call(Method::POST, &path, None).await;
        answer.expect_problem(404, "not-found");
    }
}

#[tokio::test]
async fn session_needs_confirmation_to_rotate_a_token() {
    let app = TestApp::start();
    let ada = app.register(ADA).await;
    let token = app.token(&ada, "CI", &[]).await;
    app.advance(15 * MINUTE);
    rotate(&ada, &token, &json!({}))
        .await
        .expect_problem(403, "confirm-password");
    let page = format!("/account/tokens/{}", token.id);
    let answer = ada
        .post(&format!("{page}/rotate"), &[("overlap", "0")])
        .await;
    // The return address is the page of the form, with the selected grace period as a draft.
    let page = page.replace('/', "%2F");
    let target = format!("/account/confirm?next={page}%3Fdraft");
    assert!(answer.location().starts_with(&target), "{answer}");
    assert!(token.client.is_authenticated().await);
}

#[tokio::test(flavor = "multi_thread")]
async fn page_shows_the_new_secret_once_and_the_grace_period() {
    let app = TestApp::start();
    let ada = app.register(ADA).await;
    let token = app.token(&ada, "CI of the shop", &[]).await;
    let page = format!("/account/tokens/{}", token.id);
    let key = ada.get(&page).await.field("form_key");
    let form = [("overlap", "24h"), ("form_key", &*key)];
    let shown = ada
        .post(&format!("{page}/rotate"), &form)
        .await
        .expect_status(200);
    let shown = shown
        .expect_header("cache-control", "no-store")
        .expect_header("referrer-policy", "no-referrer")
        .expect_text("Secret rotated")
        .expect_text(&format!(
            "The previous secret (…{}) still works",
            &token.secret[36..]
        ))
        .expect_text("in 1 day");
    let new = secret_in(&shown.text);
    assert!(app.api_client(&new).is_authenticated().await);
    assert!(token.client.is_authenticated().await);
    ada.get(&page)
        .await
        .expect_text("in 1 day")
        .expect_no_text(&new);

    let again = ada.post(&format!("{page}/rotate"), &form).await;
    let again = ada.follow(&again.expect_redirect(&page)).await;
    again
        .expect_text("already has its new secret")
        .expect_no_text(&new);
    assert_eq!(rotations(&ada).await, 1);
    app.advance(60 * MINUTE);
    let ada = app.sign_in(ADA).await;
    let late = ada.post(&format!("{page}/rotate"), &form).await;
    late.expect_redirect(&page);
    assert_eq!(
        rotations(&ada).await,
        1,
        "a late reload must not rotate again"
    );

    // The same key with another grace period, or after another rotation, redirects and does
    // nothing.
    let other_overlap = [("overlap", "1h"), ("form_key", &*key)];
    let other_overlap = ada.post(&format!("{page}/rotate"), &other_overlap).await;
    other_overlap.expect_redirect(&page);
    let first_form = form;
    let form = [("overlap", "0")];
    let shown = ada
        .post(&format!("{page}/rotate"), &form)
        .await
        .expect_status(200);
    shown.expect_text("The previous secret no longer works");
    let replaced = ada.post(&format!("{page}/rotate"), &first_form).await;
    replaced.expect_redirect(&page);
    assert_eq!(rotations(&ada).await, 2);
    let wrong = ada
        .post(&format!("{page}/rotate"), &[("overlap", "8d")])
        .await;
    wrong.expect_status(422).expect_text("id=\"overlap-fault\"");
}
