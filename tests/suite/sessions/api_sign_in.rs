//! Sign-in of a device: `POST /api/v1/sign-in`.

use std::time::Duration;

use serde_json::{Value, json};

use crate::support::api::{expect_members, text};
use crate::support::app::{PASSWORD, TestApp};

const ADA: &str = "ada@example.com";
const PATH: &str = "/api/v1/sign-in";

fn phone() -> Value {
    json!({"email": ADA, "password": PASSWORD, "device_name": "Ada's phone"})
}

/// Returns the body of [`phone`] with one field replaced.
fn with(field: &str, value: Value) -> Value {
    let mut body = phone();
    body[field] = value;
    body
}

fn without(field: &str) -> Value {
    let mut body = phone();
    body.as_object_mut().unwrap().remove(field);
    body
}

#[tokio::test]
async fn device_sign_in_returns_a_token() {
    let app = TestApp::start();
    let ada = app.register(ADA).await;
    let answer = app.anonymous().post_json(PATH, &phone()).await;
    let answer = answer.expect_status(201);
    expect_members(&answer.text, &["token", "secret"]);
    let body = answer.json();
    assert_eq!(body["token"]["kind"], "device");
    assert_eq!(body["token"]["name"], "Ada's phone");
    assert_eq!(body["token"]["abilities"], json!(["*"]));
    assert_eq!(body["token"]["made_by"], Value::Null);
    assert_eq!(body["token"]["expires_at"], "2027-11-22T12:30:00Z");

    let device = app.token_from(&body);
    assert_eq!(answer.location(), format!("/api/v1/tokens/{}", device.id));
    let found = device.client.get(answer.location()).await;
    assert_eq!(text(&found.json()["id"]), device.id);
    let user = device.client.get("/api/v1/user").await.json();
    assert_eq!(user["email"], ADA);
    assert!(ada.is_signed_in().await);
}

#[tokio::test]
async fn device_token_has_the_requested_abilities() {
    let app = TestApp::start();
    app.register(ADA).await;
    for (requested, granted) in [
        (json!(["orders:read"]), json!(["orders:read"])),
        (json!(["orders:*"]), json!(["orders:*"])),
        (json!([]), json!([])),
        (Value::Null, json!(["*"])),
    ] {
        let body = with("abilities", requested);
        let created = app.anonymous().post_json(PATH, &body).await;
        assert_eq!(
            created.expect_status(201).json()["token"]["abilities"],
            granted
        );
    }
}

#[tokio::test]
async fn device_token_expiry_is_capped_by_the_maximum_age() {
    let app = TestApp::start_with(&[("NARTHEX_TOKEN_MAX_AGE", "30d")]);
    app.register(ADA).await;
    let device = app.device(ADA, "Phone").await;
    let token = device.client.get("/api/v1/tokens/current").await.json();
    assert_eq!(token["expires_at"], "2026-12-22T12:30:00Z");
    app.advance(Duration::from_secs(30 * 24 * 3600 - 1));
    assert!(device.client.is_authenticated().await);
    app.advance(Duration::from_secs(1));
    assert!(!device.client.is_authenticated().await);
}

#[tokio::test]
async fn unknown_email_and_wrong_password_get_the_same_response() {
    let app = TestApp::start();
    let ada = app.register(ADA).await;
    let mut answers = Vec::new();
    for body in [
        with("password", json!("not the right password")),
        with("email", json!("nobody@example.com")),
        with("email", json!("no address")),
        with("email", json!("")),
        with("password", json!("")),
        with("password", json!("x".repeat(10_000))),
        with("password", json!(format!(" {PASSWORD}"))),
        with("password", json!(PASSWORD.to_uppercase())),
    ] {
        let answer = app.anonymous().post_json(PATH, &body).await;
        let answer = answer
            .expect_problem(401, "wrong-password")
            .expect_header("www-authenticate", "Bearer realm=\"narthex\"");
        assert_eq!(answer.header("set-cookie"), None);
        answers.push(answer.text);
    }
    answers.dedup();
    assert_eq!(answers.len(), 1, "{answers:?}");
    let tokens = ada.call(reqwest::Method::GET, "/api/v1/tokens?ended=true", None);
    assert_eq!(tokens.await.ids(), Vec::<String>::new());
}

