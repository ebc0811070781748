//! Endings that race what they end: nothing that was there, or on its way, slips past them.

use std::{sync::Arc, time::Duration};

use narthex::{
    accounts,
    audit::Actor,
    credentials::revoke,
    types::{email::Email, ids::UserId},
};
use reqwest::Method;
use serde_json::Value;
use tokio::sync::mpsc;
use tokio::task::JoinSet;

use crate::support::app::{PASSWORD, TestApp, secret_in};
use crate::support::client::Browser;

const ADA: &str = "ada@example.com";
const ROUNDS: usize = 8;
const AT_ONCE: usize = 4;

async fn id_of_ada(app: &TestApp) -> UserId {
    let email = Email::parse(ADA).unwrap();
    let ada = accounts::find_by_email(&app.context, &email).await.unwrap();
    ada.user.id
}

/// Signs in again and again from several browsers at once. Gives the browsers that got in; `first`
/// is told of the first that did.
fn signing_in(app: &TestApp, got_in: &mpsc::Sender<()>) -> JoinSet<Vec<Browser>> {
    let mut all = JoinSet::new();
    for _ in 0..AT_ONCE {
        let (origin, got_in) = (app.origin.clone(), got_in.clone());
        all.spawn(async move {
            let mut browsers = Vec::new();
            for _ in 0..ROUNDS {
                let browser = Browser::at(&origin);
                let form = [("email", ADA), ("password", PASSWORD)];
                let answer = browser.post("/login", &form).await;
                // Refused once the password is another, and soon unlooked; too many at once when the
                // machine is small.
                assert!([303, 422, 429, 503].contains(&answer.status), "{answer}");
                if answer.status == 303 {
                    let _told = got_in.try_send(());
                    browsers.push(browser);
                }
            }
            browsers
        });
    }
    all
}

async fn is_in(browser: &Browser) -> bool {
    browser.get("/account").await.status == 200
}

