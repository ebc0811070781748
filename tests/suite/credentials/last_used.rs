//! The time and the address of the latest use of a credential, as the database has them.

use std::time::Duration;

use narthex::credentials::last_used::flush;
use reqwest::Method;
use serde_json::{Value, json};

use crate::support::api::Token;
use crate::support::app::TestApp;
use crate::support::client::{ApiClient, Browser};
use crate::support::sql;

const ADA: &str = "ada@example.com";

/// A node that is used, and another node, which knows only the last uses of the database.
struct Fixture {
    app: TestApp,
    _reading_node: TestApp,
    ada: Browser,
    reader: ApiClient,
}

impl Fixture {
    async fn start() -> Self {
        let app = TestApp::start();
        let beside = app.start_second(&[]);
        let ada = app.register(ADA).await;
        let may = ["tokens:read", "sessions:read"];
        let reader = app.token(&ada, "Reader", &may).await.secret;
        Self {
            reader: beside.api_client(&reader),
            app,
            _reading_node: beside,
            ada,
        }
    }

    async fn token(&self, name: &str) -> Token {
        self.app.token(&self.ada, name, &["account:read"]).await
    }

    /// Uses tokens one minute later, and flushes their last uses.
    async fn use_later(&self, tokens: &[&Token]) {
        self.app.advance(Duration::from_secs(60));
        for token in tokens {
            token.client.get("/api/v1/user").await.expect_status(200);
        }
        flush(&self.app.state).await.unwrap();
    }

    async fn found(&self, path: &str) -> Value {
        self.reader.get(path).await.expect_status(200).json()
    }

    async fn last_used_at(&self, path: &str) -> Value {
        self.found(path).await["last_used_at"].clone()
    }

    async fn last_used_ip_of(&self, token: &Token) -> Value {
        self.found(&path_of(token)).await["last_used_ip"].clone()
    }

    async fn last_used_at_of(&self, token: &Token) -> Value {
        self.last_used_at(&path_of(token)).await
    }
}

fn path_of(token: &Token) -> String {
    format!("/api/v1/tokens/{}", token.id)
}

#[tokio::test]
async fn flush_overwrites_older_last_use_only() {
    let fixture = Fixture::start().await;
    let token = fixture.token("CI").await;
    assert_eq!(fixture.last_used_at_of(&token).await, Value::Null);
    fixture.use_later(&[&token]).await;
    assert_eq!(
        fixture.last_used_at_of(&token).await,
        json!("2026-11-22T12:31:00Z")
    );
    assert_eq!(fixture.last_used_ip_of(&token).await, json!("127.0.0.1"));
    sql::execute(&fixture.app, "UPDATE last_uses SET ip = '192.0.2.1'");
    fixture.use_later(&[&token]).await;
    assert_eq!(
        fixture.last_used_at_of(&token).await,
        json!("2026-11-22T12:32:00Z")
    );
    assert_eq!(fixture.last_used_ip_of(&token).await, json!("127.0.0.1"));
    // Another node has written a use of one hour later.
    sql::execute(&fixture.app, "UPDATE last_uses SET at = at + 3600000000");
    fixture.use_later(&[&token]).await;
    assert_eq!(
        fixture.last_used_at_of(&token).await,
        json!("2026-11-22T13:32:00Z")
    );
}

#[tokio::test]
async fn introspection_updates_time_but_not_address_of_last_use() {
    let fixture = Fixture::start().await;
    let (token, fresh) = (fixture.token("CI").await, fixture.token("Fresh").await);
    let resource_server = fixture
        .app
        .client(&fixture.ada, &["tokens:introspect"])
        .await;
    fixture.use_later(&[&token]).await;
    // The address is no longer in memory.
    flush(&fixture.app.state).await.unwrap();
    sql::execute(&fixture.app, "UPDATE last_uses SET ip = '192.0.2.1'");
    fixture.app.advance(Duration::from_secs(60));
    for shown in [&token, &fresh] {
        let request = resource_server.request(Method::POST, "/oauth/introspect");
        let request = request.form(&[("token", &shown.secret)]);
        resource_server.send(request).await.expect_status(200);
    }
    flush(&fixture.app.state).await.unwrap();
    assert_eq!(
        fixture.last_used_at_of(&token).await,
        json!("2026-11-22T12:32:00Z")
    );
    assert_eq!(fixture.last_used_ip_of(&token).await, json!("192.0.2.1"));
    assert_eq!(
        fixture.last_used_at_of(&fresh).await,
        json!("2026-11-22T12:32:00Z")
    );
    assert_eq!(fixture.last_used_ip_of(&fresh).await, Value::Null);
}

#[tokio::test]
async fn deleted_credential_does_not_fail_the_flush_batch() {
    let fixture = Fixture::start().await;
    let (deleted, remaining) = (fixture.token("Goes").await, fixture.token("Stays").await);
    fixture.app.advance(Duration::from_secs(60));
    for token in [&deleted, &remaining] {
        token.client.get("/api/v1/user").await.expect_status(200);
    }
    sql::execute(&fixture.app, "DELETE FROM credentials WHERE name = 'Goes'");
    flush(&fixture.app.state).await.unwrap();
    assert_eq!(
        fixture.last_used_at_of(&remaining).await,
        json!("2026-11-22T12:31:00Z")
    );
}

#[tokio::test]
async fn deleting_a_credential_deletes_its_last_use() {
    let fixture = Fixture::start().await;
    let token = fixture.token("CI").await;
    fixture.use_later(&[&token]).await;
    let count = "SELECT CAST(COUNT(*) AS TEXT) AS line FROM last_uses \
                 WHERE credential_id = (SELECT id FROM credentials WHERE name = 'CI') \
                 OR credential_id NOT IN (SELECT id FROM credentials)";
    assert_eq!(sql::query_lines(&fixture.app, count, count), ["1"]);
    sql::execute(&fixture.app, "DELETE FROM credentials WHERE name = 'CI'");
    assert_eq!(sql::query_lines(&fixture.app, count, count), ["0"]);
}

#[tokio::test]
async fn sign_in_counts_as_first_use_of_the_session() {
    let fixture = Fixture::start().await;
    let session = format!("/api/v1/sessions/{}", fixture.ada.session_id().await);
    assert_eq!(
        fixture.last_used_at(&session).await,
        json!("2026-11-22T12:30:00Z")
    );
    fixture.app.advance(Duration::from_secs(60));
    fixture.ada.get("/account").await.expect_status(200);
    flush(&fixture.app.state).await.unwrap();
    assert_eq!(
        fixture.last_used_at(&session).await,
        json!("2026-11-22T12:31:00Z")
    );
}
