//! Nodes whose clocks differ, and last uses that only another node knows: a revocation depends on
//! no clock.

use std::time::Duration;

use reqwest::Method;
use serde_json::{Value, json};

use crate::support::answer::Answer;
use crate::support::api::{Token, text};
use crate::support::app::{PASSWORD, TestApp};
use crate::support::client::Browser;

const ADA: &str = "ada@example.com";
const TOKENS: &str = "/api/v1/tokens";
const SECOND: Duration = Duration::from_secs(1);
const HALF_A_MINUTE: Duration = Duration::from_secs(30);

/// Starts a node, and another one on the same database whose clock is slow.
fn start_two() -> (TestApp, TestApp) {
    let one = TestApp::start();
    let slow = one.start_second_with_slow_clock(HALF_A_MINUTE);
    (one, slow)
}

/// Returns a browser with the same session at another node.
fn at(app: &TestApp, browser: &Browser) -> Browser {
    let cookie = browser.cookie("narthex").expect("a session");
    let there = app.browser();
    there.put_cookie("narthex", &cookie.value);
    there
}

/// Creates a token that expires after eight seconds.
async fn short_lived(app: &TestApp, ada: &Browser) -> Token {
    let body = json!({"name": "Short", "abilities": [], "expires_in": 8});
    let made = ada.call(Method::POST, TOKENS, Some(&body)).await;
    app.token_from(&made.expect_status(201).json())
}

async fn rotate(ada: &Browser, token: &Token, overlap: &str) -> Answer {
    let path = format!("{TOKENS}/{}/rotate", token.id);
    let body = json!({"overlap": overlap});
    let answer = ada.call(Method::POST, &path, Some(&body)).await;
    answer.expect_status(200)
}

/// The ways to revoke a token that is expired by the clock of the node.
#[derive(Clone, Copy, Debug)]
enum Way {
    One,
    Page,
    BySecret,
    Class,
    Everything,
    Password,
}

impl Way {
    const ALL: [Self; 6] = [
        Self::One,
        Self::Page,
        Self::BySecret,
        Self::Class,
        Self::Everything,
        Self::Password,
    ];

