//! Attacks on the second step of a sign-in.

use std::time::Duration;

use serde_json::json;
use tokio::task::JoinSet;

use crate::support::app::{PASSWORD, TestApp};
use crate::support::authenticator::{
    Enrolled, enrol, enter_code, enter_password, suspend_app, turn_on,
};
use crate::support::page::{ADA, GRACE, expect_field_errors, fetch_list};
use crate::support::passkey::{Passkey, second_step, sign_in, try_to_register};
use crate::support::sql::query_lines;

const HOURS: Duration = Duration::from_secs(2 * 3600);

/// The number of deadlocks that PostgreSQL has resolved.
fn deadlocks(app: &TestApp) -> String {
    let lines = query_lines(
        app,
        "SELECT '0' AS line",
        "SELECT deadlocks::text AS line FROM pg_stat_database WHERE datname = current_database()",
    );
    lines.concat()
}

#[tokio::test(flavor = "multi_thread")]
async fn used_code_is_refused_in_another_sign_in() {
    let app = TestApp::start();
    let ada = enrol(&app, ADA).await;
    let (first, second) = (
        enter_password(&app, ADA).await,
        enter_password(&app, ADA).await,
    );
    let code = ada.authenticator.code(&app);
    enter_code(&first, &code).await.expect_redirect("/account");
    enter_code(&second, &code).await.expect_status(422);
    let earlier = ada.authenticator.code_at(&app, -1);
    enter_code(&second, &earlier).await.expect_status(422);
    assert!(!second.is_signed_in().await);
}

#[tokio::test(flavor = "multi_thread")]
async fn racing_uses_of_one_code_open_one_session() {
    let app = TestApp::start();
    let other = app.start_second(&[]);
    let ada = enrol(&app, ADA).await;
    let before = fetch_list(&ada.browser, "/api/v1/sessions").await.len();
    let mut browsers = Vec::new();
    for _ in 0..4 {
        browsers.push(enter_password(&app, ADA).await);
        browsers.push(enter_password(&app, ADA).await.moved_to(&other.origin));
    }
    let code = ada.authenticator.code(&app);
    let mut uses = JoinSet::new();
    for browser in browsers {
        let code = code.clone();
        uses.spawn(async move { enter_code(&browser, &code).await.location_or_status() });
    }
    let answers = uses.join_all().await;
    let entered = answers
        .iter()
        .filter(|answer| *answer == "/account")
        .count();
    assert_eq!(entered, 1, "{answers:?}");
    let after = fetch_list(&ada.browser, "/api/v1/sessions").await.len();
    assert_eq!(after, before + 1);
    assert_eq!(deadlocks(&app), "0");
}

#[tokio::test(flavor = "multi_thread")]
async fn code_at_the_page_and_the_api_at_once_has_one_effect() {
    let app = TestApp::start();
    let other = app.start_second(&[]);
    let ada = enrol(&app, ADA).await;
    for round in 0..12 {
        let (page, code) = (
            enter_password(&app, ADA).await,
            ada.authenticator.code(&app),
        );
        let mut uses = JoinSet::new();
        for client in [app.anonymous(), other.anonymous(), other.anonymous()] {
            let body =
                json!({"email": ADA, "password": PASSWORD, "device_name": "x", "code": code});
            uses.spawn(
                async move { client.post_json("/api/v1/sign-in", &body).await.status == 201 },
            );
        }
        uses.spawn(
            async move { enter_code(&page, &code).await.location_or_status() == "/account" },
        );
        let entered = uses.join_all().await;
        let effects = entered.iter().filter(|entered| **entered).count();
        assert_eq!(effects, 1, "{round}: {entered:?}");
        // The refused codes are forgotten.
        app.advance(HOURS);
    }
    assert_eq!(deadlocks(&app), "0");
}

#[tokio::test(flavor = "multi_thread")]
async fn sign_in_with_a_code_erases_no_failure_of_others() {
    let app = TestApp::start();
    let ada = enrol(&app, ADA).await;
    let wrong = [("email", GRACE), ("password", "not her password")];
    let refused = app.browser().post("/login", &wrong).await;
    refused.expect_status(422);
    let counters = || {
        let sql = "SELECT 'x' AS line FROM attempt_counters";
        query_lines(&app, sql, sql).len()
    };
    let before = counters();
    let code = ada.authenticator.code(&app);
    let body = json!({"email": ADA, "password": PASSWORD, "device_name": "x", "code": code});
    let signed_in = app.anonymous().post_json("/api/v1/sign-in", &body).await;
    signed_in.expect_status(201);
    // Three counters of successes are new. The failure in this network stays counted.
    assert_eq!(counters(), before + 3);
}

