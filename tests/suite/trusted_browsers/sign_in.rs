//! A sign-in in a trusted browser.

use serde_json::json;

use super::{COOKIE, DAY, MINUTE, SETTING, is_trusted, scene, stored, trust, trust_by_passkey};
use crate::support::app::{PASSWORD, TestApp};
use crate::support::authenticator::{enrol, enter_code, enter_password};
use crate::support::page::{ADA, event_types};

#[tokio::test(flavor = "multi_thread")]
async fn trusted_browser_signs_in_with_the_password_alone() {
    let (app, ada, browser) = scene().await;
    assert!(is_trusted(&browser).await);
    let session = browser.get("/api/v1/sessions/current").await.json();
    assert_eq!(session["acr"], "1", "{session}");
    assert_eq!(session["amr"], json!(["pwd"]), "{session}");
    // Another browser is asked, and so is this one after a sign-in without the trust.
    enter_password(&app, ADA).await;
    let events = event_types(&ada.browser).await;
    assert!(events.contains(&"trusted_browser.added".to_owned()));
}

#[tokio::test(flavor = "multi_thread")]
async fn trust_outlives_the_session_and_ends_after_its_time() {
    let (app, ada, browser) = scene().await;
    browser.post("/logout", &[]).await.expect_status(303);
    assert!(is_trusted(&browser).await);
    app.advance(30 * DAY - 2 * MINUTE);
    assert!(is_trusted(&browser).await);
    app.advance(MINUTE);
    assert!(!is_trusted(&browser).await);
    narthex::credentials::prune(&app.state)
        .await
        .unwrap_or_else(|error| panic!("{error}"));
    assert_eq!(stored(&app), 0);
    drop(ada);
}

#[tokio::test(flavor = "multi_thread")]
async fn shorter_setting_applies_to_earlier_trust() {
    let (app, _ada, browser) = scene().await;
    app.advance(8 * DAY);
    let week = app.start_second(&[("NARTHEX_TRUST_BROWSER", "7d")]);
    let off = app.start_second(&[]);
    for server in [&week, &off] {
        let moved = server.browser();
        moved.put_cookie(COOKIE, &browser.cookie(COOKIE).expect("a cookie").value);
        assert!(!is_trusted(&moved).await, "{}", server.origin);
    }
    assert!(is_trusted(&browser).await);
}

#[tokio::test(flavor = "multi_thread")]
async fn trust_is_offered_only_if_the_setting_is_on() {
    let app = TestApp::start();
    let ada = enrol(&app, ADA).await;
    let browser = enter_password(&app, ADA).await;
    let page = browser.get("/login/verify").await.expect_status(200);
    assert!(page.fields_named("trust").is_empty(), "{page}");
    let code = ada.authenticator.code(&app);
    let form = [("code", &*code), ("trust", "on")];
    let entered = browser.post("/login/verify", &form).await;
    entered.expect_redirect("/account");
    assert!(browser.cookie(COOKIE).is_none());
    assert_eq!(stored(&app), 0);

    let on = app.start_second(&[SETTING]);
    let browser = enter_password(&on, ADA).await;
    let page = browser.get("/login/verify").await.expect_status(200);
    page.expect_text("Don’t ask for a code in this browser for 30 days");
}

#[tokio::test(flavor = "multi_thread")]
async fn trust_needs_the_tick_and_a_right_code() {
    let app = TestApp::start_with(&[SETTING]);
    let ada = enrol(&app, ADA).await;
    let browser = enter_password(&app, ADA).await;
    let wrong = ada.authenticator.wrong_code(&app);
    let form = [("code", &*wrong), ("trust", "on")];
    let refused = browser.post("/login/verify", &form).await;
    let refused = refused.expect_status(422);
    assert!(refused.text.contains("value=\"on\" checked"), "{refused}");
    assert!(browser.cookie(COOKIE).is_none());
    let code = ada.authenticator.code(&app);
    enter_code(&browser, &code)
        .await
        .expect_redirect("/account");
    assert!(browser.cookie(COOKIE).is_none());
    assert_eq!(stored(&app), 0);
    assert!(!is_trusted(&browser).await);
}

#[tokio::test(flavor = "multi_thread")]
async fn passkey_can_trust_the_browser() {
    let app = TestApp::start_with(&[SETTING]);
    let (_, browser) = trust_by_passkey(&app).await;
    assert!(is_trusted(&browser).await);
}

#[tokio::test(flavor = "multi_thread")]
async fn second_click_leaves_one_trusted_browser() {
    let app = TestApp::start_with(&[SETTING]);
    let ada = enrol(&app, ADA).await;
    let browser = enter_password(&app, ADA).await;
    let attempt = browser.cookie("narthex").expect("a cookie").value;
    let key = browser.get("/login/verify").await.field("form_key");
    let code = ada.authenticator.code(&app);
    let form = [("code", &*code), ("trust", "on"), ("form_key", &*key)];
    let first = browser.post("/login/verify", &form).await;
    first.expect_redirect("/account");
    let cookie = browser.cookie(COOKIE).expect("a cookie").value;
    browser.put_cookie("narthex", &attempt);
    let second = browser.post("/login/verify", &form).await;
    second.expect_redirect("/account");
    assert_eq!(browser.cookie(COOKIE).expect("a cookie").value, cookie);
    assert_eq!(stored(&app), 1);
    assert!(is_trusted(&browser).await);
}

#[tokio::test(flavor = "multi_thread")]
async fn later_trust_replaces_that_of_the_same_browser() {
    let (app, ada, browser) = scene().await;
    let before = browser.cookie(COOKIE).expect("a cookie").value;
    // Without the cookie, the browser is asked, and it is another browser for the server.
    let other = trust(&app, &ada).await;
    assert_eq!(stored(&app), 2);
    drop(other);
    app.advance(30 * DAY - 5 * MINUTE);
    let shorter = app.start_second(&[("NARTHEX_TRUST_BROWSER", "7d")]);
    let browser = browser.moved_to(&shorter.origin);
    assert!(!is_trusted(&browser).await);
    let code = ada.authenticator.code(&app);
    let form = [("code", &*code), ("trust", "on")];
    let entered = browser.post("/login/verify", &form).await;
    entered.expect_redirect("/account");
    assert_ne!(browser.cookie(COOKIE).expect("a cookie").value, before);
    assert_eq!(stored(&app), 2);
    assert!(is_trusted(&browser).await);
}

#[tokio::test(flavor = "multi_thread")]
async fn trusted_browser_is_let_in_where_all_need_a_factor() {
    let app = TestApp::start_with(&[SETTING, ("NARTHEX_REQUIRE_SECOND_FACTOR", "all")]);
    let ada = enrol(&app, ADA).await;
    let browser = trust(&app, &ada).await;
    assert!(is_trusted(&browser).await);
    browser.get("/account").await.expect_status(200);
}

#[tokio::test(flavor = "multi_thread")]
async fn user_without_a_factor_cannot_trust_a_browser() {
    let app = TestApp::start_with(&[SETTING]);
    app.register(ADA).await;
    let browser = app.browser();
    let form = [("email", ADA), ("password", PASSWORD), ("trust", "on")];
    browser
        .post("/login", &form)
        .await
        .expect_redirect("/account");
    assert!(browser.cookie(COOKIE).is_none());
    assert_eq!(stored(&app), 0);
}
