//! What one client or one account may take of what others wait for.

use std::net::IpAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::Duration;

use narthex::{
    error::Error,
    rate_limit::{self, Attempt},
};
use reqwest::Method;
use serde_json::{Value, json};
use tokio::task::JoinSet;

use crate::support::answer::Answer;
use crate::support::app::{PASSWORD, TestApp};
use crate::support::client::Browser;

const ADA: &str = "ada@example.com";
const EVE: &str = "eve@example.com";
const WRONG: &str = "not her password at all";
const HOME: &str = "203.0.113.5";
const OFFICE: &str = "198.51.100.7";
/// How many right passwords an account has free in an hour; the one after them costs a wait.
const FREE: usize = 30;
const HOUR: Duration = Duration::from_secs(3600);
const SECOND: Duration = Duration::from_secs(1);

/// Behind a proxy, so that a test can come from anywhere.
fn behind_a_proxy(settings: &[(&str, &str)]) -> TestApp {
    let mut all = vec![("NARTHEX_TRUSTED_PROXIES", "127.0.0.1")];
    all.extend(settings);
    TestApp::start_with(&all)
}

async fn sign_in(app: &TestApp, from: &str, email: &str, password: &str) -> Answer {
    let browser = app.browser();
    let request = browser
        .request(Method::POST, "/login")
        .header("x-forwarded-for", from)
        .form(&[("email", email), ("password", password)]);
    browser.send(request).await
}

async fn sign_in_a_device(app: &TestApp, from: &str, email: &str) -> Answer {
    let anonymous = app.anonymous();
    let body = json!({"email": email, "password": PASSWORD, "device_name": "x"});
    let request = anonymous
        .request(Method::POST, "/api/v1/sign-in")
        .header("x-forwarded-for", from)
        .json(&body);
    anonymous.send(request).await
}

/// For how many seconds an answer says to stay away.
#[track_caller]
fn wait(answer: &Answer) -> u64 {
    assert_eq!(answer.status, 429, "{answer}");
    let seconds = answer.header("retry-after").expect("when to come back");
    seconds.parse().expect("a number of seconds")
}

#[tokio::test(flavor = "multi_thread")]
async fn network_that_floods_the_hasher_leaves_others_their_share() {
    const FLOOD: usize = 24;
    const SIGN_INS: usize = 20;
    let app = Arc::new(behind_a_proxy(&[(
        "NARTHEX_THROTTLE_EXEMPT",
        "198.51.100.0/24",
    )]));
    app.register(ADA).await;
    let over = Arc::new(AtomicBool::new(false));
    let turned_away = Arc::new(AtomicUsize::new(0));
    let mut flood = JoinSet::new();
    for one in 0..FLOOD {
        let (app, over) = (Arc::clone(&app), Arc::clone(&over));
        let turned_away = Arc::clone(&turned_away);
        flood.spawn(async move {
            for number in 0.. {
                if over.load(Ordering::Relaxed) {
                    return;
                }
                let email = format!("user{one}-{number}@example.com");
                let answer = sign_in(&app, OFFICE, &email, WRONG).await;
                if answer.status == 503 {
                    turned_away.fetch_add(1, Ordering::Relaxed);
                }
            }
        });
    }
    while turned_away.load(Ordering::Relaxed) == 0 {
        tokio::task::yield_now().await;
    }
    let mut let_in = 0;
    for _ in 0..SIGN_INS {
        let answer = sign_in(&app, HOME, ADA, PASSWORD).await;
        let_in += usize::from(answer.status == 303);
    }
    over.store(true, Ordering::Relaxed);
    flood.join_all().await;
    // All of them, but for a machine on which one hash takes a second.
    assert!(let_in > SIGN_INS / 2, "{let_in} of {SIGN_INS}");
}