    async fn revoke(self, app: &TestApp, ada: &Browser, token: &Token) {
        match self {
            Self::One => {
                let path = format!("{TOKENS}/{}", token.id);
                let answer = ada.call(Method::DELETE, &path, None).await;
                answer.expect_status(204);
            }
            Self::Page => {
                let path = format!("/account/tokens/{}/revoke", token.id);
                let answer = ada.post(&path, &[("confirmed", "1")]).await;
                answer.expect_status(303);
            }
            Self::BySecret => {
                let form = [("token", &*token.secret)];
                let answer = app.anonymous().post("/oauth/revoke", &form).await;
                answer.expect_status(200);
            }
            Self::Class => {
                let body = json!({"class": "token"});
                let answer = ada.call(Method::POST, "/api/v1/sign-out", Some(&body));
                answer.await.expect_status(200);
            }
            Self::Everything => {
                let body = json!({"except": "current"});
                let answer = ada.call(Method::POST, "/api/v1/sign-out", Some(&body));
                answer.await.expect_status(200);
            }
            Self::Password => {
                let form = [
                    ("current_password", PASSWORD),
                    ("password", "another long password"),
                    ("also", "tokens"),
                ];
                let answer = ada.post("/account/password", &form).await;
                answer.expect_status(303);
            }
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn revocation_includes_tokens_that_expired_by_this_clock_only() {
    for way in Way::ALL {
        let (one, slow) = start_two();
        let ada = one.register(ADA).await;
        let token = short_lived(&one, &ada).await;
        one.advance(9 * SECOND);
        slow.advance(9 * SECOND);
        let there = slow.api_client(&token.secret);
        assert!(!token.client.is_authenticated().await, "{way:?}");
        assert!(there.is_authenticated().await, "{way:?}: its clock is slow");
        way.revoke(&one, &ada, &token).await;
        assert!(!there.is_authenticated().await, "{way:?}");
        let found = ada.get(&format!("{TOKENS}/{}", token.id)).await;
        let found = found.expect_status(200).json();
        assert_ne!(found["ended_at"], Value::Null, "{way:?}");
        let receipt = format!("/api/v1/receipts/{}", text(&found["receipt_id"]));
        let receipt = ada.get(&receipt).await.expect_status(200);
        assert!(receipt.ids().contains(&token.id), "{way:?}: it is listed");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn sign_out_includes_a_session_last_used_on_another_node() {
    let settings = [
        ("NARTHEX_SESSION_IDLE", "20s"),
        ("NARTHEX_LAST_USED_EVERY", "1h"),
    ];
    let one = TestApp::start_with(&settings);
    let other = one.start_second(&settings);
    let ada = one.register(ADA).await;
    let stolen = at(&other, &one.sign_in(ADA).await);
    assert!(stolen.is_signed_in().await);
    one.advance(19 * SECOND);
    assert!(stolen.is_signed_in().await && ada.is_signed_in().await);
    one.advance(2 * SECOND);
    let everything = json!({});
    let receipt = ada.call(Method::POST, "/api/v1/sign-out", Some(&everything));
    let receipt = receipt.await.expect_status(200).json();
    assert!(!stolen.is_signed_in().await);
    assert_eq!(receipt["sessions_ended"], 2, "{receipt}");
}

/// A preview lists active credentials. Its digest stays valid while credentials expire, and a
/// revocation includes expired credentials, too.
#[tokio::test(flavor = "multi_thread")]
async fn revocation_with_digest_includes_tokens_expired_since() {
    let app = TestApp::start();
    let ada = app.register(ADA).await;
    let tokens = json!({"class": "token"});
    let preview = async || {
        let path = "/api/v1/sign-out/preview";
        let shown = ada.call(Method::POST, path, Some(&tokens)).await;
        shown.expect_status(200)
    };
    let expired_before = short_lived(&app, &ada).await;
    app.advance(9 * SECOND);
    let expired_since = short_lived(&app, &ada).await;
    app.advance(SECOND);
    let live = app.token(&ada, "Live", &[]).await;
    let shown = preview().await;
    assert_eq!(shown.ids(), [live.id.clone(), expired_since.id.clone()]);
    app.advance(9 * SECOND);
    assert_eq!(preview().await.ids(), std::slice::from_ref(&live.id));
    let body = json!({"class": "token", "digest": shown.json()["digest"]});
    let ended = ada
        .call(Method::POST, "/api/v1/sign-out", Some(&body))
        .await;
    let ended = ended.expect_status(200);
    assert_eq!(ended.ids(), [live.id, expired_since.id, expired_before.id]);
}

#[tokio::test(flavor = "multi_thread")]
async fn rotated_secret_is_refused_by_a_node_with_a_slow_clock() {
    let (one, slow) = start_two();
    let ada = one.register(ADA).await;
    let token = one.token(&ada, "CI", &[]).await;
    let there = slow.api_client(&token.secret);
    assert!(there.is_authenticated().await);
    rotate(&ada, &token, "0").await;
    assert!(!there.is_authenticated().await);
    one.clock.set_back(20 * SECOND);
    assert!(
        !token.client.is_authenticated().await,
        "its clock was set back"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn ninth_previous_secret_is_refused_by_a_slow_clock() {
    let (one, slow) = start_two();
    let ada = one.register(ADA).await;
    let token = one.token(&ada, "CI", &[]).await;
    let there = slow.api_client(&token.secret);
    for _ in 0..8 {
        // Secrets that were created at the same time have no oldest one.
        one.advance(SECOND);
        slow.advance(SECOND);
        rotate(&ada, &token, "1h").await;
        assert!(there.is_authenticated().await);
    }
    rotate(&ada, &token, "1h").await;
    assert!(!there.is_authenticated().await);
    one.clock.set_back(20 * SECOND);
    assert!(
        !token.client.is_authenticated().await,
        "its clock was set back"
    );
}

/// Secrets that are expired by the clock of the rotating node count, too, because a node with a
/// slow clock still accepts them.
#[tokio::test(flavor = "multi_thread")]
async fn at_most_eight_previous_secrets_work_by_any_clock() {
    let (one, slow) = start_two();
    let ada = one.register(ADA).await;
    let token = one.token(&ada, "CI", &[]).await;
    let mut secrets = vec![token.secret.clone()];
    for _ in 0..12 {
        let rotated = rotate(&ada, &token, "1s").await.json();
        secrets.push(text(&rotated["secret"]));
        one.advance(SECOND);
        slow.advance(SECOND);
    }
    let mut working = 0;
    for secret in &secrets {
        working += usize::from(slow.api_client(secret).is_authenticated().await);
    }
    assert_eq!(working, 9, "the current secret and eight previous ones");
}

#[tokio::test(flavor = "multi_thread")]
async fn revocation_by_expired_secret_revokes_it_on_every_node() {
    let (one, slow) = start_two();
    let ada = one.register(ADA).await;
    let token = one.token(&ada, "CI", &[]).await;
    let new = rotate(&ada, &token, "1s").await.json();
    one.advance(2 * SECOND);
    slow.advance(2 * SECOND);
    let there = slow.api_client(&token.secret);
    assert!(there.is_authenticated().await, "its clock is slow");
    let form = [("token", &*token.secret)];
    let revoked = one.anonymous().post("/oauth/revoke", &form).await;
    revoked.expect_status(200);
    assert!(!there.is_authenticated().await);
    assert!(
        one.token_from(&new).client.is_authenticated().await,
        "the token stays active"
    );
}

/// The command uses the system clock, by which these credentials are expired.
#[tokio::test(flavor = "multi_thread")]
async fn command_revokes_credentials_that_expired_by_its_clock() {
    for arguments in [
        &["sign-out", ADA][..],
        &["sign-out", "--all"],
        &["session", "revoke"],
        &["token", "revoke"],
        &["user", "disable", ADA],
    ] {
        let app = TestApp::start();
        let ada = app.register(ADA).await;
        let token = short_lived(&app, &ada).await;
        assert!(ada.is_signed_in().await && token.client.is_authenticated().await);
        let session = ada.session_id().await;
        let narthex = app.command_line();
        let (of_sessions, of_tokens) = match arguments {
            ["session", ..] => (true, false),
            ["token", ..] => (false, true),
            _ => (true, true),
        };
        let id = match arguments {
            ["session", ..] => vec![&*session],
            ["token", ..] => vec![&*token.id],
            _ => Vec::new(),
        };
        narthex.run(&[arguments, &id].concat()).expect_code(0);
        assert_eq!(ada.is_signed_in().await, !of_sessions, "{arguments:?}");
        assert_eq!(
            token.client.is_authenticated().await,
            !of_tokens,
            "{arguments:?}"
        );
    }
}
