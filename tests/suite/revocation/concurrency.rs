//! Revocations that race with sign-ins and with requests of the credentials that they revoke.

use std::{sync::Arc, time::Duration};

use narthex::{
    accounts,
    audit::Actor,
    credentials::{
        CredentialFilter, RevocationReason, RevocationReceipt,
        authenticate::authenticate,
        revoke::{RevocationRequest, revoke, revoke_one},
    },
    crypto::secret::SecretString,
    error::Error,
    types::{credential_kind::CredentialType, ids::UserId, secret_form::SecretForm},
};
use reqwest::Method;
use serde_json::Value;
use tokio::sync::mpsc;
use tokio::task::JoinSet;

use crate::support::app::{PASSWORD, TestApp, secret_in};
use crate::support::client::Browser;

const ADA: &str = "ada@example.com";
const ROUNDS: usize = 8;
const CLIENTS: usize = 4;

/// Signs in repeatedly from several clients at once. Yields the browsers that are signed in, and
/// sends to `got_in` at the first success.
fn spawn_sign_ins(app: &TestApp, got_in: &mpsc::Sender<()>) -> JoinSet<Vec<Browser>> {
    let mut all = JoinSet::new();
    for _ in 0..CLIENTS {
        let signed_out: Vec<Browser> = (0..ROUNDS).map(|_| app.browser()).collect();
        let got_in = got_in.clone();
        all.spawn(async move {
            let mut browsers = Vec::new();
            for browser in signed_out {
                let form = [("email", ADA), ("password", PASSWORD)];
                let answer = browser.post("/login", &form).await;
                // 422: the password has changed. 429: too many failures. 503: a small machine
                // refuses the excess of concurrent sign-ins.
                assert!([303, 422, 429, 503].contains(&answer.status), "{answer}");
                if answer.status == 303 {
                    let _sent = got_in.try_send(());
                    browsers.push(browser);
                }
            }
            browsers
        });
    }
    all
}

async fn sign_out_everywhere(app: &TestApp, user: UserId) -> RevocationReceipt {
    let everything = CredentialFilter::default();
    let request = RevocationRequest::of(everything, RevocationReason::SignedOut);
    let ended = revoke(&app.state, user, request, Actor::operator()).await;
    ended.unwrap()
}

async fn is_signed_in(browser: &Browser) -> bool {
    browser.get("/account").await.status == 200
}

