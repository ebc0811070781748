//! A new password by a link, for an account with a second factor.

use std::time::Duration;

use crate::support::app::{PASSWORD, TestApp};
use crate::support::authenticator::{Enrolled, enter_code, enter_password, turn_on};
use crate::support::client::Browser;
use crate::support::mail_server::MailServer;
use crate::support::page::{ADA, GRACE, event_types, expect_field_errors};
use crate::support::sql;

const NEW_PASSWORD: &str = "a quite different sentence";
const RESET: &str = "/password/reset";

async fn enrol_with_mail(app: &TestApp, email: &str) -> Enrolled {
    app.add_user(email).await;
    turn_on(app, app.sign_in(email).await).await
}

/// Asks for a link, and opens it in a new browser. Notices arrive before it.
async fn open_reset_link(app: &TestApp, server: &MailServer) -> Browser {
    let browser = app.browser();
    let asked = browser.post("/password/forgot", &[("email", ADA)]).await;
    asked.expect_redirect("/password/forgot");
    let links = (0..).map(|index| server.wait_for(index).link());
    let mut links = links.filter(|link| link.contains(RESET));
    browser
        .get(&links.next().expect("a link"))
        .await
        .expect_redirect(RESET);
    browser
}

async fn password_of_ada_is(app: &TestApp, password: &str) -> bool {
    let form = [("email", ADA), ("password", password)];
    app.browser().post("/login", &form).await.status == 303
}

#[tokio::test(flavor = "multi_thread")]
async fn new_password_by_mail_needs_a_code() {
    let (app, server) = TestApp::start_with_mail();
    let ada = enrol_with_mail(&app, ADA).await;
    let browser = open_reset_link(&app, &server).await;
    let page = browser.get(RESET).await.expect_status(200);
    assert_eq!(page.fields_named("code").len(), 1, "{page}");
    let (wrong, code) = (
        ada.authenticator.wrong_code(&app),
        ada.authenticator.code(&app),
    );
    for refused in ["", "12345", &wrong] {
        let form = [("password", NEW_PASSWORD), ("code", refused)];
        expect_field_errors(browser.post(RESET, &form).await, &["code"]);
    }
    // A refused password uses neither the link nor the code up.
    let form = [("password", "short"), ("code", &*code)];
    expect_field_errors(browser.post(RESET, &form).await, &["password"]);
    assert!(!password_of_ada_is(&app, NEW_PASSWORD).await);
    let form = [("password", NEW_PASSWORD), ("code", &*code)];
    browser.post(RESET, &form).await.expect_redirect("/login");
    assert!(!browser.is_signed_in().await);
    // The sign-in has two steps as before, and the code was used.
    let form = [("email", ADA), ("password", NEW_PASSWORD)];
    let entered = browser.post("/login", &form).await;
    entered.expect_redirect("/login/verify");
    enter_code(&browser, &code).await.expect_status(422);
    app.advance(Duration::from_secs(60));
    enter_code(&browser, &ada.authenticator.code(&app))
        .await
        .expect_redirect("/account");
}

#[tokio::test(flavor = "multi_thread")]
async fn recovery_code_resets_a_password_once() {
    let (app, server) = TestApp::start_with_mail();
    let ada = enrol_with_mail(&app, ADA).await;
    let browser = open_reset_link(&app, &server).await;
    let form = [
        ("password", NEW_PASSWORD),
        ("code", &*ada.recovery_codes[0]),
    ];
    browser.post(RESET, &form).await.expect_redirect("/login");
    let form = [("email", ADA), ("password", NEW_PASSWORD)];
    browser.post("/login", &form).await.expect_status(303);
    enter_code(&browser, &ada.recovery_codes[0])
        .await
        .expect_status(422);
    enter_code(&browser, &ada.recovery_codes[1])
        .await
        .expect_status(303);
}

