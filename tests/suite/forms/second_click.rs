//! A form that is sent twice, for example by a double click, acts once.

use std::time::Duration;

use futures_util::future::join;
use narthex::{
    credentials::{Principal, authenticate},
    crypto::secret::SecretString,
    error::Error,
    http::auth::session_cookie::CookieConfig,
    sessions::reauthenticate,
    types::secret_form::SecretForm,
};

use crate::support::answer::Answer;
use crate::support::app::{PASSWORD, TestApp, signing_keys};
use crate::support::browser::Window;
use crate::support::client::Browser;
use crate::support::page::{ADA, GRACE, event_types, expect_field_errors, fetch_list, own_session};
use crate::support::user_agents::SAFARI_ON_IPHONE;

pub const SECOND: Duration = Duration::from_secs(1);

pub type Form<'a> = Vec<(&'a str, &'a str)>;

fn sign_in(key: &str) -> Form<'_> {
    vec![("email", ADA), ("password", PASSWORD), ("form_key", key)]
}

fn registration(key: &str) -> Form<'_> {
    let mut form = sign_in(key);
    form.push(("name", "Ada"));
    form
}

async fn key(app: &TestApp, path: &str) -> String {
    app.browser().get(path).await.field("form_key")
}

/// Sends a form from a browser that has no cookie yet, like a second click before the first
/// response.
async fn click(app: &TestApp, path: &str, form: &Form<'_>) -> (Browser, Answer) {
    let browser = app.browser();
    let answer = browser.post(path, form).await;
    (browser, answer)
}

async fn sessions(browser: &Browser) -> usize {
    fetch_list(browser, "/api/v1/sessions").await.len()
}

