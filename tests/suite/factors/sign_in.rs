//! Sign-in in two steps: the password, then a code.

use std::time::Duration;

use narthex::http::{auth::Access, routes};
use serde_json::json;

use super::required::answers;
use crate::support::app::{PASSWORD, TestApp};
use crate::support::authenticator::{enrol, enter_code, enter_password};
use crate::support::client::Browser;
use crate::support::mount;
use crate::support::page::{ADA, GRACE, event_types, expect_field_errors, fetch_list};
use crate::support::passkey::{Passkey, sign_in, try_to_register};

const TEN_MINUTES: Duration = Duration::from_secs(600);

#[tokio::test(flavor = "multi_thread")]
async fn password_alone_reads_nothing_of_the_account() {
    let app = TestApp::start();
    let grace = enrol(&app, GRACE).await;
    let browser = enter_password(&app, GRACE).await;
    expect_nothing_of_the_account(&browser).await;
    // The sign-in was pending all the time.
    let code = grace.authenticator.code(&app);
    let entered = enter_code(&browser, &code).await;
    entered.expect_redirect("/account");
}

#[tokio::test(flavor = "multi_thread")]
async fn passkey_alone_reads_nothing_of_the_account() {
    let app = TestApp::start();
    let mut passkey = Passkey::new(1);
    passkey.is_verified = false;
    let owner = app.register(GRACE).await;
    let added = try_to_register(&owner, &mut passkey).await;
    added.expect_status(200);
    let browser = app.browser();
    let next = sign_in(&browser, &passkey).await.expect_status(200).json();
    assert_eq!(next["location"], "/login/verify");
    expect_nothing_of_the_account(&browser).await;
    let form = [("password", PASSWORD)];
    let entered = browser.post("/login/verify", &form).await;
    entered.expect_redirect("/account");
}

