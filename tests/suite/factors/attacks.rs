//! Attacks on the second step of a sign-in.

use std::time::Duration;

use narthex::credentials::{CredentialFilter, revoke};
use serde_json::json;
use tokio::task::JoinSet;

use crate::support::app::{PASSWORD, TestApp};
use crate::support::authenticator::{
    Enrolled, enrol, enter_code, enter_password, suspend_app, turn_on,
};
use crate::support::client::Browser;
use crate::support::page::{ADA, GRACE, fetch_list};
use crate::support::sql::query_lines;

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
    let deadlocks = query_lines(
        &app,
        "SELECT '0' AS line",
        "SELECT deadlocks::text AS line FROM pg_stat_database WHERE datname = current_database()",
    );
    assert_eq!(deadlocks, ["0"]);
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

/// A change that ends a sign-in which waits for its second step.
async fn end(change: &str, app: &TestApp, ada: &Enrolled) {
    let owner: &Browser = &ada.browser;
    match change {
        "sign out everywhere" => {
            let all = json!({});
            let call = owner.call(reqwest::Method::POST, "/api/v1/sign-out", Some(&all));
            call.await.expect_status(200);
        }
        "password changed" => {
            let form = [
                ("current_password", PASSWORD),
                ("password", "another long password"),
            ];
            owner
                .post("/account/password", &form)
                .await
                .expect_status(303);
        }
        "factor removed" => {
            owner
                .post("/account/security/totp/remove", &[])
                .await
                .expect_redirect("/account/security");
        }
        "recovery codes made" => {
            owner
                .post("/account/security/recovery-codes", &[])
                .await
                .expect_redirect("/account/security/recovery-codes");
        }
        // The owner has signed out before, so nothing else of the account ends.
        "everybody signed out" => {
            owner.post("/logout", &[]).await.expect_redirect("/login");
            let users = vec![app.user_id(ADA).await];
            let everything = CredentialFilter::default();
            let ended = revoke::revoke_for_users(&app.state, users, everything).await;
            assert_eq!(ended.expect("receipts").len(), 0);
        }
        "account disabled" => {
            let user = app.user_id(ADA).await;
            let disabled = narthex::accounts::disable(&app.state, user).await;
            assert!(disabled.is_ok());
        }
        other => panic!("unknown change: {other}"),
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn each_change_of_the_table_ends_pending_sign_ins() {
    for change in [
        "sign out everywhere",
        "password changed",
        "factor removed",
        "recovery codes made",
        "everybody signed out",
        "account disabled",
    ] {
        let app = TestApp::start();
        let ada = enrol(&app, ADA).await;
        let browser = enter_password(&app, ADA).await;
        end(change, &app, &ada).await;
        let code = ada.authenticator.code(&app);
        let answer = enter_code(&browser, &code).await;
        assert_eq!(answer.location_or_status(), "/login", "{change}");
        assert!(!browser.is_signed_in().await, "{change}");
    }
}
