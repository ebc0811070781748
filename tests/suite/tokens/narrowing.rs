//! Races between a reduction of a token's abilities and the token's own requests: after the
//! response, no request uses an ability that was removed.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use reqwest::Method;
use serde_json::{Value, json};
use tokio::sync::mpsc;
use tokio::task::JoinSet;

use crate::support::api::Token;
use crate::support::app::TestApp;
use crate::support::client::{ApiClient, Browser};

const ADA: &str = "ada@example.com";
const WIDE: [&str; 3] = ["account:read", "tokens:read", "tokens:write"];
const ROUNDS: usize = 6;
/// The maximum number of requests of one connection in a round.
const MAX_REQUESTS: usize = 60;

/// The request that a connection repeats with the token.
#[derive(Clone, Copy)]
enum Request {
    WidenItself,
    MakeAnother,
    RotateAnother,
}

impl Request {
    async fn send(self, client: &ApiClient, own: &str, other: &str) -> u16 {
        let answer = match self {
            Self::WidenItself => {
                let path = format!("/api/v1/tokens/{own}");
                client.patch(&path, &json!({"abilities": WIDE})).await
            }
            Self::MakeAnother => {
                let body = json!({"name": "Made in a race", "abilities": WIDE});
                client.post("/api/v1/tokens", &body).await
            }
            Self::RotateAnother => {
                let path = format!("/api/v1/tokens/{other}/rotate");
                client.post(&path, &json!({"overlap": 0})).await
            }
        };
        answer.status
    }
}

/// Starts connections to both nodes that send requests which need all abilities, until `stop` is
/// set.
fn spawn_requests(
    apps: [&TestApp; 2],
    token: &Token,
    other: &Token,
    stop: &Arc<AtomicBool>,
    accepted: &mpsc::Sender<()>,
) -> JoinSet<()> {
    let mut all = JoinSet::new();
    for app in apps {
        for request in [
            Request::WidenItself,
            Request::MakeAnother,
            Request::RotateAnother,
        ] {
            let client = app.api_client(&token.secret);
            let (own, other) = (token.id.clone(), other.id.clone());
            let (stop, accepted) = (stop.clone(), accepted.clone());
            all.spawn(async move {
                for _ in 0..MAX_REQUESTS {
                    let status = request.send(&client, &own, &other).await;
                    assert!([200, 201, 403, 503].contains(&status), "{status}");
                    if [200, 201].contains(&status) {
                        let _sent = accepted.try_send(());
                    }
                    if stop.load(Ordering::Relaxed) {
                        break;
                    }
                }
            });
        }
    }
    all
}

/// Returns the abilities of the token, the tokens that it created, and the hint of the other token.
async fn state(ada: &Browser, token: &Token, other: &Token) -> Value {
    let own = ada.get(&format!("/api/v1/tokens/{}", token.id)).await;
    let created = format!("/api/v1/tokens?made_by={}&limit=100", token.id);
    let created = ada.get(&created).await;
    let other = ada.get(&format!("/api/v1/tokens/{}", other.id)).await;
    json!([
        own.expect_status(200).json()["abilities"],
        created.expect_status(200).ids(),
        other.expect_status(200).json()["hint"],
    ])
}

#[tokio::test(flavor = "multi_thread")]
async fn reduced_abilities_hold_once_the_change_is_answered() {
    let one = TestApp::start();
    let two = one.start_second(&[]);
    let ada = one.register(ADA).await;
    for round in 0..ROUNDS {
        let token = one.token(&ada, "Narrowed", &WIDE).await;
        let other = one.token(&ada, "Rotated", &WIDE).await;
        let stop = Arc::new(AtomicBool::new(false));
        let (accepted, mut first) = mpsc::channel(1);
        let tasks = spawn_requests([&one, &two], &token, &other, &stop, &accepted);
        first
            .recv()
            .await
            .expect("one request must succeed before the change");
        let narrow = json!({"abilities": ["account:read"]});
        let path = format!("/api/v1/tokens/{}", token.id);
        let narrowed = ada.call(Method::PATCH, &path, Some(&narrow)).await;
        narrowed.expect_status(200);
        let expected = state(&ada, &token, &other).await;
        stop.store(true, Ordering::Relaxed);
        tasks.join_all().await;
        assert_eq!(expected[0], json!(["account:read"]), "round {round}");
        assert_eq!(
            state(&ada, &token, &other).await,
            expected,
            "round {round}: a request was committed after the response"
        );
        let all = json!({"id": expected[1], "class": "token"});
        if !expected[1]
            .as_array()
            .expect("the IDs must be an array")
            .is_empty()
        {
            let revoked = ada.call(Method::POST, "/api/v1/sign-out", Some(&all));
            revoked.await.expect_status(200);
        }
        for revoked in [&token.id, &other.id] {
            let path = format!("/api/v1/tokens/{}", revoked);
            ada.call(Method::DELETE, &path, None)
                .await
                .expect_status(204);
        }
    }
}
