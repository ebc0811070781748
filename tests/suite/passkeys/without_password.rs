//! The password is removed, and its user signs in with passkeys.

use std::time::Duration;

use narthex::factors;
use serde_json::json;

use super::confirmation::confirm;
use super::second_step::with_passkey;
use crate::support::answer::Answer;
use crate::support::app::{PASSWORD, TestApp};
use crate::support::authenticator::{enter_code, enter_password, recovery_codes_in};
use crate::support::client::Browser;
use crate::support::page::{ADA, event_types, expect_field_errors};
use crate::support::passkey::{
    CONFIRM, CONFIRM_OPTIONS, Passkey, options, sign_in, try_to_register,
};
use crate::support::sql::execute;

const REMOVE: &str = "/account/password/remove";
const NEW: &str = "another long and unusual phrase";
const LATER: Duration = Duration::from_secs(16 * 60);

/// Ada without a password, with one passkey and recovery codes, in a session that a passkey opened.
async fn without_password(app: &TestApp) -> (Browser, Passkey) {
    let mut passkey = Passkey::new(1);
    let owner = with_passkey(app, &mut passkey).await;
    owner
        .post(REMOVE, &[("also", "")])
        .await
        .expect_redirect("/account/security");
    let browser = app.browser();
    sign_in(&browser, &passkey).await.expect_status(200);
    (browser, passkey)
}

/// Asserts that the answer leads to the confirmation by a second factor.
#[track_caller]
fn expect_confirmation(answer: Answer) {
    let asked = answer.expect_status(303);
    let begin = "/account/confirm?acr=2&next=";
    assert!(asked.location().starts_with(begin), "{asked}");
}

