//! The credential cache of a node: a hit needs no database, and the cache is bounded.

use std::time::Duration;

use reqwest::Method;
use serde_json::json;

use crate::support::addresses::unused_address;
use crate::support::app::TestApp;
use crate::support::client::{AnonymousClient, ApiClient};
use crate::support::operator::Operator;
use crate::support::sql::{execute, query_lines};

const ADA: &str = "ada@example.com";

impl TestApp {
    /// Sends requests until the credential is cached. The node caches nothing before it has joined
    /// the cluster.
    pub async fn wait_until_cached(&self, client: &ApiClient) {
        self.wait_until_all_cached(&[client]).await;
    }

    async fn wait_until_all_cached(&self, clients: &[&ApiClient]) {
        for _ in 0..10_000 {
            for client in clients {
                client.get("/api/v1/user").await.expect_status(200);
            }
            if self.state.cluster().cached_credentials() >= clients.len() {
                return;
            }
            tokio::task::yield_now().await;
        }
        panic!("no credential was cached");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn cached_credential_needs_no_database() {
    let app = TestApp::start();
    let ada = app.register(ADA).await;
    let client = app.client(&ada, &["account:read"]).await;
    let other = app.client(&ada, &["account:read"]).await;
    app.wait_until_cached(&client).await;
    execute(&app, "ALTER TABLE secrets RENAME TO elsewhere");
    client.get("/api/v1/user").await.expect_status(200);
    client
        .get("/auth/verify?ability=account:read")
        .await
        .expect_status(200);
    other.get("/api/v1/user").await.expect_status(503);
}

#[tokio::test(flavor = "multi_thread")]
async fn changing_one_token_keeps_other_cached_credentials() {
    let app = TestApp::start();
    let ada = app.register(ADA).await;
    let all = app.client(&ada, &["*"]).await;
    let other = app.client(&ada, &["account:read"]).await;
    let named = app.client(&ada, &["account:read"]).await;
    let token = named.get("/api/v1/tokens/current").await.json();
    let path = format!("/api/v1/tokens/{}", token["id"].as_str().unwrap());
    app.wait_until_all_cached(&[&all, &other, &named]).await;
    for change in [json!({"name": "new"}), json!({"paused": true})] {
        all.patch(&path, &change).await.expect_status(200);
    }
    let resumed = json!({"paused": false});
    all.patch(&path, &resumed).await.expect_status(200);
    let rotate = format!("{path}/rotate");
    let rotated = all.post(&rotate, &json!({"overlap": "1h"})).await;
    rotated.expect_status(200);
    app.wait_until_all_cached(&[&all, &other, &named]).await;
    all.delete(&path).await.expect_status(204);
    execute(&app, "ALTER TABLE secrets RENAME TO elsewhere");
    for cached in [&all, &other] {
        cached.get("/api/v1/user").await.expect_status(200);
    }
    named.get("/api/v1/user").await.expect_status(503);
}

#[tokio::test(flavor = "multi_thread")]
async fn replacing_a_session_invalidates_its_user() {
    let app = TestApp::start();
    let ada = app.register(ADA).await;
    let client = app.client(&ada, &["account:read"]).await;
    app.wait_until_cached(&client).await;
    let form = [
        ("name", "Grace"),
        ("email", "grace@example.com"),
        ("password", "correct horse battery staple"),
    ];
    ada.post("/register", &form).await.expect_status(303);
    execute(&app, "ALTER TABLE secrets RENAME TO elsewhere");
    client.get("/api/v1/user").await.expect_status(503);
}

#[tokio::test(flavor = "multi_thread")]
async fn revoking_a_token_with_many_secrets_is_one_invalidation() {
    let app = TestApp::start();
    let ada = app.register(ADA).await;
    let client = app.client(&ada, &["*"]).await;
    let other = app.client(&ada, &["account:read"]).await;
    let named = app.client(&ada, &["account:read"]).await;
    let token = named.get("/api/v1/tokens/current").await.json();
    let path = format!("/api/v1/tokens/{}", token["id"].as_str().unwrap());
    let mut newest = String::new();
    for _ in 0..20 {
        let rotated = client.post(&format!("{path}/rotate"), &json!({})).await;
        let secret = rotated.expect_status(200).json()["secret"].clone();
        newest = secret.as_str().unwrap().to_owned();
    }
    let newest = app.api_client(&newest);
    app.wait_until_all_cached(&[&client, &other, &newest]).await;
    let position = "SELECT CAST(position AS TEXT) AS line FROM invalidation_sequence";
    let value = || {
        query_lines(&app, position, position)
            .concat()
            .parse::<i64>()
            .unwrap()
    };
    let before = value();
    client.delete(&path).await.expect_status(204);
    assert_eq!(value() - before, 1);
    newest.get("/api/v1/user").await.expect_status(401);
}

#[tokio::test(flavor = "multi_thread")]
async fn cached_token_expires_on_time() {
    let app = TestApp::start();
    let ada = app.register(ADA).await;
    let body = json!({"name": "short", "abilities": ["account:read"], "expires_in": 60});
    let made = ada.call(Method::POST, "/api/v1/tokens", Some(&body)).await;
    let secret = made.expect_status(201).json()["secret"].clone();
    let client = app.api_client(secret.as_str().unwrap());
    app.wait_until_cached(&client).await;
    app.advance(Duration::from_secs(59));
    client.get("/api/v1/user").await.expect_status(200);
    app.advance(Duration::from_secs(1));
    client.get("/api/v1/user").await.expect_status(401);
}

#[tokio::test(flavor = "multi_thread")]
async fn manual_database_change_applies_after_five_minutes() {
    let app = TestApp::start();
    let ada = app.register(ADA).await;
    let client = app.client(&ada, &["account:read"]).await;
    app.wait_until_cached(&client).await;
    execute(&app, "UPDATE credentials SET ended_at = created_at");
    app.advance(Duration::from_secs(299));
    client.get("/api/v1/user").await.expect_status(200);
    app.advance(Duration::from_secs(1));
    client.get("/api/v1/user").await.expect_status(401);
}

#[tokio::test(flavor = "multi_thread")]
async fn cache_is_bounded_and_evicted_credentials_still_work() {
    let app = TestApp::start_with(&[("NARTHEX_MEMORY_ENTRIES", "4")]);
    let ada = app.register(ADA).await;
    let mut clients = Vec::new();
    for _ in 0..12 {
        clients.push(app.client(&ada, &["account:read"]).await);
    }
    app.wait_until_cached(&clients[0]).await;
    for client in clients.iter().chain(&clients) {
        client.get("/api/v1/user").await.expect_status(200);
        assert!(app.state.cluster().cached_credentials() <= 4);
    }
    assert!(app.state.cluster().cached_credentials() > 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn cache_size_zero_disables_the_cache() {
    let app = TestApp::start_with(&[("NARTHEX_MEMORY_ENTRIES", "0")]);
    let ada = app.register(ADA).await;
    let client = app.client(&ada, &["account:read"]).await;
    for _ in 0..20 {
        client.get("/api/v1/user").await.expect_status(200);
    }
    assert_eq!(app.state.cluster().cached_credentials(), 0);
}

/// Returns the value of the metric of this name.
async fn metric(metrics: &AnonymousClient, name: &str) -> u64 {
    let text = metrics.get("/metrics").await.expect_status(200).text;
    let value = text.lines().find_map(|line| line.strip_prefix(name));
    let value = value.unwrap_or_else(|| panic!("no metric {name}: {text}"));
    value.trim().parse().unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn metrics_count_cache_entries_and_database_lookups() {
    let metrics = unused_address().to_string();
    let operator = Operator::new().with("NARTHEX_METRICS_LISTEN", &metrics);
    operator.add_user(ADA);
    let [one, other] =
        ["one", "other"].map(|name| operator.add_token(ADA, name, &["--ability", "account:read"]));
    let serving = operator.serve();
    let metrics = AnonymousClient::at(&format!("http://{metrics}"));
    let one = ApiClient::at(&serving.url, &one);
    let mut attempts_left = 10_000;
    while metric(&metrics, "narthex_cache_entries").await == 0 {
        one.get("/api/v1/user").await.expect_status(200);
        attempts_left -= 1;
        assert!(attempts_left > 0, "no credential was cached");
    }
    assert_eq!(metric(&metrics, "narthex_lease_held").await, 1);
    assert_eq!(metric(&metrics, "narthex_nodes").await, 1);
    assert_eq!(
        metric(&metrics, "narthex_database_restore_suspected").await,
        0
    );
    assert_eq!(metric(&metrics, "narthex_database_read_only").await, 0);
    assert_eq!(metric(&metrics, "narthex_database_errors_total").await, 0);
    let version = concat!(
        "narthex_build_info{version=\"",
        env!("CARGO_PKG_VERSION"),
        "\"}"
    );
    assert_eq!(metric(&metrics, version).await, 1);
    let connections = metric(&metrics, "narthex_database_connections ").await;
    assert!(connections > 0);
    assert!(metric(&metrics, "narthex_database_connections_in_use").await <= connections);
    let asked = metric(&metrics, "narthex_cache_misses_total").await;
    assert!(asked > 0);
    for _ in 0..10 {
        one.get("/api/v1/user").await.expect_status(200);
    }
    assert_eq!(metric(&metrics, "narthex_cache_misses_total").await, asked);
    let other = ApiClient::at(&serving.url, &other);
    other.get("/api/v1/user").await.expect_status(200);
    assert_eq!(
        metric(&metrics, "narthex_cache_misses_total").await,
        asked + 1
    );
    assert_eq!(metric(&metrics, "narthex_cache_entries").await, 2);
    let text = metrics.get("/metrics").await.expect_status(200).text;
    for name in text.lines().filter_map(|line| line.strip_prefix("# TYPE ")) {
        let (name, _) = name.split_once(' ').unwrap();
        let has_help = text.contains(&format!("# HELP {name} "));
        assert!(has_help, "{name} has no help text: {text}");
    }
}
