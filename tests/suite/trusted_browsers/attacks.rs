//! Attacks with the cookie of a trusted browser.

use reqwest::Method;
use serde_json::json;

use super::{COOKIE, MINUTE, SETTING, is_trusted, needs_no_code, scene, stored, trust};
use crate::support::app::{PASSWORD, TestApp};
use crate::support::authenticator::{enrol, enter_code, enter_password};
use crate::support::client::Browser;
use crate::support::page::{ADA, GRACE};

fn cookie_of(browser: &Browser) -> String {
    browser.cookie(COOKIE).expect("a cookie").value
}

fn browser_with(app: &TestApp, cookie: &str) -> Browser {
    let browser = app.browser();
    browser.put_cookie(COOKIE, cookie);
    browser
}

#[tokio::test(flavor = "multi_thread")]
async fn cookie_of_another_account_is_refused() {
    let (app, _ada, browser) = scene().await;
    enrol(&app, GRACE).await;
    let other = browser_with(&app, &cookie_of(&browser));
    assert!(!needs_no_code(&other, GRACE, PASSWORD).await);
    // A client with the cookie and the password of its account is let in.
    assert!(is_trusted(&browser_with(&app, &cookie_of(&browser))).await);
}

#[tokio::test(flavor = "multi_thread")]
async fn altered_cookie_is_refused() {
    let (app, _ada, browser) = scene().await;
    let cookie = cookie_of(&browser);
    let last = if cookie.ends_with('A') { "E" } else { "A" };
    let flipped = format!("{}{last}", &cookie[..cookie.len() - 1]);
    let short = &cookie[1..];
    let long = format!("{cookie}A");
    let quoted = format!("{}%", &cookie[1..]);
    for altered in [&*flipped, short, &long, &quoted, ""] {
        assert!(!is_trusted(&browser_with(&app, altered)).await, "{altered}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn planted_cookie_does_not_become_trusted() {
    let app = TestApp::start_with(&[SETTING]);
    let ada = enrol(&app, ADA).await;
    let planted = "A".repeat(43);
    let browser = enter_password(&app, ADA).await;
    browser.put_cookie(COOKIE, &planted);
    let code = ada.authenticator.code(&app);
    let form = [("code", &*code), ("trust", "on")];
    let entered = browser.post("/login/verify", &form).await;
    entered.expect_redirect("/account");
    assert_ne!(cookie_of(&browser), planted);
    assert!(!is_trusted(&browser_with(&app, &planted)).await);
}

#[tokio::test(flavor = "multi_thread")]
async fn wrong_password_is_refused_in_a_trusted_browser() {
    let (_app, _ada, browser) = scene().await;
    let form = [("email", ADA), ("password", "not the password of Ada")];
    browser.post("/login", &form).await.expect_status(422);
}

#[tokio::test(flavor = "multi_thread")]
async fn trusted_sign_in_does_not_reset_the_count_of_codes() {
    let (app, ada, browser) = scene().await;
    let wrong = ada.authenticator.wrong_code(&app);
    for round in 0..3 {
        let entering = enter_password(&app, ADA).await;
        for _ in 0..2 {
            enter_code(&entering, &wrong).await.expect_status(422);
        }
        if round < 2 {
            assert!(is_trusted(&browser).await);
        }
    }
    let form = [("email", ADA), ("password", PASSWORD)];
    app.browser().post("/login", &form).await.expect_status(429);
}

#[tokio::test(flavor = "multi_thread")]
async fn trust_is_no_confirmation_and_no_second_factor() {
    let (app, _ada, browser) = scene().await;
    assert!(is_trusted(&browser).await);
    let verify = browser.get("/auth/verify?acr=2").await;
    verify.expect_status(401);
    let made = browser.post("/account/security/recovery-codes", &[]).await;
    let asked = made.expect_status(303);
    let second = "/account/confirm?acr=2&next=";
    assert!(asked.location().starts_with(second), "{asked}");
    let form = [("name", "CI"), ("expires", "never")];
    let asked = browser.post("/account/tokens", &form).await;
    let asked = asked.expect_status(303);
    let confirm = "/account/confirm?next=";
    assert!(asked.location().starts_with(confirm), "{asked}");
    // The password confirms what one factor may do, and not what two may.
    let form = [("password", PASSWORD)];
    let confirmed = browser.post("/account/confirm", &form).await;
    confirmed.expect_status(303);
    let made = browser.post("/account/security/recovery-codes", &[]).await;
    let asked = made.expect_status(303);
    assert!(asked.location().starts_with(second), "{asked}");
    assert_eq!(stored(&app), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn programs_sign_in_with_a_code_in_a_trusted_browser() {
    let (_app, _ada, browser) = scene().await;
    let body = json!({"email": ADA, "password": PASSWORD, "device_name": "Phone"});
    let refused = browser
        .call(Method::POST, "/api/v1/sign-in", Some(&body))
        .await;
    refused.expect_problem(401, "second-factor-required");
}

#[tokio::test(flavor = "multi_thread")]
async fn removal_is_in_force_on_every_node_at_once() {
    let (app, ada, browser) = scene().await;
    let other = app.start_second(&[SETTING]);
    let moved = browser_with(&other, &cookie_of(&browser));
    assert!(is_trusted(&moved).await);
    let body = json!({});
    let ended = ada
        .browser
        .call(Method::POST, "/api/v1/sign-out", Some(&body));
    let receipt = ended.await.expect_status(200).json();
    assert_eq!(receipt["trusted_browsers_ended"], 1, "{receipt}");
    assert!(!is_trusted(&moved).await);
}

#[tokio::test(flavor = "multi_thread")]
async fn trusted_browsers_of_a_user_are_bounded() {
    let app = TestApp::start_with(&[SETTING, ("NARTHEX_THROTTLE_EXEMPT", "127.0.0.1")]);
    let ada = enrol(&app, ADA).await;
    let first = trust(&app, &ada).await;
    for _ in 0..20 {
        trust(&app, &ada).await;
        // Frequent sign-ins of one account are delayed.
        app.advance(60 * MINUTE);
    }
    assert_eq!(stored(&app), 20);
    app.advance(MINUTE);
    assert!(!is_trusted(&first).await);
}