/// Expects every revoked credential on the receipt that it names.
async fn expect_revocations_on_receipts(browser: &Browser) {
    let all = browser
        .get("/api/v1/credentials?ended=true&limit=100")
        .await;
    let all = all.expect_status(200).json();
    for one in all["data"].as_array().unwrap() {
        let Some(receipt) = one["receipt_id"].as_str() else {
            assert_eq!(one["ended_at"], Value::Null, "{one}");
            continue;
        };
        let receipt = browser.get(&format!("/api/v1/receipts/{receipt}")).await;
        let receipt = receipt.expect_status(200).json();
        let listed = receipt["credentials"].as_array().unwrap();
        assert!(
            listed.iter().any(|listed| listed["id"] == one["id"]),
            "{one} {receipt}"
        );
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn revoked_session_cannot_create_a_token() {
    let app = Arc::new(TestApp::start());
    let ada = app.register(ADA).await;
    let user = app.user_id(ADA).await;
    let (made_one, mut first) = mpsc::channel(1);
    let mut makers = JoinSet::new();
    for _ in 0..CLIENTS {
        let (browser, made_one) = (app.sign_in(ADA).await, made_one.clone());
        makers.spawn(async move {
            let mut secrets = Vec::new();
            for _ in 0..ROUNDS {
                let form = [("name", "Made in a race"), ("expires", "7d")];
                let answer = browser.post("/account/tokens", &form).await;
                // 303: to the login page. 401: the session was revoked during the request.
                assert!([200, 303, 401].contains(&answer.status), "{answer}");
                if answer.status == 200 {
                    let _sent = made_one.try_send(());
                    secrets.push(secret_in(&answer.text));
                }
            }
            secrets
        });
    }
    first.recv().await.expect("a token");
    let ended = sign_out_everywhere(&app, user).await;
    let secrets = makers.join_all().await.concat();
    assert_eq!(
        ended.tokens_ended,
        i64::try_from(secrets.len()).unwrap(),
        "each is on the receipt"
    );
    for secret in secrets {
        app.api_client(&secret)
            .get("/api/v1/user")
            .await
            .expect_status(401);
    }
    assert!(!is_signed_in(&ada).await);
}

#[tokio::test(flavor = "multi_thread")]
async fn sign_in_racing_a_revocation_is_on_its_receipt_or_later() {
    let app = TestApp::start();
    app.register(ADA).await;
    let user = app.user_id(ADA).await;
    let (got_in, mut first) = mpsc::channel(1);
    let racers = spawn_sign_ins(&app, &got_in);
    first.recv().await.expect("a sign-in");
    for _ in 0..ROUNDS {
        sign_out_everywhere(&app, user).await;
    }
    let browsers = racers.join_all().await.into_iter().flatten();
    // This many successful sign-ins within one moment are rate limited, too.
    app.advance(Duration::from_secs(300));
    let watching = app.sign_in(ADA).await;
    expect_revocations_on_receipts(&watching).await;
    let live = watching.get("/api/v1/sessions?limit=100").await.json();
    let live = live["data"].as_array().unwrap().len();
    let mut inside = 1;
    for browser in browsers {
        inside += usize::from(is_signed_in(&browser).await);
    }
    assert_eq!(inside, live, "each active session is listed and accepted");
}

#[tokio::test(flavor = "multi_thread")]
async fn sign_in_with_old_password_does_not_survive_its_change() {
    let app = TestApp::start();
    let ada = app.register(ADA).await;
    let (got_in, mut first) = mpsc::channel(1);
    let racers = spawn_sign_ins(&app, &got_in);
    first.recv().await.expect("a sign-in");
    let form = [
        ("current_password", PASSWORD),
        ("password", "another long password"),
    ];
    ada.post("/account/password", &form)
        .await
        .expect_status(303);
    for browser in racers.join_all().await.into_iter().flatten() {
        assert!(!is_signed_in(&browser).await);
    }
    assert!(is_signed_in(&ada).await);
    expect_revocations_on_receipts(&ada).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn sign_in_racing_account_disabling_is_revoked() {
    let app = TestApp::start();
    app.register(ADA).await;
    let user = app.user_id(ADA).await;
    let (got_in, mut first) = mpsc::channel(1);
    let racers = spawn_sign_ins(&app, &got_in);
    first.recv().await.expect("a sign-in");
    accounts::disable(&app.state, user).await.unwrap();
    let browsers: Vec<Browser> = racers.join_all().await.into_iter().flatten().collect();
    for browser in &browsers {
        assert!(!is_signed_in(browser).await);
    }
    accounts::enable(&app.state, user).await.unwrap();
    for browser in &browsers {
        assert!(
            !is_signed_in(browser).await,
            "a revoked session stays revoked"
        );
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn sign_in_racing_account_deletion_is_revoked() {
    let app = TestApp::start();
    let ada = app.register(ADA).await;
    let (got_in, mut first) = mpsc::channel(1);
    let racers = spawn_sign_ins(&app, &got_in);
    first.recv().await.expect("a sign-in");
    let form = [("password", PASSWORD)];
    ada.post("/account/delete", &form).await.expect_status(303);
    for browser in racers.join_all().await.into_iter().flatten() {
        assert!(!is_signed_in(&browser).await);
    }
    let anew = app.register(ADA).await;
    let all = anew.get("/api/v1/credentials?ended=true").await.json();
    assert_eq!(all["data"].as_array().unwrap().len(), 1, "{all}");
}

#[tokio::test(flavor = "multi_thread")]
async fn concurrent_registrations_of_one_address_create_one_account() {
    let app = Arc::new(TestApp::start());
    let mut all = JoinSet::new();
    for _ in 0..CLIENTS {
        let browser = app.browser();
        all.spawn(async move {
            let form = [("name", "Ada"), ("email", ADA), ("password", PASSWORD)];
            browser.post("/register", &form).await.status
        });
    }
    let statuses = all.join_all().await;
    let got_it = statuses.iter().filter(|status| **status == 303).count();
    // A small machine refuses some of them with 503.
    assert!(
        got_it <= 1
            && statuses
                .iter()
                .all(|status| [303, 422, 503].contains(status))
    );
    let form = [("name", "Ada"), ("email", ADA), ("password", PASSWORD)];
    app.browser()
        .post("/register", &form)
        .await
        .expect_status(422);
}

#[tokio::test(flavor = "multi_thread")]
async fn concurrent_copies_of_one_form_create_one_token() {
    let app = TestApp::start();
    let ada = Arc::new(app.register(ADA).await);
    let key = ada.get("/account/tokens/new").await.field("form_key");
    let mut all = JoinSet::new();
    for _ in 0..CLIENTS {
        let (ada, key) = (Arc::clone(&ada), key.clone());
        all.spawn(async move {
            let form = [("name", "Once"), ("expires", "7d"), ("form_key", &*key)];
            ada.post("/account/tokens", &form).await.status
        });
    }
    let mut statuses = all.join_all().await;
    statuses.sort_unstable();
    assert_eq!(statuses, [200, 303, 303, 303]);
    let tokens = ada.get("/api/v1/tokens").await.json();
    assert_eq!(tokens["data"].as_array().unwrap().len(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn concurrent_revocations_record_one_event() {
    let app = TestApp::start();
    let ada = Arc::new(app.register(ADA).await);
    let token = app.token(&ada, "Wanted by several", &[]).await;
    let mut all = JoinSet::new();
    for _ in 0..CLIENTS {
        let (ada, path) = (Arc::clone(&ada), format!("/api/v1/tokens/{}", token.id));
        all.spawn(async move { ada.call(Method::DELETE, &path, None).await.status });
    }
    let statuses = all.join_all().await;
    assert!(statuses.iter().all(|status| *status == 204), "{statuses:?}");
    let events = ada.get("/api/v1/events").await.json();
    let endings = events["data"].as_array().unwrap().iter();
    let endings = endings.filter(|event| event["type"] == "credentials.ended");
    assert_eq!(endings.count(), 1, "{events}");
}

/// Many users share few connections, and some of the requests fail.
#[tokio::test(flavor = "multi_thread")]
async fn concurrent_responses_go_to_their_own_user() {
    let app = Arc::new(TestApp::start());
    let mut all = JoinSet::new();
    for number in 0..8 {
        let email = format!("user{number}@example.com");
        let browser = app.register(&email).await;
        all.spawn(async move {
            for _ in 0..25 {
                let user = browser.get("/api/v1/user").await.json();
                assert_eq!(user["email"], email);
                browser.get("/account").await.expect_text(&email);
                browser.get("/account/tokens/x").await.expect_status(404);
            }
        });
    }
    all.join_all().await;
}

/// The token is not revoked, but refused until the account is enabled.
#[tokio::test(flavor = "multi_thread")]
async fn token_of_a_disabled_account_changes_nothing_more() {
    let app = TestApp::start();
    let ada = app.register(ADA).await;
    let token = app.token(&ada, "CI", &["tokens:write"]).await;
    let digest = SecretString::new(token.secret.clone()).digest();
    let caller = authenticate(&app.state, SecretForm::Token, digest, None);
    let caller = caller.await.unwrap().expect("a caller");
    let user = app.user_id(ADA).await;
    accounts::disable(&app.state, user).await.unwrap();
    let id = caller.credential().id;
    let revoked = revoke_one(&app.state, &caller, CredentialType::Token, id).await;
    assert!(matches!(revoked, Err(Error::NotSignedIn { .. })));
    accounts::enable(&app.state, user).await.unwrap();
    token.client.get("/api/v1/user").await.expect_status(200);
}
