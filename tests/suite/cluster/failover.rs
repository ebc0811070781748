//! A PostgreSQL cluster with a standby: a standby is never read, and a failover that loses commits lets no
//! revoked credential in.

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

/// Servers of Narthex on a replicated database.
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

    fn add_token_of_everything(&self) -> String {
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

    /// State and detail of what `narthex check` says of a copy.
    fn checked_copy(&self) -> (String, String) {
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

    /// Has every node remember the token.
    async fn remember(&self, secret: &str) {
        for _ in 0..2 {
            for node in &self.nodes {
                assert!(node.accepts_token(secret).await, "a live token");
            }
        }
    }
}

/// The token revokes itself; the status of the answer.
async fn revoke(node: &RunningServer, secret: &str) -> u16 {
    let client = ApiClient::at(&node.url, secret);
    let request = client.request(Method::DELETE, "/api/v1/tokens/current");
    client.send(request).await.status
}

#[test]
fn a_standby_in_the_url_is_refused_with_what_to_do() {
    let database = Replicated::start();
    let both = Narthex::installed().with("DATABASE_URL", &database.address());
    both.run(&["migrate"]).expect_code(0);
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
                line.contains("DATABASE_URL has to lead to the primary"),
                "{line}"
            );
        }
        let checked = standby.run(&["check"]).expect_code(1).stdout;
        assert!(checked.contains("this server is a standby"), "{checked}");
    }
    let checked = both.run(&["check"]).expect_code(0).stdout;
    assert!(
        checked.contains("there are standbys and none is synchronous"),
        "{checked}"
    );
    // The standby comes first in this one.
    let serving = both.serve();
    serving.stop().expect_code(0);
}

/// The positions of lost notices are given again. Before the node looks, the log is as long as it was.
#[tokio::test(flavor = "multi_thread")]
async fn a_failover_that_loses_notices_lets_no_revoked_token_in() {
    let cluster = Cluster::start(2);
    let [first, second] = &cluster.nodes[..] else {
        panic!("two nodes")
    };
    let (lost, revoked) = (cluster.add_token("lost"), cluster.add_token("revoked"));
    cluster.remember(&lost).await;
    cluster.remember(&revoked).await;
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
        assert!(!node.accepts_token(&revoked).await, "revoked, and not lost");
    }
    // It lives again: the database never heard of its revocation. The operator is told so.
    assert!(first.accepts_token(&lost).await);
    assert_eq!(cluster.checked_copy().0, "fail");
    let signed_out = cluster.narthex.run(&["sign-out", "--all"]);
    signed_out.expect_code(0);
    for node in &cluster.nodes {
        assert!(!node.accepts_token(&lost).await);
        assert!(!node.accepts_token(&revoked).await);
    }
    assert_eq!(cluster.checked_copy().0, "ok");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_revocation_lost_while_it_waits_is_answered_as_unknown() {
    let cluster = Cluster::start(2);
    let [first, second] = &cluster.nodes[..] else {
        panic!("two nodes")
    };
    let token = cluster.add_token("lost");
    cluster.remember(&token).await;
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

/// The server looks at the standby that took over while it still holds its lease.
#[tokio::test(flavor = "multi_thread")]
async fn a_failover_that_lost_nothing_is_recorded_by_the_server() {
    let cluster = Cluster::start(1);
    let (revoked, live) = (cluster.add_token("revoked"), cluster.add_token("live"));
    cluster.remember(&revoked).await;
    cluster.remember(&live).await;
    assert_eq!(revoke(&cluster.nodes[0], &revoked).await, 204);
    cluster.database.catch_up();
    let sender = cluster.database.stop_sending();
    cluster.database.standby.promote();
    cluster.database.kill_primary(&sender);
    let place = "SELECT place AS line FROM database_place";
    while !cluster
        .database
        .standby
        .query_text(place)
        .contains("timeline 00000002")
    {
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    assert!(!cluster.nodes[0].accepts_token(&revoked).await);
    assert!(cluster.nodes[0].accepts_token(&live).await);
    assert_eq!(cluster.checked_copy().0, "ok");
}

/// No server lived through it: the loss cannot be excluded.
#[test]
fn a_failover_without_a_witness_is_told_until_somebody_answers() {
    let mut cluster = Cluster::start(1);
    cluster.nodes.pop().unwrap().stop().expect_code(0);
    cluster.database.catch_up();
    let sender = cluster.database.stop_sending();
    cluster.database.kill_primary(&sender);
    cluster.database.standby.promote();
    let (state, detail) = cluster.checked_copy();
    assert_eq!(state, "fail", "{detail}");
    for words in [
        "a standby took over",
        "narthex moved",
        "narthex sign-out --all",
    ] {
        assert!(detail.contains(words), "{words}: {detail}");
    }
    cluster.narthex.run(&["moved"]).expect_code(0);
    assert_eq!(cluster.checked_copy().0, "ok");
}

#[tokio::test(flavor = "multi_thread")]
async fn under_load_a_failover_that_loses_commits_lets_no_revoked_token_in() {
    let cluster = Arc::new(Cluster::start(3));
    let all = cluster.add_token_of_everything();
    let client = ApiClient::at(&cluster.nodes[0].url, &all);
    let mut tokens = Vec::new();
    for number in 0..60 {
        let body = json!({"name": format!("short {number}"), "abilities": ["account:read"]});
        let made = client.post("/api/v1/tokens", &body).await;
        let made = made.expect_status(201).json();
        tokens.push(made["secret"].as_str().unwrap().to_owned());
    }
    for token in &tokens {
        cluster.remember(token).await;
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
                // What is refused during the failover is not repeated.
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
            let let_in = join_all(cluster.nodes.iter().map(|node| node.accepts_token(token))).await;
            assert_eq!(let_in, [false; 3], "{number}");
        }
    }
    assert!(revoked > 0, "no revocation met the new primary");
    assert_eq!(cluster.checked_copy().0, "fail");
}

/// How many tokens are revoked.
const REVOKED: &str =
    "SELECT CAST(COUNT(*) AS text) AS line FROM credentials WHERE ended_at IS NOT NULL";
