//! Drafts: if a sign-in or a confirmation interrupts a form, every field except secrets is
//! restored.

use std::time::Duration;

use narthex::http::{auth::Access, routes};
use reqwest::Method;

use crate::support::answer::Answer;
use crate::support::app::{PASSWORD, TestApp};
use crate::support::authenticator::enrol;
use crate::support::client::Browser;
use crate::support::form::{Control, Form, form_in};
use crate::support::user_agents::FIREFOX_ON_LINUX;

const ADA: &str = "ada@example.com";
const GRACE: &str = "grace@example.com";
const SECRET: &str = "a secret that stays here";
const NOT_SUBMITTED: &str = "has not been submitted yet";
const IDLE: Duration = Duration::from_secs(2 * 3600);
const CONFIRM_FOR: Duration = Duration::from_secs(15 * 60);
/// Forms without fields for the user, and without a page of their own to return to.
const WITHOUT_CONTENT: [&str; 4] = [
    "/logout",
    "/account/confirm",
    "/account/sessions/{id}/recognise",
    "/email/cancel",
];

/// The calls and the forms of a user with a passkey. `passkeys` has their tests.
pub const OF_A_PASSKEY: [&str; 7] = [
    "/account/confirm/passkey/options",
    "/account/confirm/passkey",
    "/account/password/remove",
    "/account/security/passkeys/options",
    "/account/security/passkeys",
    "/account/security/passkeys/{id}",
    "/account/security/passkeys/{id}/remove",
];

/// The forms about a trusted browser and a planned removal. `trusted_browsers::pages` and
/// `factors::planned_removal` have their tests.
const OF_A_ROW: [&str; 2] = [
    "/account/security/trusted-browsers/{id}/remove",
    "/account/security/removals/{id}/cancel",
];

/// The forms of a user with an authenticator app. They ask for a code.
pub const OF_AN_APP: [&str; 2] = [
    "/account/security/totp/remove",
    "/account/security/recovery-codes",
];

/// The browser, the token and the session that the forms of one account use.
struct Account {
    browser: Browser,
    token: String,
    session: String,
}

impl Account {
    async fn of(app: &TestApp, email: &str) -> Self {
        app.add_user(email).await;
        let browser = app.sign_in(email).await;
        app.token_of(&browser, "CI", &["orders:read"]).await;
        // Another session, which is remembered and so outlives the shorter idle limit.
        let other = app.browser().with_user_agent(FIREFOX_ON_LINUX);
        let form = [("email", email), ("password", PASSWORD), ("remember", "on")];
        other.post("/login", &form).await.expect_status(303);
        let session = other.get("/api/v1/sessions/current").await.json();
        let tokens = browser.get("/api/v1/tokens").await.json();
        Self {
            browser,
            token: tokens["data"][0]["id"].as_str().unwrap().to_owned(),
            session: session["id"].as_str().unwrap().to_owned(),
        }
    }

    /// Returns the path to which the form of a route is sent, and the page that shows the form.
    fn form_of(&self, pattern: &str) -> (String, String) {
        let id = if pattern.contains("/sessions/") {
            &self.session
        } else {
            &self.token
        };
        let token = format!("/account/tokens/{}", self.token);
        let session = format!("/account/sessions/{}", self.session);
        let page = match pattern {
            "/account/password" | "/account/delete" | "/account/profile" => "/account/profile",
            "/account/tokens" => "/account/tokens/new",
            "/account/security/totp" => "/account/security/totp",
            "/account/sessions/{id}/revoke" => &session,
            "/account/sign-out" => {
                "/account/sign-out?class=token&kind=personal&from=127.0.0.0%2F8&ability=orders%3Aread"
            }
            _ if pattern.starts_with("/account/tokens/{id}") => &token,
            _ => panic!("the test knows no page for the form of {pattern}"),
        };
        (pattern.replace("{id}", id), page.to_owned())
    }
}

