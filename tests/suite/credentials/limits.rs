//! The limits on sessions and tokens of one user.

use std::sync::Arc;
use std::time::Duration;

use narthex::{
    app_state::AppState,
    credentials::limits::{MAX_SESSIONS, MAX_TOKENS},
    factors,
    tokens::{NewToken, create_as_operator},
    types::{ability::Abilities, credential_kind::CredentialKind, ids::UserId, name::Name},
};
use reqwest::Method;
use serde_json::{Value, json};
use tokio::task::JoinSet;

use crate::support::app::{PASSWORD, TestApp};
use crate::support::authenticator::enrol;
use crate::support::client::Browser;

const ADA: &str = "ada@example.com";
const SECOND: Duration = Duration::from_secs(1);
/// An interval at which sign-ins of one account are not rate limited.
const SIGN_IN_INTERVAL: Duration = Duration::from_secs(120);

/// Creates `many` tokens, which expire after `life` if one is given.
async fn make_tokens(state: &AppState, user: UserId, many: usize, life: Option<Duration>) {
    for _ in 0..many {
        let new = NewToken {
            name: Name::parse("One of many").unwrap(),
            abilities: Abilities::everything(),
            expires_at: life.map(|life| state.now().saturating_add(life)),
        };
        let made = create_as_operator(state, user, CredentialKind::Service, new).await;
        made.unwrap();
    }
}

/// Returns the receipt of the latest revocation.
async fn newest_receipt(browser: &Browser) -> Value {
    let events = browser.get("/api/v1/events?limit=2").await.json();
    let mut events = events["data"].as_array().unwrap().iter();
    let receipt = events.find_map(|event| event["receipt_id"].as_str());
    let path = format!("/api/v1/receipts/{}", receipt.unwrap());
    browser.get(&path).await.expect_status(200).json()
}

async fn is_signed_in(browser: &Browser) -> bool {
    browser.get("/account").await.status == 200
}

#[tokio::test(flavor = "multi_thread")]
async fn session_over_the_limit_revokes_the_least_recently_used() {
    let app = TestApp::start_with(&[("NARTHEX_SESSION_IDLE", "12h")]);
    let first = app.register(ADA).await;
    app.advance(SECOND);
    let second = app.sign_in(ADA).await;
    app.advance(SECOND);
    for _ in 2..MAX_SESSIONS {
        app.advance(SIGN_IN_INTERVAL);
        app.sign_in(ADA).await;
    }
    app.advance(SECOND);
    assert!(
        is_signed_in(&first).await,
        "it is the oldest, but was just used"
    );
    let newest = app.sign_in(ADA).await;
    assert!(!is_signed_in(&second).await);
    assert!(is_signed_in(&first).await && is_signed_in(&newest).await);

    let active = newest.get("/api/v1/sessions?limit=100").await.json();
    assert_eq!(active["data"].as_array().unwrap().len(), MAX_SESSIONS);
    let receipt = newest_receipt(&newest).await;
    assert_eq!(receipt["reason"], "limit");
    assert_eq!(receipt["sessions_ended"], 1);
    let page = newest.get("/account/activity").await;
    page.expect_text("Revoked: <a href=\"/account/sessions/");

    // A browser that signs in again replaces its own session, so that no other one is evicted.
    let form = [("email", ADA), ("password", PASSWORD)];
    app.advance(SECOND);
    newest.post("/login", &form).await.expect_status(303);
    assert!(is_signed_in(&first).await);
    assert_eq!(newest_receipt(&newest).await["reason"], "replaced");
}

