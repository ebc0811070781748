//! Forms that are refused before they are submitted: every field but secrets comes back.

use std::time::Duration;

use narthex::http::{auth::Access, routes};
use reqwest::Method;

use crate::support::answer::Answer;
use crate::support::app::{PASSWORD, TestApp};
use crate::support::client::Browser;
use crate::support::form::{Control, Form, form_in};
use crate::support::user_agents::FIREFOX_ON_LINUX;

const ADA: &str = "ada@example.com";
const GRACE: &str = "grace@example.com";
const SECRET: &str = "a secret that stays here";
const NOT_SUBMITTED: &str = "has not been submitted yet";
const IDLE: Duration = Duration::from_secs(2 * 3600);
const CONFIRM_FOR: Duration = Duration::from_secs(15 * 60);
/// These have no fields that a person fills in, and no page of their own to come back to.
const WITHOUT_CONTENT: [&str; 2] = ["/logout", "/account/confirm"];

/// The things that forms of one account are about.
struct Account {
    browser: Browser,
    token: String,
    session: String,
}

impl Account {
    async fn of(app: &TestApp, email: &str) -> Self {
        let browser = app.register(email).await;
        app.token_of(&browser, "CI", &["orders:read"]).await;
        // Another session, which outlives the idle limit.
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

    /// The address to which the form of a route is sent, and the page that shows the form.
    fn form_of(&self, pattern: &str) -> (String, String) {
        let id = if pattern.contains("/sessions/") {
            &self.session
        } else {
            &self.token
        };
        let token = format!("/account/tokens/{}", self.token);
        let page = match pattern {
            "/account/password" | "/account/delete" | "/account/profile" => "/account/profile",
            "/account/tokens" => "/account/tokens/new",
            "/account/tokens/{id}/revoke" => "/account/tokens",
            "/account/sessions/{id}/revoke" => "/account/sessions",
            "/account/sign-out" => {
                "/account/sign-out?class=token&kind=personal&from=127.0.0.0%2F8&ability=orders%3Aread"
            }
            _ if pattern.starts_with("/account/tokens/{id}") => &token,
            _ => panic!("no page is known for the form of {pattern}"),
        };
        (pattern.replace("{id}", id), page.to_owned())
    }
}

/// Every route that takes a form of a signed-in page.
fn forms_of_signed_in_pages() -> Vec<&'static str> {
    let routes = routes::table().into_iter();
    let forms = routes.filter(|route| route.access == Access::Browser && route.method == "POST");
    let paths = forms.map(|route| route.path);
    paths
        .filter(|path| !WITHOUT_CONTENT.contains(path))
        .collect()
}

/// The form as a person leaves it who changes each of its fields.
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
            // The first of a group that is not selected already.
            "radio" if !control.checked && !radios.contains(&control.name) => {
                control.checked = true;
                radios.push(control.name.clone());
            }
            "radio" => control.checked = false,
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