/// Returns every route that accepts a form of a signed-in page.
fn forms_of_signed_in_pages() -> Vec<&'static str> {
    let routes = routes::table().into_iter();
    let forms =
        routes.filter(|route| route.access == Access::SessionPage && route.method == "POST");
    let paths = forms.map(|route| route.path);
    paths
        .filter(|path| {
            !WITHOUT_CONTENT.contains(path)
                && !OF_AN_APP.contains(path)
                && !OF_A_PASSKEY.contains(path)
                && !OF_A_ROW.contains(path)
        })
        .collect()
}

/// Returns the controls of the form after a change of each field.
fn filled_in(form: &Form) -> Vec<Control> {
    let mut controls = form.controls.clone();
    let mut radios: Vec<String> = Vec::new();
    for control in &mut controls {
        match control.kind.as_str() {
            "password" => SECRET.clone_into(&mut control.value),
            "date" => {}
            "email" => "new@example.com".clone_into(&mut control.value),
            "text" => "Entered & “kept” <b>".clone_into(&mut control.value),
            "checkbox" => control.checked = !control.checked,
            // The first option of a group that is not selected.
            "radio" if !control.checked && !radios.contains(&control.name) => {
                control.checked = true;
                radios.push(control.name.clone());
            }
            "radio" => control.checked = false,
            "select" if control.name == "language" => "en".clone_into(&mut control.value),
            _ => {}
        }
    }
    controls
}

fn sent(controls: &[Control]) -> Vec<(&str, &str)> {
    let sent = controls.iter().filter(|control| control.is_sent());
    sent.map(|control| (&*control.name, &*control.value))
        .collect()
}

/// Returns the fields that a user sees in a form: all except secrets and hidden fields.
fn content(controls: &[Control]) -> Vec<(String, String)> {
    let own = [
        "user",
        "form_key",
        "digest",
        "username",
        "confirmed",
        "code",
        "next",
    ];
    let shown = controls.iter().filter(|control| {
        control.kind != "password" && control.is_sent() && !own.contains(&&*control.name)
    });
    shown
        .map(|control| (control.name.clone(), control.value.clone()))
        .collect()
}

#[track_caller]
fn expect_restored(page: &Answer, action: &str, entered: &[Control]) {
    assert_eq!(page.status, 200, "{page}");
    assert!(page.text.contains(NOT_SUBMITTED), "{action}: {page}");
    assert!(!page.text.contains(SECRET), "{action}: {page}");
    // Actions on this page return to it without the draft.
    assert!(!page.text.contains("draft="), "{action}: {page}");
    // The message has no link, which would load the page without the draft.
    let (_, message) = page
        .text
        .split_once("class=\"notice amber toast\" role=\"alert\"")
        .unwrap_or_else(|| panic!("{action} must not report a success: {page}"));
    let (message, _) = message.split_once("</div>").expect("an end");
    assert!(!message.contains("<a "), "{action}: {message}");
    let again = form_in(page, action);
    assert_eq!(
        content(&again.controls),
        content(entered),
        "{action}: {page}"
    );
}

/// Signs in or confirms on the page to which `answer` redirects, and returns the page after that.
async fn authenticate_and_continue(browser: &Browser, answer: &Answer, email: &str) -> Answer {
    assert!(!answer.location().contains(SECRET), "{answer}");
    let page = browser.follow(answer).await.expect_status(200);
    let next = page.field("next");
    let form = [("email", email), ("password", PASSWORD), ("next", &*next)];
    let path = answer.location().split('?').next().unwrap();
    let redirect = browser.post(path, &form).await.expect_redirect(&next);
    let page = browser.follow(&redirect).await;
    expect_scrolled(&page, redirect.location());
    page
}

