//! A passkey confirms that it is the user, before a sensitive change.

use std::time::Duration;

use serde_json::{Value, json};

use super::attacks::WRONG;
use super::second_step::with_passkey;
use crate::support::answer::Answer;
use crate::support::app::TestApp;
use crate::support::authenticator::enter_password;
use crate::support::client::Browser;
use crate::support::page::{ADA, GRACE, event_types};
use crate::support::passkey::{
    CONFIRM, CONFIRM_OPTIONS, LOGIN_OPTIONS, OPTIONS, Passkey, options, second_step,
    try_to_register,
};
use crate::support::sql::{execute, query_lines};

const STRICT: &str = "/auth/verify?acr=2&max_age=15m";
const LATER: Duration = Duration::from_secs(16 * 60);

/// Answers a challenge of the confirmation.
pub async fn confirm(browser: &Browser, passkey: &Passkey) -> Answer {
    let open = options(browser, CONFIRM_OPTIONS).await;
    answer(browser, passkey, &open).await
}

async fn answer(browser: &Browser, passkey: &Passkey, open: &Value) -> Answer {
    let body = json!({ "credential": passkey.get(open) });
    browser.post_json(CONFIRM, &body).await
}

#[tokio::test(flavor = "multi_thread")]
async fn passkey_confirms_two_factors_for_15_minutes() {
    for (is_verified, amr) in [
        (true, json!(["pwd", "hwk", "user", "mfa"])),
        (false, json!(["pwd", "hwk", "mfa"])),
    ] {
        let app = TestApp::start();
        let mut passkey = Passkey::new(1);
        passkey.is_verified = is_verified;
        let browser = with_passkey(&app, &mut passkey).await;
        app.advance(LATER);
        browser.get(STRICT).await.expect_status(401);
        let before = browser.cookie("narthex").expect("a cookie").value;

        let confirmed = confirm(&browser, &passkey).await.expect_status(200);
        assert_eq!(confirmed.json()["location"], json!("/account"));
        browser.get(STRICT).await.expect_status(200);
        browser.get("/account/tokens/new").await.expect_status(200);
        let session = browser.get("/api/v1/sessions/current").await.json();
        assert_eq!((&session["acr"], &session["amr"]), (&json!("2"), &amr));
        let confirmed = "passkey.confirmed".to_owned();
        assert!(event_types(&browser).await.contains(&confirmed));
        let left = "SELECT CAST(count(*) AS text) AS line FROM recovery_codes";
        assert_eq!(query_lines(&app, left, left), ["10"]);

        // A copied cookie does not gain the new rights.
        let copy = app.browser();
        copy.put_cookie("narthex", &before);
        assert!(!copy.is_signed_in().await);

        app.advance(LATER);
        browser.get(STRICT).await.expect_status(401);
        browser.get("/account/tokens/new").await.expect_status(303);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn form_is_given_back_after_a_confirmation_by_passkey() {
    let app = TestApp::start();
    let mut passkey = Passkey::new(1);
    let browser = with_passkey(&app, &mut passkey).await;
    app.advance(LATER);
    let form = [("name", "Deploy key"), ("abilities", "tokens:read")];
    let refused = browser.post("/account/tokens", &form).await;
    let page = browser.follow(&refused.expect_status(303)).await;
    let page = page.expect_text("data-passkey=\"get\"");
    let next = page.field("next");
    assert!(next.contains("draft="), "{next}");

    let open = options(&browser, CONFIRM_OPTIONS).await;
    let body = json!({ "credential": passkey.get(&open), "next": next });
    let confirmed = browser.post_json(CONFIRM, &body).await.expect_status(200);
    let location = confirmed.json()["location"].clone();
    assert_eq!(location, json!(next));
    let form = browser.get(location.as_str().expect("a page")).await;
    assert_eq!(form.expect_status(200).field("name"), "Deploy key");

    // Another site is no page to go on at.
    let open = options(&browser, CONFIRM_OPTIONS).await;
    let body = json!({ "credential": passkey.get(&open), "next": "https://evil.example" });
    let confirmed = browser.post_json(CONFIRM, &body).await.expect_status(200);
    assert_eq!(confirmed.json()["location"], json!("/account"));
}

#[tokio::test(flavor = "multi_thread")]
async fn page_offers_a_passkey_to_its_owners_only() {
    let app = TestApp::start();
    let mut passkey = Passkey::new(1);
    let ada = with_passkey(&app, &mut passkey).await;
    let grace = app.register(GRACE).await;
    for page in ["/account/confirm", "/account/confirm?acr=2"] {
        let page = ada.get(page).await.expect_status(200);
        let passkey = page.text.find("data-passkey").expect("a button");
        let code = page.text.find("name=\"code\"").expect("a field");
        assert!(passkey < code, "{page}");
    }
    let page = grace.get("/account/confirm").await.expect_status(200);
    assert!(!page.text.contains("data-passkey"), "{page}");
}

#[tokio::test(flavor = "multi_thread")]
async fn challenge_confirms_once_in_its_session_and_time() {
    let app = TestApp::start();
    let mut passkey = Passkey::new(1);
    let browser = with_passkey(&app, &mut passkey).await;
    let waiting = enter_password(&app, ADA).await;
    let other = app.browser();
    let cookie = browser.cookie("narthex").expect("a cookie").value;
    other.put_cookie("narthex", &cookie);

    let open = options(&browser, CONFIRM_OPTIONS).await;
    let of_registration = options(&browser, OPTIONS).await;
    let of_sign_in = options(&waiting, LOGIN_OPTIONS).await;
    for wrong in [of_registration, of_sign_in, json!({"challenge": "AAAA"})] {
        let refused = answer(&browser, &passkey, &wrong).await;
        refused.expect_status(422);
        app.advance(Duration::from_secs(60));
    }
    answer(&browser, &passkey, &open).await.expect_status(200);
    let again = answer(&browser, &passkey, &open).await;
    again.expect_status(422);

    for (seconds, status) in [(299, 200), (300, 422)] {
        let open = options(&browser, CONFIRM_OPTIONS).await;
        app.advance(Duration::from_secs(seconds));
        let late = answer(&browser, &passkey, &open).await;
        late.expect_status(status);
    }

    let elsewhere = enter_password(&app, ADA).await;
    let second = second_step(&elsewhere, &passkey).await;
    second.expect_status(200);
    let open = options(&elsewhere, CONFIRM_OPTIONS).await;
    let refused = answer(&browser, &passkey, &open).await;
    refused.expect_status(422);
}

#[tokio::test(flavor = "multi_thread")]
async fn altered_answer_confirms_nothing() {
    let app = TestApp::start();
    let mut right = Passkey::new(1);
    let browser = with_passkey(&app, &mut right).await;
    let grace = app.register(GRACE).await;
    let mut foreign = Passkey::new(2);
    let added = try_to_register(&grace, &mut foreign).await;
    added.expect_status(200);
    app.advance(LATER);
    let altered = WRONG.into_iter().map(|(what, change)| {
        let mut wrong = right.clone();
        change(&mut wrong);
        (what, wrong)
    });
    for (what, wrong) in altered.chain([("passkey of another user", foreign.clone())]) {
        let refused = confirm(&browser, &wrong).await;
        assert_eq!(refused.status, 422, "{what}: {refused}");
        browser.get(STRICT).await.expect_status(401);
        app.advance(Duration::from_secs(3600));
    }
    let refused = "passkey.refused".to_owned();
    confirm(&browser, &right).await.expect_status(200);
    assert!(event_types(&browser).await.contains(&refused));
}

#[tokio::test(flavor = "multi_thread")]
async fn wrong_answers_are_limited_in_their_session() {
    let app = TestApp::start();
    let mut passkey = Passkey::new(1);
    let browser = with_passkey(&app, &mut passkey).await;
    let mut wrong = passkey.clone();
    wrong.origin = "https://evil.example".to_owned();
    let mut statuses = Vec::new();
    while statuses.last() != Some(&429) && statuses.len() < 20 {
        statuses.push(confirm(&browser, &wrong).await.status);
    }
    assert_eq!(statuses.last(), Some(&429), "{statuses:?}");
    assert!(statuses.len() > 3, "{statuses:?}");
    confirm(&browser, &passkey).await.expect_status(429);
    // The account can still be entered.
    let elsewhere = enter_password(&app, ADA).await;
    let entered = second_step(&elsewhere, &passkey).await;
    entered.expect_status(200);
}

/// Otherwise a key that anybody can touch would be the only proof of the session.
#[tokio::test(flavor = "multi_thread")]
async fn unverified_passkey_confirms_only_with_a_password() {
    let app = TestApp::start();
    let mut passkey = Passkey::new(1);
    let browser = with_passkey(&app, &mut passkey).await;
    app.advance(LATER);
    execute(&app, "UPDATE credentials SET amr = 'hwk user mfa'");
    for (is_verified, status) in [(false, 422), (true, 200)] {
        passkey.is_verified = is_verified;
        let confirmed = confirm(&browser, &passkey).await;
        confirmed.expect_status(status);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn page_names_the_app_that_asks_to_confirm() {
    let app = TestApp::start_at_root(&[
        ("NARTHEX_TRUSTED_ORIGINS", "https://app.example.com"),
        ("NARTHEX_APP_NAME", "Acme"),
    ]);
    let browser = app.register(ADA).await;
    let asks = "asks you to confirm that it is you";
    for (next, name) in [
        ("/billing?page=2", Some("Acme")),
        ("/accounting", Some("Acme")),
        ("https://app.example.com/billing", Some("app.example.com")),
        ("/account/tokens/new", None),
        ("/account?draft=x", None),
    ] {
        let query: String = url::form_urlencoded::byte_serialize(next.as_bytes()).collect();
        let page = browser.get(&format!("/account/confirm?next={query}")).await;
        match name {
            Some(name) => {
                let page = page.expect_text(&format!("{name} {asks}"));
                page.expect_no_text("You will not be asked again");
            }
            None => {
                let page = page.expect_text("You will not be asked again");
                page.expect_no_text(asks);
            }
        }
    }
}
