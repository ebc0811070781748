//! Who holds the end of a request back is judged by what they are when it comes.

use std::io::{Read as _, Write as _};
use std::net::TcpStream;

use reqwest::Method;
use serde_json::{Value, json};

use crate::support::api::Token;
use crate::support::app::{PASSWORD, TestApp};
use crate::support::client::Browser;
use crate::support::raw_http::status;

const ADA: &str = "ada@example.com";

/// A request of which everything has come but the last bytes.
struct HeldBack {
    stream: TcpStream,
    rest: Vec<u8>,
}

impl HeldBack {
    fn new(app: &TestApp, path: &str, pass: &str, body: &Value) -> Self {
        let address = app.origin.strip_prefix("http://").unwrap();
        let mut stream = TcpStream::connect(address).unwrap();
        let body = body.to_string().into_bytes();
        let (first, rest) = body.split_at(1);
        let head = format!(
            "POST {path} HTTP/1.1\r\nHost: localhost\r\n{pass}\r\nConnection: close\r\n\
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

    fn of(app: &TestApp, token: &Token, path: &str, body: &Value) -> Self {
        let pass = format!("Authorization: Bearer {}", token.secret);
        Self::new(app, path, &pass, body)
    }

    fn finished(mut self) -> u16 {
        self.stream.write_all(&self.rest).unwrap();
        let mut answer = Vec::new();
        self.stream.read_to_end(&mut answer).unwrap();
        status(&String::from_utf8_lossy(&answer))
    }
}

/// The server has read what came so far once it answers what came later on the same thread's queue;
/// several connections make it likely that each worker did.
async fn the_server_has_read_it(app: &TestApp) {
    for _ in 0..20 {
        app.anonymous().get("/healthz").await.expect_status(200);
    }
}

fn everything() -> Value {
    json!({"name": "Mine now", "abilities": ["*"]})
}

async fn tokens_of(browser: &Browser) -> usize {
    browser.get("/api/v1/tokens").await.ids().len()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_secret_that_was_rotated_out_meanwhile_rotates_and_makes_nothing() {
    let app = TestApp::start();
    let ada = app.register(ADA).await;
    let token = app.token(&ada, "CI", &["*"]).await;
    let rotate = format!("/api/v1/tokens/{}/rotate", token.id);
    let held = [
        HeldBack::of(&app, &token, &rotate, &json!({"overlap": "1h"})),
        HeldBack::of(&app, &token, "/api/v1/tokens", &everything()),
        HeldBack::of(
            &app,
            &token,
            "/api/v1/sign-out/preview",
            &json!({"class": "token"}),
        ),
    ];
    the_server_has_read_it(&app).await;
    let rotated = ada.call(Method::POST, &rotate, None).await;
    let new = app.token_from(&rotated.expect_status(200).json());
    for held in held {
        assert_eq!(held.finished(), 401);
    }
    assert!(new.client.is_authenticated().await);
    assert_eq!(tokens_of(&ada).await, 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_ability_that_was_taken_away_meanwhile_is_gone() {
    let app = TestApp::start();
    let ada = app.register(ADA).await;
    let token = app.token(&ada, "CI", &["*"]).await;
    let held = HeldBack::of(&app, &token, "/api/v1/tokens", &everything());
    the_server_has_read_it(&app).await;
    let narrow = json!({"abilities": ["account:read"]});
    let path = format!("/api/v1/tokens/{}", token.id);
    let narrowed = ada.call(Method::PATCH, &path, Some(&narrow)).await;
    narrowed.expect_status(200);
    assert_eq!(held.finished(), 403);
    assert_eq!(tokens_of(&ada).await, 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_revoked_or_paused_meanwhile_is_told_nothing() {
    let app = TestApp::start();
    let ada = app.register(ADA).await;
    let (revoked, paused) = (
        app.token(&ada, "CI", &["*"]).await,
        app.token(&ada, "Shop", &["*"]).await,
    );
    let preview = "/api/v1/sign-out/preview";
    let held = [
        HeldBack::of(&app, &revoked, preview, &json!({"class": "token"})),
        HeldBack::of(&app, &paused, preview, &json!({"class": "token"})),
    ];
    the_server_has_read_it(&app).await;
    revoked
        .client
        .delete("/api/v1/tokens/current")
        .await
        .expect_status(204);
    let path = format!("/api/v1/tokens/{}", paused.id);
    let pause = json!({"paused": true});
    let pause = ada.call(Method::PATCH, &path, Some(&pause)).await;
    pause.expect_status(200);
    for held in held {
        assert_eq!(held.finished(), 401);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_copied_cookie_makes_nothing_after_the_change_of_the_password() {
    let app = TestApp::start();
    let ada = app.register(ADA).await;
    let copied = ada.cookie("narthex").unwrap().value;
    let pass = format!("Cookie: narthex={copied}\r\nSec-Fetch-Site: same-origin");
    let held = HeldBack::new(&app, "/api/v1/tokens", &pass, &everything());
    the_server_has_read_it(&app).await;
    let form = [
        ("current_password", PASSWORD),
        ("password", "another long password"),
    ];
    ada.post("/account/password", &form)
        .await
        .expect_status(303);
    assert_eq!(held.finished(), 401);
    assert_eq!(tokens_of(&ada).await, 0);
}
