//! Second factors in the API: sign-in of devices, confirmation, introspection and forward auth.

use std::time::Duration;

use narthex::factors;
use reqwest::Method;
use serde_json::{Value, json};

use crate::support::answer::Answer;
use crate::support::app::{PASSWORD, TestApp};
use crate::support::authenticator::{enrol, enter_code, enter_password};
use crate::support::page::ADA;

async fn sign_in(app: &TestApp, code: Option<&str>) -> Answer {
    let mut body = json!({"email": ADA, "password": PASSWORD, "device_name": "Laptop"});
    if let Some(code) = code {
        body["code"] = code.into();
    }
    app.anonymous().post_json("/api/v1/sign-in", &body).await
}

#[tokio::test(flavor = "multi_thread")]
async fn device_needs_a_code_for_an_account_with_a_factor() {
    let app = TestApp::start();
    let ada = enrol(&app, ADA).await;
    let refused = sign_in(&app, None).await;
    let refused = refused.expect_problem(401, "second-factor-required");
    assert_eq!(refused.problem().methods, ["totp", "recovery_code"]);
    let wrong = ada.authenticator.wrong_code(&app);
    for code in ["12345", &wrong] {
        sign_in(&app, Some(code))
            .await
            .expect_invalid_fields(&["code"]);
    }
    let code = ada.authenticator.code(&app);
    sign_in(&app, Some(&code)).await.expect_status(201);
    sign_in(&app, Some(&code))
        .await
        .expect_invalid_fields(&["code"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn recovery_code_of_a_program_is_replaced() {
    let app = TestApp::start();
    let ada = enrol(&app, ADA).await;
    let mut code = ada.recovery_codes[0].clone();
    for _ in 0..2 {
        let signed_in = sign_in(&app, Some(&code)).await.expect_status(201).json();
        sign_in(&app, Some(&code))
            .await
            .expect_invalid_fields(&["code"]);
        let new = signed_in["recovery_code"].as_str().expect("a code");
        assert_eq!(new.split('-').map(str::len).collect::<Vec<_>>(), [5; 4]);
        new.clone_into(&mut code);
    }
    let confirm = async |code: &str| {
        let body = json!({ "code": code });
        let call = ada
            .browser
            .call(Method::POST, "/api/v1/confirm", Some(&body));
        call.await
    };
    let confirmed = confirm(&code).await.expect_status(200).json();
    confirm(&code).await.expect_invalid_fields(&["code"]);
    let new = confirmed["recovery_code"].as_str().expect("a code");
    let user = app.user_id(ADA).await;
    let summary = factors::summary(&app.state, user).await.unwrap();
    assert_eq!(summary.recovery_codes.map(|codes| codes.left), Some(10));
    let browser = enter_password(&app, ADA).await;
    enter_code(&browser, new).await.expect_status(303);
    // The answer to a code of the app has none.
    app.advance(Duration::from_secs(60));
    let code = ada.authenticator.code(&app);
    let signed_in = sign_in(&app, Some(&code)).await.expect_status(201).json();
    assert_eq!(signed_in.get("recovery_code"), None);
}

#[tokio::test(flavor = "multi_thread")]
async fn code_for_an_account_without_a_factor_is_ignored() {
    let app = TestApp::start();
    app.register(ADA).await;
    sign_in(&app, Some("123456")).await.expect_status(201);
}

#[tokio::test(flavor = "multi_thread")]
async fn wrong_codes_of_devices_are_delayed() {
    let app = TestApp::start_with(&[("NARTHEX_TRUSTED_PROXIES", "127.0.0.1")]);
    let ada = enrol(&app, ADA).await;
    let wrong = ada.authenticator.wrong_code(&app);
    let mut statuses = Vec::new();
    for _ in 0..7 {
        statuses.push(sign_in(&app, Some(&wrong)).await.status);
    }
    assert_eq!(statuses, [422, 422, 422, 422, 422, 422, 429]);
}

#[tokio::test(flavor = "multi_thread")]
async fn code_confirms_a_session_once() {
    let app = TestApp::start();
    let ada = enrol(&app, ADA).await;
    app.advance(Duration::from_secs(15 * 60));
    let confirm = async |body: Value| {
        ada.browser
            .call(Method::POST, "/api/v1/confirm", Some(&body))
            .await
    };
    let code = ada.authenticator.code(&app);
    for (body, field) in [
        (json!({}), "password"),
        (json!({"code": "12345"}), "code"),
        (json!({"code": ada.authenticator.wrong_code(&app)}), "code"),
        (json!({"code": code, "password": PASSWORD}), "code"),
    ] {
        confirm(body).await.expect_invalid_fields(&[field]);
    }
    confirm(json!({"code": code})).await.expect_status(204);
    confirm(json!({"code": code}))
        .await
        .expect_invalid_fields(&["code"]);
    ada.browser
        .post("/account/security/totp/remove", &[])
        .await
        .expect_redirect("/account/security");
}

#[tokio::test(flavor = "multi_thread")]
async fn resource_servers_and_proxies_learn_the_level() {
    let app = TestApp::start();
    let plain = app.register("grace@example.com").await;
    let introspecting = app.client(&plain, &["tokens:introspect"]).await;
    let introspect = async |secret: &str| {
        let request = introspecting.request(Method::POST, "/oauth/introspect");
        let answer = introspecting.send(request.form(&[("token", secret)])).await;
        answer.expect_status(200).json()
    };
    let ada = enrol(&app, ADA).await;
    let browser = enter_password(&app, ADA).await;
    enter_code(&browser, &ada.authenticator.code(&app)).await;
    let token = app.client(&browser, &["account:read"]).await;
    for (answer, level) in [
        (plain.get("/auth/verify").await, "1"),
        (browser.get("/auth/verify").await, "2"),
        (token.get("/auth/verify").await, "2"),
        (app.anonymous().get("/auth/verify").await, ""),
    ] {
        assert_eq!(answer.header("remote-assurance"), Some(level), "{answer}");
    }
    let strong = introspect(token.secret()).await;
    assert_eq!(strong["acr"], "2");
    assert_eq!(strong["amr"], json!(["pwd", "otp", "mfa"]));
    assert_eq!(strong["auth_time"], app.state.now().micros() / 1_000_000);
    // A password that is confirmed later proves one factor only, and a token has the same time.
    let since = strong["auth_time"].as_i64().expect("a time");
    app.advance(Duration::from_secs(600));
    let confirmed = [("password", PASSWORD)];
    let answer = browser.post("/account/confirm", &confirmed).await;
    answer.expect_redirect("/account");
    let later = app.client(&browser, &["account:read"]).await;
    assert_eq!(introspect(later.secret()).await["auth_time"], since);
    let session = browser.get("/api/v1/sessions/current").await;
    let session = session.expect_status(200).json();
    let proved = app.state.now().saturating_sub(Duration::from_secs(600));
    assert_eq!(session["auth_time"], proved.to_string());
    let recent = browser.get("/auth/verify?max_age=5m").await;
    recent.expect_status(200);
    let verify = "/auth/verify?acr=2&max_age=5m";
    for answer in [later.get(verify).await, browser.get(verify).await] {
        answer.expect_status(401);
    }
    let weak = introspect(introspecting.secret()).await;
    assert_eq!((&weak["acr"], &weak["amr"]), (&json!("1"), &json!(["pwd"])));
}
