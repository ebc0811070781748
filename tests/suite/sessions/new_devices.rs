//! What the activity log says of whoever knocks: one line for each, and a line of its own kind for a
//! device that was not there before.

use std::time::Duration;

use reqwest::Method;
use serde_json::{Value, json};

use crate::support::app::{PASSWORD, TestApp};
use crate::support::client::Browser;
use crate::support::user_agents::{CHROME_ON_WINDOWS, CURL, FIREFOX_ON_LINUX, SAFARI_ON_IPHONE};

const ADA: &str = "ada@example.com";
/// Events of one moment have no order.
const MOMENT: Duration = Duration::from_secs(1);

/// Kinds and details of all events, oldest first.
async fn story(browser: &Browser) -> Vec<(String, String)> {
    let events = browser.get("/api/v1/events?limit=100").await.json();
    let of = |event: &Value, member: &str| event[member].as_str().unwrap_or_default().to_owned();
    let rows = events["data"].as_array().unwrap().iter().rev();
    rows.map(|event| (of(event, "type"), of(event, "detail")))
        .collect()
}

async fn kinds(browser: &Browser) -> Vec<String> {
    let story = story(browser).await;
    story.into_iter().map(|(kind, _)| kind).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_sign_in_from_a_device_that_was_not_there_before_is_told_as_such() {
    let app = TestApp::start();
    let ada = app.register(ADA).await;
    let newer = FIREFOX_ON_LINUX.replace("Firefox/", "Firefox/9");
    assert_ne!(newer, FIREFOX_ON_LINUX);
    for agent in [
        FIREFOX_ON_LINUX,
        &newer,
        SAFARI_ON_IPHONE,
        SAFARI_ON_IPHONE,
        CHROME_ON_WINDOWS,
        CURL,
        CURL,
    ] {
        app.advance(MOMENT);
        app.sign_in_with(ADA, agent).await;
    }
    let (new, known) = ("session.created_on_new_device", "session.created");
    let mut told = story(&ada).await;
    told[..2].sort();
    let told: Vec<(&str, &str)> = told.iter().map(|(a, b)| (&**a, &**b)).collect();
    assert_eq!(
        told,
        [
            ("account.created", ""),
            (known, "Firefox on Linux"),
            (known, "Firefox on Linux"),
            (known, "Firefox on Linux"),
            (new, "Safari on iOS"),
            (known, "Safari on iOS"),
            (new, "Chrome on Windows"),
            (new, "An unknown client"),
            (known, "An unknown client"),
        ]
    );
    let page = ada.get("/account/activity").await;
    page.expect_text("Signed in on a new device: <strong>Safari on iOS</strong>");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_device_whose_session_ended_is_still_known() {
    let app = TestApp::start();
    let ada = app.register(ADA).await;
    app.advance(MOMENT);
    let phone = app.sign_in_with(ADA, SAFARI_ON_IPHONE).await;
    phone.post("/logout", &[]).await.expect_status(303);
    app.advance(MOMENT);
    app.sign_in_with(ADA, SAFARI_ON_IPHONE).await;
    assert_eq!(kinds(&ada).await.last().unwrap(), "session.created");
}

#[tokio::test(flavor = "multi_thread")]
async fn each_refusal_sign_in_confirmation_change_and_ending_is_one_event() {
    let app = TestApp::start();
    let ada = app.register(ADA).await;
    app.advance(MOMENT);
    let form = [("email", ADA), ("password", "a wrong password of hers")];
    app.browser().post("/login", &form).await.expect_status(422);
    let body = json!({"email": ADA, "password": "a wrong password of hers", "device_name": "x"});
    let answer = app.anonymous().post_json("/api/v1/sign-in", &body).await;
    answer.expect_status(401);
    let wrong = [("password", "a wrong password of hers")];
    ada.post("/account/confirm", &wrong)
        .await
        .expect_status(422);
    let body = json!({"password": "a wrong password of hers"});
    ada.call(Method::POST, "/api/v1/confirm", Some(&body))
        .await
        .expect_status(422);
    ada.post("/account/delete", &wrong).await.expect_status(422);
    app.advance(MOMENT);
    ada.post("/account/confirm", &[("password", PASSWORD)])
        .await
        .expect_status(303);
    app.advance(MOMENT);
    let form = [
        ("current_password", PASSWORD),
        ("password", "another long password"),
    ];
    ada.post("/account/password", &form)
        .await
        .expect_status(303);
    let mut told = kinds(&ada).await;
    // What came together is told in no order.
    told[..2].sort();
    told[8..].sort();
    let refused = "password.refused";
    assert_eq!(
        told,
        [
            "account.created",
            "session.created",
            refused,
            refused,
            refused,
            refused,
            refused,
            "password.confirmed",
            "credentials.ended",
            "password.changed",
        ]
    );
}
