//! Durability: the server is killed during writes, and every change that it confirmed exists after
//! the restart.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use reqwest::Method;
use serde_json::json;
use tokio::sync::Notify;

use crate::support::app::PASSWORD;
use crate::support::binary::Narthex;
use crate::support::client::{AnonymousClient, ApiClient};
use crate::support::database::Database;
use crate::support::user_agents::FIREFOX_ON_LINUX;

/// The number of clients that create and revoke tokens at once, and the number of responses after
/// which the server is killed.
const CLIENTS: usize = 8;
const ANSWERS: usize = 120;

/// Counts the responses of many tasks. A waiter returns after a minute at the latest, because a
/// client that fails reports the reason itself.
#[derive(Default)]
struct Count {
    done: AtomicUsize,
    more: Notify,
}

impl Count {
    fn increment(&self) {
        self.done.fetch_add(1, Ordering::SeqCst);
        self.more.notify_one();
    }

    async fn wait_for(&self, target: usize) {
        let reached = async {
            while self.done.load(Ordering::SeqCst) < target {
                self.more.notified().await;
            }
        };
        let limit = Duration::from_secs(60);
        drop(tokio::time::timeout(limit, reached).await);
    }
}

#[derive(Default)]
struct Confirmed {
    /// Secrets of tokens whose creation was confirmed.
    made: Mutex<Vec<String>>,
    /// Secrets of tokens whose revocation was confirmed.
    revoked: Mutex<Vec<String>>,
    count: Count,
}

/// Creates tokens and revokes every second one until the server is killed.
async fn create_and_revoke(origin: String, session: String, confirmed: Arc<Confirmed>) {
    let http = reqwest::Client::builder().no_proxy().build().unwrap();
    for turn in 0.. {
        let body = json!({"name": "made in a hurry", "abilities": ["account:read"]});
        let request = http
            .post(format!("{origin}/api/v1/tokens"))
            .bearer_auth(&session)
            .json(&body);
        let Ok(answer) = request.send().await else {
            return;
        };
        let Ok(made) = answer.json::<serde_json::Value>().await else {
            return;
        };
        let secret = made["secret"].as_str().expect("a secret").to_owned();
        confirmed.count.increment();
        if turn % 2 == 0 {
            confirmed.made.lock().unwrap().push(secret);
            continue;
        }
        let request = http
            .delete(format!("{origin}/api/v1/tokens/current"))
            .bearer_auth(&secret);
        let Ok(answer) = request.send().await else {
            return;
        };
        assert_eq!(answer.status(), 204);
        confirmed.revoked.lock().unwrap().push(secret);
        confirmed.count.increment();
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn confirmed_changes_survive_a_kill() {
    let database = Database::empty();
    let narthex = Narthex::installed().with("DATABASE_URL", database.address());
    let serving = narthex.serve();
    let anonymous = AnonymousClient::at(&serving.url);
    let form = [
        ("name", "Ada"),
        ("email", "ada@example.com"),
        ("password", PASSWORD),
    ];
    anonymous.post("/register", &form).await.expect_status(303);
    let device = json!({"email": "ada@example.com", "password": PASSWORD, "device_name": "hasty", "expires_in": null});
    let signed_in = anonymous
        .post_json("/api/v1/sign-in", &device)
        .await
        .expect_status(201);
    let secret = signed_in.json()["secret"].as_str().unwrap().to_owned();

    let confirmed = Arc::new(Confirmed::default());
    let clients: Vec<_> = (0..CLIENTS)
        .map(|_| {
            tokio::spawn(create_and_revoke(
                serving.url.clone(),
                secret.clone(),
                confirmed.clone(),
            ))
        })
        .collect();
    confirmed.count.wait_for(ANSWERS).await;
    serving.kill();
    for client in clients {
        client.await.unwrap();
    }

    let serving = narthex.serve();
    let made = confirmed.made.lock().unwrap().clone();
    let revoked = confirmed.revoked.lock().unwrap().clone();
    assert!(
        made.len() > CLIENTS && revoked.len() > CLIENTS,
        "many tokens were created and revoked"
    );
    expect_complete_tokens(&ApiClient::at(&serving.url, &secret)).await;
    for (secrets, status) in [(made, 200), (revoked, 401)] {
        for secret in secrets {
            let client = ApiClient::at(&serving.url, &secret);
            client
                .send(client.request(Method::GET, "/api/v1/user"))
                .await
                .expect_status(status);
        }
    }
    AnonymousClient::at(&serving.url)
        .get("/readyz")
        .await
        .expect_status(200);
}

/// Expects that every token has its secret and its abilities.
async fn expect_complete_tokens(client: &ApiClient) {
    let mut path = "/api/v1/tokens?ended=true&limit=100".to_owned();
    loop {
        let page = client.get(&path).await.expect_status(200).json();
        for token in page["data"].as_array().unwrap() {
            assert_eq!(token["hint"].as_str().map(str::len), Some(4), "{token}");
            assert_ne!(token["abilities"], json!([]), "{token}");
        }
        let Some(next) = page["next"].as_str() else {
            return;
        };
        path = format!("/api/v1/tokens?ended=true&limit=100&cursor={next}");
    }
}

/// Creates accounts one after the other until the server is killed. Returns the addresses of the
/// confirmed ones and that of the unconfirmed one.
async fn create_accounts(
    origin: String,
    client: usize,
    count: Arc<Count>,
) -> (Vec<String>, String) {
    let http = reqwest::Client::builder()
        .redirect(reqwest::redirect::Policy::none())
        .no_proxy()
        .build()
        .unwrap();
    let mut made = Vec::new();
    for turn in 0.. {
        let email = format!("user{turn}.{client}@example.com");
        let form = [("name", "Ada"), ("email", &*email), ("password", PASSWORD)];
        let request = http.post(format!("{origin}/register")).form(&form);
        let Ok(answer) = request.send().await else {
            return (made, email);
        };
        match answer.status().as_u16() {
            303 => {
                made.push(email);
                count.increment();
            }
            // The hashing queue is full.
            503 => {}
            status => panic!(
                "{status} at turn {turn} of {client}: {}",
                answer.text().await.unwrap_or_default()
            ),
        }
    }
    panic!("the range of turns is infinite")
}

#[tokio::test(flavor = "multi_thread")]
async fn unconfirmed_account_is_complete_or_absent_after_a_kill() {
    let database = Database::empty();
    let narthex = Narthex::installed().with("DATABASE_URL", database.address());
    let serving = narthex.serve();
    let count = Arc::new(Count::default());
    let clients: Vec<_> = (0..4)
        .map(|client| tokio::spawn(create_accounts(serving.url.clone(), client, count.clone())))
        .collect();
    count.wait_for(12).await;
    serving.kill();

    let serving = narthex.serve();
    let anonymous = AnonymousClient::at(&serving.url);
    for client in clients {
        let (made, unconfirmed) = client.await.unwrap();
        for email in made {
            serving.sign_in(&email, FIREFOX_ON_LINUX).await;
        }
        let form = [("email", &*unconfirmed), ("password", PASSWORD)];
        let answer = anonymous.post("/login", &form).await;
        let exists = answer.status == 303;
        answer.expect_status(if exists { 303 } else { 422 });
        let form = [
            ("name", "Ada"),
            ("email", &*unconfirmed),
            ("password", PASSWORD),
        ];
        let answer = anonymous.post("/register", &form).await;
        answer.expect_status(if exists { 422 } else { 303 });
        serving.sign_in(&unconfirmed, FIREFOX_ON_LINUX).await;
    }
}
