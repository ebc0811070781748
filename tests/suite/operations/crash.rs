//! What was answered is there after the power went: the program is killed in the middle of writes.

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

/// How many clients make and end tokens at once, and after how many answers the program is killed.
const CLIENTS: usize = 8;
const ANSWERS: usize = 120;

/// Counts what many tasks do, and lets one wait for it. It gives up after a minute: a client that fails
/// says why itself.
#[derive(Default)]
struct Count {
    done: AtomicUsize,
    more: Notify,
}

impl Count {
    fn one_more(&self) {
        self.done.fetch_add(1, Ordering::SeqCst);
        self.more.notify_one();
    }

    async fn reaches(&self, enough: usize) {
        let enough_is_done = async {
            while self.done.load(Ordering::SeqCst) < enough {
                self.more.notified().await;
            }
        };
        let patience = Duration::from_secs(60);
        drop(tokio::time::timeout(patience, enough_is_done).await);
    }
}

#[derive(Default)]
struct Answered {
    /// Secrets whose making was answered.
    made: Mutex<Vec<String>>,
    /// Secrets whose end was answered.
    ended: Mutex<Vec<String>>,
    count: Count,
}

/// Makes tokens and ends every second one, until the server is gone.
async fn make_and_end(origin: String, session: String, answered: Arc<Answered>) {
    let http = reqwest::Client::builder().no_proxy().build().unwrap();
    for turn in 0.. {
        let body = json!({"name": "made in a hurry", "abilities": ["account:read"]});
        let asked = http
            .post(format!("{origin}/api/v1/tokens"))
            .bearer_auth(&session)
            .json(&body);
        let Ok(answer) = asked.send().await else {
            return;
        };
        let Ok(made) = answer.json::<serde_json::Value>().await else {
            return;
        };
        let secret = made["secret"].as_str().expect("a secret").to_owned();
        answered.count.one_more();
        if turn % 2 == 0 {
            answered.made.lock().unwrap().push(secret);
            continue;
        }
        let asked = http
            .delete(format!("{origin}/api/v1/tokens/current"))
            .bearer_auth(&secret);
        let Ok(answer) = asked.send().await else {
            return;
        };
        assert_eq!(answer.status(), 204);
        answered.ended.lock().unwrap().push(secret);
        answered.count.one_more();
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_answered_before_a_kill_holds_after_the_restart() {
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

    let answered = Arc::new(Answered::default());
    let clients: Vec<_> = (0..CLIENTS)
        .map(|_| {
            tokio::spawn(make_and_end(
                serving.url.clone(),
                secret.clone(),
                answered.clone(),
            ))
        })
        .collect();
    answered.count.reaches(ANSWERS).await;
    serving.kill();
    for client in clients {
        client.await.unwrap();
    }

    let serving = narthex.serve();
    let made = answered.made.lock().unwrap().clone();
    let ended = answered.ended.lock().unwrap().clone();
    assert!(
        made.len() > CLIENTS && ended.len() > CLIENTS,
        "both happened often"
    );
    all_are_whole(&ApiClient::at(&serving.url, &secret)).await;
    for (secrets, status) in [(made, 200), (ended, 401)] {
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

/// Every token that is there has its secret and its abilities.
async fn all_are_whole(client: &ApiClient) {
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

/// Makes accounts, one after the other, until the server is gone. Gives the addresses of those that
/// were answered, and of the one that was not.
async fn make_accounts(origin: String, of: usize, count: Arc<Count>) -> (Vec<String>, String) {
    let http = reqwest::Client::builder()
        .redirect(reqwest::redirect::Policy::none())
        .no_proxy()
        .build()
        .unwrap();
    let mut made = Vec::new();
    for turn in 0.. {
        let email = format!("user{turn}.{of}@example.com");
        let form = [("name", "Ada"), ("email", &*email), ("password", PASSWORD)];
        let asked = http.post(format!("{origin}/register")).form(&form);
        let Ok(answer) = asked.send().await else {
            return (made, email);
        };
        match answer.status().as_u16() {
            303 => {
                made.push(email);
                count.one_more();
            }
            // More passwords at once than the machine hashes.
            503 => {}
            status => panic!(
                "{status} at turn {turn} of {of}: {}",
                answer.text().await.unwrap_or_default()
            ),
        }
    }
    panic!("turns never end")
}

#[tokio::test(flavor = "multi_thread")]
async fn an_account_that_was_begun_before_a_kill_is_whole_or_not_there() {
    let database = Database::empty();
    let narthex = Narthex::installed().with("DATABASE_URL", database.address());
    let serving = narthex.serve();
    let count = Arc::new(Count::default());
    let clients: Vec<_> = (0..4)
        .map(|of| tokio::spawn(make_accounts(serving.url.clone(), of, count.clone())))
        .collect();
    count.reaches(12).await;
    serving.kill();

    let serving = narthex.serve();
    let anonymous = AnonymousClient::at(&serving.url);
    for client in clients {
        let (made, unanswered) = client.await.unwrap();
        for email in made {
            serving.sign_in(&email, FIREFOX_ON_LINUX).await;
        }
        let form = [("email", &*unanswered), ("password", PASSWORD)];
        let answer = anonymous.post("/login", &form).await;
        let is_there = answer.status == 303;
        answer.expect_status(if is_there { 303 } else { 422 });
        let form = [
            ("name", "Ada"),
            ("email", &*unanswered),
            ("password", PASSWORD),
        ];
        let answer = anonymous.post("/register", &form).await;
        answer.expect_status(if is_there { 422 } else { 303 });
        serving.sign_in(&unanswered, FIREFOX_ON_LINUX).await;
    }
}