#[tokio::test(flavor = "multi_thread")]
async fn mixed_steps_of_two_users_open_no_session() {
    let app = TestApp::start();
    let ada = enrol(&app, ADA).await;
    let grace = app.register(GRACE).await;
    let mut passkey = Passkey::new(2);
    passkey.is_verified = false;
    try_to_register(&grace, &mut passkey)
        .await
        .expect_status(200);
    let password = [("password", PASSWORD)];

    // Ada's password, then Grace's passkey: it completes nothing, and begins a sign-in of Grace.
    let browser = enter_password(&app, ADA).await;
    second_step(&browser, &passkey).await.expect_status(422);
    assert!(!browser.is_signed_in().await);
    let next = sign_in(&browser, &passkey).await.expect_status(200).json();
    assert_eq!(next["location"], "/login/verify");
    let code = ada.authenticator.code(&app);
    expect_field_errors(enter_code(&browser, &code).await, &["password"]);
    assert!(!browser.is_signed_in().await);
    let entered = browser.post("/login/verify", &password).await;
    entered.expect_redirect("/account");
    assert_eq!(browser.get("/api/v1/user").await.json()["email"], GRACE);

    // Grace's passkey, then Ada's password: it begins a sign-in of Ada.
    let browser = app.browser();
    sign_in(&browser, &passkey).await.expect_status(200);
    let form = [("email", ADA), ("password", PASSWORD)];
    let entered = browser.post("/login", &form).await;
    entered.expect_redirect("/login/verify");
    let refused = browser.post("/login/verify", &password).await;
    expect_field_errors(refused, &["code"]);
    second_step(&browser, &passkey).await.expect_status(422);
    assert!(!browser.is_signed_in().await);
    enter_code(&browser, &code)
        .await
        .expect_redirect("/account");
    assert_eq!(browser.get("/api/v1/user").await.json()["email"], ADA);
}

/// Enters wrong codes in as many sign-ins as they need. The delays of the account pass in between.
async fn enter_wrong_codes(app: &TestApp, ada: &Enrolled, number: usize) {
    let numbers: Vec<usize> = (0..number).collect();
    for of_one_sign_in in numbers.chunks(5) {
        app.advance(HOURS);
        let browser = enter_password(app, ADA).await;
        let wrong = ada.authenticator.wrong_code(app);
        for _ in of_one_sign_in {
            enter_code(&browser, &wrong).await.expect_status(422);
        }
    }
    app.advance(HOURS);
}

#[tokio::test(flavor = "multi_thread")]
async fn hundred_wrong_codes_in_a_row_suspend_the_app() {
    let app = TestApp::start();
    let ada = enrol(&app, ADA).await;
    let enter_right_code = async || {
        let browser = enter_password(&app, ADA).await;
        enter_code(&browser, &ada.authenticator.code(&app)).await
    };
    // A right code clears the count: the second one would be the hundredth and first otherwise.
    for wrong in [99, 2] {
        enter_wrong_codes(&app, &ada, wrong).await;
        enter_right_code().await.expect_redirect("/account");
    }
    enter_wrong_codes(&app, &ada, 100).await;
    enter_right_code().await.expect_status(422);
    let browser = enter_password(&app, ADA).await;
    let recovered = enter_code(&browser, &ada.recovery_codes[0]).await;
    recovered.expect_status(303);
    assert!(browser.is_signed_in().await);
    app.advance(HOURS);
    enter_right_code().await.expect_redirect("/account");
}

#[tokio::test(flavor = "multi_thread")]
async fn code_of_another_account_is_refused() {
    let app = TestApp::start();
    let (_, grace) = (enrol(&app, ADA).await, enrol(&app, GRACE).await);
    let browser = enter_password(&app, ADA).await;
    let code = grace.authenticator.code(&app);
    enter_code(&browser, &code).await.expect_status(422);
    enter_code(&browser, &grace.recovery_codes[0])
        .await
        .expect_status(422);
    assert!(!browser.is_signed_in().await);
}