#[tokio::test(flavor = "multi_thread")]
async fn password_stays_without_other_ways_to_sign_in() {
    for (passkeys, codes, status) in [
        (1, true, 303),
        (1, false, 422),
        (2, false, 303),
        (2, true, 303),
    ] {
        let app = TestApp::start();
        let browser = with_passkey(&app, &mut Passkey::new(1)).await;
        for number in 2..=passkeys {
            let added = try_to_register(&browser, &mut Passkey::new(number)).await;
            added.expect_status(200);
        }
        if !codes {
            execute(&app, "DELETE FROM recovery_codes");
        }
        let page = browser.get("/account/security").await.expect_status(200);
        let offered = page.text.contains("/account/password/remove");
        assert_eq!(offered, status == 303, "{passkeys} {codes}");
        let removed = browser.post(REMOVE, &[]).await.expect_status(status);
        let is_gone = event_types(&browser)
            .await
            .contains(&"password.removed".to_owned());
        assert_eq!(is_gone, status == 303, "{passkeys} {codes}");
        if status == 422 {
            removed.expect_text("you need two passkeys");
            enter_password(&app, ADA).await;
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn passkey_counts_after_it_has_verified_its_user() {
    let app = TestApp::start();
    let mut passkey = Passkey::new(1);
    passkey.is_verified = false;
    let owner = with_passkey(&app, &mut passkey).await;
    let page = owner.get("/account/security").await;
    page.expect_text("two passkeys, or one passkey and recovery codes");
    let refused = owner.post(REMOVE, &[]).await.expect_status(422);
    refused.expect_text("you need two passkeys");

    // A later use without verification does not undo it.
    for is_verified in [true, false] {
        passkey.is_verified = is_verified;
        sign_in(&app.browser(), &passkey).await.expect_status(200);
    }
    let removed = owner.post(REMOVE, &[("also", "")]).await;
    removed.expect_redirect("/account/security");
}

#[tokio::test(flavor = "multi_thread")]
async fn only_a_verifying_passkey_signs_in_without_a_password() {
    let app = TestApp::start();
    let (_, mut passkey) = without_password(&app).await;
    for password in [PASSWORD, ""] {
        let form = [("email", ADA), ("password", password)];
        let refused = app.browser().post("/login", &form).await;
        refused.expect_status(422);
        app.advance(LATER);
    }
    let body = json!({ "email": ADA, "password": PASSWORD, "device_name": "cli" });
    let refused = app.anonymous().post_json("/api/v1/sign-in", &body).await;
    refused.expect_status(401);
    app.advance(LATER);

    passkey.is_verified = false;
    let touched = app.browser();
    let refused = sign_in(&touched, &passkey).await;
    refused.expect_status(422);
    assert!(!touched.is_signed_in().await);
    touched.get("/login/verify").await.expect_redirect("/login");

    passkey.is_verified = true;
    let browser = app.browser();
    sign_in(&browser, &passkey).await.expect_status(200);
    assert!(browser.is_signed_in().await);
}

#[tokio::test(flavor = "multi_thread")]
async fn removal_ends_the_choices_and_pending_sign_ins() {
    for (also, session_stays, device_stays, personal_stays) in [
        (None, false, true, true),
        (Some(&[""][..]), true, true, true),
        (Some(&["", "device_tokens"]), true, false, true),
        (Some(&["", "personal_tokens"]), true, true, false),
        (Some(&["sessions", "personal_tokens"]), false, true, false),
    ] {
        let app = TestApp::start();
        app.add_user(ADA).await;
        let device = app.device(ADA, "Phone").await.client;
        let browser = app.sign_in(ADA).await;
        let mut passkey = Passkey::new(1);
        try_to_register(&browser, &mut passkey)
            .await
            .expect_status(200);
        let personal = app.client(&browser, &["account:read"]).await;
        let other = app.browser();
        sign_in(&other, &passkey).await.expect_status(200);
        let pending = enter_password(&app, ADA).await;
        let before = browser.cookie("narthex").expect("a cookie").value;

        let choices = also.unwrap_or_default();
        let form: Vec<_> = choices.iter().map(|choice| ("also", *choice)).collect();
        let removed = browser.post(REMOVE, &form).await;
        let page = browser
            .follow(&removed.expect_redirect("/account/security"))
            .await;
        let page = page.expect_text("Password removed");
        assert_eq!(other.is_signed_in().await, session_stays, "{also:?}");
        assert_eq!(device.is_authenticated().await, device_stays, "{also:?}");
        assert_eq!(
            personal.is_authenticated().await,
            personal_stays,
            "{also:?}"
        );
        pending.get("/login/verify").await.expect_redirect("/login");
        let copy = app.browser();
        copy.put_cookie("narthex", &before);
        assert!(!copy.is_signed_in().await, "{also:?}");
        let has_receipt = !(session_stays && device_stays && personal_stays);
        let link = page.text.split_once("/account/receipts/");
        let id = link.and_then(|(_, rest)| rest.split('"').next());
        assert_eq!(id.is_some(), has_receipt, "{also:?}: {page}");
        if let Some(id) = id {
            let receipt = browser.get(&format!("/api/v1/receipts/{id}")).await;
            assert_eq!(receipt.json()["reason"], "password_removed");
        }
        // A second click finds nothing left to remove.
        let again = browser.post(REMOVE, &[]).await;
        again.expect_redirect("/account/security");
        let removals = event_types(&browser).await;
        let removals = removals.iter().filter(|kind| *kind == "password.removed");
        assert_eq!(removals.count(), 1);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn removal_needs_a_recent_second_factor() {
    let app = TestApp::start();
    let mut passkey = Passkey::new(1);
    let browser = with_passkey(&app, &mut passkey).await;
    app.advance(LATER);
    let form = [("also", ""), ("also", "personal_tokens")];
    let asked = browser.post(REMOVE, &form).await;
    let confirmation = browser.follow(&asked).await;
    expect_confirmation(asked);
    let password = [("password", PASSWORD)];
    let confirmed = browser.post("/account/confirm", &password).await;
    confirmed.expect_redirect("/account");
    browser.post(REMOVE, &form).await.expect_status(303);
    assert!(
        !event_types(&browser)
            .await
            .contains(&"password.removed".to_owned())
    );
    // The form is given back as it was.
    let open = options(&browser, CONFIRM_OPTIONS).await;
    let next = confirmation.field("next");
    let body = json!({ "credential": passkey.get(&open), "next": next });
    let confirmed = browser.post_json(CONFIRM, &body).await.expect_status(200);
    assert_eq!(confirmed.json()["location"], json!(next));
    let page = browser.get(&next).await.expect_status(200);
    let (_, of_password) = page.text.split_once(REMOVE).expect("the form");
    let (of_password, _) = of_password.split_once("</form>").expect("its end");
    for (choice, is_ticked) in [("sessions", false), ("personal_tokens", true)] {
        let box_of = format!("value=\"{choice}\"");
        let (_, rest) = of_password.split_once(&box_of).expect("a checkbox");
        assert_eq!(rest.starts_with(" checked"), is_ticked, "{choice}");
    }
    let removed = browser.post(REMOVE, &form).await;
    removed.expect_redirect("/account/security");
}

#[tokio::test(flavor = "multi_thread")]
async fn password_stays_where_no_passkey_is_accepted() {
    let app = TestApp::start();
    with_passkey(&app, &mut Passkey::new(1)).await;
    let with_address = [("NARTHEX_PUBLIC_URL", "http://127.0.0.1")];
    let other = app.start_second(&with_address);
    let user = app.user_id(ADA).await;
    for (server, is_possible) in [(&app, true), (&other, false)] {
        let summary = factors::summary(&server.state, user).await;
        let summary = summary.expect("factors");
        let settings = server.state.settings();
        assert_eq!(summary.can_remove_password(settings), is_possible);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn no_password_confirms_where_none_exists() {
    let app = TestApp::start();
    let (browser, mut passkey) = without_password(&app).await;
    app.advance(LATER);
    for password in [PASSWORD, ""] {
        let form = [("password", password)];
        let refused = browser.post("/account/confirm", &form).await;
        expect_field_errors(refused, &["code"]);
        let body = json!({ "password": password });
        let refused = browser.post_json("/api/v1/confirm", &body).await;
        refused.expect_status(422);
    }
    let open = options(&browser, CONFIRM_OPTIONS).await;
    assert_eq!(open["userVerification"], "required");
    passkey.is_verified = false;
    confirm(&browser, &passkey).await.expect_status(422);
    browser.get("/account/tokens/new").await.expect_status(303);
    passkey.is_verified = true;
    confirm(&browser, &passkey).await.expect_status(200);
    browser.get("/account/tokens/new").await.expect_status(200);
}

#[tokio::test(flavor = "multi_thread")]
async fn user_without_passkey_or_password_is_told_to_set_a_password() {
    let app = TestApp::start();
    let (with_mail, _server) = TestApp::start_with_mail();
    for (app, page) in [
        (&app, "/account/security"),
        (&with_mail, "/password/forgot"),
    ] {
        app.add_user(ADA).await;
        let browser = app.sign_in(ADA).await;
        let mut passkey = Passkey::new(1);
        try_to_register(&browser, &mut passkey)
            .await
            .expect_status(200);
        browser.post(REMOVE, &[]).await.expect_status(303);
        let user = app.user_id(ADA).await;
        let summary = factors::summary(&app.state, user).await.expect("factors");
        let asked = factors::OperatorRemoval {
            factor: summary.passkeys[0].id,
            reason: "Lost phone".to_owned(),
            revocation: factors::RevocationChoice::default(),
        };
        let now = factors::RemovalTime::Now;
        let removed = factors::remove_as_operator(&app.state, user, asked, now);
        removed.await.expect("a removal");
        app.advance(LATER);
        for confirm in ["/account/confirm", "/account/confirm?acr=2"] {
            browser.get(confirm).await.expect_redirect(page);
            let message = browser.get(page).await.expect_status(200);
            message.expect_text("neither a password nor a passkey");
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn pages_ask_for_no_password_that_does_not_exist() {
    let app = TestApp::start();
    let (browser, _) = without_password(&app).await;
    for path in ["/account/profile", "/account/confirm"] {
        let page = browser.get(path).await.expect_status(200);
        for field in ["current_password", "delete_password"] {
            assert!(page.fields_named(field).is_empty(), "{path}: {page}");
        }
        if path == "/account/confirm" {
            assert!(page.fields_named("password").is_empty(), "{page}");
            assert!(!page.fields_named("code").is_empty(), "{page}");
        }
    }
    let page = browser.get("/account/security").await.expect_status(200);
    let page = page.expect_text("You have no password.");
    assert!(!page.text.contains(REMOVE), "{page}");
    for path in ["/account", "/account/secure"] {
        let page = browser.get(path).await.expect_status(200);
        assert!(!page.text.contains("Change password"), "{page}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn second_factor_replaces_the_password_of_a_deletion() {
    let app = TestApp::start();
    let (browser, passkey) = without_password(&app).await;
    app.advance(LATER);
    let form = [("email", "ADA@example.com")];
    expect_confirmation(browser.post("/account/delete", &form).await);
    confirm(&browser, &passkey).await.expect_status(200);
    // A wrong click is not enough.
    for wrong in ["", "grace@example.com", PASSWORD] {
        let refused = browser.post("/account/delete", &[("email", wrong)]).await;
        expect_field_errors(refused, &["delete_email"]);
    }
    assert!(browser.is_signed_in().await);
    let deleted = browser.post("/account/delete", &form).await;
    deleted.expect_redirect("/login");
    sign_in(&app.browser(), &passkey).await.expect_status(422);
}

#[tokio::test(flavor = "multi_thread")]
async fn second_factor_replaces_the_current_password() {
    let app = TestApp::start();
    let (browser, passkey) = without_password(&app).await;
    app.advance(LATER);
    for password in [NEW, "short"] {
        let form = [("password", password)];
        expect_confirmation(browser.post("/account/password", &form).await);
    }
    confirm(&browser, &passkey).await.expect_status(200);
    let refused = browser
        .post("/account/password", &[("password", "short")])
        .await;
    expect_field_errors(refused, &["password"]);
    let page = browser.get("/account/profile").await;
    let key = page.field("form_key");
    let form = [("password", NEW), ("form_key", &*key)];
    let before = browser.cookie("narthex").expect("a cookie").value;
    let set = browser.post("/account/password", &form).await;
    set.expect_redirect("/account/profile");
    let copy = app.browser();
    copy.put_cookie("narthex", &before);
    assert!(!copy.is_signed_in().await);
    // A second click sends the same form, and changes nothing more.
    let again = browser.post("/account/password", &form).await;
    again.expect_redirect("/account/profile");

    let login = app.browser();
    let form = [("email", ADA), ("password", NEW)];
    login
        .post("/login", &form)
        .await
        .expect_redirect("/login/verify");
    // From now on the current password is asked for.
    let form = [("password", PASSWORD)];
    let refused = browser.post("/account/password", &form).await;
    expect_field_errors(refused, &["current_password"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn recovery_code_and_a_link_replace_lost_passkeys() {
    let (app, server) = TestApp::start_with_mail();
    app.add_user(ADA).await;
    let browser = app.sign_in(ADA).await;
    let mut passkey = Passkey::new(1);
    let added = try_to_register(&browser, &mut passkey).await;
    let shown = added.expect_status(200).json()["location"].clone();
    let shown = browser.get(shown.as_str().expect("a page")).await;
    let codes = recovery_codes_in(&shown.expect_status(200));
    let other = app.browser();
    sign_in(&other, &passkey).await.expect_status(200);
    app.advance(Duration::from_secs(60));
    browser.post(REMOVE, &[]).await.expect_status(303);
    app.advance(Duration::from_secs(60));
    let mail = server.wait_for_mail(|mail| mail.text().contains("was removed"));
    assert_eq!(mail.subject(), "Narthex: your password was removed");
    let text = mail.text();
    assert!(
        text.contains("From now on, you sign in with a passkey."),
        "{text}"
    );

    let lost = app.browser();
    lost.post("/password/forgot", &[("email", ADA)]).await;
    let mail = server.wait_for_mail(|mail| mail.text().contains("/password/reset"));
    lost.get(&mail.link()).await.expect_status(303);
    let form = [("password", NEW)];
    let refused = lost.post("/password/reset", &form).await;
    expect_field_errors(refused, &["code"]);
    let form = [("password", NEW), ("code", &*codes[0])];
    let set = lost.post("/password/reset", &form).await;
    set.expect_redirect("/login");
    let form = [("email", ADA), ("password", NEW)];
    let entered = lost.post("/login", &form).await;
    entered.expect_redirect("/login/verify");
    enter_code(&lost, &codes[1]).await.expect_status(303);
    assert!(lost.is_signed_in().await);
}
