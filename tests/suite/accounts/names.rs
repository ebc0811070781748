//! Names of users, tokens and devices, in every interface that accepts one.

use std::time::Duration;

use reqwest::Method;
use serde_json::{Value, json};

use crate::support::app::{PASSWORD, TestApp};
use crate::support::client::Browser;
use crate::support::operator::Operator;

const ADA: &str = "ada@example.com";

/// Names with an invisible character. Each looks like a name without the character.
const INVISIBLE: [&str; 9] = [
    "lap\u{200B}top",
    "lap\u{AD}top",
    "lap\u{200C}top",
    "lap\u{200D}top",
    "lap\u{2060}top",
    "laptop\u{FE0F}",
    "laptop\u{E0041}",
    "laptop\u{202E}",
    "\u{3164}",
];

/// Returns the newest token. Advances the clock first, so that the next token is newer than all
/// others.
async fn newest_token(app: &TestApp, browser: &Browser) -> Value {
    app.advance(Duration::from_millis(1));
    let tokens = browser.get("/api/v1/tokens").await.json();
    tokens["data"][0].clone()
}

/// Sets `name` in every interface that accepts one. Returns for each interface its label, if it
/// accepted the name, and the name afterwards.
async fn set_name_everywhere(
    app: &TestApp,
    ada: &Browser,
    name: &str,
    number: usize,
) -> Vec<(&'static str, bool, Value)> {
    let mut results = Vec::new();
    let accepted = |status: u16| {
        assert!([200, 201, 303, 422].contains(&status), "{status}: {name:?}");
        status != 422
    };

    let other = app.browser();
    let email = format!("user{number}@example.com");
    let form = [("name", name), ("email", &email), ("password", PASSWORD)];
    let status = other.post("/register", &form).await.status;
    let user = other.get("/api/v1/user").await.json();
    results.push(("registration", accepted(status), user["name"].clone()));

    let form = [("name", name), ("email", ADA)];
    let status = ada.post("/account/profile", &form).await.status;
    let user = ada.get("/api/v1/user").await.json();
    results.push(("profile", accepted(status), user["name"].clone()));

    let form = [("name", name), ("expires", "7d")];
    let status = ada.post("/account/tokens", &form).await.status;
    let token = newest_token(app, ada).await;
    results.push(("token page", accepted(status), token["name"].clone()));

    let body = json!({"name": name, "abilities": []});
    let created = ada.call(Method::POST, "/api/v1/tokens", Some(&body)).await;
    let token = newest_token(app, ada).await;
    results.push((
        "token call",
        accepted(created.status),
        token["name"].clone(),
    ));

    let device = json!({"email": ADA, "password": PASSWORD, "device_name": name});
    let created = app.anonymous().post_json("/api/v1/sign-in", &device).await;
    let token = newest_token(app, ada).await;
    results.push(("device", accepted(created.status), token["name"].clone()));

    app.advance(Duration::from_millis(1));
    app.token(ada, "To be renamed", &[]).await;
    let id = newest_token(app, ada).await["id"].clone();
    let id = id.as_str().unwrap();
    let path = format!("/account/tokens/{id}");
    let status = ada.post(&path, &[("name", name)]).await.status;
    let token = newest_token(app, ada).await;
    results.push(("token's page", accepted(status), token["name"].clone()));

    let path = format!("/api/v1/tokens/{id}");
    let body = json!({"name": name});
    let changed = ada.call(Method::PATCH, &path, Some(&body)).await;
    let token = newest_token(app, ada).await;
    results.push((
        "token's call",
        accepted(changed.status),
        token["name"].clone(),
    ));
    results
}

#[tokio::test(flavor = "multi_thread")]
async fn invalid_name_is_rejected_in_every_interface() {
    let app = TestApp::start_with(&[("NARTHEX_THROTTLE_EXEMPT", "127.0.0.1")]);
    let ada = app.register(ADA).await;
    let longer = "é".repeat(256);
    let others = ["", " ", "a\nb", "a\0b", "a\u{7f}b", "a\u{2028}b", &longer];
    for (number, name) in others.into_iter().chain(INVISIBLE).enumerate() {
        for (interface, accepted, _) in set_name_everywhere(&app, &ada, name, number).await {
            assert!(!accepted, "{interface}: {name:?}");
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn name_is_trimmed_and_stored_in_every_interface() {
    let app = TestApp::start_with(&[("NARTHEX_THROTTLE_EXEMPT", "127.0.0.1")]);
    let ada = app.register(ADA).await;
    let longest = "é".repeat(255);
    for (number, (typed, kept)) in [
        ("x", "x"),
        (" Ada\u{3000}Lovelace\t", "Ada\u{3000}Lovelace"),
        ("👩🏽\u{200D}💻 ❤\u{FE0F}", "👩🏽\u{200D}💻 ❤\u{FE0F}"),
        ("می\u{200C}خواهم", "می\u{200C}خواهم"),
        ("क्\u{200D}ष", "क्\u{200D}ष"),
        (&longest, &longest),
    ]
    .into_iter()
    .enumerate()
    {
        for (interface, accepted, name) in set_name_everywhere(&app, &ada, typed, number).await {
            assert!(
                accepted && name == kept,
                "{interface}: {typed:?} became {name}"
            );
        }
    }
}

#[test]
fn commands_reject_the_names_that_pages_reject() {
    let operator = Operator::new();
    for name in INVISIBLE.into_iter().chain([" ", "a\nb"]) {
        let add = ["user", "add", ADA, "--name", name];
        operator
            .narthex
            .run_with_input(&add, PASSWORD)
            .expect_code(2);
        operator
            .run(&["token", "add", ADA, "--name", name])
            .expect_code(2);
    }
    for (name, email, own) in [
        ("Jo", "jo@example.test", "jo@example.test"),
        ("Al Bo Cy Di Ed Fy", "zz@qq.test", "Al Bo Cy Di Ed Fy"),
    ] {
        let add = ["user", "add", email, "--name", name];
        operator.narthex.run_with_input(&add, own).expect_code(1);
    }
}
