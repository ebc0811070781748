//! A token that is narrowed while its requests are under way: none of them gives more than it has then.

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
/// The most requests of one connection in a round.
const MOST: usize = 60;

/// What a connection sends again and again with the token.
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

/// Connections to both servers that send what a wide token may do, until they are told to stop.
fn hammer(
    apps: [&TestApp; 2],
    token: &Token,
    other: &Token,
    stop: &Arc<AtomicBool>,
    went_through: &mpsc::Sender<()>,
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
            let (stop, went_through) = (stop.clone(), went_through.clone());
            all.spawn(async move {
                for _ in 0..MOST {
                    let status = request.send(&client, &own, &other).await;
                    assert!([200, 201, 403, 503].contains(&status), "{status}");
                    if [200, 201].contains(&status) {
                        let _told = went_through.try_send(());
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

/// What the token has, what it made, and the newest secret of the other token.
async fn state(ada: &Browser, token: &Token, other: &Token) -> Value {
    let own = ada.get(&format!("/api/v1/tokens/{}", token.id)).await;
    let made = format!("/api/v1/tokens?made_by={}&limit=100", token.id);
    let made = ada.get(&made).await;
    let other = ada.get(&format!("/api/v1/tokens/{}", other.id)).await;
    json!([
        own.expect_status(200).json()["abilities"],
        made.expect_status(200).ids(),
        other.expect_status(200).json()["hint"],
    ])
}

#[tokio::test(flavor = "multi_thread")]
async fn a_narrowed_token_gives_nothing_more_after_the_answer() {
    let one = TestApp::start();
    let two = one.start_second(&[]);
    let ada = one.register(ADA).await;
    for round in 0..ROUNDS {
        let token = one.token(&ada, "Narrowed", &WIDE).await;
        let other = one.token(&ada, "Rotated", &WIDE).await;
        let stop = Arc::new(AtomicBool::new(false));
        let (went_through, mut first) = mpsc::channel(1);
        let racers = hammer([&one, &two], &token, &other, &stop, &went_through);
        first.recv().await.expect("a request that went through");
        let narrow = json!({"abilities": ["account:read"]});
        let path = format!("/api/v1/tokens/{}", token.id);
        let narrowed = ada.call(Method::PATCH, &path, Some(&narrow)).await;
        narrowed.expect_status(200);
        let answered = state(&ada, &token, &other).await;
        stop.store(true, Ordering::Relaxed);
        racers.join_all().await;
        assert_eq!(answered[0], json!(["account:read"]), "round {round}");
        assert_eq!(
            state(&ada, &token, &other).await,
            answered,
            "round {round}: what was committed after the answer"
        );
        let all = json!({"id": answered[1], "class": "token"});
        if !answered[1].as_array().expect("a list").is_empty() {
            let ended = ada.call(Method::POST, "/api/v1/sign-out", Some(&all));
            ended.await.expect_status(200);
        }
        for ended in [&token.id, &other.id] {
            let path = format!("/api/v1/tokens/{}", ended);
            ada.call(Method::DELETE, &path, None)
                .await
                .expect_status(204);
        }
    }
}
