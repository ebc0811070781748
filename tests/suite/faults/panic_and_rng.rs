//! Faults inside the program: a panic, and a failing random number generator.

use narthex::{
    config::{Settings, Sources},
    crypto::rng::Random,
};

use super::{ADA, token_body};
use crate::support::answer::Answer;
use crate::support::api::EVERY_ABILITY;
use crate::support::app::{PASSWORD, TestApp};
use crate::support::faulty_random::{Fault, FaultyRandom};

/// Expects `500` without details of the cause.
#[track_caller]
fn expect_internal_error(answer: &Answer) {
    assert_eq!(answer.status, 500, "{answer}");
    for word in ["panic", "random", ".rs"] {
        assert!(
            !answer.text.contains(word),
            "the body contains `{word}`: {answer}"
        );
    }
    assert!(
        answer.header("x-content-type-options").is_some(),
        "{answer}"
    );
}

/// Injects that fault at each call of the random number generator during the creation of a token
/// and during a sign-in, one call after the other.
async fn fail_every_call(fault: Fault) {
    let app = TestApp::start();
    let ada = app.register(ADA).await;
    let client = app.client(&ada, &EVERY_ABILITY).await;
    let count_active = async || {
        let all = ada.get("/api/v1/credentials?limit=100").await.json();
        all["data"].as_array().unwrap().len()
    };
    let before = count_active().await;

    let mut calls = 0;
    loop {
        app.random.inject(fault, calls);
        let answer = client.post("/api/v1/tokens", &token_body("lucky")).await;
        if app.random.take_unused() {
            answer.expect_status(201);
            break;
        }
        expect_internal_error(&answer);
        assert!(answer.problem().kind.ends_with("/internal"), "{answer}");
        assert_eq!(count_active().await, before, "no partial change remains");
        calls += 1;
    }
    assert!(calls >= 2, "at least a secret and an ID");

    for call in 0.. {
        app.random.inject(fault, call);
        let form = [("email", ADA), ("password", PASSWORD)];
        let browser = app.browser();
        let answer = browser.post("/login", &form).await;
        if app.random.take_unused() {
            answer.expect_redirect("/account");
            break;
        }
        expect_internal_error(&answer);
        assert!(answer.text.contains("<html"), "an HTML page: {answer}");
        assert!(browser.cookie("narthex").is_none(), "no cookie: {answer}");
        assert_eq!(
            count_active().await,
            before + 1,
            "no partial change remains"
        );
    }

    // Every worker and the database writer still work.
    for _ in 0..20 {
        app.anonymous().get("/login").await.expect_status(200);
        let made = client.post("/api/v1/tokens", &token_body("after")).await;
        made.expect_status(201);
    }
    client
        .delete("/api/v1/tokens/current")
        .await
        .expect_status(204);
    client.get("/api/v1/user").await.expect_status(401);
}

#[tokio::test(flavor = "multi_thread")]
async fn panic_fails_one_request_only() {
    fail_every_call(Fault::Panics).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn rng_failure_creates_no_secret_and_fails_nothing_else() {
    fail_every_call(Fault::Fails).await;
}

#[test]
fn rng_failure_creates_no_key() {
    let directory = tempfile::tempdir().unwrap();
    let address = format!("sqlite://{}/narthex.db", directory.path().display());
    let sources = Sources::of([("DATABASE_URL", &*address)]).unwrap();
    let settings = Settings::read(&sources).unwrap();
    let random = FaultyRandom::default();
    random.inject(Fault::Fails, 0);
    let Err(refused) = settings.signing_keys(&random) else {
        panic!("a key was created")
    };
    assert!(refused.to_string().contains("no randomness"), "{refused}");
    assert_eq!(std::fs::read_dir(directory.path()).unwrap().count(), 0);
    assert!(random.fill(&mut [0; 8]).is_ok(), "the fault has occurred");
}
