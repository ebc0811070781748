//! Sign-in and sign-out in a browser.

use std::time::Duration;

use narthex::accounts;
use reqwest::Method;

use crate::support::app::{PASSWORD, TestApp};
use crate::support::page::{ADA, event_types, fetch_list};
use crate::support::user_agents::{
    CHROME_ON_ANDROID_PHONE, CHROME_ON_ANDROID_TABLET, CHROME_ON_WINDOWS, CURL, FIREFOX_ON_LINUX,
    SAFARI_ON_IPAD, SAFARI_ON_IPHONE, SAFARI_ON_MAC,
};

const MILLISECOND: Duration = Duration::from_millis(1);

#[tokio::test(flavor = "multi_thread")]
async fn only_the_exact_password_signs_in() {
    let app = TestApp::start();
    app.register(ADA).await;
    let browser = app.browser();
    for wrong in [
        "",
        "x",
        &PASSWORD.to_uppercase(),
        &format!("{PASSWORD} "),
        &format!(" {PASSWORD}"),
        &PASSWORD[1..],
    ] {
        let form = [("email", ADA), ("password", wrong)];
        browser.post("/login", &form).await.expect_status(422);
        browser.get("/account").await.expect_status(303);
    }
    let form = [("email", ADA), ("password", PASSWORD)];
    browser
        .post("/login", &form)
        .await
        .expect_redirect("/account");
    browser.get("/account").await.expect_status(200);
}

