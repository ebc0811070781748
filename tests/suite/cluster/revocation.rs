//! Several processes on one database: what one of them ends is over in all of them when it answers.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::Duration;

use futures_util::future::join_all;
use reqwest::Method;
use serde_json::json;

use crate::support::app::{PASSWORD, migrate};
use crate::support::binary::{Narthex, RunningServer};
use crate::support::client::{AnonymousClient, ApiClient};
use crate::support::database::Database;
use crate::support::operator::Operator;
use crate::support::user_agents::FIREFOX_ON_LINUX;

const ADA: &str = "ada@example.com";
/// 64 bytes in base64, and others.
const KEY: &str =
    "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8gISIjJCUmJygpKissLS4vMDEyMzQ1Njc4OTo7PD0+Pw==";
const ANOTHER_KEY: &str =
    "QEFCQ0RFRkdISUpLTE1OT1BRUlNUVVZXWFlaW1xdXl9gYWJjZGVmZ2hpamtsbW5vcHFyc3R1dnd4eXp7fH1+fw==";

/// Processes on one database, with the settings that they have to share.
struct Cluster {
    operator: Operator,
    nodes: Vec<RunningServer>,
    /// A token that may do everything.
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

    /// A client of the node with this number.
    fn client(&self, node: usize) -> ApiClient {
        ApiClient::at(&self.nodes[node].url, &self.secret)
    }

    /// A new token's secret.
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

    /// By how many of the nodes it is let in.
    async fn let_in(&self, secret: &str) -> usize {
        let asked = self.nodes.iter().map(|node| node.accepts_token(secret));
        join_all(asked).await.into_iter().filter(|yes| *yes).count()
    }