#[tokio::test(flavor = "multi_thread")]
async fn skipped_first_step_leads_back_to_it() {
    let app = TestApp::start();
    let ada = enrol(&app, ADA).await;
    let browser = app.browser();
    browser.get("/login/verify").await.expect_redirect("/login");
    let code = ada.authenticator.code(&app);
    enter_code(&browser, &code).await.expect_redirect("/login");
    enter_password(&app, ADA).await;
    enter_code(&browser, &code).await.expect_redirect("/login");
    assert!(!browser.is_signed_in().await);
}

#[tokio::test(flavor = "multi_thread")]
async fn completed_attempt_opens_no_second_session() {
    let app = TestApp::start();
    let ada = enrol(&app, ADA).await;
    let browser = enter_password(&app, ADA).await;
    let cookie = browser.cookie("narthex").expect("a cookie").value;
    let code = ada.authenticator.code(&app);
    enter_code(&browser, &code)
        .await
        .expect_redirect("/account");
    app.advance(Duration::from_secs(60));
    let thief = app.browser();
    thief.put_cookie("narthex", &cookie);
    let code = ada.authenticator.code(&app);
    enter_code(&thief, &code).await.expect_redirect("/login");
    assert!(!thief.is_signed_in().await);
}

#[tokio::test(flavor = "multi_thread")]
async fn right_password_does_not_reset_the_count_of_wrong_codes() {
    let app = TestApp::start_with(&[("NARTHEX_TRUSTED_PROXIES", "127.0.0.1")]);
    let ada = enrol(&app, ADA).await;
    let wrong = ada.authenticator.wrong_code(&app);
    let mut statuses = Vec::new();
    for _ in 0..4 {
        let browser = app.browser();
        let form = [("email", ADA), ("password", PASSWORD)];
        let entered = browser.post("/login", &form).await;
        statuses.push(entered.status);
        if entered.status == 303 {
            for _ in 0..2 {
                statuses.push(enter_code(&browser, &wrong).await.status);
            }
        }
    }
    assert_eq!(statuses, [303, 422, 422, 303, 422, 422, 303, 422, 422, 429]);
}

#[tokio::test(flavor = "multi_thread")]
async fn password_in_a_session_does_not_reset_the_count_of_codes() {
    let app = TestApp::start();
    let ada = enrol(&app, ADA).await;
    let wrong = ada.authenticator.wrong_code(&app);
    let confirm = async |field: &str, value: &str| {
        let form = [(field, value)];
        ada.browser.post("/account/confirm", &form).await.status
    };
    let mut statuses = Vec::new();
    for _ in 0..3 {
        for _ in 0..2 {
            statuses.push(confirm("code", &wrong).await);
        }
        statuses.push(confirm("password", PASSWORD).await);
    }
    assert_eq!(statuses, [422, 422, 303, 422, 422, 303, 422, 422, 429]);
}

#[tokio::test(flavor = "multi_thread")]
async fn used_up_codes_of_a_sign_in_are_mailed() {
    let (app, server) = TestApp::start_with_mail();
    app.add_user(ADA).await;
    let owner = app.sign_in(ADA).await;
    let ada = turn_on(&app, owner).await;
    let browser = enter_password(&app, ADA).await;
    let wrong = ada.authenticator.wrong_code(&app);
    for _ in 0..5 {
        enter_code(&browser, &wrong).await.expect_status(422);
    }
    app.advance(Duration::from_secs(60));
    let subject = "Narthex: second factor refused at a sign-in";
    let told = server.wait_for_mail(|mail| mail.subject() == subject);
    assert!(told.text().contains("another person knows your password"));
}

#[tokio::test(flavor = "multi_thread")]
async fn app_is_suspended_until_another_factor_is_used() {
    let app = TestApp::start();
    let ada = enrol(&app, ADA).await;
    suspend_app(&app);
    let page = ada
        .browser
        .get("/account/security")
        .await
        .expect_status(200);
    page.expect_text("are refused, because too many wrong codes");
    let browser = enter_password(&app, ADA).await;
    let code = ada.authenticator.code(&app);
    enter_code(&browser, &code).await.expect_status(422);
    enter_code(&browser, &ada.recovery_codes[0])
        .await
        .expect_status(303);
    app.advance(Duration::from_secs(60));
    let browser = enter_password(&app, ADA).await;
    let code = ada.authenticator.code(&app);
    enter_code(&browser, &code)
        .await
        .expect_redirect("/account");
}
