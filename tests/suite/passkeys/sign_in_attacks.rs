//! Attacks on the sign-in with a passkey.

use std::time::Duration;

use narthex::accounts;
use serde_json::json;

use super::attacks::WRONG;
use super::second_step::with_passkey;
use crate::support::app::{PASSWORD, TestApp};
use crate::support::authenticator::{Authenticator, enter_password, recovery_codes_in};
use crate::support::client::Browser;
use crate::support::page::{ADA, GRACE};
use crate::support::passkey::{
    LOGIN, LOGIN_OPTIONS, OPTIONS, PASSKEYS, Passkey, answer, begin, options, sign_in,
    try_to_register,
};

const EXEMPT: [(&str, &str); 1] = [("NARTHEX_THROTTLE_EXEMPT", "127.0.0.1")];

/// Expects that the browser can neither continue nor read anything.
async fn expect_signed_out(browser: &Browser) {
    assert!(!browser.is_signed_in().await);
    let page = browser.get("/login/verify").await;
    page.expect_redirect("/login");
}

#[tokio::test(flavor = "multi_thread")]
async fn altered_answer_begins_no_sign_in() {
    let app = TestApp::start_with(&EXEMPT);
    let mut right = Passkey::new(1);
    with_passkey(&app, &mut right).await;
    let grace = app.register(GRACE).await;
    let mut of_grace = Passkey::new(2);
    let added = try_to_register(&grace, &mut of_grace).await;
    added.expect_status(200);
    let other_handle = of_grace.handle.clone();
    let mut wrong: Vec<(&str, Passkey)> = WRONG
        .iter()
        .map(|(what, change)| {
            let mut altered = right.clone();
            change(&mut altered);
            (*what, altered)
        })
        .collect();
    for (what, handle) in [("no handle", None), ("handle of Grace", other_handle)] {
        let mut altered = right.clone();
        altered.handle = handle;
        wrong.push((what, altered));
    }
    // The key of Grace with the ID and the handle of Ada's passkey.
    of_grace.id.clone_from(&right.id);
    of_grace.handle.clone_from(&right.handle);
    wrong.push(("another key", of_grace));
    for (what, altered) in wrong {
        let browser = app.browser();
        let refused = sign_in(&browser, &altered).await;
        assert_eq!(refused.status, 422, "{what}: {refused}");
        let kind = refused.problem().kind;
        assert!(kind.ends_with("/invalid"), "{what}: {kind}");
        expect_signed_out(&browser).await;
        app.advance(Duration::from_secs(3600));
    }
    sign_in(&app.browser(), &right).await.expect_status(200);
}

#[tokio::test(flavor = "multi_thread")]
async fn challenge_of_another_browser_is_refused() {
    let app = TestApp::start();
    let mut passkey = Passkey::new(1);
    with_passkey(&app, &mut passkey).await;
    let (victim, thief) = (app.browser(), app.browser());
    let open = begin(&victim).await;
    // Without a cookie, and with one of its own.
    answer(&thief, &passkey, &open).await.expect_status(422);
    begin(&thief).await;
    answer(&thief, &passkey, &open).await.expect_status(422);
    expect_signed_out(&thief).await;
    // The attempts have not used it up.
    answer(&victim, &passkey, &open).await.expect_status(200);
}