    /// The token ends itself.
    async fn end(&self, node: usize, secret: &str) {
        let client = ApiClient::at(&self.nodes[node].url, secret);
        let ended = client.request(Method::DELETE, "/api/v1/tokens/current");
        client.send(ended).await.expect_status(204);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn of_a_thousand_that_ended_under_load_none_passes_any_node_after_the_answer() {
    let cluster = Arc::new(Cluster::of(3).await);
    let (done, passed) = (
        Arc::new(AtomicBool::new(false)),
        Arc::new(AtomicUsize::new(0)),
    );
    // Somebody else, whom all this is none of their business.
    let stays = cluster.token(0).await;
    let load = (0..3).map(|node| {
        let (cluster, done, stays) = (cluster.clone(), done.clone(), stays.clone());
        tokio::spawn(async move {
            while !done.load(Ordering::Relaxed) {
                assert!(
                    cluster.nodes[node].accepts_token(&stays).await,
                    "still there"
                );
            }
        })
    });
    let load: Vec<_> = load.collect();
    let ending = (0..8).map(|of| {
        let (cluster, passed) = (cluster.clone(), passed.clone());
        tokio::spawn(async move {
            for turn in 0..125 {
                let secret = cluster.token((of + turn) % 3).await;
                assert_eq!(cluster.let_in(&secret).await, 3, "all know it");
                cluster.end(turn % 3, &secret).await;
                passed.fetch_add(cluster.let_in(&secret).await, Ordering::Relaxed);
            }
        })
    });
    for ended in ending.collect::<Vec<_>>() {
        ended.await.unwrap();
    }
    done.store(true, Ordering::Relaxed);
    for task in load {
        task.await.unwrap();
    }
    assert_eq!(passed.load(Ordering::Relaxed), 0, "passes after the answer");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_frozen_node_holds_an_ending_up_for_no_longer_than_a_lease_and_lets_nobody_in_afterwards()
{
    let cluster = Cluster::of(2).await;
    let secret = cluster.token(0).await;
    assert_eq!(cluster.let_in(&secret).await, 2);
    assert_eq!(cluster.let_in(&secret).await, 2, "remembered now");
    let [awake, frozen] = &cluster.nodes[..] else {
        panic!("two nodes")
    };
    frozen.freeze();
    cluster.end(0, &secret).await;
    assert!(!awake.accepts_token(&secret).await);
    // Sent after the answer, and read by the other when it wakes up.
    let waiting = (0..8).map(|_| frozen.accepts_token(&secret));
    let waiting = join_all(waiting);
    let thaw = async {
        tokio::task::yield_now().await;
        frozen.thaw();
    };
    let (passed, ()) = tokio::join!(waiting, thaw);
    assert!(passed.iter().all(|passed| !passed), "{passed:?}");
    // And it is one of them again.
    let another = cluster.token(1).await;
    assert_eq!(cluster.let_in(&another).await, 2);
    cluster.end(0, &another).await;
    assert_eq!(cluster.let_in(&another).await, 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn that_it_has_ended_already_is_said_when_it_has_ended_everywhere() {
    let cluster = Cluster::of(2).await;
    let secret = cluster.token(0).await;
    let id = cluster.id_of(0, &secret).await;
    assert_eq!(cluster.let_in(&secret).await, 2);
    assert_eq!(cluster.let_in(&secret).await, 2, "remembered now");
    cluster.nodes[1].freeze();
    // Whoever ends it hangs up, and somebody else comes.
    let patience = Duration::from_millis(500);
    let hung_up = tokio::time::timeout(patience, cluster.end(0, &secret)).await;
    assert!(hung_up.is_err(), "the other was waited for");
    let client = cluster.client(0);
    let path = format!("/api/v1/tokens/{id}");
    client.delete(&path).await.expect_status(204);
    let asked = cluster.nodes[1].accepts_token(&secret);
    let thaw = async { cluster.nodes[1].thaw() };
    let (passed, ()) = tokio::join!(asked, thaw);
    assert!(!passed);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_rotation_is_given_again_when_the_secret_before_is_over_everywhere() {
    let cluster = Cluster::of(2).await;
    let secret = cluster.token(0).await;
    let id = cluster.id_of(0, &secret).await;
    assert_eq!(cluster.let_in(&secret).await, 2);
    assert_eq!(cluster.let_in(&secret).await, 2, "remembered now");
    let client = cluster.client(0);
    let rotate = || {
        let request = client.request(Method::POST, &format!("/api/v1/tokens/{id}/rotate"));
        let request = request.header("Idempotency-Key", "one");
        client.send(request.json(&json!({"overlap": 0})))
    };
    cluster.nodes[1].freeze();
    // Whoever rotates hangs up, and asks again, and again.
    let patience = Duration::from_millis(500);
    for _ in 0..2 {
        let hung_up = tokio::time::timeout(patience, rotate()).await;
        assert!(hung_up.is_err(), "the other was waited for");
    }
    rotate().await.expect_status(200);
    let asked = cluster.nodes[1].accepts_token(&secret);
    let thaw = async { cluster.nodes[1].thaw() };
    let (passed, ()) = tokio::join!(asked, thaw);
    assert!(!passed);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_token_is_paused_and_ended_at_every_node_by_its_new_secret_and_by_those_before() {
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
    let all = async |let_in, why| {
        for secret in &secrets {
            assert_eq!(cluster.let_in(secret).await, let_in, "{why}");
        }
    };
    all(2, "they work").await;
    all(2, "and are remembered").await;
    let by = cluster.client(1);
    let paused = |paused: bool| json!({"paused": paused});
    by.patch(&path, &paused(true)).await.expect_status(200);
    all(0, "paused").await;
    by.patch(&path, &paused(false)).await.expect_status(200);
    all(2, "resumed").await;
    all(2, "and remembered again").await;
    by.delete(&path).await.expect_status(204);
    all(0, "ended").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_killed_node_is_waited_for_once_and_then_given_up() {
    let mut cluster = Cluster::of(2).await;
    let (one, another) = (cluster.token(0).await, cluster.token(0).await);
    assert_eq!(cluster.let_in(&one).await, 2);
    cluster.nodes.pop().unwrap().kill();
    cluster.end(0, &one).await;
    assert_eq!(cluster.let_in(&one).await, 0);
    cluster.end(0, &another).await;
    assert_eq!(cluster.let_in(&another).await, 0);
    assert_eq!(cluster.operator.nodes(), 1, "the one that lives");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_a_command_ended_is_refused_by_every_running_server_at_once() {
    let cluster = Cluster::of(2).await;
    let browser = cluster.nodes[0].sign_in(ADA, FIREFOX_ON_LINUX).await;
    let browser = browser.moved_to(&cluster.nodes[1].url);
    let secret = cluster.token(0).await;
    for _ in 0..2 {
        assert_eq!(cluster.let_in(&secret).await, 2);
        assert!(cluster.nodes[1].is_signed_in(&browser).await);
    }
    let ended = cluster.operator.run(&["sign-out", ADA]);
    ended.expect_code(0);
    assert_eq!(cluster.let_in(&secret).await, 0);
    assert!(!cluster.nodes[1].is_signed_in(&browser).await);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_somebody_says_of_themselves_is_known_to_every_node_at_once() {
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
async fn a_node_that_stops_is_not_waited_for() {
    let mut cluster = Cluster::of(2).await;
    let secret = cluster.token(0).await;
    assert_eq!(cluster.let_in(&secret).await, 2);
    cluster.nodes.pop().unwrap().stop().expect_code(0);
    assert_eq!(cluster.operator.nodes(), 1, "it said that it goes");
    cluster.end(0, &secret).await;
    assert_eq!(cluster.let_in(&secret).await, 0);
}

#[track_caller]
fn refusal_beside(cluster: &Cluster, other: &Narthex) -> String {
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
async fn a_process_whose_settings_do_not_fit_the_others_says_so_and_stops() {
    let cluster = Cluster::of(1).await;
    assert_eq!(cluster.let_in(&cluster.secret).await, 1);
    let beside = || Narthex::installed().with("DATABASE_URL", cluster.operator.database.address());
    let other = beside().with("NARTHEX_SECRET_KEY", KEY);
    let line = refusal_beside(&cluster, &other.with("NARTHEX_TOKEN_PREFIX", "abc"));
    assert!(line.contains("NARTHEX_TOKEN_PREFIX"), "{line}");
    let line = refusal_beside(&cluster, &beside().with("NARTHEX_SECRET_KEY", ANOTHER_KEY));
    assert!(line.contains("NARTHEX_SECRET_KEY"), "{line}");
    // The first step of a new key: it is taken, and does not sign yet.
    let keys = format!("{KEY},{ANOTHER_KEY}");
    let newer = beside().with("NARTHEX_SECRET_KEY", &keys);
    let serving = newer.serve();
    assert!(serving.accepts_token(&cluster.secret).await);
    serving.stop().expect_code(0);
    assert_eq!(cluster.let_in(&cluster.secret).await, 1);
}
