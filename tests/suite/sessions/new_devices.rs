//! Authentication events in the audit log: one line for each attempt, and a separate event type for
//! a sign-in from a new device.

use std::time::Duration;

use reqwest::Method;
use serde_json::{Value, json};

use crate::support::app::{PASSWORD, TestApp};
use crate::support::client::Browser;
use crate::support::user_agents::{CHROME_ON_WINDOWS, CURL, FIREFOX_ON_LINUX, SAFARI_ON_IPHONE};

const ADA: &str = "ada@example.com";
/// Events with the same time have no defined order.
const TICK: Duration = Duration::from_secs(1);

/// Returns the types and details of all events, oldest first.
async fn event_details(browser: &Browser) -> Vec<(String, String)> {
    let events = browser.get("/api/v1/events?limit=100").await.json();
    let text_of =
        |event: &Value, member: &str| event[member].as_str().unwrap_or_default().to_owned();
    let rows = events["data"].as_array().unwrap().iter().rev();
    rows.map(|event| (text_of(event, "type"), text_of(event, "detail")))
        .collect()
}

async fn kinds(browser: &Browser) -> Vec<String> {
    let event_details = event_details(browser).await;
    event_details.into_iter().map(|(kind, _)| kind).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn sign_in_from_a_new_device_is_logged_as_such() {
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
        app.advance(TICK);
        app.sign_in_with(ADA, agent).await;
    }
    let (new, known) = ("session.created_on_new_device", "session.created");
    let mut logged = event_details(&ada).await;
    logged[..2].sort();
    let logged: Vec<(&str, &str)> = logged.iter().map(|(a, b)| (&**a, &**b)).collect();
    assert_eq!(
        logged,
        [
            ("account.created", ""),
            (known, "Firefox on Linux"),
            (known, "Firefox on Linux"),
            (known, "Firefox on Linux"),
            (new, "Safari on iOS"),
            (known, "Safari on iOS"),
            (new, "Chrome on Windows"),
            (new, "curl"),
            (known, "curl"),
        ]
    );
    let page = ada.get("/account/activity").await;
    page.expect_text("Signed in on a new device: <a href=\"/account/sessions/")
        .expect_text("<bdi>Safari on iOS</bdi>");
}

#[tokio::test(flavor = "multi_thread")]
async fn device_of_a_revoked_session_stays_known() {
    let app = TestApp::start();
    let ada = app.register(ADA).await;
    app.advance(TICK);
    let phone = app.sign_in_with(ADA, SAFARI_ON_IPHONE).await;
    phone.post("/logout", &[]).await.expect_status(303);
    app.advance(TICK);
    app.sign_in_with(ADA, SAFARI_ON_IPHONE).await;
    assert_eq!(kinds(&ada).await.last().unwrap(), "session.created");
}

#[tokio::test(flavor = "multi_thread")]
async fn refusals_confirmation_and_password_change_are_logged_once() {
    let app = TestApp::start();
    let ada = app.register(ADA).await;
    app.advance(TICK);
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
    app.advance(TICK);
    ada.post("/account/confirm", &[("password", PASSWORD)])
        .await
        .expect_status(303);
    app.advance(TICK);
    let form = [
        ("current_password", PASSWORD),
        ("password", "another long password"),
    ];
    ada.post("/account/password", &form)
        .await
        .expect_status(303);
    let mut logged = kinds(&ada).await;
    // Events with the same time have no defined order.
    logged[..2].sort();
    let refused = "password.refused";
    assert_eq!(
        logged,
        [
            "account.created",
            "session.created",
            refused,
            refused,
            refused,
            refused,
            refused,
            "password.confirmed",
            "password.changed",
        ]
    );
}
