//! A PostgreSQL cluster with a standby: a standby is never read, and no node accepts a revoked
//! credential after a lossy failover.

use std::sync::Arc;
use std::time::Duration;

use futures_util::future::join_all;
use reqwest::Method;
use serde_json::{Value, json};

use crate::support::app::PASSWORD;
use crate::support::binary::{Narthex, RunningServer};
use crate::support::client::ApiClient;
use crate::support::replication::Replicated;

const ADA: &str = "ada@example.com";
const KEY: &str =
    "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8gISIjJCUmJygpKissLS4vMDEyMzQ1Njc4OTo7PD0+Pw==";

/// Narthex nodes on a replicated database.
struct Cluster {
    database: Replicated,
    narthex: Narthex,
    nodes: Vec<RunningServer>,
}

impl Cluster {
    fn start(nodes: usize) -> Self {
        let database = Replicated::start();
        let narthex = Narthex::installed()
            .with("DATABASE_URL", &database.address())
            .with("NARTHEX_SECRET_KEY", KEY);
        narthex
            .run_with_input(&["user", "add", ADA, "--name", "Ada"], PASSWORD)
            .expect_code(0);
        let nodes = (0..nodes).map(|_| narthex.serve()).collect();
        Self {
            database,
            narthex,
            nodes,
        }
    }

    fn add_token(&self, name: &str) -> String {
        let made = self.narthex.run(&["token", "add", ADA, "--name", name]);
        made.expect_code(0).stdout.trim_end().to_owned()
    }

    fn add_token_with_every_ability(&self) -> String {
        let words = [
            "token",
            "add",
            ADA,
            "--name",
            "all",
            "--ability",
            "*",
            "--never",
        ];
        let made = self.narthex.run(&words);
        made.expect_code(0).stdout.trim_end().to_owned()
    }

    /// Returns the state and the detail of the row `copy` of `narthex check`.
    fn check_copy(&self) -> (String, String) {
        let outcome = self.narthex.run(&["check", "--json"]);
        let list: Value = serde_json::from_str(&outcome.stdout).expect("JSON");
        let rows = list["data"].as_array().expect("a list");
        let row = rows
            .iter()
            .find(|row| row["check"] == "copy")
            .expect("a row");
        let text = |name: &str| row[name].as_str().expect("a text").to_owned();
        (text("state"), text("detail"))
    }

    /// Has every node cache the token.
    async fn cache(&self, secret: &str) {
        for _ in 0..2 {
            for node in &self.nodes {
                assert!(node.accepts_token(secret).await, "the token is active");
            }
        }
    }
}

/// Has the token revoke itself. Returns the status of the answer.
async fn revoke(node: &RunningServer, secret: &str) -> u16 {
    let client = ApiClient::at(&node.url, secret);
    let request = client.request(Method::DELETE, "/api/v1/tokens/current");
    client.send(request).await.status
}

#[test]
#[ignore = "needs PostgreSQL: use scripts/test"]
fn standby_in_the_database_url_is_refused_with_advice() {
    let database = Replicated::start();
    let primary_and_standby = Narthex::installed().with("DATABASE_URL", &database.address());
    primary_and_standby.run(&["migrate"]).expect_code(0);
    database.catch_up();
    let address = database.standby.address();
    for address in [
        address.clone(),
        format!("{address}&target_session_attrs=any"),
    ] {
        let standby = Narthex::installed()
            .with("DATABASE_URL", &address)
            .with("NARTHEX_SECRET_KEY", KEY);
        for command in [&["serve"][..], &["user", "list"]] {
            let line = standby.run(command).expect_error();
            assert!(line.contains("this server is a standby"), "{line}");
            assert!(
                line.contains("DATABASE_URL must lead to the primary"),
                "{line}"
            );
        }
        let checked = standby.run(&["check"]).expect_code(1).stdout;
        assert!(checked.contains("this server is a standby"), "{checked}");
    }
    let checked = primary_and_standby.run(&["check"]).expect_code(0).stdout;
    assert!(
        checked.contains("there are standbys and none is synchronous"),
        "{checked}"
    );
    // This URL names the standby first.
    let serving = primary_and_standby.serve();
    serving.stop().expect_code(0);
}

