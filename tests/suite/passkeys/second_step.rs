//! A passkey is the second step of a sign-in.

use std::time::Duration;

use narthex::factors::MAX_FAILURES;
use serde_json::json;

use crate::support::app::{PASSWORD, TestApp};
use crate::support::authenticator::{enrol, enter_code, enter_password};
use crate::support::client::Browser;
use crate::support::page::{ADA, event_types};
use crate::support::passkey::{
    LOGIN, LOGIN_OPTIONS, OPTIONS, PASSKEYS, Passkey, options, second_step, try_to_register,
};
use crate::support::sql::execute;

/// Registers a user with this passkey.
pub async fn with_passkey(app: &TestApp, passkey: &mut Passkey) -> Browser {
    let browser = app.register(ADA).await;
    let added = try_to_register(&browser, passkey).await;
    added.expect_status(200);
    browser
}

#[tokio::test(flavor = "multi_thread")]
async fn passkey_completes_a_sign_in() {
    let app = TestApp::start();
    for (is_verified, is_synced, amr) in [
        (true, true, json!(["pwd", "swk", "user", "mfa"])),
        (false, false, json!(["pwd", "hwk", "mfa"])),
    ] {
        let app = if is_verified { &app } else { &TestApp::start() };
        let mut passkey = Passkey::new(1);
        (passkey.is_verified, passkey.is_synced) = (is_verified, is_synced);
        with_passkey(app, &mut passkey).await;
        let browser = enter_password(app, ADA).await;
        let page = browser.get("/login/verify").await;
        page.expect_text("data-passkey=\"get\"");
        let answer = second_step(&browser, &passkey).await;
        let location = answer.expect_status(200).json()["location"].clone();
        assert_eq!(location, json!("/account"));
        let session = browser.get("/api/v1/sessions/current").await.json();
        assert_eq!((&session["acr"], &session["amr"]), (&json!("2"), &amr));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn answer_of_a_passkey_is_accepted_alone() {
    let app = TestApp::start();
    let mut passkey = Passkey::new(1);
    let owner = app.register(ADA).await;
    let open = options(&owner, OPTIONS).await;
    let alone = passkey.create(&open);
    let added = owner.post_json(PASSKEYS, &alone).await;
    added.expect_status(200);
    let browser = enter_password(&app, ADA).await;
    let open = options(&browser, LOGIN_OPTIONS).await;
    let mut wrong = passkey.clone();
    wrong.cross_origin = true;
    let refused = browser.post_json(LOGIN, &wrong.get(&open)).await;
    refused.expect_status(422);
    let open = options(&browser, LOGIN_OPTIONS).await;
    let answer = browser.post_json(LOGIN, &passkey.get(&open)).await;
    assert_eq!(answer.expect_status(200).json()["location"], "/account");
    let open = options(&browser, "/account/confirm/passkey/options").await;
    let alone = passkey.get(&open);
    let confirmed = browser.post_json("/account/confirm/passkey", &alone).await;
    confirmed.expect_status(200);
    // A sign-in without the password, in a browser without an attempt.
    let other = app.browser();
    let open = options(&other, LOGIN_OPTIONS).await;
    let answer = other.post_json(LOGIN, &passkey.get(&open)).await;
    assert_eq!(answer.expect_status(200).json()["location"], "/account");
}

#[tokio::test(flavor = "multi_thread")]
async fn passkey_ends_the_suspension_of_an_app() {
    let app = TestApp::start();
    let mut passkey = Passkey::new(1);
    let ada = enrol(&app, ADA).await;
    let added = try_to_register(&ada.browser, &mut passkey).await;
    added.expect_status(200);
    execute(
        &app,
        &format!(
            "UPDATE authenticator_apps SET failures = {}",
            MAX_FAILURES + 1
        ),
    );
    let code = ada.authenticator.code(&app);
    let browser = enter_password(&app, ADA).await;
    enter_code(&browser, &code).await.expect_status(422);
    second_step(&browser, &passkey).await.expect_status(200);
    let again = enter_password(&app, ADA).await;
    enter_code(&again, &code).await.expect_redirect("/account");
}

#[tokio::test(flavor = "multi_thread")]
async fn sign_in_without_a_passkey_offers_none() {
    let app = TestApp::start();
    enrol(&app, ADA).await;
    let browser = enter_password(&app, ADA).await;
    let page = browser.get("/login/verify").await.expect_status(200);
    assert!(!page.text.contains("data-passkey"), "{page}");
}

#[tokio::test(flavor = "multi_thread")]
async fn calls_after_the_sign_in_lead_to_its_beginning() {
    let app = TestApp::start();
    let mut passkey = Passkey::new(1);
    with_passkey(&app, &mut passkey).await;
    let begin = json!("/login");
    for path in [LOGIN_OPTIONS, LOGIN] {
        let browser = enter_password(&app, ADA).await;
        let open = options(&browser, LOGIN_OPTIONS).await;
        app.advance(Duration::from_secs(600));
        let body = match path {
            LOGIN => json!({ "credential": passkey.get(&open) }),
            _ => json!({}),
        };
        let over = browser.post_json(path, &body).await.expect_status(200);
        assert_eq!(over.json()["location"], begin);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn lower_counter_is_accepted_and_marked() {
    let app = TestApp::start();
    let mut passkey = Passkey::new(1);
    passkey.counter = 7;
    let first = with_passkey(&app, &mut passkey).await;
    passkey.counter = 8;
    let browser = enter_password(&app, ADA).await;
    let answer = second_step(&browser, &passkey).await;
    answer.expect_status(200);
    let marked = "passkey.copy_suspected".to_owned();
    assert!(!event_types(&first).await.contains(&marked));
    // The clone has seen the same counter.
    let browser = enter_password(&app, ADA).await;
    let answer = second_step(&browser, &passkey).await;
    answer.expect_status(200);
    assert!(browser.is_signed_in().await);
    assert!(event_types(&first).await.contains(&marked));
    let page = first.get("/account/security").await;
    page.expect_text("It may have been copied");
}

#[tokio::test(flavor = "multi_thread")]
async fn challenge_ends_after_five_minutes() {
    let app = TestApp::start();
    let mut passkey = Passkey::new(1);
    with_passkey(&app, &mut passkey).await;
    for (seconds, status) in [(299, 200), (300, 422)] {
        let browser = enter_password(&app, ADA).await;
        let open = options(&browser, LOGIN_OPTIONS).await;
        app.advance(Duration::from_secs(seconds));
        let body = json!({ "credential": passkey.get(&open) });
        browser.post_json(LOGIN, &body).await.expect_status(status);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn sign_in_of_a_program_names_all_factors() {
    let app = TestApp::start();
    with_passkey(&app, &mut Passkey::new(1)).await;
    let call = json!({"email": ADA, "password": PASSWORD, "device_name": "laptop"});
    let refused = app.anonymous().post_json("/api/v1/sign-in", &call).await;
    let refused = refused.expect_problem(401, "second-factor-required");
    assert_eq!(refused.problem().methods, ["passkey", "recovery_code"]);
}