/// Every credential that ended is in the receipt that it names.
async fn every_ending_is_on_its_receipt(browser: &Browser) {
    let all = browser
        .get("/api/v1/credentials?ended=true&limit=100")
        .await;
    let all = all.expect_status(200).json();
    for one in all["data"].as_array().unwrap() {
        let Some(receipt) = one["receipt_id"].as_str() else {
            assert_eq!(one["ended_at"], Value::Null, "{one}");
            continue;
        };
        let receipt = browser.get(&format!("/api/v1/receipts/{receipt}")).await;
        let receipt = receipt.expect_status(200).json();
        let listed = receipt["credentials"].as_array().unwrap();
        assert!(
            listed.iter().any(|listed| listed["id"] == one["id"]),
            "{one} {receipt}"
        );
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn no_token_is_made_by_a_session_that_has_ended() {
    let app = Arc::new(TestApp::start());
    let ada = app.register(ADA).await;
    let user = id_of_ada(&app).await;
    let (made_one, mut first) = mpsc::channel(1);
    let mut makers = JoinSet::new();
    for _ in 0..AT_ONCE {
        let (browser, made_one) = (app.sign_in(ADA).await, made_one.clone());
        makers.spawn(async move {
            let mut secrets = Vec::new();
            for _ in 0..ROUNDS {
                let form = [("name", "Made in a race"), ("expires", "7d")];
                let answer = browser.post("/account/tokens", &form).await;
                // Led to sign in, or, ended in mid-request, told so.
                assert!([200, 303, 401].contains(&answer.status), "{answer}");
                if answer.status == 200 {
                    let _told = made_one.try_send(());
                    secrets.push(secret_in(&answer.text));
                }
            }
            secrets
        });
    }
    first.recv().await.expect("a token");
    let ended = revoke::sign_out_everywhere(&app.context, user, Actor::operator()).await;
    let ended = ended.unwrap();
    let secrets = makers.join_all().await.concat();
    assert_eq!(
        ended.tokens_ended,
        i64::try_from(secrets.len()).unwrap(),
        "each is on the receipt"
    );
    for secret in secrets {
        app.api_client(&secret)
            .get("/api/v1/user")
            .await
            .expect_status(401);
    }
    assert!(!is_in(&ada).await);
}

#[tokio::test(flavor = "multi_thread")]
async fn every_sign_in_that_races_an_ending_is_on_its_receipt_or_begins_after_it() {
    let app = TestApp::start();
    app.register(ADA).await;
    let user = id_of_ada(&app).await;
    let (got_in, mut first) = mpsc::channel(1);
    let racers = signing_in(&app, &got_in);
    first.recv().await.expect("a sign-in");
    for _ in 0..ROUNDS {
        let ended = revoke::sign_out_everywhere(&app.context, user, Actor::operator()).await;
        ended.unwrap();
    }
    let browsers = racers.join_all().await.into_iter().flatten();
    // So many right passwords at one moment are throttled, too.
    app.advance(Duration::from_secs(300));
    let watching = app.sign_in(ADA).await;
    every_ending_is_on_its_receipt(&watching).await;
    let live = watching.get("/api/v1/sessions?limit=100").await.json();
    let live = live["data"].as_array().unwrap().len();
    let mut inside = 1;
    for browser in browsers {
        inside += usize::from(is_in(&browser).await);
    }
    assert_eq!(inside, live, "who is in is listed, and who is listed is in");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_old_password_lets_nobody_in_past_the_change_of_it() {
    let app = TestApp::start();
    let ada = app.register(ADA).await;
    let (got_in, mut first) = mpsc::channel(1);
    let racers = signing_in(&app, &got_in);
    first.recv().await.expect("a sign-in");
    let form = [
        ("current_password", PASSWORD),
        ("password", "another long password"),
    ];
    ada.post("/account/password", &form)
        .await
        .expect_status(303);
    for browser in racers.join_all().await.into_iter().flatten() {
        assert!(!is_in(&browser).await);
    }
    assert!(is_in(&ada).await);
    every_ending_is_on_its_receipt(&ada).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn nobody_gets_in_past_the_disabling_of_an_account() {
    let app = TestApp::start();
    app.register(ADA).await;
    let user = id_of_ada(&app).await;
    let (got_in, mut first) = mpsc::channel(1);
    let racers = signing_in(&app, &got_in);
    first.recv().await.expect("a sign-in");
    accounts::disable(&app.context, user).await.unwrap();
    let browsers: Vec<Browser> = racers.join_all().await.into_iter().flatten().collect();
    for browser in &browsers {
        assert!(!is_in(browser).await);
    }
    accounts::enable(&app.context, user).await.unwrap();
    for browser in &browsers {
        assert!(!is_in(browser).await, "what was ended stays ended");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn nobody_gets_in_past_the_deletion_of_an_account() {
    let app = TestApp::start();
    let ada = app.register(ADA).await;
    let (got_in, mut first) = mpsc::channel(1);
    let racers = signing_in(&app, &got_in);
    first.recv().await.expect("a sign-in");
    let form = [("password", PASSWORD)];
    ada.post("/account/delete", &form).await.expect_status(303);
    for browser in racers.join_all().await.into_iter().flatten() {
        assert!(!is_in(&browser).await);
    }
    let anew = app.register(ADA).await;
    let all = anew.get("/api/v1/credentials?ended=true").await.json();
    assert_eq!(all["data"].as_array().unwrap().len(), 1, "{all}");
}

#[tokio::test(flavor = "multi_thread")]
async fn of_several_who_want_one_address_at_once_one_gets_it() {
    let app = Arc::new(TestApp::start());
    let mut all = JoinSet::new();
    for _ in 0..AT_ONCE {
        let origin = app.origin.clone();
        all.spawn(async move {
            let form = [("name", "Ada"), ("email", ADA), ("password", PASSWORD)];
            Browser::at(&origin).post("/register", &form).await.status
        });
    }
    let statuses = all.join_all().await;
    let got_it = statuses.iter().filter(|status| **status == 303).count();
    // On a small machine some are told to come back.
    assert!(
        got_it <= 1
            && statuses
                .iter()
                .all(|status| [303, 422, 503].contains(status))
    );
    let form = [("name", "Ada"), ("email", ADA), ("password", PASSWORD)];
    app.browser()
        .post("/register", &form)
        .await
        .expect_status(422);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_form_sent_several_times_at_once_makes_one_token() {
    let app = TestApp::start();
    let ada = Arc::new(app.register(ADA).await);
    let key = ada.get("/account/tokens/new").await.field("form_key");
    let mut all = JoinSet::new();
    for _ in 0..AT_ONCE {
        let (ada, key) = (Arc::clone(&ada), key.clone());
        all.spawn(async move {
            let form = [("name", "Once"), ("expires", "7d"), ("form_key", &*key)];
            ada.post("/account/tokens", &form).await.status
        });
    }
    let mut statuses = all.join_all().await;
    statuses.sort_unstable();
    assert_eq!(statuses, [200, 303, 303, 303]);
    let tokens = ada.get("/api/v1/tokens").await.json();
    assert_eq!(tokens["data"].as_array().unwrap().len(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_several_end_at_once_ends_once() {
    let app = TestApp::start();
    let ada = Arc::new(app.register(ADA).await);
    let token = app.token(&ada, "Wanted by several", &[]).await;
    let mut all = JoinSet::new();
    for _ in 0..AT_ONCE {
        let (ada, path) = (Arc::clone(&ada), format!("/api/v1/tokens/{}", token.id));
        all.spawn(async move { ada.call(Method::DELETE, &path, None).await.status });
    }
    let statuses = all.join_all().await;
    assert!(statuses.iter().all(|status| *status == 204), "{statuses:?}");
    let events = ada.get("/api/v1/events").await.json();
    let endings = events["data"].as_array().unwrap().iter();
    let endings = endings.filter(|event| event["type"] == "credentials.ended");
    assert_eq!(endings.count(), 1, "{events}");
}

/// Many users over few connections, some failing: each answer is its own user's.
#[tokio::test(flavor = "multi_thread")]
async fn no_answer_is_another_user_s() {
    let app = Arc::new(TestApp::start());
    let mut all = JoinSet::new();
    for number in 0..8 {
        let email = format!("user{number}@example.com");
        let browser = app.register(&email).await;
        all.spawn(async move {
            for _ in 0..25 {
                let user = browser.get("/api/v1/user").await.json();
                assert_eq!(user["email"], email);
                browser.get("/account").await.expect_text(&email);
                browser.get("/account/tokens/x").await.expect_status(404);
            }
        });
    }
    all.join_all().await;
}
