//! An older release beside a newer one: running nodes continue after the schema is expanded for the
//! next release. A node of the older release does not start on the newer schema.

use reqwest::Method;
use serde_json::json;

use crate::support::app::{PASSWORD, migrate, secret_in};
use crate::support::client::ApiClient;
use crate::support::database::Database;
use crate::support::operator::Operator;
use crate::support::user_agents::FIREFOX_ON_LINUX;

const ADA: &str = "ada@example.com";
const KEY: &str =
    "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8gISIjJCUmJygpKissLS4vMDEyMzQ1Njc4OTo7PD0+Pw==";
const TABLES: [&str; 32] = [
    "account_change_sequence",
    "account_changes",
    "attempt_counters",
    "authenticator_apps",
    "credentials",
    "database_identity",
    "events",
    "expiry_warnings",
    "imported",
    "invalidation_sequence",
    "invalidations",
    "jobs",
    "known_browsers",
    "last_uses",
    "mail_requests",
    "migration_checksums",
    "nodes",
    "one_time_links",
    "passkey_challenges",
    "passkey_user_handles",
    "passkeys",
    "pending_authenticator_apps",
    "receipts",
    "recovery_code_sets",
    "recovery_codes",
    "rotations",
    "secrets",
    "sign_in_attempts",
    "token_networks",
    "trusted_browsers",
    "users",
    "write_probe",
];

/// Expands the schema as the first step of the next release does. The step only adds. Columns have
/// defaults, because nodes of the older release continue to write rows.
fn expand(operator: &Operator) {
    for table in TABLES {
        operator.execute(&format!(
            "ALTER TABLE {table} ADD COLUMN of_the_next_release TEXT NOT NULL DEFAULT 'unknown'"
        ));
    }
    operator.execute("CREATE TABLE next_release (id BIGINT NOT NULL PRIMARY KEY)");
    operator.execute("INSERT INTO __diesel_schema_migrations (version) VALUES ('99991231000000')");
}

#[tokio::test(flavor = "multi_thread")]
async fn running_nodes_work_after_the_schema_is_expanded() {
    let operator = Operator::on(Database::fresh(migrate)).with("NARTHEX_SECRET_KEY", KEY);
    operator.add_user(ADA);
    let nodes = [operator.serve(), operator.serve()];
    // Statements are prepared and credentials are cached before the expansion.
    let browser = nodes[0].sign_in(ADA, FIREFOX_ON_LINUX).await;
    let secret = operator.add_token(ADA, "all", &["--ability", "*", "--never"]);
    let clients = [0, 1].map(|node| ApiClient::at(&nodes[node].url, &secret));
    let expect_all_requests_work = async || {
        for (node, client) in nodes.iter().zip(&clients) {
            let short = json!({"name": "short", "abilities": ["account:read"]});
            let made = client.post("/api/v1/tokens", &short).await;
            let made = made.expect_status(201).json();
            let path = format!("/api/v1/tokens/{}", made["token"]["id"].as_str().unwrap());
            let rotated = client.post(&format!("{path}/rotate"), &json!({})).await;
            let rotated = secret_in(&rotated.expect_status(200).text);
            for node in &nodes {
                for _ in 0..3 {
                    assert!(node.accepts_token(&rotated).await);
                }
            }
            for list in ["tokens?ended=true", "sessions", "events", "credentials"] {
                client
                    .get(&format!("/api/v1/{list}"))
                    .await
                    .expect_status(200);
            }
            client.delete(&path).await.expect_status(204);
            for node in &nodes {
                assert!(!node.accepts_token(&rotated).await);
            }
            let another = node.sign_in(ADA, FIREFOX_ON_LINUX).await;
            another.get("/account/activity").await.expect_status(200);
            another.post("/logout", &[]).await.expect_status(303);
            let wrong = [("email", ADA), ("password", "not her password at all")];
            let tried = crate::support::client::Browser::at(&node.url);
            tried.post("/login", &wrong).await.expect_status(422);
        }
        browser.get("/account").await.expect_status(200);
        let confirm = [("password", PASSWORD)];
        let confirmed = browser.post("/account/confirm", &confirm).await;
        confirmed.expect_status(303);
        let named = json!({"name": "every"});
        let path = "/api/v1/tokens/current";
        let own = clients[0].get(path).await.expect_status(200).json();
        let path = format!("/api/v1/tokens/{}", own["id"].as_str().unwrap());
        let changed = clients[1].call(Method::PATCH, &path, Some(&named)).await;
        changed.expect_status(200);
    };
    expect_all_requests_work().await;
    expand(&operator);
    expect_all_requests_work().await;
    assert_eq!(operator.nodes(), 2, "no node was evicted");

    // The older release does not start now.
    let refused = |arguments: &[&str]| {
        let line = operator.run_err(arguments);
        assert!(line.contains("a newer version of Narthex"), "{line}");
        assert!(line.contains("use that one"), "{line}");
    };
    refused(&["serve", "--listen", "127.0.0.1:0"]);
    refused(&["migrate"]);
    refused(&["user", "list"]);
    refused(&["sign-out", ADA]);
    let found = operator.run(&["check"]).expect_code(1);
    assert!(found.stdout.contains("a newer version"), "{found:#?}");
    expect_all_requests_work().await;
    for node in nodes {
        let outcome = node.stop().expect_code(0);
        for level in [" WARN ", " ERROR "] {
            let line = outcome.stderr.lines().find(|line| line.contains(level));
            // A wrong password is logged as a warning.
            let unexpected = line.filter(|line| !line.contains("password"));
            assert_eq!(unexpected, None, "{}", outcome.stderr);
        }
    }
}
