//! A form with a code that is sent twice, for example by a double click.

use futures_util::future::join;

use crate::support::answer::Answer;
use crate::support::app::TestApp;
use crate::support::authenticator::{
    Authenticator, enrol, enter_code, enter_password, recovery_codes_in,
};
use crate::support::client::Browser;
use crate::support::page::{ADA, event_types, own_session};

/// A browser with the present cookie of another one.
fn copy_of(app: &TestApp, browser: &Browser) -> Browser {
    let copy = app.browser();
    let cookie = browser.cookie("narthex").expect("a cookie").value;
    copy.put_cookie("narthex", &cookie);
    copy
}

/// Sends a form twice at once, and returns the browsers with the codes that each of them shows.
async fn click_twice(
    app: &TestApp,
    browser: Browser,
    path: &str,
    form: &[(&str, &str)],
) -> [(Browser, Vec<String>); 2] {
    let copy = copy_of(app, &browser);
    let (one, other) = join(browser.post(path, form), copy.post(path, form)).await;
    let shown = async |browser: Browser, answer: Answer| {
        let answer = answer.expect_redirect("/account/security/recovery-codes");
        let codes = recovery_codes_in(&browser.follow(&answer).await.expect_status(200));
        assert_eq!(codes.len(), 10);
        (browser, codes)
    };
    [shown(browser, one).await, shown(copy, other).await]
}

async fn count_of(browser: &Browser, kind: &str) -> usize {
    let events = event_types(browser).await;
    events.iter().filter(|event| *event == kind).count()
}

#[tokio::test(flavor = "multi_thread")]
async fn two_clicks_on_turn_on_show_the_same_codes() {
    let app = TestApp::start();
    let browser = app.register(ADA).await;
    let page = browser.get("/account/security/totp").await;
    let (key, code) = (
        page.field("form_key"),
        Authenticator::scan(&page).code(&app),
    );
    let form = [("code", &*code), ("form_key", &*key)];
    let path = "/account/security/totp";
    let [(one, codes), (other, same)] = click_twice(&app, browser, path, &form).await;
    assert_eq!(codes, same);
    assert_eq!(own_session(&one).await, own_session(&other).await);
    assert_eq!(count_of(&one, "factor.added").await, 1);
    let entering = enter_password(&app, ADA).await;
    enter_code(&entering, &codes[9]).await.expect_status(303);
    assert!(entering.is_signed_in().await);
}

#[tokio::test(flavor = "multi_thread")]
async fn two_clicks_on_new_codes_show_the_same_codes() {
    let app = TestApp::start();
    let ada = enrol(&app, ADA).await;
    let page = ada.browser.get("/account/security").await;
    let key = page.field("form_key");
    let form = [("form_key", &*key)];
    let path = "/account/security/recovery-codes";
    let [(one, codes), (_, same)] = click_twice(&app, ada.browser, path, &form).await;
    assert_eq!(codes, same);
    assert_eq!(count_of(&one, "recovery_codes.created").await, 1);

    // The same page, sent again later, does not bring back the codes of the first time.
    let again = one.post(path, &form).await.expect_status(303);
    let newer = recovery_codes_in(&one.follow(&again).await);
    assert!(newer.iter().all(|code| !codes.contains(code)), "{newer:?}");
    let entering = enter_password(&app, ADA).await;
    enter_code(&entering, &codes[0]).await.expect_status(422);
    enter_code(&entering, &newer[0]).await.expect_status(303);
}

#[tokio::test(flavor = "multi_thread")]
async fn codes_differ_without_a_form_key() {
    let app = TestApp::start();
    let ada = enrol(&app, ADA).await;
    let path = "/account/security/recovery-codes";
    let made = ada.browser.post(path, &[]).await.expect_status(303);
    let newer = recovery_codes_in(&ada.browser.follow(&made).await);
    assert!(
        newer.iter().all(|code| !ada.recovery_codes.contains(code)),
        "{newer:?}"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn second_click_signs_in_with_the_same_code_only() {
    let app = TestApp::start();
    let ada = enrol(&app, ADA).await;
    let browser = enter_password(&app, ADA).await;
    let key = browser.get("/login/verify").await.field("form_key");
    let waiting = || copy_of(&app, &browser);
    let [wrong, same] = [waiting(), waiting()];
    let [unknown, other_code] = [waiting(), waiting()];
    let code = ada.authenticator.code(&app);
    let send = async |browser: &Browser, code: &str| {
        let form = [("code", code), ("form_key", &*key)];
        browser.post("/login/verify", &form).await
    };
    send(&browser, &code).await.expect_redirect("/account");
    for (browser, code) in [
        (&wrong, &*ada.authenticator.wrong_code(&app)),
        (&unknown, "00000-00000-00000-00000"),
        (&other_code, &ada.recovery_codes[0]),
    ] {
        send(browser, code).await.expect_redirect("/login");
        assert!(!browser.is_signed_in().await, "{code}");
    }
    send(&same, &code).await.expect_redirect("/account");
    assert_eq!(own_session(&same).await, own_session(&browser).await);
}

#[tokio::test(flavor = "multi_thread")]
async fn second_click_shows_the_same_replacement() {
    let app = TestApp::start();
    let ada = enrol(&app, ADA).await;
    let browser = enter_password(&app, ADA).await;
    let key = browser.get("/login/verify").await.field("form_key");
    let [same, other] = [copy_of(&app, &browser), copy_of(&app, &browser)];
    let enter = async |browser: &Browser, code: &str| {
        let form = [("code", code), ("form_key", &*key)];
        browser.post("/login/verify", &form).await
    };
    let first = enter(&browser, &ada.recovery_codes[0]).await;
    let again = enter(&same, &ada.recovery_codes[0]).await;
    let replacement = recovery_codes_in(&browser.follow(&first.expect_status(303)).await);
    let shown = recovery_codes_in(&same.follow(&again.expect_status(303)).await);
    assert_eq!((replacement.len(), &shown), (1, &replacement));
    let refused = enter(&other, &ada.recovery_codes[1]).await;
    refused.expect_redirect("/login");
    assert!(!other.is_signed_in().await);
    let later = enter_password(&app, ADA).await;
    enter_code(&later, &replacement[0]).await.expect_status(303);
    assert!(later.is_signed_in().await);
}

#[tokio::test(flavor = "multi_thread")]
async fn second_click_confirms_with_the_same_code_only() {
    let app = TestApp::start();
    let ada = enrol(&app, ADA).await;
    let key = ada.browser.get("/account/confirm").await.field("form_key");
    let code = ada.authenticator.code(&app);
    let send = async |code: &str| {
        let form = [("code", code), ("form_key", &*key)];
        ada.browser.post("/account/confirm", &form).await
    };
    send(&code).await.expect_redirect("/account");
    let wrong = ada.authenticator.wrong_code(&app);
    send(&wrong).await.expect_status(422);
    send(&code).await.expect_redirect("/account");
    assert!(ada.browser.is_signed_in().await);
}