#[tokio::test(flavor = "multi_thread")]
async fn code_of_another_account_resets_no_password() {
    let (app, server) = TestApp::start_with_mail();
    enrol_with_mail(&app, ADA).await;
    let grace = enrol_with_mail(&app, GRACE).await;
    let browser = open_reset_link(&app, &server).await;
    for code in [
        grace.authenticator.code(&app),
        grace.recovery_codes[0].clone(),
    ] {
        let form = [("password", NEW_PASSWORD), ("code", &*code)];
        expect_field_errors(browser.post(RESET, &form).await, &["code"]);
    }
    assert!(!password_of_ada_is(&app, NEW_PASSWORD).await);
}

#[tokio::test(flavor = "multi_thread")]
async fn wrong_codes_with_a_link_are_delayed() {
    let (app, server) = TestApp::start_with_mail();
    let ada = enrol_with_mail(&app, ADA).await;
    let browser = open_reset_link(&app, &server).await;
    let wrong = ada.authenticator.wrong_code(&app);
    let form = [("password", NEW_PASSWORD), ("code", &*wrong)];
    let mut statuses = Vec::new();
    for _ in 0..7 {
        statuses.push(browser.post(RESET, &form).await.status);
    }
    assert_eq!(statuses, [422, 422, 422, 422, 422, 422, 429]);
}

#[tokio::test(flavor = "multi_thread")]
async fn new_password_by_mail_ends_pending_sign_ins() {
    let (app, server) = TestApp::start_with_mail();
    let ada = enrol_with_mail(&app, ADA).await;
    let pending = enter_password(&app, ADA).await;
    let browser = open_reset_link(&app, &server).await;
    let form = [
        ("password", NEW_PASSWORD),
        ("code", &*ada.authenticator.code(&app)),
    ];
    browser.post(RESET, &form).await.expect_redirect("/login");
    app.advance(Duration::from_secs(60));
    let code = ada.authenticator.code(&app);
    enter_code(&pending, &code).await.expect_redirect("/login");
    assert!(!pending.is_signed_in().await);
}

#[tokio::test(flavor = "multi_thread")]
async fn link_of_an_operator_needs_a_code_too() {
    let app = TestApp::start();
    let ada = crate::support::authenticator::enrol(&app, ADA).await;
    let printed = app.command_line().run(&["user", "reset-link", ADA]);
    let (_, query) = printed.stdout.trim().split_once('?').expect("a link");
    let browser = app.browser();
    browser
        .get(&format!("{RESET}?{query}"))
        .await
        .expect_redirect(RESET);
    let form = [("password", NEW_PASSWORD)];
    expect_field_errors(browser.post(RESET, &form).await, &["code"]);
    assert!(password_of_ada_is(&app, PASSWORD).await);
    let form = [
        ("password", NEW_PASSWORD),
        ("code", &*ada.authenticator.code(&app)),
    ];
    browser.post(RESET, &form).await.expect_redirect("/login");
}

#[tokio::test(flavor = "multi_thread")]
async fn verifying_owner_of_the_address_gets_no_factor_of_a_squatter() {
    let (app, server) = TestApp::start_with_mail();
    let squatter = enrol_with_mail(&app, ADA).await;
    // As if this user had registered, and had signed in while mail was off.
    let now = app.state.now().micros();
    let unverified = format!("UPDATE users SET email_unverified_since = {now}");
    sql::execute(&app, &unverified);
    let owner = app.browser();
    let form = [("name", "Ada"), ("email", ADA), ("password", NEW_PASSWORD)];
    owner
        .post("/register", &form)
        .await
        .expect_redirect("/verify-email");
    let links = (0..).map(|index| server.wait_for(index).link());
    let mut links = links.filter(|link| link.contains("/verify-email"));
    owner
        .get(&links.next().expect("a link"))
        .await
        .expect_redirect("/verify-email");
    owner
        .post("/verify-email", &[("password", NEW_PASSWORD)])
        .await
        .expect_redirect("/login");
    assert!(!squatter.browser.is_signed_in().await);
    let form = [("email", ADA), ("password", NEW_PASSWORD)];
    owner
        .post("/login", &form)
        .await
        .expect_redirect("/account");
    let events = event_types(&owner).await;
    assert!(events.contains(&"factor.removed".to_owned()), "{events:?}");
}