/// Calls every route. Those of the account refuse the browser, and no other one names the user.
async fn expect_nothing_of_the_account(browser: &Browser) {
    let answers = answers(browser).await;
    assert!(answers.len() > 40);
    for (name, access, answer) in answers {
        let is_led_away = access == Access::SessionPage
            && answer.status == 303
            && answer.location().starts_with("/login");
        assert!(is_led_away || answer.status == 401, "{name}: {answer}");
        answer.expect_no_text(GRACE);
    }
    let public = routes::table().into_iter().filter(|route| {
        let is_public = matches!(route.access, Access::Public | Access::OptionalSession);
        is_public && route.method.as_str() == "GET"
    });
    for route in public {
        browser.get(route.path).await.expect_no_text(GRACE);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn code_opens_a_session_of_two_factors() {
    let app = TestApp::start();
    let ada = enrol(&app, ADA).await;
    let browser = enter_password(&app, ADA).await;
    let page = browser.get("/login/verify").await.expect_status(200);
    let form = [
        ("code", &*ada.authenticator.code(&app)),
        ("form_key", &page.field("form_key")),
        ("next", &*mount::from_environment().url("/account/tokens")),
    ];
    let entered = browser.post("/login/verify", &form).await;
    entered.expect_redirect("/account/tokens");
    let session = browser.get("/api/v1/sessions/current").await.json();
    assert_eq!(session["acr"], "2");
    assert_eq!(session["amr"], json!(["pwd", "otp", "mfa"]));
    assert_eq!(session["auth_time"], session["created_at"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn code_sent_to_the_address_of_the_page_keeps_its_next() {
    let app = TestApp::start();
    let ada = enrol(&app, ADA).await;
    let browser = enter_password(&app, ADA).await;
    let next = mount::from_environment().url("/account/tokens");
    let page = format!("/login/verify?next={next}");
    let code = ada.authenticator.code(&app);
    let entered = browser.post(&page, &[("code", &*code)]).await;
    entered.expect_redirect("/account/tokens");
}

#[tokio::test(flavor = "multi_thread")]
async fn signed_in_user_who_goes_back_is_led_on() {
    let app = TestApp::start();
    let ada = enrol(&app, ADA).await;
    let browser = enter_password(&app, ADA).await;
    enter_code(&browser, &ada.authenticator.code(&app)).await;
    let again = browser.get("/login/verify?next=/account/tokens").await;
    let page = browser
        .follow(&again.expect_redirect("/account/tokens"))
        .await;
    page.expect_no_text("took too long");
}

#[tokio::test(flavor = "multi_thread")]
async fn session_without_a_factor_has_the_first_level() {
    let app = TestApp::start();
    let session = app
        .register(ADA)
        .await
        .get("/api/v1/sessions/current")
        .await
        .json();
    assert_eq!(
        (&session["acr"], &session["amr"]),
        (&json!("1"), &json!(["pwd"]))
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn choice_to_stay_signed_in_survives_the_second_step() {
    let app = TestApp::start();
    let ada = enrol(&app, ADA).await;
    let browser = app.browser();
    let form = [("email", ADA), ("password", PASSWORD), ("remember", "on")];
    browser.post("/login", &form).await.expect_status(303);
    enter_code(&browser, &ada.authenticator.code(&app)).await;
    let session = browser.get("/api/v1/sessions/current").await.json();
    assert_eq!(session["remembered"], true);
}

#[tokio::test(flavor = "multi_thread")]
async fn codes_of_neighbouring_steps_alone_are_accepted() {
    for (steps, status) in [(-2, 422), (-1, 303), (0, 303), (1, 303), (2, 422)] {
        let app = TestApp::start();
        let ada = enrol(&app, ADA).await;
        let browser = enter_password(&app, ADA).await;
        let code = ada.authenticator.code_at(&app, steps);
        enter_code(&browser, &code).await.expect_status(status);
        assert_eq!(browser.is_signed_in().await, status == 303, "{steps}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn malformed_code_is_refused_uncounted() {
    let app = TestApp::start();
    let ada = enrol(&app, ADA).await;
    let browser = enter_password(&app, ADA).await;
    for code in [
        "",
        "12345",
        "1234567",
        "１２３４５６",
        "abcdef",
        "+12345",
        "12345O",
    ] {
        let answer = enter_code(&browser, code).await;
        expect_field_errors(answer, &["code"]);
    }
    let code = ada.authenticator.code(&app);
    let spaced = format!(" {} {} ", &code[..3], &code[3..]);
    enter_code(&browser, &spaced)
        .await
        .expect_redirect("/account");
}

#[tokio::test(flavor = "multi_thread")]
async fn five_wrong_codes_end_the_attempt() {
    let app = TestApp::start();
    let ada = enrol(&app, ADA).await;
    let browser = enter_password(&app, ADA).await;
    let wrong = ada.authenticator.wrong_code(&app);
    for _ in 0..5 {
        let answer = enter_code(&browser, &wrong).await;
        expect_field_errors(answer, &["code"]);
    }
    app.advance(TEN_MINUTES / 2);
    let code = ada.authenticator.code(&app);
    enter_code(&browser, &code).await.expect_redirect("/login");
    assert!(!browser.is_signed_in().await);
    let refused = event_types(&ada.browser).await;
    assert_eq!(
        refused
            .iter()
            .filter(|kind| *kind == "code.refused")
            .count(),
        5
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn attempt_ends_after_ten_minutes() {
    for (later, location) in [
        (TEN_MINUTES - Duration::from_secs(1), "/account"),
        (TEN_MINUTES, "/login"),
    ] {
        let app = TestApp::start();
        let ada = enrol(&app, ADA).await;
        let browser = enter_password(&app, ADA).await;
        app.advance(later);
        let code = ada.authenticator.code(&app);
        enter_code(&browser, &code).await.expect_redirect(location);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn second_click_of_a_code_opens_one_session() {
    let app = TestApp::start();
    let ada = enrol(&app, ADA).await;
    let browser = enter_password(&app, ADA).await;
    let key = browser.get("/login/verify").await.field("form_key");
    let cookie = browser.cookie("narthex").expect("a cookie").value;
    let form = [("code", &*ada.authenticator.code(&app)), ("form_key", &key)];
    browser
        .post("/login/verify", &form)
        .await
        .expect_redirect("/account");
    let first = browser.session_id().await;
    browser.put_cookie("narthex", &cookie);
    browser
        .post("/login/verify", &form)
        .await
        .expect_redirect("/account");
    assert_eq!(browser.session_id().await, first);
    assert_eq!(fetch_list(&browser, "/api/v1/sessions").await.len(), 2);
}
