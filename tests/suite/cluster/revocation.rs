//! Several nodes on one database: when a node answers a revocation, every node refuses the
//! credential.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::thread::available_parallelism;
use std::time::Duration;

use futures_util::future::join_all;
use reqwest::Method;
use serde_json::json;

use crate::support::answer::Answer;
use crate::support::app::{PASSWORD, migrate};
use crate::support::binary::{Narthex, RunningServer};
use crate::support::client::{AnonymousClient, ApiClient};
use crate::support::database::Database;
use crate::support::operator::Operator;
use crate::support::programs;
use crate::support::user_agents::FIREFOX_ON_LINUX;

/// The revocations of each of the concurrent clients. The tests that need no other program take two
/// minutes at most, so they have fewer.
fn rounds() -> usize {
    if programs::are_included() { 125 } else { 25 }
}

const ADA: &str = "ada@example.com";
/// 64 bytes in base64.
const KEY: &str =
    "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8gISIjJCUmJygpKissLS4vMDEyMzQ1Njc4OTo7PD0+Pw==";
const ANOTHER_KEY: &str =
    "QEFCQ0RFRkdISUpLTE1OT1BRUlNUVVZXWFlaW1xdXl9gYWJjZGVmZ2hpamtsbW5vcHFyc3R1dnd4eXp7fH1+fw==";

/// Nodes on one database, with the settings that they have to share.
struct Cluster {
    operator: Operator,
    nodes: Vec<RunningServer>,
    /// A token with every ability.
    secret: String,
}

impl Cluster {
    async fn of(count: usize) -> Self {
        let operator = Operator::on(Database::fresh(migrate)).with("NARTHEX_SECRET_KEY", KEY);
        operator
            .narthex
            .run_with_input(&["user", "add", ADA, "--name", "Ada"], PASSWORD)
            .expect_code(0);
        let nodes: Vec<RunningServer> = (0..count).map(|_| operator.narthex.serve()).collect();
        let device = json!({"email": ADA, "password": PASSWORD, "device_name": "all", "abilities": ["*"], "expires_in": null});
        let anonymous = AnonymousClient::at(&nodes[0].url);
        let made = anonymous.post_json("/api/v1/sign-in", &device).await;
        let made = made.expect_status(201).json();
        let secret = made["secret"].as_str().unwrap().to_owned();
        Self {
            operator,
            nodes,
            secret,
        }
    }

    /// Returns a client of the node with this number.
    fn client(&self, node: usize) -> ApiClient {
        ApiClient::at(&self.nodes[node].url, &self.secret)
    }

    /// Creates a token and returns its secret.
    async fn token(&self, node: usize) -> String {
        let body = json!({"name": "short", "abilities": ["account:read"]});
        let made = self.client(node).post("/api/v1/tokens", &body).await;
        let made = made.expect_status(201).json();
        made["secret"].as_str().unwrap().to_owned()
    }

    async fn id_of(&self, node: usize, secret: &str) -> String {
        let own = ApiClient::at(&self.nodes[node].url, secret);
        let token = own.get("/api/v1/tokens/current").await.expect_status(200);
        token.json()["id"].as_str().unwrap().to_owned()
    }

    /// Returns the number of nodes that accept the token.
    async fn accepting_nodes(&self, secret: &str) -> usize {
        let check = self.nodes.iter().map(|node| node.accepts_token(secret));
        join_all(check).await.into_iter().filter(|yes| *yes).count()
    }

    /// Returns clients of a node whose connections are open: at least one for each worker of the
    /// node.
    ///
    /// actix-http reads its clock twice in a second only. If a node was frozen for longer than its
    /// timeout for the first request of a connection, it may close a new connection at once.
    async fn connected_clients(&self, node: usize, secret: &str) -> Vec<ApiClient> {
        let count = available_parallelism().unwrap().get().max(8);
        let clients: Vec<ApiClient> = (0..count)
            .map(|_| ApiClient::at(&self.nodes[node].url, secret))
            .collect();
        assert_eq!(accepted(&clients).await, count);
        clients
    }