#[tokio::test(flavor = "multi_thread")]
async fn answer_opens_one_session() {
    let app = TestApp::start();
    let mut passkey = Passkey::new(1);
    with_passkey(&app, &mut passkey).await;
    let browser = app.browser();
    let open = begin(&browser).await;
    let cookie = browser.cookie("narthex").expect("a cookie").value;
    for status in [200, 422] {
        let copy = app.browser();
        copy.put_cookie("narthex", &cookie);
        answer(&copy, &passkey, &open).await.expect_status(status);
        assert_eq!(copy.is_signed_in().await, status == 200);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn challenge_is_accepted_for_its_purpose_alone() {
    let app = TestApp::start_with(&EXEMPT);
    let mut passkey = Passkey::new(1);
    let owner = with_passkey(&app, &mut passkey).await;
    let browser = enter_password(&app, ADA).await;
    let of_step = options(&browser, LOGIN_OPTIONS).await;
    let of_registration = options(&owner, OPTIONS).await;
    let of_sign_in = begin(&browser).await;
    for open in [&of_step, &of_registration] {
        answer(&browser, &passkey, open).await.expect_status(422);
    }
    let body = json!({ "credential": passkey.get(&of_sign_in) });
    browser.post_json(LOGIN, &body).await.expect_status(422);
    let of_owner = begin(&owner).await;
    let body = json!({ "credential": Passkey::new(2).create(&of_owner) });
    owner.post_json(PASSKEYS, &body).await.expect_status(422);
    // An answer to a registration is none to a sign-in.
    let created = Passkey::new(3).create(&of_sign_in);
    let body = json!({ "credential": created, "begin": true });
    browser.post_json(LOGIN, &body).await.expect_status(422);
    assert!(!browser.is_signed_in().await);
    answer(&browser, &passkey, &of_sign_in)
        .await
        .expect_status(200);
}

#[tokio::test(flavor = "multi_thread")]
async fn refused_answer_uses_its_challenge_up() {
    let app = TestApp::start_with(&EXEMPT);
    let mut passkey = Passkey::new(1);
    let owner = with_passkey(&app, &mut passkey).await;
    let mut framed = passkey.clone();
    framed.cross_origin = true;

    let browser = app.browser();
    let open = begin(&browser).await;
    answer(&browser, &framed, &open).await.expect_status(422);
    answer(&browser, &passkey, &open).await.expect_status(422);

    let browser = enter_password(&app, ADA).await;
    let open = options(&browser, LOGIN_OPTIONS).await;
    for one in [&framed, &passkey] {
        let body = json!({ "credential": one.get(&open) });
        browser.post_json(LOGIN, &body).await.expect_status(422);
    }

    let open = options(&owner, OPTIONS).await;
    for is_framed in [true, false] {
        let mut new = Passkey::new(2);
        new.cross_origin = is_framed;
        let body = json!({ "credential": new.create(&open) });
        owner.post_json(PASSKEYS, &body).await.expect_status(422);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn late_answer_begins_no_sign_in() {
    let app = TestApp::start();
    let mut passkey = Passkey::new(1);
    with_passkey(&app, &mut passkey).await;
    for (seconds, status) in [(299, 200), (300, 422)] {
        let browser = app.browser();
        let open = begin(&browser).await;
        app.advance(Duration::from_secs(seconds));
        let answered = answer(&browser, &passkey, &open).await;
        answered.expect_status(status);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn disabled_account_begins_no_sign_in() {
    for is_verified in [true, false] {
        let app = TestApp::start();
        let mut passkey = Passkey::new(1);
        with_passkey(&app, &mut passkey).await;
        passkey.is_verified = is_verified;
        let user = app.user_id(ADA).await;
        assert!(accounts::disable(&app.state, user).await.is_ok());
        let browser = app.browser();
        let refused = sign_in(&browser, &passkey).await;
        refused.expect_problem(422, "invalid");
        expect_signed_out(&browser).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn passkey_without_verification_takes_the_password_only() {
    let app = TestApp::start_with(&EXEMPT);
    let mut passkey = Passkey::new(1);
    passkey.is_verified = false;
    let owner = with_passkey(&app, &mut passkey).await;
    let shown = owner.get("/account/security/recovery-codes").await;
    let codes = recovery_codes_in(&shown.expect_status(200));
    let page = owner.get("/account/security/totp").await;
    let authenticator = Authenticator::scan(&page.expect_status(200));
    let form = [("code", &*authenticator.code(&app))];
    let turned_on = owner.post("/account/security/totp", &form).await;
    turned_on.expect_redirect("/account/security");
    app.advance(Duration::from_secs(60));
    let browser = app.browser();
    sign_in(&browser, &passkey).await.expect_status(200);
    // A code, and a passkey again, would prove possession a second time.
    for form in [
        [("code", &*authenticator.code(&app))],
        [("code", &*codes[0])],
    ] {
        let refused = browser.post("/login/verify", &form).await;
        refused.expect_status(422).expect_text("password-fault");
    }
    let over = options(&browser, LOGIN_OPTIONS).await;
    assert_eq!(over["location"], "/login");
    assert!(!browser.is_signed_in().await);
}

#[tokio::test(flavor = "multi_thread")]
async fn second_step_after_the_password_takes_no_password() {
    let app = TestApp::start();
    with_passkey(&app, &mut Passkey::new(1)).await;
    let browser = enter_password(&app, ADA).await;
    let form = [("password", PASSWORD)];
    let refused = browser.post("/login/verify", &form).await;
    refused.expect_status(422).expect_text("code-fault");
    assert!(!browser.is_signed_in().await);
}
