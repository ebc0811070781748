//! Fairness: the share of hashing, sign-ins and changes that one client or one account may use.

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
/// The number of correct passwords that an account has free in an hour. The next one starts a
/// delay.
const FREE: usize = 30;
const HOUR: Duration = Duration::from_secs(3600);
const SECOND: Duration = Duration::from_secs(1);

/// Starts an app behind a trusted proxy, so that a test can choose the client address.
fn start_behind_proxy(settings: &[(&str, &str)]) -> TestApp {
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

/// Asserts a `429` and returns the seconds of its `Retry-After`.
#[track_caller]
fn retry_after(answer: &Answer) -> u64 {
    assert_eq!(answer.status, 429, "{answer}");
    let seconds = answer
        .header("retry-after")
        .expect("a 429 must have Retry-After");
    seconds
        .parse()
        .expect("Retry-After must be a number of seconds")
}

#[tokio::test(flavor = "multi_thread")]
async fn network_that_floods_the_hasher_leaves_others_their_share() {
    const FLOOD: usize = 24;
    const SIGN_INS: usize = 20;
    let app = Arc::new(start_behind_proxy(&[(
        "NARTHEX_THROTTLE_EXEMPT",
        "198.51.100.0/24",
    )]));
    app.register(ADA).await;
    let stopped = Arc::new(AtomicBool::new(false));
    let overloaded = Arc::new(AtomicUsize::new(0));
    let mut flood = JoinSet::new();
    for worker in 0..FLOOD {
        let (app, stopped) = (Arc::clone(&app), Arc::clone(&stopped));
        let overloaded = Arc::clone(&overloaded);
        flood.spawn(async move {
            for number in 0.. {
                if stopped.load(Ordering::Relaxed) {
                    return;
                }
                let email = format!("user{worker}-{number}@example.com");
                let answer = sign_in(&app, OFFICE, &email, WRONG).await;
                if answer.status == 503 {
                    overloaded.fetch_add(1, Ordering::Relaxed);
                }
            }
        });
    }
    while overloaded.load(Ordering::Relaxed) == 0 {
        tokio::task::yield_now().await;
    }
    let mut accepted = 0;
    for _ in 0..SIGN_INS {
        let answer = sign_in(&app, HOME, ADA, PASSWORD).await;
        accepted += usize::from(answer.status == 303);
    }
    stopped.store(true, Ordering::Relaxed);
    flood.join_all().await;
    // All sign-ins succeed, except on a machine on which one hash takes a second.
    assert!(accepted > SIGN_INS / 2, "{accepted} of {SIGN_INS}");
}

#[tokio::test(flavor = "multi_thread")]
async fn correct_passwords_of_an_account_are_limited_per_hour() {
    let app = start_behind_proxy(&[]);
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
    let runs = app.state.hasher().runs();
    assert_eq!(retry_after(&sign_in(&app, HOME, ADA, PASSWORD).await), 1);
    let refused = sign_in_a_device(&app, HOME, ADA).await;
    refused
        .expect_header("retry-after", "1")
        .expect_problem(429, "throttled");
    // The limit of the account also applies at an unknown location.
    assert_eq!(retry_after(&sign_in(&app, OFFICE, ADA, PASSWORD).await), 1);
    assert_eq!(
        app.state.hasher().runs(),
        runs,
        "a rejected attempt must not be hashed"
    );
    sign_in(&app, HOME, EVE, PASSWORD)
        .await
        .expect_redirect("/account");

    app.advance(SECOND);
    sign_in(&app, HOME, ADA, PASSWORD)
        .await
        .expect_redirect("/account");
    assert_eq!(retry_after(&sign_in(&app, HOME, ADA, PASSWORD).await), 3);
    app.advance(2 * HOUR);
    for _ in 0..FREE {
        sign_in(&app, HOME, ADA, PASSWORD)
            .await
            .expect_redirect("/account");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn wrong_passwords_do_not_count_as_correct_ones() {
    let app = start_behind_proxy(&[]);
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
async fn confirmations_of_a_session_are_limited_per_hour() {
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
    let runs = app.state.hasher().runs();
    assert_eq!(retry_after(&ada.post("/account/confirm", &form).await), 1);
    let answer = ada.call(Method::POST, "/api/v1/confirm", Some(&body)).await;
    answer.expect_problem(429, "throttled");
    assert_eq!(
        app.state.hasher().runs(),
        runs,
        "a rejected attempt must not be hashed"
    );
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
async fn blocked_network_admits_users_who_are_known_there() {
    const FREE_PER_NETWORK: usize = 100;
    let app = start_behind_proxy(&[]);
    app.register(ADA).await;
    app.register(EVE).await;
    sign_in(&app, OFFICE, ADA, PASSWORD)
        .await
        .expect_redirect("/account");
    for number in 0..=FREE_PER_NETWORK {
        let email = format!("user{number}@example.com");
        sign_in(&app, OFFICE, &email, WRONG)
            .await
            .expect_status(422);
    }
    retry_after(&sign_in(&app, OFFICE, EVE, PASSWORD).await);
    sign_in(&app, OFFICE, ADA, PASSWORD)
        .await
        .expect_redirect("/account");
    sign_in_a_device(&app, OFFICE, ADA).await.expect_status(201);
    // The success does not reset the count of the network.
    retry_after(&sign_in(&app, OFFICE, EVE, PASSWORD).await);
    // Attempts on this account from the known location have a count of their own.
    for _ in 0..6 {
        sign_in(&app, OFFICE, ADA, WRONG).await.expect_status(422);
    }
    assert_eq!(retry_after(&sign_in(&app, OFFICE, ADA, PASSWORD).await), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn ipv6_site_shares_one_limit_across_its_networks() {
    const FREE_PER_SITE: usize = 1000;
    let app = TestApp::start();
    let address = |site: u16, network: usize| {
        let network = u16::try_from(network).unwrap();
        Some(IpAddr::from([0x2001, 0xdb8, site, network, 0, 0, 0, 1]))
    };
    let attempt_sign_in = async |site: u16, number: usize| {
        let email = format!("user{number}@example.com");
        let attempt = Attempt::to_sign_in(&app.state, &email, address(site, number));
        rate_limit::record_attempt(&app.state, &attempt).await
    };
    for number in 0..=FREE_PER_SITE {
        attempt_sign_in(1, number).await.unwrap();
    }
    let refused = attempt_sign_in(1, FREE_PER_SITE + 1).await;
    assert!(matches!(refused, Err(Error::Throttled(_))), "{refused:?}");
    attempt_sign_in(2, FREE_PER_SITE + 1).await.unwrap();
    let register = async |site: u16, number: usize| {
        let attempt = Attempt::to_register(&app.state, address(site, number));
        rate_limit::record_attempt(&app.state, &attempt).await
    };
    for number in 0..=FREE_PER_SITE {
        register(1, number).await.unwrap();
    }
    let refused = register(1, FREE_PER_SITE + 1).await;
    assert!(matches!(refused, Err(Error::Throttled(_))), "{refused:?}");
    register(2, FREE_PER_SITE + 1).await.unwrap();
}

/// Sends an invalid change. It fails without a commit and counts towards the limit.
async fn change(browser: &Browser, id: &str) -> Answer {
    let path = format!("/api/v1/tokens/{id}");
    let body = json!({"nonsense": true});
    browser.call(Method::PATCH, &path, Some(&body)).await
}

async fn token_id(browser: &Browser) -> String {
    let body = json!({"name": "one", "abilities": ["account:read"]});
    let created = browser
        .call(Method::POST, "/api/v1/tokens", Some(&body))
        .await;
    let created: Value = created.expect_status(201).json();
    created["token"]["id"].as_str().unwrap().to_owned()
}

#[tokio::test(flavor = "multi_thread")]
async fn account_changes_are_limited_and_revocations_are_not() {
    const LIMIT: usize = 8;
    let app = TestApp::start_with(&[("NARTHEX_CHANGES_PER_MINUTE", "8")]);
    let (ada, eve) = (app.register(ADA).await, app.register(EVE).await);
    let ids = [token_id(&ada).await, token_id(&ada).await];
    let eves_id = token_id(&eve).await;
    for _ in ids.len()..LIMIT {
        change(&ada, &ids[0]).await.expect_status(422);
    }
    app.advance(20 * SECOND);
    let refused = change(&ada, &ids[0]).await;
    refused
        .expect_header("retry-after", "40")
        .expect_problem(429, "throttled");
    let profile = [("name", "Ada King"), ("email", ADA)];
    assert_eq!(
        retry_after(&ada.post("/account/profile", &profile).await),
        40
    );
    // Pages, confirmation, pausing and revocation are not limited, and neither are other users.
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
    let all_tokens = json!({"class": "token"});
    let ended = ada
        .call(Method::POST, "/api/v1/sign-out", Some(&all_tokens))
        .await;
    ended.expect_status(200);
    change(&eve, &eves_id).await.expect_status(422);

    app.advance(40 * SECOND);
    change(&ada, &ids[1]).await.expect_status(422);
}