#[tokio::test]
async fn every_spelling_of_an_email_signs_in() {
    let app = TestApp::start();
    app.register("zoë@example.com").await;
    for email in ["ZOË@Example.com", " zoe\u{308}@example.com "] {
        let body = with("email", json!(email));
        app.anonymous()
            .post_json(PATH, &body)
            .await
            .expect_status(201);
    }
}

#[tokio::test]
async fn invalid_fields_are_reported_before_the_password_is_checked() {
    let app = TestApp::start();
    app.register(ADA).await;
    let wrong = json!("not the right password");
    for (body, fields) in [
        (without("email"), ["email"]),
        (without("password"), ["password"]),
        (without("device_name"), ["device_name"]),
        (with("email", Value::Null), ["email"]),
        (with("email", json!([ADA])), ["email"]),
        (with("password", json!(15)), ["password"]),
        (with("device_name", json!("")), ["device_name"]),
        (with("device_name", json!("  ")), ["device_name"]),
        (with("device_name", json!("a\u{0}b")), ["device_name"]),
        (with("device_name", json!("a\nb")), ["device_name"]),
        (with("device_name", json!("é".repeat(256))), ["device_name"]),
        (with("abilities", json!("*")), ["abilities"]),
        (with("abilities", json!(["nothing:known"])), ["abilities"]),
        (with("abilities", json!(["*", "*"])), ["abilities"]),
        (with("abilities", json!([null])), ["abilities"]),
        (with("expires_in", json!(0)), ["expires_in"]),
        (with("expires_in", json!("365d")), ["expires_in"]),
        (with("expires_in", json!(u64::MAX)), ["expires_in"]),
        (with("remember", json!(true)), ["remember"]),
        (json!([ADA, PASSWORD, "Phone", null]), ["body"]),
        (json!(null), ["body"]),
    ] {
        let answer = app.anonymous().post_json(PATH, &body).await;
        answer.expect_invalid_fields(&fields);
    }
    let mut both = with("device_name", json!(""));
    both["abilities"] = json!(["x"]);
    both["password"] = wrong;
    let answer = app.anonymous().post_json(PATH, &both).await;
    answer.expect_invalid_fields(&["abilities", "device_name"]);
}

#[tokio::test]
async fn disabled_account_rejects_device_sign_in_and_token() {
    let app = TestApp::start();
    app.register(ADA).await;
    let device = app.device(ADA, "Phone").await;
    narthex::accounts::disable(&app.state, app.user_id(ADA).await)
        .await
        .unwrap();
    assert!(!device.client.is_authenticated().await);
    let again = app.anonymous().post_json(PATH, &phone()).await;
    again.expect_problem(401, "wrong-password");
}

#[tokio::test]
async fn device_token_expiry_is_requested_or_configured() {
    const DAY: u64 = 24 * 3600;
    let year = json!("2027-11-22T12:30:00Z");
    let month = json!("2026-12-22T12:30:00Z");
    let (device, max_age) = ("NARTHEX_DEVICE_TOKEN_AGE", "NARTHEX_TOKEN_MAX_AGE");
    for (settings, requested, granted) in [
        (&[][..], None, &year),
        (&[], Some(json!(30 * DAY)), &month),
        (&[], Some(Value::Null), &Value::Null),
        (&[(device, "30d")], None, &month),
        (&[(device, "30d")], Some(Value::Null), &Value::Null),
        (&[(device, "never")], None, &Value::Null),
        (&[(max_age, "30d")], None, &month),
        (&[(device, "never"), (max_age, "30d")], None, &month),
        (&[(device, "30d"), (max_age, "90d")], None, &month),
    ] {
        let app = TestApp::start_with(settings);
        app.register(ADA).await;
        let body = match &requested {
            Some(requested) => with("expires_in", requested.clone()),
            None => phone(),
        };
        let created = app.anonymous().post_json(PATH, &body).await;
        let created = created.expect_status(201).json();
        assert_eq!(
            created["token"]["expires_at"], *granted,
            "{settings:?} {requested:?}"
        );
    }
    let app = TestApp::start_with(&[(max_age, "30d")]);
    app.register(ADA).await;
    for too_long in [Value::Null, json!(30 * DAY + 1)] {
        let refused = app
            .anonymous()
            .post_json(PATH, &with("expires_in", too_long))
            .await;
        refused.expect_invalid_fields(&["expires_in"]);
    }
}