#[tokio::test(flavor = "multi_thread")]
async fn equivalent_spellings_of_the_email_sign_in() {
    let app = TestApp::start();
    app.register("zoë@example.com").await;
    for spelling in [
        "ZOË@Example.com",
        "  zoë@example.com ",
        "zoe\u{308}@example.com",
        "ｚoë@example.com",
    ] {
        let form = [("email", spelling), ("password", PASSWORD)];
        app.browser()
            .post("/login", &form)
            .await
            .expect_redirect("/account");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn sign_in_does_not_reveal_which_accounts_exist() {
    let app = TestApp::start();
    app.register(ADA).await;
    app.register("off@example.com").await;
    let disabled = app.user_id("off@example.com").await;
    accounts::disable(&app.state, disabled).await.unwrap();
    let mut answers = Vec::new();
    for (email, password) in [
        (ADA, "the wrong password"),
        ("nobody@example.com", PASSWORD),
        ("off@example.com", PASSWORD),
        ("off@example.com", "the wrong password"),
        ("not an address", PASSWORD),
        ("", ""),
        (ADA, ""),
        (ADA, &"x".repeat(1000)),
    ] {
        let form = [("email", email), ("password", password)];
        let answer = app.browser().post("/login", &form).await;
        let mut headers: Vec<String> = answer.headers.keys().map(ToString::to_string).collect();
        headers.sort();
        // The form key is random, and always has the same length.
        let inputs = [email.to_owned(), answer.field("form_key")];
        let blank = |text: String, inputs: &String| {
            text.replace(&format!("value=\"{inputs}\""), "value=\"\"")
        };
        let text = inputs.iter().fold(answer.text.clone(), blank);
        answers.push((answer.status, headers, text));
    }
    let first = answers[0].clone();
    assert_eq!(first.0, 422);
    for answer in answers {
        assert_eq!(answer, first);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn wrong_password_keeps_the_other_form_fields() {
    let app = TestApp::start();
    let form = [
        ("email", "ada@exampel.com"),
        ("password", "not this one"),
        ("remember", "on"),
    ];
    let page = app.browser().post("/login", &form).await.expect_status(422);
    assert_eq!(page.field("email"), "ada@exampel.com");
    let page = page
        .expect_text("value=\"on\" checked")
        .expect_text("role=\"alert\"");
    page.expect_text("aria-describedby=\"refused\"")
        .expect_no_text("not this one");
}

#[tokio::test(flavor = "multi_thread")]
async fn form_fields_have_autocomplete_hints_for_password_managers() {
    let app = TestApp::start();
    let page = app.anonymous().get("/login").await;
    for words in [
        "autocomplete=\"username webauthn\"",
        "type=\"password\"",
        "autocomplete=\"current-password\"",
    ] {
        assert!(page.text.contains(words), "{page}");
    }
    let page = app.anonymous().get("/register").await;
    page.expect_text("autocomplete=\"new-password\"");
}

#[tokio::test(flavor = "multi_thread")]
async fn session_kind_is_derived_from_the_user_agent() {
    let app = TestApp::start();
    app.register(ADA).await;
    for (agent, kind, words) in [
        (FIREFOX_ON_LINUX, "desktop", "Firefox on Linux"),
        (CHROME_ON_WINDOWS, "desktop", "Chrome on Windows"),
        (SAFARI_ON_MAC, "desktop", "Safari on macOS"),
        (SAFARI_ON_IPHONE, "mobile", "Safari on iOS"),
        (CHROME_ON_ANDROID_PHONE, "mobile", "Chrome on Android"),
        (SAFARI_ON_IPAD, "tablet", "Safari on iPadOS"),
        (CHROME_ON_ANDROID_TABLET, "tablet", "Chrome on Android"),
        (CURL, "other", "curl"),
        ("", "other", "Unknown client"),
    ] {
        let browser = app.sign_in_with(ADA, agent).await;
        let own = browser.get("/api/v1/sessions/current").await.json();
        assert_eq!(own["kind"], kind, "{agent}");
        browser.get("/account/sessions").await.expect_text(words);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn user_agent_is_escaped_and_may_be_long() {
    let app = TestApp::start();
    app.register(ADA).await;
    for agent in ["<script>alert(1)</script>", &"Mozilla/5.0 ".repeat(500)] {
        let browser = app.sign_in_with(ADA, agent).await;
        let page = browser.get("/account/sessions").await.expect_status(200);
        page.expect_no_text("<script>");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn repeated_sign_in_replaces_the_session() {
    let app = TestApp::start();
    let browser = app.register(ADA).await;
    let form = [("email", ADA), ("password", PASSWORD)];
    browser
        .post("/login", &form)
        .await
        .expect_redirect("/account");
    assert_eq!(fetch_list(&browser, "/api/v1/sessions").await.len(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn sign_out_revokes_the_current_session_only() {
    let app = TestApp::start();
    let (browser, other) = (app.register(ADA).await, app.sign_in(ADA).await);
    let client = app.api_client(&app.token_of(&other, "CI", &[]).await);
    browser.post("/logout", &[]).await.expect_redirect("/login");
    assert_eq!(browser.cookie("narthex"), None);
    browser.get("/account").await.expect_status(303);
    other.get("/account").await.expect_status(200);
    client.get("/api/v1/user").await.expect_status(200);
}

#[tokio::test(flavor = "multi_thread")]
async fn every_private_page_has_a_sign_out_form() {
    let app = TestApp::start();
    let browser = app.register(ADA).await;
    for path in [
        "/account",
        "/account/sessions",
        "/account/tokens",
        "/account/tokens/new",
        "/account/sign-out",
        "/account/activity",
        "/account/profile",
        "/account/confirm",
    ] {
        let page = browser.get(path).await.expect_status(200);
        page.expect_text("method=\"post\" action=\"/logout\"");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn get_of_the_sign_out_page_does_not_sign_out() {
    let app = TestApp::start();
    let browser = app.register(ADA).await;
    browser.get("/logout").await.expect_status(200);
    browser
        .send(browser.request(Method::HEAD, "/logout"))
        .await
        .expect_status(200);
    browser.get("/account").await.expect_status(200);
}

#[tokio::test(flavor = "multi_thread")]
async fn sign_in_failure_and_sign_out_are_in_the_audit_log() {
    let app = TestApp::start();
    let observer = app.register(ADA).await;
    let browser = app.browser();
    let wrong = [("email", ADA), ("password", "the wrong password")];
    // Events within the same millisecond have no defined order.
    app.advance(MILLISECOND);
    browser.post("/login", &wrong).await.expect_status(422);
    app.advance(MILLISECOND);
    let correct = [("email", ADA), ("password", PASSWORD)];
    browser.post("/login", &correct).await.expect_status(303);
    app.advance(MILLISECOND);
    browser.post("/logout", &[]).await.expect_status(303);
    let events = event_types(&observer).await;
    assert_eq!(
        events[..3],
        ["credentials.ended", "session.created", "password.refused",]
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn session_of_a_disabled_account_stays_revoked_when_enabled() {
    let app = TestApp::start();
    let browser = app.register(ADA).await;
    let ada = app.user_id(ADA).await;
    accounts::disable(&app.state, ada).await.unwrap();
    browser.get("/account").await.expect_status(303);
    let form = [("email", ADA), ("password", PASSWORD)];
    app.browser().post("/login", &form).await.expect_status(422);
    accounts::enable(&app.state, ada).await.unwrap();
    browser.get("/account").await.expect_status(303);
    app.browser().post("/login", &form).await.expect_status(303);
}
