//! Faults in the program itself: a panic, and a machine without randomness.

use narthex::{
    config::{Settings, Sources},
    crypto::rng::Random,
};

use super::{ADA, a_token};
use crate::support::answer::Answer;
use crate::support::api::EVERY_ABILITY;
use crate::support::app::{PASSWORD, TestApp};
use crate::support::faulty_random::{Fault, FaultyRandom};

/// It says that something went wrong, and not what.
#[track_caller]
fn expect_fault(answer: &Answer) {
    assert_eq!(answer.status, 500, "{answer}");
    for word in ["panic", "random", ".rs"] {
        assert!(!answer.text.contains(word), "it says `{word}`: {answer}");
    }
    assert!(
        answer.header("x-content-type-options").is_some(),
        "{answer}"
    );
}

/// Has that fault at each place that draws randomness on the way of a token and of a sign-in, one
/// after the other, until none is left.
async fn has_it_everywhere(fault: Fault) {
    let app = TestApp::start();
    let ada = app.register(ADA).await;
    let client = app.client(&ada, &EVERY_ABILITY).await;
    let live = async || {
        let all = ada.get("/api/v1/credentials?limit=100").await.json();
        all["data"].as_array().unwrap().len()
    };
    let before = live().await;

    let mut places = 0;
    loop {
        app.random.inject(fault, places);
        let answer = client.post("/api/v1/tokens", &a_token("lucky")).await;
        if app.random.take_unused() {
            answer.expect_status(201);
            break;
        }
        expect_fault(&answer);
        assert!(answer.problem().kind.ends_with("/internal"), "{answer}");
        assert_eq!(live().await, before, "nothing is half made");
        places += 1;
    }
    assert!(places >= 2, "a secret and an id at least");

    for place in 0.. {
        app.random.inject(fault, place);
        let form = [("email", ADA), ("password", PASSWORD)];
        let browser = app.browser();
        let answer = browser.post("/login", &form).await;
        if app.random.take_unused() {
            answer.expect_redirect("/account");
            break;
        }
        expect_fault(&answer);
        assert!(
            answer.text.contains("<html"),
            "a page for a person: {answer}"
        );
        assert!(browser.cookie("narthex").is_none(), "no cookie: {answer}");
        assert_eq!(live().await, before + 1, "nothing is half made");
    }

    // Every worker and the writer go on.
    for _ in 0..20 {
        app.anonymous().get("/login").await.expect_status(200);
        let made = client.post("/api/v1/tokens", &a_token("after")).await;
        made.expect_status(201);
    }
    client
        .delete("/api/v1/tokens/current")
        .await
        .expect_status(204);
    client.get("/api/v1/user").await.expect_status(401);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_panic_is_answered_and_harms_nobody_else() {
    has_it_everywhere(Fault::Panics).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn without_randomness_nothing_secret_is_made_and_everything_else_goes_on() {
    has_it_everywhere(Fault::Fails).await;
}

#[test]
fn without_randomness_no_key_is_made() {
    let directory = tempfile::tempdir().unwrap();
    let address = format!("sqlite://{}/narthex.db", directory.path().display());
    let sources = Sources::of([("DATABASE_URL", &*address)]).unwrap();
    let settings = Settings::read(&sources).unwrap();
    let random = FaultyRandom::default();
    random.inject(Fault::Fails, 0);
    let Err(refused) = settings.signing_keys(&random) else {
        panic!("it signs with something")
    };
    assert!(refused.to_string().contains("no randomness"), "{refused}");
    assert_eq!(std::fs::read_dir(directory.path()).unwrap().count(), 0);
    assert!(random.fill(&mut [0; 8]).is_ok(), "the fault was met");
}
