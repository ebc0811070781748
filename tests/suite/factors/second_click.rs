//! A form with a code that is sent twice, for example by a double click.

use std::time::Duration;

use futures_util::future::join;
use narthex::{
    crypto::digest::Digest,
    factors::{self, Code, RecoveryCode, RevocationChoice},
    sessions::SessionSecret,
};

use crate::forms::second_click::caller;
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

fn texts(codes: &[RecoveryCode]) -> Vec<String> {
    let codes = codes.iter().map(RecoveryCode::grouped);
    codes.map(|code| code.expose().to_owned()).collect()
}

/// The digest of a new secret of a session.
fn renewed(app: &TestApp) -> Digest {
    let secret = SessionSecret::generate(app.state.random());
    secret.expect("a secret").digest()
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
    let code = Authenticator::scan(&page).code(&app);
    // Both requests are authenticated before either turns the app on.
    let caller = caller(&app, &browser).await;
    let click = async || {
        let confirmed = caller.require_recent_authentication(app.state.now());
        let (code, key) = (Code::parse(&code).expect("a code"), Some([1; 16]));
        let revocation = RevocationChoice::default();
        let turned_on = factors::turn_on(
            &app.state,
            confirmed.expect("recent"),
            code,
            revocation,
            key,
            renewed(&app),
        );
        texts(&turned_on.await.expect("codes").codes)
    };
    let (codes, same) = join(click(), click()).await;
    assert_eq!((codes.len(), &codes), (10, &same));
    let entering = enter_password(&app, ADA).await;
    enter_code(&entering, &codes[9]).await.expect_status(303);
    assert!(entering.is_signed_in().await);
    assert_eq!(count_of(&entering, "factor.added").await, 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn two_clicks_on_new_codes_show_the_same_codes() {
    let app = TestApp::start();
    let ada = enrol(&app, ADA).await;
    // Both requests are authenticated before either makes the codes.
    let caller = caller(&app, &ada.browser).await;
    let click = async || {
        let (revocation, key) = (RevocationChoice::default(), Some([1; 16]));
        let made =
            factors::replace_recovery_codes(&app.state, &caller, revocation, key, renewed(&app));
        made.await.map(|made| texts(&made.codes))
    };
    let (codes, same) = join(click(), click()).await;
    let codes = codes.expect("codes");
    assert_eq!(codes, same.expect("the same codes"));
    let entering = enter_password(&app, ADA).await;
    enter_code(&entering, &codes[0]).await.expect_status(303);
    assert_eq!(count_of(&entering, "recovery_codes.created").await, 1);
    // A used code was replaced, so these are not the codes of the form any more.
    app.advance(Duration::from_secs(60));
    assert!(click().await.is_err());
}

#[tokio::test(flavor = "multi_thread")]
async fn form_that_is_sent_again_makes_other_codes() {
    let app = TestApp::start();
    let ada = enrol(&app, ADA).await;
    let page = ada.browser.get("/account/security").await;
    let key = page.field("form_key");
    let form = [("form_key", &*key)];
    let path = "/account/security/recovery-codes";
    let mut made = Vec::new();
    for _ in 0..2 {
        let answer = ada.browser.post(path, &form).await.expect_status(303);
        made.push(recovery_codes_in(&ada.browser.follow(&answer).await));
    }
    assert!(
        made[1].iter().all(|code| !made[0].contains(code)),
        "{made:?}"
    );
    let entering = enter_password(&app, ADA).await;
    enter_code(&entering, &made[0][0]).await.expect_status(422);
    enter_code(&entering, &made[1][0]).await.expect_status(303);
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
