//! The overview: what it counts, and the question about a sign-in on a new device.

use std::time::Duration;

use crate::support::app::{PASSWORD, TestApp};
use crate::support::authenticator::{
    delete_seven_recovery_codes, enrol, enter_code, enter_password,
};
use crate::support::mount;
use crate::support::page::{ADA, GRACE, event_types, newest_token, own_session};
use crate::support::user_agents::{CHROME_ON_WINDOWS, SAFARI_ON_IPHONE};

const DAY: Duration = Duration::from_secs(24 * 3600);
const TICK: Duration = Duration::from_secs(1);
const QUESTION: &str = "Was this you?";

#[tokio::test(flavor = "multi_thread")]
async fn overview_counts_sessions_and_tokens_that_need_a_look() {
    let app = TestApp::start();
    let browser = app.register(ADA).await;
    app.token_of(&browser, "CI", &[]).await;
    app.sign_in(ADA).await;
    browser
        .get("/account")
        .await
        .expect_text("2 new in the last 7 days")
        .expect_no_text("within 7 days")
        .expect_no_text("not used for 90 days")
        .expect_text("Never used");
    let form = [("name", "Short"), ("expires", "7d")];
    browser.post("/account/tokens", &form).await;
    browser
        .get("/account")
        .await
        .expect_text("1 expires within 7 days")
        .expect_text("href=\"/account/tokens?expires=7d\"");
    let form = [("name", "Endless"), ("expires", "never")];
    browser.post("/account/tokens", &form).await;
    app.advance(DAY * 91);
    let later = app.sign_in(ADA).await;
    later
        .get("/account")
        .await
        .expect_text("2 not used for 90 days")
        .expect_text("1 new in the last 7 days");
}

#[tokio::test(flavor = "multi_thread")]
async fn overview_shows_the_last_failed_attempt() {
    let app = TestApp::start();
    let browser = app.register(ADA).await;
    browser.get("/account").await.expect_text(">None<");
    let wrong = [("email", ADA), ("password", "not the password of ada")];
    app.browser()
        .post("/login", &wrong)
        .await
        .expect_status(422);
    let page = browser.get("/account").await;
    page.expect_text("Failed password attempt")
        .expect_no_text(">None<");
}

#[tokio::test(flavor = "multi_thread")]
async fn wrong_code_is_the_last_failed_attempt() {
    let app = TestApp::start();
    let ada = enrol(&app, ADA).await;
    ada.browser.get("/account").await.expect_text(">None<");
    let other = enter_password(&app, ADA).await;
    let wrong = ada.authenticator.wrong_code(&app);
    enter_code(&other, &wrong).await.expect_status(422);
    let page = ada.browser.get("/account").await;
    let failed = "/account/activity?type=failed";
    page.expect_no_text(">None<")
        .expect_text(&format!("href=\"{failed}\""));
    let list = ada.browser.get(failed).await.expect_status(200);
    list.expect_text("Failed code attempt");
}

#[tokio::test(flavor = "multi_thread")]
async fn overview_shows_the_second_factor_and_few_codes() {
    let app = TestApp::start();
    let grace = app.register(GRACE).await;
    grace
        .get("/account")
        .await
        .expect_text("Set up a second factor")
        .expect_text("href=\"/account/security\"");
    let ada = enrol(&app, ADA).await;
    let page = ada.browser.get("/account").await;
    page.expect_no_text("Set up a second factor")
        .expect_no_text("recovery codes left");
    delete_seven_recovery_codes(&app);
    let page = ada.browser.get("/account").await;
    page.expect_text("Only 3 recovery codes left");
}

#[tokio::test(flavor = "multi_thread")]
async fn overview_counts_paused_tokens_apart() {
    let app = TestApp::start();
    let browser = app.register(ADA).await;
    let form = [("name", "Short"), ("expires", "7d")];
    browser.post("/account/tokens", &form).await;
    let page = browser.get("/account").await;
    page.expect_text("1 expires within 7 days")
        .expect_no_text("paused");
    let token = newest_token(&browser).await;
    let pause = format!("/account/tokens/{token}/pause");
    browser.post(&pause, &[]).await.expect_status(303);
    let list = "/account/tokens?state=paused";
    let page = browser.get("/account/tokens").await;
    drop(page.expect_text("Token paused."));
    let page = browser.get("/account").await;
    page.expect_text("1 is paused")
        .expect_no_text("1 expires within 7 days")
        .expect_text(&format!("href=\"{list}\""));
    browser.get(list).await.expect_text("Short");
}

#[tokio::test(flavor = "multi_thread")]
async fn sign_in_on_a_new_device_is_asked_about_until_recognised() {
    let app = TestApp::start();
    let browser = app.register(ADA).await;
    browser.get("/account").await.expect_no_text(QUESTION);
    app.advance(TICK);
    let phone = app.sign_in_with(ADA, SAFARI_ON_IPHONE).await;
    browser
        .get("/account")
        .await
        .expect_text("New sign-in: Safari on iOS. Was this you?");
    // The new browser is not asked about itself.
    phone.get("/account").await.expect_no_text(QUESTION);
    let recognise = format!("/account/sessions/{}/recognise", own_session(&phone).await);
    app.advance(TICK);
    let recognised = browser.post(&recognise, &[]).await;
    let page = browser
        .follow(&recognised.expect_redirect("/account"))
        .await;
    page.expect_text("This sign-in counts as yours.")
        .expect_no_text(QUESTION);
    let events = event_types(&browser).await;
    assert_eq!(events[0], "session.recognised");
    // The same device is known from now on, another one is not.
    app.advance(TICK);
    app.sign_in_with(ADA, CHROME_ON_WINDOWS).await;
    browser
        .get("/account")
        .await
        .expect_text("New sign-in: Chrome on Windows. Was this you?");
}

#[tokio::test(flavor = "multi_thread")]
async fn session_cannot_recognise_itself_or_one_of_another_user() {
    let app = TestApp::start();
    let browser = app.register(ADA).await;
    let grace = app.register(GRACE).await;
    app.advance(TICK);
    let phone = app.sign_in_with(ADA, SAFARI_ON_IPHONE).await;
    let recognise = format!("/account/sessions/{}/recognise", own_session(&phone).await);
    for client in [&phone, &grace] {
        client.post(&recognise, &[]).await.expect_status(404);
    }
    browser.get("/account").await.expect_text(QUESTION);
}

#[tokio::test(flavor = "multi_thread")]
async fn unfamiliar_session_leads_to_sign_out_and_secure_page() {
    let app = TestApp::start();
    let browser = app.register(ADA).await;
    app.advance(TICK);
    let phone = app.sign_in_with(ADA, SAFARI_ON_IPHONE).await;
    let revoke = format!("/account/sessions/{}/revoke", own_session(&phone).await);
    let page = browser.get("/account").await;
    let next = mount::from_environment().url("/account/secure");
    page.expect_text(&format!("action=\"{revoke}\""))
        .expect_text("/account/secure\"");
    let form = [("next", &*next), ("confirmed", "1")];
    let revoked = browser.post(&revoke, &form).await;
    let page = browser
        .follow(&revoked.expect_redirect("/account/secure"))
        .await;
    page.expect_text("Session signed out: Safari on iOS.")
        .expect_text("href=\"/account/profile#change-password\"");
    phone.get("/account").await.expect_status(303);
    browser.get("/account").await.expect_no_text(QUESTION);
    let form = [("email", ADA), ("password", PASSWORD)];
    app.browser().post("/login", &form).await.expect_status(303);
}