/// What a person sees in a form: everything but secrets and what the page keeps for itself.
fn content(controls: &[Control]) -> Vec<(String, String)> {
    let own = [
        "user",
        "form_key",
        "digest",
        "username",
        "confirmed",
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
fn expect_kept(page: &Answer, action: &str, entered: &[Control]) {
    assert_eq!(page.status, 200, "{page}");
    assert!(page.text.contains(NOT_SUBMITTED), "{action}: {page}");
    assert!(!page.text.contains(SECRET), "{action}: {page}");
    // What is done on this page leads back to it without the draft.
    assert!(!page.text.contains("draft="), "{action}: {page}");
    let again = form_in(page, action);
    assert_eq!(
        content(&again.controls),
        content(entered),
        "{action}: {page}"
    );
}

/// Signs in, or confirms, on the page that `answer` leads to, and gives the page after that.
async fn go_on(browser: &Browser, answer: &Answer, email: &str) -> Answer {
    assert!(!answer.location().contains(SECRET), "{answer}");
    let page = browser.follow(answer).await.expect_status(200);
    let next = page.field("next");
    let form = [("email", email), ("password", PASSWORD), ("next", &*next)];
    let path = answer.location().split('?').next().unwrap();
    let back = browser.post(path, &form).await.expect_redirect(&next);
    browser.follow(&back).await
}

#[tokio::test(flavor = "multi_thread")]
async fn every_form_keeps_its_fields_when_the_session_expired() {
    let app = TestApp::start_with(&[("NARTHEX_THROTTLE_EXEMPT", "127.0.0.1")]);
    for (number, pattern) in forms_of_signed_in_pages().into_iter().enumerate() {
        let email = format!("user{number}@example.com");
        let account = Account::of(&app, &email).await;
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
        let page = go_on(&account.browser, &refused, &email).await;
        expect_kept(&page, &action, &entered);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn every_form_keeps_its_fields_over_a_confirmation() {
    let app = TestApp::start_with(&[("NARTHEX_THROTTLE_EXEMPT", "127.0.0.1")]);
    let mut asked = Vec::new();
    for (number, pattern) in forms_of_signed_in_pages().into_iter().enumerate() {
        // A revocation goes on from a page of its own.
        if pattern.ends_with("/revoke") {
            continue;
        }
        let email = format!("user{number}@example.com");
        let account = Account::of(&app, &email).await;
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
            let page = go_on(&account.browser, &answer, &email).await;
            expect_kept(&page, &action, &entered);
            asked.push(pattern);
        }
    }
    let expected = [
        "/account/profile",
        "/account/tokens",
        "/account/tokens/{id}",
        "/account/tokens/{id}/rotate",
        "/account/sign-out",
    ];
    assert_eq!(asked, expected);
}

/// The refused change of Ada's profile, and its address.
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
async fn a_draft_is_shown_to_the_user_who_entered_it_and_no_other() {
    let app = TestApp::start();
    let browser = app.register(ADA).await;
    let grace = app.register(GRACE).await;
    let refused = refused_profile(&app, &browser).await;
    // On the same machine somebody else signs in.
    let page = go_on(&browser, &refused, GRACE).await.expect_status(200);
    assert_eq!(page.field("name"), "grace");
    page.expect_no_text(NOT_SUBMITTED);
    drop(grace);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_draft_is_shown_and_never_acted_on() {
    let app = TestApp::start();
    let browser = app.register(ADA).await;
    let refused = refused_profile(&app, &browser).await;
    let page = go_on(&browser, &refused, ADA).await.expect_status(200);
    assert_eq!(page.field("name"), "Countess of Lovelace");
    assert_eq!(browser.get("/api/v1/user").await.json()["name"], "ada");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_draft_is_unreadable_in_its_address_and_to_other_keys() {
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
    let page = go_on(&browser, &refused, ADA).await.expect_status(200);
    assert_eq!(page.field("name"), name);
    assert_eq!(page.field("email"), email);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_form_too_long_for_its_draft_leads_to_its_page() {
    let app = TestApp::start();
    let browser = app.register(ADA).await;
    app.advance(CONFIRM_FOR);
    let form = [("name", "x".repeat(4000)), ("abilities", "y".repeat(4000))];
    let form: Vec<(&str, &str)> = form.iter().map(|(name, value)| (*name, &**value)).collect();
    let refused = browser.post("/account/tokens", &form).await;
    let page = go_on(&browser, &refused, ADA).await.expect_status(200);
    page.expect_text(NOT_SUBMITTED).expect_text("New token");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_expired_session_is_named_on_the_sign_in_page() {
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
async fn an_expired_confirmation_form_leads_where_it_led() {
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
async fn a_revoked_session_at_confirming_keeps_the_next_page() {
    let app = TestApp::start();
    let (browser, elsewhere) = (app.register(ADA).await, app.sign_in(ADA).await);
    app.advance(CONFIRM_FOR);
    let page = browser
        .get("/account/confirm?next=%2Faccount%2Ftokens%2Fnew")
        .await;
    let (next, key) = (page.field("next"), page.field("form_key"));
    let own = browser.get("/api/v1/sessions/current").await.json();
    let own = format!("/api/v1/sessions/{}", own["id"].as_str().unwrap());
    elsewhere
        .post("/account/confirm", &[("password", PASSWORD)])
        .await
        .expect_status(303);
    let revoked = elsewhere.call(Method::DELETE, &own, None).await;
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
