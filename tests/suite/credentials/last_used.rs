//! When and from where something was last used, as it is written down.

use std::time::Duration;

use narthex::credentials::last_used::flush;
use reqwest::Method;
use serde_json::{Value, json};

use crate::support::api::Token;
use crate::support::app::TestApp;
use crate::support::client::{ApiClient, Browser};
use crate::support::sql;

const ADA: &str = "ada@example.com";

/// An app that is used, and another one beside it, which knows of uses only what is written down.
struct Two {
    app: TestApp,
    _beside: TestApp,
    ada: Browser,
    reader: ApiClient,
}

impl Two {
    async fn start() -> Self {
        let app = TestApp::start();
        let beside = app.start_second(&[]);
        let ada = app.register(ADA).await;
        let may = ["tokens:read", "sessions:read"];
        let reader = app.token(&ada, "Reader", &may).await.secret;
        Self {
            reader: beside.api_client(&reader),
            app,
            _beside: beside,
            ada,
        }
    }

    async fn token(&self, name: &str) -> Token {
        self.app.token(&self.ada, name, &["account:read"]).await
    }

    /// Uses tokens a minute later, and writes that down.
    async fn use_later(&self, tokens: &[&Token]) {
        self.app.advance(Duration::from_secs(60));
        for token in tokens {
            token.client.get("/api/v1/user").await.expect_status(200);
        }
        flush(&self.app.context).await.unwrap();
    }

    async fn found(&self, path: &str) -> Value {
        self.reader.get(path).await.expect_status(200).json()
    }

    async fn written(&self, path: &str) -> Value {
        self.found(path).await["last_used_at"].clone()
    }

    async fn from(&self, token: &Token) -> Value {
        self.found(&path_of(token)).await["last_used_ip"].clone()
    }

    async fn written_of(&self, token: &Token) -> Value {
        self.written(&path_of(token)).await
    }
}

fn path_of(token: &Token) -> String {
    format!("/api/v1/tokens/{}", token.id)
}

#[tokio::test]
async fn each_use_is_written_over_the_one_before_and_over_none_that_is_newer() {
    let two = Two::start().await;
    let token = two.token("CI").await;
    assert_eq!(two.written_of(&token).await, Value::Null);
    two.use_later(&[&token]).await;
    assert_eq!(two.written_of(&token).await, json!("2026-11-22T12:31:00Z"));
    assert_eq!(two.from(&token).await, json!("127.0.0.1"));
    sql::execute(&two.app, "UPDATE last_uses SET ip = '192.0.2.1'");
    two.use_later(&[&token]).await;
    assert_eq!(two.written_of(&token).await, json!("2026-11-22T12:32:00Z"));
    assert_eq!(two.from(&token).await, json!("127.0.0.1"));
    // Another process wrote a use that came an hour later.
    sql::execute(&two.app, "UPDATE last_uses SET at = at + 3600000000");
    two.use_later(&[&token]).await;
    assert_eq!(two.written_of(&token).await, json!("2026-11-22T13:32:00Z"));
}

#[tokio::test]
async fn what_somebody_else_was_shown_is_used_from_where_it_was_before() {
    let two = Two::start().await;
    let (token, fresh) = (two.token("CI").await, two.token("Fresh").await);
    let asker = two.app.client(&two.ada, &["tokens:introspect"]).await;
    two.use_later(&[&token]).await;
    // From where it was is not in memory any more.
    flush(&two.app.context).await.unwrap();
    sql::execute(&two.app, "UPDATE last_uses SET ip = '192.0.2.1'");
    two.app.advance(Duration::from_secs(60));
    for shown in [&token, &fresh] {
        let question = asker.request(Method::POST, "/oauth/introspect");
        let question = question.form(&[("token", &shown.secret)]);
        asker.send(question).await.expect_status(200);
    }
    flush(&two.app.context).await.unwrap();
    assert_eq!(two.written_of(&token).await, json!("2026-11-22T12:32:00Z"));
    assert_eq!(two.from(&token).await, json!("192.0.2.1"));
    assert_eq!(two.written_of(&fresh).await, json!("2026-11-22T12:32:00Z"));
    assert_eq!(two.from(&fresh).await, Value::Null);
}

#[tokio::test]
async fn of_what_is_gone_nothing_is_written_and_of_all_else_in_the_same_batch_it_is() {
    let two = Two::start().await;
    let (goes, stays) = (two.token("Goes").await, two.token("Stays").await);
    two.app.advance(Duration::from_secs(60));
    for token in [&goes, &stays] {
        token.client.get("/api/v1/user").await.expect_status(200);
    }
    sql::execute(&two.app, "DELETE FROM credentials WHERE name = 'Goes'");
    flush(&two.app.context).await.unwrap();
    assert_eq!(two.written_of(&stays).await, json!("2026-11-22T12:31:00Z"));
}

#[tokio::test]
async fn a_use_goes_with_what_was_used() {
    let two = Two::start().await;
    let token = two.token("CI").await;
    two.use_later(&[&token]).await;
    let count = "SELECT CAST(COUNT(*) AS TEXT) AS line FROM last_uses \
                 WHERE credential_id = (SELECT id FROM credentials WHERE name = 'CI') \
                 OR credential_id NOT IN (SELECT id FROM credentials)";
    assert_eq!(sql::query_lines(&two.app, count, count), ["1"]);
    sql::execute(&two.app, "DELETE FROM credentials WHERE name = 'CI'");
    assert_eq!(sql::query_lines(&two.app, count, count), ["0"]);
}

#[tokio::test]
async fn to_sign_in_is_the_first_use_of_a_session() {
    let two = Two::start().await;
    let session = format!("/api/v1/sessions/{}", two.ada.session_id().await);
    assert_eq!(two.written(&session).await, json!("2026-11-22T12:30:00Z"));
    two.app.advance(Duration::from_secs(60));
    two.ada.get("/account").await.expect_status(200);
    flush(&two.app.context).await.unwrap();
    assert_eq!(two.written(&session).await, json!("2026-11-22T12:31:00Z"));
}