/// A page with several forms scrolls to the form that was not submitted.
#[track_caller]
fn expect_scrolled(page: &Answer, location: &str) {
    let (address, fragment) = match location.split_once('#') {
        Some((address, fragment)) => (address, Some(fragment)),
        None => (location, None),
    };
    let path = address.split('?').next().unwrap();
    let has_many = ["/account/profile", "/account/security"].iter();
    let has_many = has_many.filter(|many| path.ends_with(**many)).count() > 0;
    assert!(fragment.is_some() || !has_many, "{location}");
    if let Some(fragment) = fragment {
        let id = format!("id=\"{fragment}\"");
        assert!(page.text.contains(&id), "{location}: {page}");
    }
}

const EXEMPT: (&str, &str) = ("NARTHEX_THROTTLE_EXEMPT", "127.0.0.1");

#[tokio::test(flavor = "multi_thread")]
async fn every_form_keeps_its_fields_when_the_session_expired() {
    expect_restored_after_expiry(&TestApp::start_with(&[EXEMPT])).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn every_form_with_mail_keeps_its_fields_after_expiry() {
    let (app, _server) = TestApp::start_with_mail_and(&[EXEMPT]);
    expect_restored_after_expiry(&app).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn form_that_names_no_user_is_restored_after_expiry() {
    let app = TestApp::start();
    app.add_user(ADA).await;
    app.add_user(GRACE).await;
    for way in ["idle", "revoked"] {
        let ada = app.sign_in(ADA).await;
        match way {
            "idle" => app.advance(IDLE),
            _ => {
                let other = app.sign_in(ADA).await;
                let everything_else = serde_json::json!({"except": "current"});
                let path = "/api/v1/sessions";
                let ended = other.call(Method::DELETE, path, Some(&everything_else));
                ended.await.expect_status(200);
            }
        }
        let form = [("name", "Deploy"), ("abilities", "orders:read")];
        let refused = ada.post("/account/tokens", &form).await;
        let next = app.browser().follow(&refused).await.field("next");
        let page = authenticate_and_continue(&ada, &refused, ADA).await;
        let page = page.expect_text(NOT_SUBMITTED);
        assert_eq!(page.field("name"), "Deploy", "{way}");
        page.expect_text("value=\"orders:read\" checked");
        // Another user does not see it.
        let grace = app.sign_in(GRACE).await;
        grace.get(&next).await.expect_no_text("Deploy");
    }
}

async fn expect_restored_after_expiry(app: &TestApp) {
    for (number, pattern) in forms_of_signed_in_pages().into_iter().enumerate() {
        let email = format!("user{number}@example.com");
        let account = Account::of(app, &email).await;
        let (action, page) = account.form_of(pattern);
        if pattern.ends_with("/resume") {
            let pause = action.replace("/resume", "/pause");
            account.browser.post(&pause, &[]).await.expect_status(303);
        }
        let form = form_in(
            &account.browser.get(&page).await.expect_status(200),
            &action,
        );
        let entered = filled_in(&form);
        app.advance(IDLE);
        let refused = account.browser.post(&action, &sent(&entered)).await;
        assert!(refused.location().starts_with("/login?next="), "{refused}");
        account
            .browser
            .follow(&refused)
            .await
            .expect_text("Your session expired");
        let page = authenticate_and_continue(&account.browser, &refused, &email).await;
        expect_restored(&page, &action, &entered);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn every_form_keeps_its_fields_over_a_confirmation() {
    expect_restored_after_confirmation(&TestApp::start_with(&[EXEMPT])).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn every_form_with_mail_keeps_its_fields_over_a_confirmation() {
    let (app, _server) = TestApp::start_with_mail_and(&[EXEMPT]);
    expect_restored_after_confirmation(&app).await;
}

async fn expect_restored_after_confirmation(app: &TestApp) {
    let mut interrupted = Vec::new();
    for (number, pattern) in forms_of_signed_in_pages().into_iter().enumerate() {
        // A revocation asks on a page of its own first. `revocation::one` tests it.
        if pattern.ends_with("/revoke") {
            continue;
        }
        let email = format!("user{number}@example.com");
        let account = Account::of(app, &email).await;
        let (action, page) = account.form_of(pattern);
        let shown = account.browser.get(&page).await;
        if pattern.ends_with("/resume") || shown.status != 200 {
            continue;
        }
        let entered = filled_in(&form_in(&shown, &action));
        app.advance(CONFIRM_FOR);
        let answer = account.browser.post(&action, &sent(&entered)).await;
        let confirm = answer.status == 303 && answer.location().starts_with("/account/confirm");
        if confirm {
            let page = authenticate_and_continue(&account.browser, &answer, &email).await;
            expect_restored(&page, &action, &entered);
            interrupted.push(pattern);
        }
    }
    let expected = [
        "/account/profile",
        "/account/security/totp",
        "/account/tokens",
        "/account/tokens/{id}",
        "/account/tokens/{id}/rotate",
        "/account/sign-out",
    ];
    assert_eq!(interrupted, expected);
}

#[tokio::test(flavor = "multi_thread")]
async fn forms_of_an_app_keep_their_choices_over_a_code() {
    let app = TestApp::start();
    for (number, action) in OF_AN_APP.into_iter().enumerate() {
        let ada = enrol(&app, &format!("user{number}@example.com")).await;
        app.advance(CONFIRM_FOR);
        let page = ada.browser.get("/account/security").await;
        let entered = filled_in(&form_in(&page, action));
        let refused = ada.browser.post(action, &sent(&entered)).await;
        let confirmation = ada.browser.follow(&refused).await.expect_status(200);
        let (code, next) = (ada.authenticator.code(&app), confirmation.field("next"));
        let form = [("code", &*code), ("next", &*next)];
        let confirmed = ada.browser.post("/account/confirm", &form).await;
        let page = ada.browser.follow(&confirmed.expect_redirect(&next)).await;
        expect_restored(&page, action, &entered);
    }
}

/// Sends a profile change with an expired session and returns the redirect.
async fn refused_profile(app: &TestApp, browser: &Browser) -> Answer {
    let user = browser.get("/api/v1/user").await.json();
    let form = [
        ("user", user["id"].as_str().unwrap()),
        ("name", "Countess of Lovelace"),
        ("email", ADA),
    ];
    app.advance(IDLE);
    browser
        .post("/account/profile", &form)
        .await
        .expect_status(303)
}

#[tokio::test(flavor = "multi_thread")]
async fn draft_is_shown_only_to_the_user_who_entered_it() {
    let app = TestApp::start();
    let browser = app.register(ADA).await;
    let grace = app.register(GRACE).await;
    let refused = refused_profile(&app, &browser).await;
    // Another user signs in with the same browser.
    let page = authenticate_and_continue(&browser, &refused, GRACE)
        .await
        .expect_status(200);
    assert_eq!(page.field("name"), "grace");
    page.expect_no_text(NOT_SUBMITTED);
    drop(grace);
}

#[tokio::test(flavor = "multi_thread")]
async fn draft_is_shown_and_never_submitted() {
    let app = TestApp::start();
    let browser = app.register(ADA).await;
    let refused = refused_profile(&app, &browser).await;
    let page = authenticate_and_continue(&browser, &refused, ADA)
        .await
        .expect_status(200);
    assert_eq!(page.field("name"), "Countess of Lovelace");
    assert_eq!(browser.get("/api/v1/user").await.json()["name"], "ada");
}

#[tokio::test(flavor = "multi_thread")]
async fn draft_in_a_url_is_unreadable_and_protected_from_changes() {
    let app = TestApp::start();
    let browser = app.register(ADA).await;
    let refused = refused_profile(&app, &browser).await;
    assert!(!refused.location().contains("Countess"), "{refused}");
    assert!(!refused.location().contains("ada"), "{refused}");
    let changed = refused.location().replace("draft%3D", "draft%3DAAAA");
    let next = browser.get(&changed).await.field("next");
    let browser = app.sign_in(ADA).await;
    let page = browser.get(&next).await.expect_status(200);
    assert_eq!(page.field("name"), "ada");
    page.expect_no_text(NOT_SUBMITTED);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_longest_name_and_address_fit_into_a_draft() {
    let app = TestApp::start();
    let browser = app.register(ADA).await;
    let (name, email) = (
        "🙂".repeat(255),
        format!("{}@{}.example", "a".repeat(64), "b.".repeat(90) + "b"),
    );
    app.advance(CONFIRM_FOR);
    let form = [("name", &*name), ("email", &*email)];
    let refused = browser.post("/account/profile", &form).await;
    let page = authenticate_and_continue(&browser, &refused, ADA)
        .await
        .expect_status(200);
    assert_eq!(page.field("name"), name);
    assert_eq!(page.field("email"), email);
}

#[tokio::test(flavor = "multi_thread")]
async fn form_too_long_for_a_draft_returns_to_its_empty_page() {
    let app = TestApp::start();
    let browser = app.register(ADA).await;
    app.advance(CONFIRM_FOR);
    let form = [("name", "x".repeat(4000)), ("abilities", "y".repeat(4000))];
    let form: Vec<(&str, &str)> = form.iter().map(|(name, value)| (*name, &**value)).collect();
    let refused = browser.post("/account/tokens", &form).await;
    let page = authenticate_and_continue(&browser, &refused, ADA)
        .await
        .expect_status(200);
    page.expect_text(NOT_SUBMITTED).expect_text("New token");
}

#[tokio::test(flavor = "multi_thread")]
async fn sign_in_page_mentions_an_expired_session() {
    let app = TestApp::start();
    app.browser()
        .get("/login")
        .await
        .expect_no_text("session expired");
    let browser = app.register(ADA).await;
    app.advance(IDLE);
    let refused = browser
        .get("/account/tokens")
        .await
        .expect_redirect("/login?next=%2Faccount%2Ftokens");
    browser
        .follow(&refused)
        .await
        .expect_text("Your session expired");
    let browser = app.sign_in(ADA).await;
    let left = browser.post("/logout", &[]).await.expect_status(303);
    browser
        .follow(&left)
        .await
        .expect_no_text("session expired");
}

#[tokio::test(flavor = "multi_thread")]
async fn expired_confirmation_form_keeps_its_return_address() {
    let app = TestApp::start();
    let browser = app.register(ADA).await;
    app.advance(IDLE);
    let form = [("password", SECRET), ("next", "/account/tokens/new")];
    browser
        .post("/account/confirm", &form)
        .await
        .expect_redirect("/login?next=%2Faccount%2Ftokens%2Fnew");
}

#[tokio::test(flavor = "multi_thread")]
async fn revoked_session_at_confirmation_keeps_its_return_address() {
    let app = TestApp::start();
    let (browser, other) = (app.register(ADA).await, app.sign_in(ADA).await);
    app.advance(CONFIRM_FOR);
    let page = browser
        .get("/account/confirm?next=%2Faccount%2Ftokens%2Fnew")
        .await;
    let (next, key) = (page.field("next"), page.field("form_key"));
    let own = browser.get("/api/v1/sessions/current").await.json();
    let own = format!("/api/v1/sessions/{}", own["id"].as_str().unwrap());
    other
        .post("/account/confirm", &[("password", PASSWORD)])
        .await
        .expect_status(303);
    let revoked = other.call(Method::DELETE, &own, None).await;
    revoked.expect_status(204);

    let form = [
        ("password", PASSWORD),
        ("next", &*next),
        ("form_key", &*key),
    ];
    let refused = browser.post("/account/confirm", &form).await;
    let refused = refused.expect_redirect("/login?next=%2Faccount%2Ftokens%2Fnew");
    let next = browser.follow(&refused).await.field("next");
    let form = [("email", ADA), ("password", PASSWORD), ("next", &*next)];
    let signed_in = browser.post("/login", &form).await;
    let page = browser
        .follow(&signed_in.expect_redirect("/account/tokens/new"))
        .await;
    page.expect_status(200);
}
