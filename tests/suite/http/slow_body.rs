//! A client that delays the end of its body is authenticated when the body is complete.

use std::io::{Read as _, Write as _};
use std::net::TcpStream;

use reqwest::Method;
use serde_json::{Value, json};

use crate::support::api::Token;
use crate::support::app::{PASSWORD, TestApp};
use crate::support::client::Browser;
use crate::support::raw_http::status;

const ADA: &str = "ada@example.com";

/// A request whose last bytes have not been sent.
struct SlowRequest {
    stream: TcpStream,
    rest: Vec<u8>,
}

impl SlowRequest {
    fn new(app: &TestApp, path: &str, credential: &str, body: &Value) -> Self {
        let address = app.origin.strip_prefix("http://").unwrap();
        let mut stream = TcpStream::connect(address).unwrap();
        let body = body.to_string().into_bytes();
        let (first, rest) = body.split_at(1);
        let head = format!(
            "POST {path} HTTP/1.1\r\nHost: localhost\r\n{credential}\r\nConnection: close\r\n\
             Content-Type: application/json\r\nContent-Length: {}\r\n\r\n",
            body.len()
        );
        stream.write_all(head.as_bytes()).unwrap();
        stream.write_all(first).unwrap();
        Self {
            stream,
            rest: rest.to_vec(),
        }
    }

    fn with_token(app: &TestApp, token: &Token, path: &str, body: &Value) -> Self {
        let credential = format!("Authorization: Bearer {}", token.secret);
        Self::new(app, path, &credential, body)
    }

    fn finish(mut self) -> u16 {
        self.stream.write_all(&self.rest).unwrap();
        let mut answer = Vec::new();
        self.stream.read_to_end(&mut answer).unwrap();
        status(&String::from_utf8_lossy(&answer))
    }
}

/// Waits until the server has read the first part. A worker that answers a later request has read
/// it; several connections make it likely that every worker has.
async fn wait_until_read(app: &TestApp) {
    for _ in 0..20 {
        app.anonymous().get("/healthz").await.expect_status(200);
    }
}

fn all_abilities() -> Value {
    json!({"name": "Mine now", "abilities": ["*"]})
}

async fn tokens_of(browser: &Browser) -> usize {
    browser.get("/api/v1/tokens").await.ids().len()
}

#[tokio::test(flavor = "multi_thread")]
async fn delayed_request_with_a_rotated_secret_is_refused() {
    let app = TestApp::start_at_root(&[]);
    let ada = app.register(ADA).await;
    let token = app.token(&ada, "CI", &["*"]).await;
    let rotate = format!("/api/v1/tokens/{}/rotate", token.id);
    let slow = [
        SlowRequest::with_token(&app, &token, &rotate, &json!({"overlap": "1h"})),
        SlowRequest::with_token(&app, &token, "/api/v1/tokens", &all_abilities()),
        SlowRequest::with_token(
            &app,
            &token,
            "/api/v1/sign-out/preview",
            &json!({"class": "token"}),
        ),
    ];
    wait_until_read(&app).await;
    let rotated = ada.call(Method::POST, &rotate, None).await;
    let new = app.token_from(&rotated.expect_status(200).json());
    for slow in slow {
        assert_eq!(slow.finish(), 401);
    }
    assert!(new.client.is_authenticated().await);
    assert_eq!(tokens_of(&ada).await, 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn delayed_request_has_no_removed_ability() {
    let app = TestApp::start_at_root(&[]);
    let ada = app.register(ADA).await;
    let token = app.token(&ada, "CI", &["*"]).await;
    let slow = SlowRequest::with_token(&app, &token, "/api/v1/tokens", &all_abilities());
    wait_until_read(&app).await;
    let narrow = json!({"abilities": ["account:read"]});
    let path = format!("/api/v1/tokens/{}", token.id);
    let narrowed = ada.call(Method::PATCH, &path, Some(&narrow)).await;
    narrowed.expect_status(200);
    assert_eq!(slow.finish(), 403);
    assert_eq!(tokens_of(&ada).await, 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn delayed_request_with_an_ended_token_is_refused() {
    let app = TestApp::start_at_root(&[]);
    let ada = app.register(ADA).await;
    let (revoked, paused) = (
        app.token(&ada, "CI", &["*"]).await,
        app.token(&ada, "Shop", &["*"]).await,
    );
    let preview = "/api/v1/sign-out/preview";
    let slow = [
        SlowRequest::with_token(&app, &revoked, preview, &json!({"class": "token"})),
        SlowRequest::with_token(&app, &paused, preview, &json!({"class": "token"})),
    ];
    wait_until_read(&app).await;
    revoked
        .client
        .delete("/api/v1/tokens/current")
        .await
        .expect_status(204);
    let path = format!("/api/v1/tokens/{}", paused.id);
    let pause = json!({"paused": true});
    let pause = ada.call(Method::PATCH, &path, Some(&pause)).await;
    pause.expect_status(200);
    for slow in slow {
        assert_eq!(slow.finish(), 401);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn delayed_request_is_refused_after_a_password_change() {
    let app = TestApp::start_at_root(&[]);
    let ada = app.register(ADA).await;
    let copied = ada.cookie("narthex").unwrap().value;
    let credential = format!("Cookie: narthex={copied}\r\nSec-Fetch-Site: same-origin");
    let slow = SlowRequest::new(&app, "/api/v1/tokens", &credential, &all_abilities());
    wait_until_read(&app).await;
    let form = [
        ("current_password", PASSWORD),
        ("password", "another long password"),
    ];
    ada.post("/account/password", &form)
        .await
        .expect_status(303);
    assert_eq!(slow.finish(), 401);
    assert_eq!(tokens_of(&ada).await, 0);
}