/// The positions of lost invalidations are assigned again. When the node looks, the position is the
/// same as before.
#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs PostgreSQL: use scripts/test"]
async fn revoked_token_is_refused_after_a_lossy_failover() {
    let cluster = Cluster::start(2);
    let [first, second] = &cluster.nodes[..] else {
        panic!("two nodes")
    };
    let (lost, revoked) = (cluster.add_token("lost"), cluster.add_token("revoked"));
    cluster.cache(&lost).await;
    cluster.cache(&revoked).await;
    cluster.database.catch_up();
    let sender = cluster.database.stop_sending();
    assert_eq!(revoke(first, &lost).await, 204);
    second.freeze();
    cluster.database.kill_primary(&sender);
    cluster.database.standby.promote();
    let thaw = async {
        let committed = "SELECT CAST(COUNT(*) AS text) AS line FROM credentials \
                         WHERE name = 'revoked' AND ended_at IS NOT NULL";
        while cluster.database.standby.query_text(committed) == "0" {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
        second.thaw();
    };
    let (status, ()) = tokio::join!(revoke(first, &revoked), thaw);
    assert_eq!(status, 204);
    for node in &cluster.nodes {
        assert!(
            !node.accepts_token(&revoked).await,
            "the revocation was not lost"
        );
    }
    // The token is active again, because its revocation is lost. `check` reports the loss.
    assert!(first.accepts_token(&lost).await);
    assert_eq!(cluster.check_copy().0, "fail");
    let signed_out = cluster.narthex.run(&["sign-out", "--all"]);
    signed_out.expect_code(0);
    for node in &cluster.nodes {
        assert!(!node.accepts_token(&lost).await);
        assert!(!node.accepts_token(&revoked).await);
    }
    assert_eq!(cluster.check_copy().0, "ok");
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs PostgreSQL: use scripts/test"]
async fn revocation_lost_while_waiting_gets_outcome_unknown() {
    let cluster = Cluster::start(2);
    let [first, second] = &cluster.nodes[..] else {
        panic!("two nodes")
    };
    let token = cluster.add_token("lost");
    cluster.cache(&token).await;
    cluster.database.catch_up();
    let sender = cluster.database.stop_sending();
    second.freeze();
    let failover = async {
        while cluster.database.primary.query_text(REVOKED) == "0" {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
        cluster.database.kill_primary(&sender);
        cluster.database.standby.promote();
        second.thaw();
    };
    let (status, ()) = tokio::join!(revoke(first, &token), failover);
    assert_eq!(status, 503);
    assert_eq!(cluster.database.standby.query_text(REVOKED), "0");
}

/// The server reads from the new primary while it still holds its lease.
#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs PostgreSQL: use scripts/test"]
async fn lossless_failover_is_recorded_by_the_server() {
    let cluster = Cluster::start(1);
    let (revoked, live) = (cluster.add_token("revoked"), cluster.add_token("live"));
    cluster.cache(&revoked).await;
    cluster.cache(&live).await;
    assert_eq!(revoke(&cluster.nodes[0], &revoked).await, 204);
    cluster.database.catch_up();
    let sender = cluster.database.stop_sending();
    cluster.database.standby.promote();
    cluster.database.kill_primary(&sender);
    let identity = "SELECT identity AS line FROM database_identity";
    while !cluster
        .database
        .standby
        .query_text(identity)
        .contains("timeline 00000002")
    {
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    assert!(!cluster.nodes[0].accepts_token(&revoked).await);
    assert!(cluster.nodes[0].accepts_token(&live).await);
    assert_eq!(cluster.check_copy().0, "ok");
}

/// No server ran during the failover, so that a loss of commits cannot be excluded.
#[test]
#[ignore = "needs PostgreSQL: use scripts/test"]
fn failover_without_running_node_fails_check_until_confirmed() {
    let mut cluster = Cluster::start(1);
    cluster.nodes.pop().unwrap().stop().expect_code(0);
    cluster.database.catch_up();
    let sender = cluster.database.stop_sending();
    cluster.database.kill_primary(&sender);
    cluster.database.standby.promote();
    let (state, detail) = cluster.check_copy();
    assert_eq!(state, "fail", "{detail}");
    for words in [
        "a standby took over",
        "narthex moved",
        "narthex sign-out --all",
    ] {
        assert!(detail.contains(words), "{words}: {detail}");
    }
    cluster.narthex.run(&["moved"]).expect_code(0);
    assert_eq!(cluster.check_copy().0, "ok");
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs PostgreSQL: use scripts/test"]
async fn revoked_tokens_are_refused_after_a_lossy_failover_under_load() {
    let cluster = Arc::new(Cluster::start(3));
    let all = cluster.add_token_with_every_ability();
    let client = ApiClient::at(&cluster.nodes[0].url, &all);
    let mut tokens = Vec::new();
    for number in 0..60 {
        let body = json!({"name": format!("short {number}"), "abilities": ["account:read"]});
        let made = client.post("/api/v1/tokens", &body).await;
        let made = made.expect_status(201).json();
        tokens.push(made["secret"].as_str().unwrap().to_owned());
    }
    for token in &tokens {
        cluster.cache(token).await;
    }
    cluster.database.catch_up();
    let sender = cluster.database.stop_sending();
    for (number, token) in tokens.iter().take(8).enumerate() {
        assert_eq!(revoke(&cluster.nodes[number % 3], token).await, 204);
    }
    let clients = (0..4).map(|client| {
        let (cluster, tokens) = (Arc::clone(&cluster), tokens.clone());
        tokio::spawn(async move {
            for (number, token) in tokens.iter().enumerate().skip(8 + client).step_by(4) {
                // A revocation that fails during the failover is not repeated.
                revoke(&cluster.nodes[number % 3], token).await;
            }
        })
    });
    let clients: Vec<_> = clients.collect();
    cluster.database.kill_primary(&sender);
    cluster.database.standby.promote();
    for client in clients {
        client.await.unwrap();
    }
    let mut revoked = 0;
    for (number, token) in tokens.iter().enumerate() {
        let ended = format!(
            "SELECT CAST(COUNT(*) AS text) AS line FROM credentials WHERE name = 'short {number}' AND \
             ended_at IS NOT NULL"
        );
        if cluster.database.standby.query_text(&ended) == "1" {
            revoked += 1;
            let accepted =
                join_all(cluster.nodes.iter().map(|node| node.accepts_token(token))).await;
            assert_eq!(accepted, [false; 3], "{number}");
        }
    }
    assert!(revoked > 0, "no revocation reached the new primary");
    assert_eq!(cluster.check_copy().0, "fail");
}

/// Counts the revoked tokens.
const REVOKED: &str =
    "SELECT CAST(COUNT(*) AS text) AS line FROM credentials WHERE ended_at IS NOT NULL";