    /// Has the token revoke itself.
    async fn revoke(&self, node: usize, secret: &str) {
        let client = ApiClient::at(&self.nodes[node].url, secret);
        let revocation = client.request(Method::DELETE, "/api/v1/tokens/current");
        client.send(revocation).await.expect_status(204);
    }
}

/// Sends a request with each client and returns the number of those that the node accepts.
async fn accepted(clients: &[ApiClient]) -> usize {
    let answers = join_all(clients.iter().map(|client| client.get("/api/v1/user"))).await;
    let is_accepted = |answer: &Answer| match answer.status {
        200 => true,
        401 => false,
        other => panic!("{other}: {}", answer.text),
    };
    answers.iter().filter(|answer| is_accepted(answer)).count()
}

#[tokio::test(flavor = "multi_thread")]
async fn revoked_token_passes_no_node_after_the_answer() {
    let cluster = Arc::new(Cluster::of(3).await);
    let (done, passed) = (
        Arc::new(AtomicBool::new(false)),
        Arc::new(AtomicUsize::new(0)),
    );
    // A token that stays active throughout.
    let unaffected = cluster.token(0).await;
    let load = (0..3).map(|node| {
        let (cluster, done, unaffected) = (cluster.clone(), done.clone(), unaffected.clone());
        tokio::spawn(async move {
            while !done.load(Ordering::Relaxed) {
                assert!(
                    cluster.nodes[node].accepts_token(&unaffected).await,
                    "the token is active"
                );
            }
        })
    });
    let load: Vec<_> = load.collect();
    let revokers = (0..8).map(|of| {
        let (cluster, passed) = (cluster.clone(), passed.clone());
        tokio::spawn(async move {
            for round in 0..rounds() {
                let secret = cluster.token((of + round) % 3).await;
                assert_eq!(
                    cluster.accepting_nodes(&secret).await,
                    3,
                    "every node accepts it"
                );
                cluster.revoke(round % 3, &secret).await;
                passed.fetch_add(cluster.accepting_nodes(&secret).await, Ordering::Relaxed);
            }
        })
    });
    for revocation in revokers.collect::<Vec<_>>() {
        revocation.await.unwrap();
    }
    done.store(true, Ordering::Relaxed);
    for task in load {
        task.await.unwrap();
    }
    assert_eq!(
        passed.load(Ordering::Relaxed),
        0,
        "accepted after the answer"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn frozen_node_delays_revocation_at_most_one_lease() {
    let cluster = Cluster::of(2).await;
    let secret = cluster.token(0).await;
    assert_eq!(cluster.accepting_nodes(&secret).await, 2);
    assert_eq!(cluster.accepting_nodes(&secret).await, 2, "cached now");
    let [awake, frozen] = &cluster.nodes[..] else {
        panic!("two nodes")
    };
    let clients = cluster.connected_clients(1, &secret).await;
    frozen.freeze();
    cluster.revoke(0, &secret).await;
    assert!(!awake.accepts_token(&secret).await);
    // Sent after the answer, and read by the frozen node when it continues.
    let thaw = async {
        tokio::task::yield_now().await;
        frozen.thaw();
    };
    let (passed, ()) = tokio::join!(accepted(&clients), thaw);
    assert_eq!(passed, 0);
    // The node has rejoined the cluster.
    let another = cluster.token(1).await;
    assert_eq!(cluster.accepting_nodes(&another).await, 2);
    cluster.revoke(0, &another).await;
    assert_eq!(cluster.accepting_nodes(&another).await, 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn repeated_revocation_waits_until_every_node_applied_it() {
    let cluster = Cluster::of(2).await;
    let secret = cluster.token(0).await;
    let id = cluster.id_of(0, &secret).await;
    assert_eq!(cluster.accepting_nodes(&secret).await, 2);
    assert_eq!(cluster.accepting_nodes(&secret).await, 2, "cached now");
    let clients = cluster.connected_clients(1, &secret).await;
    cluster.nodes[1].freeze();
    // The first client disconnects while it waits. Another one repeats the revocation.
    let timeout = Duration::from_millis(500);
    let timed_out = tokio::time::timeout(timeout, cluster.revoke(0, &secret)).await;
    assert!(timed_out.is_err(), "the answer waits for the other node");
    let client = cluster.client(0);
    let path = format!("/api/v1/tokens/{id}");
    client.delete(&path).await.expect_status(204);
    let thaw = async { cluster.nodes[1].thaw() };
    let (passed, ()) = tokio::join!(accepted(&clients), thaw);
    assert_eq!(passed, 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn repeated_rotation_waits_until_every_node_applied_it() {
    let cluster = Cluster::of(2).await;
    let secret = cluster.token(0).await;
    let id = cluster.id_of(0, &secret).await;
    assert_eq!(cluster.accepting_nodes(&secret).await, 2);
    assert_eq!(cluster.accepting_nodes(&secret).await, 2, "cached now");
    let client = cluster.client(0);
    let rotate = || {
        let request = client.request(Method::POST, &format!("/api/v1/tokens/{id}/rotate"));
        let request = request.header("Idempotency-Key", "one");
        client.send(request.json(&json!({"overlap": 0})))
    };
    let clients = cluster.connected_clients(1, &secret).await;
    cluster.nodes[1].freeze();
    // The client disconnects while it waits, and repeats the rotation.
    let timeout = Duration::from_millis(500);
    for _ in 0..2 {
        let timed_out = tokio::time::timeout(timeout, rotate()).await;
        assert!(timed_out.is_err(), "the answer waits for the other node");
    }
    rotate().await.expect_status(200);
    let thaw = async { cluster.nodes[1].thaw() };
    let (passed, ()) = tokio::join!(accepted(&clients), thaw);
    assert_eq!(passed, 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn pause_and_revocation_apply_to_all_secrets_on_all_nodes() {
    let cluster = Cluster::of(2).await;
    let first = cluster.token(0).await;
    let path = format!("/api/v1/tokens/{}", cluster.id_of(0, &first).await);
    let mut secrets = vec![first];
    let (rotate, overlap) = (format!("{path}/rotate"), json!({"overlap": "1h"}));
    for _ in 0..2 {
        let rotated = cluster.client(0).post(&rotate, &overlap).await;
        let rotated = rotated.expect_status(200).json();
        secrets.push(rotated["secret"].as_str().unwrap().to_owned());
    }
    let all = async |accepting_nodes, why| {
        for secret in &secrets {
            assert_eq!(
                cluster.accepting_nodes(secret).await,
                accepting_nodes,
                "{why}"
            );
        }
    };
    all(2, "active").await;
    all(2, "cached").await;
    let by = cluster.client(1);
    let paused = |paused: bool| json!({"paused": paused});
    by.patch(&path, &paused(true)).await.expect_status(200);
    all(0, "paused").await;
    by.patch(&path, &paused(false)).await.expect_status(200);
    all(2, "resumed").await;
    all(2, "cached again").await;
    by.delete(&path).await.expect_status(204);
    all(0, "revoked").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn killed_node_delays_one_revocation_and_is_evicted() {
    let mut cluster = Cluster::of(2).await;
    let (one, another) = (cluster.token(0).await, cluster.token(0).await);
    assert_eq!(cluster.accepting_nodes(&one).await, 2);
    cluster.nodes.pop().unwrap().kill();
    cluster.revoke(0, &one).await;
    assert_eq!(cluster.accepting_nodes(&one).await, 0);
    cluster.revoke(0, &another).await;
    assert_eq!(cluster.accepting_nodes(&another).await, 0);
    assert_eq!(cluster.operator.nodes(), 1, "the killed node was evicted");
}

#[tokio::test(flavor = "multi_thread")]
async fn revocation_by_a_command_applies_on_every_running_server() {
    let cluster = Cluster::of(2).await;
    let browser = cluster.nodes[0].sign_in(ADA, FIREFOX_ON_LINUX).await;
    let browser = browser.moved_to(&cluster.nodes[1].url);
    let secret = cluster.token(0).await;
    for _ in 0..2 {
        assert_eq!(cluster.accepting_nodes(&secret).await, 2);
        assert!(cluster.nodes[1].is_signed_in(&browser).await);
    }
    let revocation = cluster.operator.run(&["sign-out", ADA]);
    revocation.expect_code(0);
    assert_eq!(cluster.accepting_nodes(&secret).await, 0);
    assert!(!cluster.nodes[1].is_signed_in(&browser).await);
}

#[tokio::test(flavor = "multi_thread")]
async fn profile_change_applies_on_every_node_immediately() {
    let cluster = Cluster::of(2).await;
    let browser = cluster.nodes[0].sign_in(ADA, FIREFOX_ON_LINUX).await;
    for node in 0..2 {
        let user = cluster.client(node).get("/api/v1/user").await.json();
        assert_eq!(user["name"], "Ada");
    }
    let form = [("name", "Ada Lovelace"), ("email", ADA)];
    browser
        .post("/account/profile", &form)
        .await
        .expect_status(303);
    for node in 0..2 {
        let user = cluster.client(node).get("/api/v1/user").await.json();
        assert_eq!(user["name"], "Ada Lovelace");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn stopped_node_does_not_delay_revocation() {
    let mut cluster = Cluster::of(2).await;
    let secret = cluster.token(0).await;
    assert_eq!(cluster.accepting_nodes(&secret).await, 2);
    cluster.nodes.pop().unwrap().stop().expect_code(0);
    assert_eq!(cluster.operator.nodes(), 1, "the stopped node has left");
    cluster.revoke(0, &secret).await;
    assert_eq!(cluster.accepting_nodes(&secret).await, 0);
}

#[track_caller]
fn expect_refused_start(cluster: &Cluster, other: &Narthex) -> String {
    let outcome = match other.try_serve(&[]) {
        Ok(serving) => serving.outcome(),
        Err(outcome) => outcome,
    };
    assert_eq!(outcome.code, Some(1), "{outcome:#?}");
    assert!(!cluster.nodes.is_empty());
    let lines = outcome.stderr.lines();
    lines.last().expect("a reason").to_owned()
}

#[tokio::test(flavor = "multi_thread")]
async fn node_with_mismatched_settings_stops_with_an_error() {
    let cluster = Cluster::of(1).await;
    assert_eq!(cluster.accepting_nodes(&cluster.secret).await, 1);
    let second_node =
        || Narthex::installed().with("DATABASE_URL", cluster.operator.database.address());
    let other = second_node().with("NARTHEX_SECRET_KEY", KEY);
    let line = expect_refused_start(&cluster, &other.with("NARTHEX_TOKEN_PREFIX", "abc"));
    assert!(line.contains("NARTHEX_TOKEN_PREFIX"), "{line}");
    let other = second_node().with("NARTHEX_SECRET_KEY", KEY);
    let line = expect_refused_start(&cluster, &other.with("NARTHEX_FOREIGN_TOKENS", "knox"));
    assert!(line.contains("NARTHEX_FOREIGN_TOKENS"), "{line}");
    let line = expect_refused_start(
        &cluster,
        &second_node().with("NARTHEX_SECRET_KEY", ANOTHER_KEY),
    );
    assert!(line.contains("NARTHEX_SECRET_KEY"), "{line}");
    // The first step of a key rotation: the new key verifies, and does not sign yet.
    let keys = format!("{KEY},{ANOTHER_KEY}");
    let newer = second_node().with("NARTHEX_SECRET_KEY", &keys);
    let serving = newer.serve();
    assert!(serving.accepts_token(&cluster.secret).await);
    serving.stop().expect_code(0);
    assert_eq!(cluster.accepting_nodes(&cluster.secret).await, 1);
}