/// An expired session counts towards the limit until it is ended, because another node may still
/// accept it by its own clock.
#[tokio::test(flavor = "multi_thread")]
async fn expired_sessions_are_evicted_before_active_ones() {
    let app = TestApp::start_with(&[("NARTHEX_SESSION_IDLE", "4h")]);
    app.register(ADA).await;
    let kept = app.browser();
    let form = [("email", ADA), ("password", PASSWORD), ("remember", "on")];
    kept.post("/login", &form).await.expect_status(303);
    app.advance(SECOND);
    for _ in 2..MAX_SESSIONS {
        app.advance(SIGN_IN_INTERVAL);
        app.sign_in(ADA).await;
    }
    app.advance(Duration::from_secs(4 * 3600 + 1));
    let newest = app.sign_in(ADA).await;
    assert!(
        is_signed_in(&kept).await,
        "it was unused for longer, but is active"
    );
    let receipt = newest_receipt(&newest).await;
    assert_eq!(receipt["reason"], "limit");
    assert_eq!(receipt["sessions_ended"], 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn token_over_the_limit_is_refused_on_every_interface() {
    let app = TestApp::start();
    let ada = app.register(ADA).await;
    let user = app.user_id(ADA).await;
    make_tokens(&app.state, user, MAX_TOKENS - 1, None).await;
    let last = app.token(&ada, "The last", &["tokens:write"]).await;

    let form = [("name", "Too many"), ("expires", "7d")];
    ada.post("/account/tokens", &form)
        .await
        .expect_status(409)
        .expect_text("Revoke some");
    let body = json!({"name": "Too many", "abilities": []});
    let answer = last.client.post("/api/v1/tokens", &body).await;
    let answer = answer.expect_problem(409, "too-many-tokens");
    assert!(answer.problem().detail.contains("500"), "{answer}");
    let body = json!({"email": ADA, "password": PASSWORD, "device_name": "Too many"});
    // No token is of kind `device`, so that none can be evicted for a new one. Repetition is not
    // rate limited, because the password is right.
    for _ in 0..8 {
        let answer = app.anonymous().post_json("/api/v1/sign-in", &body).await;
        answer.expect_problem(409, "too-many-tokens");
    }

    // A paused token can be resumed, so that it counts towards the limit. A revoked one does not.
    let path = format!("/api/v1/tokens/{}", last.id);
    ada.call(Method::PATCH, &path, Some(&json!({"paused": true})))
        .await
        .expect_status(200);
    ada.post("/account/tokens", &form).await.expect_status(409);
    ada.call(Method::DELETE, &path, None)
        .await
        .expect_status(204);
    ada.post("/account/tokens", &form).await.expect_status(200);
    ada.post("/account/tokens", &form).await.expect_status(409);
    assert!(
        is_signed_in(&app.sign_in(ADA).await).await,
        "sessions have a limit of their own"
    );
}

/// The answer of a refused sign-in has no place for the code that would replace the used one.
#[tokio::test(flavor = "multi_thread")]
async fn sign_in_at_the_limit_replaces_no_recovery_code() {
    let app = TestApp::start();
    let ada = enrol(&app, ADA).await;
    let user = app.user_id(ADA).await;
    make_tokens(&app.state, user, MAX_TOKENS, None).await;
    let code = &ada.recovery_codes[0];
    let body = json!({"email": ADA, "password": PASSWORD, "device_name": "x", "code": code});
    let answer = app.anonymous().post_json("/api/v1/sign-in", &body).await;
    answer.expect_problem(409, "too-many-tokens");
    let summary = factors::summary(&app.state, user).await.unwrap();
    assert_eq!(summary.recovery_codes.map(|codes| codes.left), Some(9));
}

#[tokio::test(flavor = "multi_thread")]
async fn expired_tokens_do_not_count_towards_the_limit() {
    let app = TestApp::start();
    app.register(ADA).await;
    let user = app.user_id(ADA).await;
    make_tokens(&app.state, user, MAX_TOKENS, Some(SECOND)).await;
    app.advance(SECOND);
    let ada = app.sign_in(ADA).await;
    app.token(&ada, "One more", &[]).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn concurrent_requests_do_not_exceed_the_token_limit() {
    let app = Arc::new(TestApp::start());
    let ada = Arc::new(app.register(ADA).await);
    let user = app.user_id(ADA).await;
    make_tokens(&app.state, user, MAX_TOKENS - 3, None).await;
    let mut all = JoinSet::new();
    for _ in 0..20 {
        let ada = Arc::clone(&ada);
        all.spawn(async move {
            let body = json!({"name": "In a race", "abilities": []});
            let made = ada.call(Method::POST, "/api/v1/tokens", Some(&body));
            made.await.status
        });
    }
    let mut statuses = all.join_all().await;
    statuses.sort_unstable();
    let expected: Vec<u16> = [201; 3].into_iter().chain([409; 17]).collect();
    assert_eq!(statuses, expected);
}

#[tokio::test(flavor = "multi_thread")]
async fn device_over_the_limit_revokes_least_recently_used_device() {
    let app = TestApp::start();
    let ada = app.register(ADA).await;
    let user = app.user_id(ADA).await;
    let first = app.device(ADA, "First").await;
    app.advance(SECOND);
    let second = app.device(ADA, "Second").await;
    app.advance(SECOND);
    make_tokens(&app.state, user, MAX_TOKENS - 2, None).await;
    assert!(
        first.client.is_authenticated().await,
        "it is older, but was just used"
    );
    app.advance(SECOND);
    let third = app.device(ADA, "Third").await;
    assert!(!second.client.is_authenticated().await);
    assert!(first.client.is_authenticated().await && third.client.is_authenticated().await);
    let receipt = newest_receipt(&ada).await;
    assert_eq!(receipt["reason"], "limit");
    assert_eq!(receipt["tokens_ended"], 1);
    assert_eq!(receipt["credentials"][0]["id"], *second.id);
    let events = ada.get("/api/v1/events?limit=2").await.json();
    let events = [&events["data"][0]["type"], &events["data"][1]["type"]];
    assert!(events.contains(&&json!("credentials.ended")), "{events:?}");
    // A token of another kind does not evict a device token.
    let form = [("name", "Too many"), ("expires", "7d")];
    ada.post("/account/tokens", &form).await.expect_status(409);
    assert!(first.client.is_authenticated().await);
}