#[tokio::test(flavor = "multi_thread")]
async fn two_clicks_on_sign_in_open_one_session() {
    let app = TestApp::start();
    app.register(ADA).await;
    let key = key(&app, "/login").await;
    let form = sign_in(&key);
    let (one, other) = join(click(&app, "/login", &form), click(&app, "/login", &form)).await;
    let mut ids = Vec::new();
    for (browser, answer) in [&one, &other] {
        answer.clone().expect_redirect("/account");
        ids.push(own_session(browser).await);
    }
    assert_eq!(ids[0], ids[1]);
    assert_eq!(
        sessions(&one.0).await,
        2,
        "the session of the registration and one session of the sign-in"
    );
    let signed_in = event_types(&one.0).await;
    let signed_in = signed_in.iter().filter(|kind| kind.starts_with("session."));
    assert_eq!(signed_in.count(), 2);
    // The session stays revoked for both responses, whichever of them the browser kept.
    one.0.post("/logout", &[]).await.expect_redirect("/login");
    for (browser, _) in [one, other] {
        browser.get("/account").await.expect_status(303);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn two_clicks_on_create_account_make_one_account() {
    let app = TestApp::start();
    let key = key(&app, "/register").await;
    let form = registration(&key);
    let clicks = [
        click(&app, "/register", &form),
        click(&app, "/register", &form),
    ];
    let [first, second] = clicks;
    let (one, other) = join(first, second).await;
    let third = click(&app, "/register", &form).await;
    let mut ids = Vec::new();
    for (browser, answer) in [&one, &other, &third] {
        answer.clone().expect_redirect("/account");
        ids.push(own_session(browser).await);
    }
    assert!(ids.iter().all(|id| *id == ids[0]), "{ids:?}");
    assert_eq!(sessions(&one.0).await, 1);
    let mut events = event_types(&one.0).await;
    events.sort();
    assert_eq!(events, ["account.created", "session.created"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn second_click_at_another_node_acts_once() {
    let app = TestApp::start();
    let second_node = app.start_second(&[]);
    let registering = key(&app, "/register").await;
    let form = registration(&registering);
    let (one, other) = join(
        click(&app, "/register", &form),
        click(&second_node, "/register", &form),
    )
    .await;
    assert_eq!(own_session(&one.0).await, own_session(&other.0).await);
    let signing_in = key(&second_node, "/login").await;
    let form = sign_in(&signing_in);
    let (one, other) = join(
        click(&app, "/login", &form),
        click(&second_node, "/login", &form),
    )
    .await;
    assert_eq!(own_session(&one.0).await, own_session(&other.0).await);
    assert_eq!(sessions(&one.0).await, 2);
}

#[tokio::test(flavor = "multi_thread")]
async fn second_click_with_the_new_cookie_keeps_the_session() {
    let app = TestApp::start();
    for (path, form) in [
        ("/register", registration(&key(&app, "/register").await)),
        ("/login", sign_in(&key(&app, "/login").await)),
    ] {
        let (browser, _) = click(&app, path, &form).await;
        let id = own_session(&browser).await;
        browser.post(path, &form).await.expect_redirect("/account");
        assert_eq!(own_session(&browser).await, id);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn form_key_returns_its_session_for_a_minute_per_browser() {
    let app = TestApp::start();
    app.register(ADA).await;
    let key = key(&app, "/login").await;
    let form = sign_in(&key);
    let (browser, _) = click(&app, "/login", &form).await;
    let id = own_session(&browser).await;

    let phone = app.browser().with_user_agent(SAFARI_ON_IPHONE);
    phone
        .post("/login", &form)
        .await
        .expect_redirect("/account");
    assert_ne!(own_session(&phone).await, id);
    app.advance(60 * SECOND);
    let (late, _) = click(&app, "/login", &form).await;
    assert_ne!(own_session(&late).await, id);
    // After a sign-out, the form that the browser kept signs in again.
    browser.post("/logout", &[]).await;
    browser
        .post("/login", &form)
        .await
        .expect_redirect("/account");
    assert_ne!(own_session(&browser).await, id);
}

#[tokio::test(flavor = "multi_thread")]
async fn form_key_does_not_bind_sign_in_to_its_first_user() {
    let app = TestApp::start();
    let (_, grace) = (app.register(ADA).await, app.register(GRACE).await);
    let key = key(&app, "/login").await;
    click(&app, "/login", &sign_in(&key)).await;
    let form = vec![
        ("email", GRACE),
        ("password", PASSWORD),
        ("form_key", &*key),
    ];
    let (browser, answer) = click(&app, "/login", &form).await;
    answer.expect_redirect("/account");
    assert_eq!(browser.get("/api/v1/user").await.json()["email"], GRACE);
    assert_eq!(sessions(&grace).await, 2);
}

#[tokio::test(flavor = "multi_thread")]
async fn repeated_registration_needs_its_password_within_a_minute() {
    let app = TestApp::start();
    let key = key(&app, "/register").await;
    let form = registration(&key);
    let (ada, _) = click(&app, "/register", &form).await;
    for wrong in [
        vec![
            ("name", "Ada"),
            ("email", ADA),
            ("password", "another long password"),
            ("form_key", &key),
        ],
        // A form without a key, as an API client sends it, is a new form each time.
        vec![("name", "Ada"), ("email", ADA), ("password", PASSWORD)],
    ] {
        expect_field_errors(click(&app, "/register", &wrong).await.1, &["email"]);
    }
    app.advance(60 * SECOND);
    expect_field_errors(click(&app, "/register", &form).await.1, &["email"]);
    assert_eq!(sessions(&ada).await, 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn guesses_through_registration_count_as_sign_ins() {
    let app = TestApp::start();
    let key = key(&app, "/register").await;
    click(&app, "/register", &registration(&key)).await;
    let mut statuses = Vec::new();
    for _ in 0..8 {
        let form = vec![
            ("name", "Ada"),
            ("email", ADA),
            ("password", "another long password"),
            ("form_key", &*key),
        ];
        let anonymous = app.anonymous();
        statuses.push(anonymous.post("/register", &form).await.status);
    }
    assert_eq!(statuses.first(), Some(&422));
    assert_eq!(statuses.last(), Some(&429), "{statuses:?}");
}

/// Returns the caller that this browser's cookie authenticates.
pub async fn caller(app: &TestApp, browser: &Browser) -> Principal {
    let rules = CookieConfig::new(app.state.settings(), &signing_keys());
    let cookie = browser.cookie("narthex").unwrap();
    let digest = rules.secret_in(&cookie.value).unwrap().digest();
    let checked = authenticate::authenticate(&app.state, SecretForm::Session, digest, None);
    checked.await.unwrap().ok().unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn two_clicks_on_confirm_keep_the_session() {
    let app = TestApp::start();
    let browser = app.register(ADA).await;
    // Both requests are authenticated before either confirms the password.
    let caller = caller(&app, &browser).await;
    let click = |key: u8| {
        let password = SecretString::new(PASSWORD.to_owned());
        reauthenticate(&app.state, &caller, password, Some([key; 16]))
    };
    let (first, second) = (click(1).await.unwrap(), click(1).await.unwrap());
    for secret in [first, second] {
        let digest = secret.digest();
        let checked = authenticate::authenticate(&app.state, SecretForm::Session, digest, None);
        let found = checked.await.unwrap().ok().unwrap();
        assert_eq!(found.credential().id, caller.credential().id);
    }
    // The previous secret is rejected for every other form, and after a minute for this form as
    // well.
    assert!(matches!(click(2).await, Err(Error::NotSignedIn { .. })));
    app.advance(60 * SECOND);
    assert!(matches!(click(1).await, Err(Error::NotSignedIn { .. })));
    assert_eq!(browser.get("/account").await.status, 303);
}

#[tokio::test(flavor = "multi_thread")]
async fn repeated_revocation_form_redirects_to_its_receipt() {
    let app = TestApp::start();
    let browser = app.register(ADA).await;
    app.sign_in(ADA).await;
    let page = browser.get("/account/sign-out?except=current").await;
    let digest = page.field("digest");
    let form = [("except", "current"), ("digest", &*digest)];
    let ended = browser.post("/account/sign-out", &form).await;
    let receipt = ended.expect_status(303).location().to_owned();
    for _ in 0..2 {
        let again = browser.post("/account/sign-out", &form).await;
        again.expect_redirect(&receipt);
    }
    assert_eq!(sessions(&browser).await, 1);
    let revocations = event_types(&browser).await;
    let revocations = revocations
        .iter()
        .filter(|kind| *kind == "credentials.ended");
    assert_eq!(revocations.count(), 1);
    app.advance(61 * SECOND);
    browser
        .post("/account/sign-out", &form)
        .await
        .expect_status(409);
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs Chromium: use scripts/test"]
async fn double_click_in_a_browser_makes_one_account_and_session() {
    let app = TestApp::start();
    let window = Window::at(&app.origin).open().await;
    window.visit("/register").await;
    window.fill("Your name", "Ada Lovelace").await;
    window.fill("Email address", ADA).await;
    window.fill("Password", PASSWORD).await;
    window.press_twice("Create account").await;
    window.expect_path("/account").await;
    window.expect_text("Ada Lovelace").await;
    window.visit("/account/tokens").await;
    window.open_account_menu().await;
    window.press("Sign out").await;
    window.expect_path("/login").await;
    window.fill("Email address", ADA).await;
    window.fill("Password", PASSWORD).await;
    window.press_twice("Sign in").await;
    window.expect_path("/account").await;
    window.visit("/account/sessions").await;
    window.expect_text("This browser").await;
    window.expect_text("No other session is active.").await;
    window.close().await;
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs Chromium: use scripts/test"]
async fn double_click_on_a_slow_network_keeps_the_session() {
    let app = TestApp::start();
    let window = Window::at(&app.origin).open().await;
    window.visit("/register").await;
    window.fill("Your name", "Ada Lovelace").await;
    window.fill("Email address", ADA).await;
    window.fill("Password", PASSWORD).await;
    window.press("Create account").await;
    window.expect_path("/account").await;
    window.visit("/account/profile").await;
    window.fill("Current password", PASSWORD).await;
    window
        .fill("New password", "a very new long password")
        .await;
    window.slow_down().await;
    // The second click comes after the request and before its response, which has a new cookie.
    let script =
        "const button = document.querySelector('form[action$=\"/password\"] button:not([type])');
        button.click();
        setTimeout(() => button.click(), 200);";
    window.evaluate(script).await;
    window.expect_text("Password changed.").await;
    window.expect_path("/account/profile").await;
    window.close().await;
}
