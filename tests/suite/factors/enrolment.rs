//! An authenticator app is turned on and removed.

use std::time::Duration;

use serde_json::Value;

use crate::support::app::{PASSWORD, TestApp};
use crate::support::authenticator::{Authenticator, enrol, enter_code, enter_password};
use crate::support::mount;
use crate::support::page::{ADA, GRACE, event_types, expect_field_errors};
use crate::support::sql::query_lines;

const QUARTER_HOUR: Duration = Duration::from_secs(15 * 60);

#[tokio::test(flavor = "multi_thread")]
async fn reload_of_the_page_keeps_its_secret() {
    let app = TestApp::start();
    let (ada, grace) = (app.register(ADA).await, app.register(GRACE).await);
    let secret = |page: crate::support::answer::Answer| Authenticator::scan(&page).code(&app);
    let first = secret(ada.get("/account/security/totp").await);
    assert_eq!(secret(ada.get("/account/security/totp").await), first);
    assert_ne!(secret(grace.get("/account/security/totp").await), first);
    app.advance(2 * QUARTER_HOUR);
    ada.post("/account/confirm", &[("password", PASSWORD)])
        .await;
    let expired = ada
        .post("/account/security/totp", &[("code", &first)])
        .await;
    expect_field_errors(expired, &["code"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn app_is_on_after_a_right_code_only() {
    let app = TestApp::start();
    let browser = app.register(ADA).await;
    let page = browser
        .get("/account/security/totp")
        .await
        .expect_status(200);
    let authenticator = Authenticator::scan(&page);
    page.expect_no_text("recovery code");
    let wrong = authenticator.wrong_code(&app);
    for code in ["", "12345", &wrong] {
        let refused = browser
            .post("/account/security/totp", &[("code", code)])
            .await;
        expect_field_errors(refused, &["code"]);
        app.sign_in(ADA).await;
    }
    let before = browser.cookie("narthex").expect("a cookie").value;
    let code = authenticator.code(&app);
    let form = [("code", &*code)];
    browser
        .post("/account/security/totp", &form)
        .await
        .expect_redirect("/account/security/recovery-codes");
    enter_password(&app, ADA).await;
    let session = browser.get("/api/v1/sessions/current").await.json();
    assert_eq!(session["acr"], "2");
    let events = event_types(&browser).await;
    assert!(events.contains(&"factor.added".to_owned()), "{events:?}");
    // The session has a new secret.
    let copy = app.browser();
    copy.put_cookie("narthex", &before);
    assert!(!copy.is_signed_in().await);
    // The same form does nothing more.
    let again = browser.post("/account/security/totp", &form).await;
    again.expect_redirect("/account/security");
}

#[tokio::test(flavor = "multi_thread")]
async fn changes_of_factors_need_a_recent_confirmation() {
    let app = TestApp::start();
    let browser = app.register(ADA).await;
    app.advance(QUARTER_HOUR);
    let refused = browser
        .get("/account/security/totp")
        .await
        .expect_status(303);
    assert!(
        refused.location().starts_with("/account/confirm?next="),
        "{refused}"
    );
    let refused = browser
        .post("/account/security/totp", &[("code", "123456")])
        .await;
    assert!(
        refused.location().starts_with("/account/confirm?next="),
        "{refused}"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn removal_needs_a_second_factor() {
    let app = TestApp::start();
    let ada = enrol(&app, ADA).await;
    app.advance(QUARTER_HOUR);
    let remove = "/account/security/totp/remove";
    let refused = ada.browser.post(remove, &[]).await.expect_status(303);
    assert!(
        refused
            .location()
            .starts_with("/account/confirm?acr=2&next="),
        "{refused}"
    );
    let page = ada.browser.follow(&refused).await.expect_status(200);
    assert!(page.fields_named("password").is_empty(), "{page}");
    let password = [("password", PASSWORD), ("acr", "2")];
    let refused = ada.browser.post("/account/confirm", &password).await;
    expect_field_errors(refused, &["code"]);
    // A confirmation by the password alone is not enough either.
    let password = [("password", PASSWORD)];
    ada.browser
        .post("/account/confirm", &password)
        .await
        .expect_redirect("/account");
    ada.browser.post(remove, &[]).await.expect_status(303);
    enter_password(&app, ADA).await;
    let code = ada.authenticator.code(&app);
    let form = [
        ("code", &*code),
        ("acr", "2"),
        ("next", &*mount::from_environment().url("/account/security")),
    ];
    let confirmed = ada.browser.post("/account/confirm", &form).await;
    confirmed.expect_redirect("/account/security");
    ada.browser
        .post(remove, &[])
        .await
        .expect_redirect("/account/security");
    app.sign_in(ADA).await;
    let again = ada.browser.post(remove, &[]).await;
    again.expect_redirect("/account/security");
}

/// Turns the app on or removes it with these choices, and returns which credentials stay.
async fn stays(remove: bool, also: Option<&[&str]>) -> (bool, bool, bool) {
    let app = TestApp::start();
    let ada = enrol(&app, ADA).await;
    let browser = &ada.browser;
    let personal = app.client(browser, &["account:read"]).await;
    // The choices of another session and device are made without the factor, before it is on.
    if !remove {
        browser
            .post("/account/security/totp/remove", &[("also", "")])
            .await;
    }
    let (other, device) = if remove {
        let other = enter_password(&app, ADA).await;
        let code = ada.authenticator.code(&app);
        enter_code(&other, &code).await;
        app.advance(Duration::from_secs(60));
        let body = serde_json::json!({
            "email": ADA, "password": PASSWORD, "device_name": "Phone",
            "code": ada.authenticator.code(&app),
        });
        let made = app.anonymous().post_json("/api/v1/sign-in", &body).await;
        let made: Value = made.expect_status(201).json();
        (other, app.token_from(&made).client)
    } else {
        (
            app.sign_in(ADA).await,
            app.device(ADA, "Phone").await.client,
        )
    };
    let mut form: Vec<(&str, &str)> = Vec::new();
    for choice in also.unwrap_or_default() {
        form.push(("also", choice));
    }
    let code;
    let path = if remove {
        "/account/security/totp/remove"
    } else {
        let page = browser.get("/account/security/totp").await;
        code = Authenticator::scan(&page).code(&app);
        form.push(("code", &code));
        "/account/security/totp"
    };
    browser.post(path, &form).await.expect_status(303);
    assert!(browser.is_signed_in().await);
    (
        other.is_signed_in().await,
        device.is_authenticated().await,
        personal.is_authenticated().await,
    )
}

#[tokio::test(flavor = "multi_thread")]
async fn each_change_ends_what_the_user_chose() {
    let everything: &[&str] = &["", "sessions", "device_tokens", "personal_tokens"];
    for (remove, also, expected) in [
        (false, None, (true, true, true)),
        (false, Some(&["", "sessions"][..]), (false, true, true)),
        (true, None, (false, true, true)),
        (true, Some(&[""][..]), (true, true, true)),
        (true, Some(&["device_tokens"][..]), (true, false, true)),
        (true, Some(&["personal_tokens"][..]), (true, true, false)),
        (true, Some(everything), (false, false, false)),
    ] {
        assert_eq!(stays(remove, also).await, expected, "{remove} {also:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn unknown_choice_is_refused() {
    let app = TestApp::start();
    let ada = enrol(&app, ADA).await;
    let form = [("also", "everything")];
    let refused = ada
        .browser
        .post("/account/security/totp/remove", &form)
        .await;
    expect_field_errors(refused, &["also"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn removed_signing_key_is_needed_until_secrets_are_resealed() {
    let app = TestApp::start();
    let ada = enrol(&app, ADA).await;
    let sealed = |app: &TestApp| {
        query_lines(
            app,
            "SELECT hex(sealed_with) AS line FROM authenticator_apps",
            "SELECT encode(sealed_with, 'hex') AS line FROM authenticator_apps",
        )
    };
    let before = sealed(&app);
    let (old, new) = (crate::support::app::signing_key(), other_key());
    let enter = async |app: &TestApp| {
        let browser = enter_password(app, ADA).await;
        let entered = enter_code(&browser, &ada.authenticator.code(app)).await;
        entered.location_or_status()
    };
    // Servers that accept no common key do not run at once.
    let app = app.restart_with(&[("NARTHEX_SECRET_KEY", &new)]);
    assert_ne!(enter(&app).await, "/account");
    let both = format!("{new},{old}");
    let app = app.restart_with(&[("NARTHEX_SECRET_KEY", &both)]);
    narthex::factors::reseal(&app.state)
        .await
        .unwrap_or_else(|error| panic!("{error}"));
    assert_ne!(sealed(&app), before);
    let app = app.restart_with(&[("NARTHEX_SECRET_KEY", &new)]);
    assert_eq!(enter(&app).await, "/account");
}

fn other_key() -> String {
    use base64::{Engine as _, prelude::BASE64_STANDARD};
    BASE64_STANDARD.encode((100..164).collect::<Vec<u8>>())
}
