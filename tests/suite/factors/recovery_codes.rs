//! Recovery codes: look-up secrets for a user without the authenticator app.

use std::time::Duration;

use serde_json::json;

use crate::support::app::TestApp;
use crate::support::authenticator::{
    delete_seven_recovery_codes, enrol, enter_code, enter_password, recovery_codes_in,
};
use crate::support::mount;
use crate::support::page::{ADA, event_types};
use crate::support::sql::query_lines;

#[tokio::test(flavor = "multi_thread")]
async fn recovery_code_signs_in_once_and_is_replaced() {
    let app = TestApp::start();
    let ada = enrol(&app, ADA).await;
    assert_eq!(ada.recovery_codes.len(), 10);
    let typed = ada.recovery_codes[3].to_lowercase().replace('-', " ");
    let browser = enter_password(&app, ADA).await;
    let next = mount::from_environment().url("/account/tokens");
    let form = [("code", &*typed), ("next", &*next)];
    let entered = browser
        .post("/login/verify", &form)
        .await
        .expect_status(303);
    assert!(
        entered
            .location()
            .starts_with("/account/security/recovery-codes?next=")
    );
    let shown = browser.follow(&entered).await.expect_status(200);
    let replacement = recovery_codes_in(&shown);
    assert_eq!(replacement.len(), 1);
    shown
        .expect_text("href=\"/account/tokens\"")
        .expect_text("Save it now.");
    for (code, status) in [
        (&typed, 422),
        (&replacement[0], 303),
        (&ada.recovery_codes[4], 303),
    ] {
        let browser = enter_password(&app, ADA).await;
        enter_code(&browser, code).await.expect_status(status);
    }
    assert!(
        event_types(&browser)
            .await
            .contains(&"recovery_codes.used".to_owned())
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn copied_cookie_shows_no_codes_after_minutes() {
    let app = TestApp::start();
    let ada = enrol(&app, ADA).await;
    let path = "/account/security/recovery-codes";
    let made = ada.browser.post(path, &[]).await.expect_status(303);
    let copy = app.browser();
    let cookie = ada.browser.cookie("narthex").expect("a cookie").value;
    copy.put_cookie("narthex", &cookie);
    app.advance(Duration::from_secs(300));
    let shown = copy.follow(&made).await;
    shown.expect_redirect("/account/security");
}

#[tokio::test(flavor = "multi_thread")]
async fn codes_are_shown_again_until_another_page_is_opened() {
    let app = TestApp::start();
    let ada = enrol(&app, ADA).await;
    let path = "/account/security/recovery-codes";
    let made = ada.browser.post(path, &[]).await.expect_status(303);
    let codes = recovery_codes_in(&ada.browser.follow(&made).await);
    app.advance(Duration::from_secs(299));
    assert_eq!(recovery_codes_in(&ada.browser.get(path).await), codes);
    ada.browser.get("/account").await.expect_status(200);
    let gone = ada.browser.get(path).await;
    let gone = gone.expect_redirect("/account/security");
    let page = ada.browser.follow(&gone).await;
    page.expect_text("shown only after they were made");
}

#[tokio::test(flavor = "multi_thread")]
async fn new_recovery_codes_end_the_old_ones() {
    let app = TestApp::start();
    let ada = enrol(&app, ADA).await;
    let made = ada
        .browser
        .post("/account/security/recovery-codes", &[])
        .await;
    let shown = ada.browser.follow(&made.expect_status(303)).await;
    let new = recovery_codes_in(&shown);
    assert_eq!(new.len(), 10);
    let browser = enter_password(&app, ADA).await;
    enter_code(&browser, &ada.recovery_codes[0])
        .await
        .expect_status(422);
    enter_code(&browser, &new[9]).await.expect_status(303);
}

#[tokio::test(flavor = "multi_thread")]
async fn racing_uses_of_one_recovery_code_open_one_session() {
    let app = TestApp::start();
    let ada = enrol(&app, ADA).await;
    let mut uses = tokio::task::JoinSet::new();
    for _ in 0..4 {
        let browser = enter_password(&app, ADA).await;
        let code = ada.recovery_codes[0].clone();
        uses.spawn(async move { enter_code(&browser, &code).await.location_or_status() });
    }
    // The first use ends the other sign-ins, which are led to their beginning.
    let answers = uses.join_all().await;
    let shows_new_code = |answer: &&String| answer.starts_with("/account/security/recovery-codes");
    let entered = answers.iter().filter(shows_new_code).count();
    assert_eq!(entered, 1, "{answers:?}");
    let refused = |answer: &&String| ["/login", "422"].contains(&answer.as_str());
    assert_eq!(answers.iter().filter(refused).count(), 3, "{answers:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn new_recovery_codes_need_a_second_factor() {
    let app = TestApp::start();
    let ada = enrol(&app, ADA).await;
    app.advance(Duration::from_secs(15 * 60));
    let password = json!({"password": crate::support::app::PASSWORD});
    let confirm = ada
        .browser
        .call(reqwest::Method::POST, "/api/v1/confirm", Some(&password));
    confirm.await.expect_status(204);
    let refused = ada
        .browser
        .post("/account/security/recovery-codes", &[])
        .await;
    assert!(
        refused
            .location()
            .starts_with("/account/confirm?acr=2&next="),
        "{refused}"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn page_warns_of_few_recovery_codes() {
    let app = TestApp::start();
    let ada = enrol(&app, ADA).await;
    let warning = "You have few recovery codes left";
    let page = ada.browser.get("/account/security").await;
    page.expect_no_text(warning);
    delete_seven_recovery_codes(&app);
    let page = ada.browser.get("/account/security").await;
    page.expect_text(warning);
}

#[tokio::test(flavor = "multi_thread")]
async fn database_has_hashes_of_recovery_codes_only() {
    let app = TestApp::start();
    let ada = enrol(&app, ADA).await;
    let stored = "SELECT locator || ' ' || hash AS line FROM recovery_codes ORDER BY locator";
    let rows = query_lines(&app, stored, stored);
    let mut codes = ada.recovery_codes;
    codes.sort();
    assert_eq!(rows.len(), codes.len());
    for (row, code) in rows.iter().zip(&codes) {
        let (locator, rest) = code.split_once('-').expect("groups");
        let hash = format!("{locator} $argon2id$");
        assert!(row.starts_with(&hash), "{row}");
        assert!(rest.split('-').all(|group| !row.contains(group)), "{row}");
    }
}