#[tokio::test(flavor = "multi_thread")]
async fn right_passwords_of_one_account_are_bounded_in_an_hour() {
    let app = behind_a_proxy(&[]);
    app.register(ADA).await;
    app.register(EVE).await;
    for number in 0..=FREE {
        if number % 2 == 0 {
            sign_in(&app, HOME, ADA, PASSWORD)
                .await
                .expect_redirect("/account");
        } else {
            sign_in_a_device(&app, HOME, ADA).await.expect_status(201);
        }
    }
    let runs = app.context.hasher.runs();
    assert_eq!(wait(&sign_in(&app, HOME, ADA, PASSWORD).await), 1);
    let refused = sign_in_a_device(&app, HOME, ADA).await;
    refused
        .expect_header("retry-after", "1")
        .expect_problem(429, "throttled");
    // The account's own count, wherever it is not known.
    assert_eq!(wait(&sign_in(&app, OFFICE, ADA, PASSWORD).await), 1);
    assert_eq!(app.context.hasher.runs(), runs, "nothing was hashed");
    sign_in(&app, HOME, EVE, PASSWORD)
        .await
        .expect_redirect("/account");

    app.advance(SECOND);
    sign_in(&app, HOME, ADA, PASSWORD)
        .await
        .expect_redirect("/account");
    assert_eq!(wait(&sign_in(&app, HOME, ADA, PASSWORD).await), 3);
    app.advance(2 * HOUR);
    for _ in 0..FREE {
        sign_in(&app, HOME, ADA, PASSWORD)
            .await
            .expect_redirect("/account");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn wrong_passwords_use_up_no_right_ones() {
    let app = behind_a_proxy(&[]);
    app.register(ADA).await;
    for _ in 0..10 {
        for _ in 0..5 {
            sign_in(&app, HOME, ADA, WRONG).await.expect_status(422);
        }
        sign_in(&app, HOME, ADA, PASSWORD)
            .await
            .expect_redirect("/account");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn confirmations_of_one_session_are_bounded_in_an_hour() {
    let app = TestApp::start();
    let (ada, other) = (app.register(ADA).await, app.sign_in(ADA).await);
    let body = json!({"password": PASSWORD});
    let form = [("password", PASSWORD)];
    for number in 0..=FREE {
        if number % 2 == 0 {
            ada.post("/account/confirm", &form)
                .await
                .expect_redirect("/account");
        } else {
            let answer = ada.call(Method::POST, "/api/v1/confirm", Some(&body)).await;
            answer.expect_status(204);
        }
    }
    let runs = app.context.hasher.runs();
    assert_eq!(wait(&ada.post("/account/confirm", &form).await), 1);
    let answer = ada.call(Method::POST, "/api/v1/confirm", Some(&body)).await;
    answer.expect_problem(429, "throttled");
    assert_eq!(app.context.hasher.runs(), runs, "nothing was hashed");
    other
        .post("/account/confirm", &form)
        .await
        .expect_redirect("/account");
    app.advance(SECOND);
    ada.post("/account/confirm", &form)
        .await
        .expect_redirect("/account");
}

#[tokio::test(flavor = "multi_thread")]
async fn neighbour_shuts_nobody_out_of_a_place_that_is_known() {
    const FREE_OF_A_NETWORK: usize = 100;
    let app = behind_a_proxy(&[]);
    app.register(ADA).await;
    app.register(EVE).await;
    sign_in(&app, OFFICE, ADA, PASSWORD)
        .await
        .expect_redirect("/account");
    for number in 0..=FREE_OF_A_NETWORK {
        let email = format!("user{number}@example.com");
        sign_in(&app, OFFICE, &email, WRONG)
            .await
            .expect_status(422);
    }
    wait(&sign_in(&app, OFFICE, EVE, PASSWORD).await);
    sign_in(&app, OFFICE, ADA, PASSWORD)
        .await
        .expect_redirect("/account");
    sign_in_a_device(&app, OFFICE, ADA).await.expect_status(201);
    // It forgives its neighbour nothing.
    wait(&sign_in(&app, OFFICE, EVE, PASSWORD).await);
    // What is tried with this account from there is counted all the same.
    for _ in 0..6 {
        sign_in(&app, OFFICE, ADA, WRONG).await.expect_status(422);
    }
    assert_eq!(wait(&sign_in(&app, OFFICE, ADA, PASSWORD).await), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn ipv6_site_is_counted_as_one_however_many_networks_it_has() {
    const FREE_OF_A_SITE: usize = 1000;
    let app = TestApp::start();
    let address = |site: u16, network: usize| {
        let network = u16::try_from(network).unwrap();
        Some(IpAddr::from([0x2001, 0xdb8, site, network, 0, 0, 0, 1]))
    };
    let try_one = async |site: u16, number: usize| {
        let email = format!("user{number}@example.com");
        let attempt = Attempt::to_sign_in(&app.context, &email, address(site, number));
        rate_limit::count(&app.context, &attempt).await
    };
    for number in 0..=FREE_OF_A_SITE {
        try_one(1, number).await.unwrap();
    }
    let refused = try_one(1, FREE_OF_A_SITE + 1).await;
    assert!(matches!(refused, Err(Error::Throttled(_))), "{refused:?}");
    try_one(2, FREE_OF_A_SITE + 1).await.unwrap();
    let register = async |site: u16, number: usize| {
        let attempt = Attempt::to_register(&app.context, address(site, number));
        rate_limit::count(&app.context, &attempt).await
    };
    for number in 0..=FREE_OF_A_SITE {
        register(1, number).await.unwrap();
    }
    let refused = register(1, FREE_OF_A_SITE + 1).await;
    assert!(matches!(refused, Err(Error::Throttled(_))), "{refused:?}");
    register(2, FREE_OF_A_SITE + 1).await.unwrap();
}

/// Changes that are refused for what they say: they cost no commit and are counted all the same.
async fn change(browser: &Browser, id: &str) -> Answer {
    let path = format!("/api/v1/tokens/{id}");
    let body = json!({"nonsense": true});
    browser.call(Method::PATCH, &path, Some(&body)).await
}

async fn token_id(browser: &Browser) -> String {
    let body = json!({"name": "one", "abilities": ["account:read"]});
    let made = browser
        .call(Method::POST, "/api/v1/tokens", Some(&body))
        .await;
    let made: Value = made.expect_status(201).json();
    made["token"]["id"].as_str().unwrap().to_owned()
}

#[tokio::test(flavor = "multi_thread")]
async fn changes_of_an_account_are_bounded_and_endings_are_not() {
    const MOST: usize = 8;
    let app = TestApp::start_with(&[("NARTHEX_CHANGES_PER_MINUTE", "8")]);
    let (ada, eve) = (app.register(ADA).await, app.register(EVE).await);
    let ids = [token_id(&ada).await, token_id(&ada).await];
    let of_eve = token_id(&eve).await;
    for _ in ids.len()..MOST {
        change(&ada, &ids[0]).await.expect_status(422);
    }
    app.advance(20 * SECOND);
    let refused = change(&ada, &ids[0]).await;
    refused
        .expect_header("retry-after", "40")
        .expect_problem(429, "throttled");
    let profile = [("name", "Ada King"), ("email", ADA)];
    assert_eq!(wait(&ada.post("/account/profile", &profile).await), 40);
    // Looking, confirming, pausing and ending are as they were, and so is everybody else.
    ada.get("/account").await.expect_status(200);
    let form = [("password", PASSWORD)];
    ada.post("/account/confirm", &form)
        .await
        .expect_redirect("/account");
    let pause = format!("/account/tokens/{}/pause", ids[0]);
    ada.post(&pause, &[]).await.expect_status(303);
    let path = format!("/api/v1/tokens/{}", ids[0]);
    ada.call(Method::DELETE, &path, None)
        .await
        .expect_status(204);
    let everything = json!({"class": "token"});
    let ended = ada
        .call(Method::POST, "/api/v1/sign-out", Some(&everything))
        .await;
    ended.expect_status(200);
    change(&eve, &of_eve).await.expect_status(422);

    app.advance(40 * SECOND);
    change(&ada, &ids[1]).await.expect_status(422);
}
