//! Signing in and out.

use std::time::Duration;

use narthex::{accounts, types::email};
use reqwest::Method;

use crate::support::app::{PASSWORD, TestApp};
use crate::support::page::{ADA, event_types, fetch_list};
use crate::support::user_agents::{
    CHROME_ON_ANDROID_PHONE, CHROME_ON_ANDROID_TABLET, CHROME_ON_WINDOWS, CURL, FIREFOX_ON_LINUX,
    SAFARI_ON_IPAD, SAFARI_ON_IPHONE, SAFARI_ON_MAC,
};

const MILLISECOND: Duration = Duration::from_millis(1);

#[tokio::test(flavor = "multi_thread")]
async fn the_right_password_signs_in_and_any_other_does_not() {
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
async fn the_address_may_be_written_in_any_way_that_is_the_same() {
    let app = TestApp::start();
    app.register("zoë@example.com").await;
    for same in [
        "ZOË@Example.com",
        "  zoë@example.com ",
        "zoe\u{308}@example.com",
        "ｚoë@example.com",
    ] {
        let form = [("email", same), ("password", PASSWORD)];
        app.browser()
            .post("/login", &form)
            .await
            .expect_redirect("/account");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn nobody_learns_by_signing_in_which_addresses_have_an_account() {
    let app = TestApp::start();
    app.register(ADA).await;
    app.register("off@example.com").await;
    let off = email::Email::parse("off@example.com").unwrap();
    let off = accounts::find_by_email(&app.context, &off).await.unwrap();
    accounts::disable(&app.context, off.user.id).await.unwrap();
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
        // The form's key is random, and as long in each.
        let typed = [email.to_owned(), answer.field("form_key")];
        let blank = |text: String, typed: &String| {
            text.replace(&format!("value=\"{typed}\""), "value=\"\"")
        };
        let text = typed.iter().fold(answer.text.clone(), blank);
        answers.push((answer.status, headers, text));
    }
    let first = answers[0].clone();
    assert_eq!(first.0, 422);
    for answer in answers {
        assert_eq!(answer, first);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn after_a_wrong_password_all_is_as_typed_but_the_password() {
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
async fn fields_say_to_a_password_manager_what_they_are() {
    let app = TestApp::start();
    let page = app.anonymous().get("/login").await;
    for words in [
        "autocomplete=\"username\"",
        "type=\"password\"",
        "autocomplete=\"current-password\"",
    ] {
        assert!(page.text.contains(words), "{page}");
    }
    let page = app.anonymous().get("/register").await;
    page.expect_text("autocomplete=\"new-password\"");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_kind_of_a_session_is_read_from_the_user_agent() {
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
        (CURL, "other", "An unknown client"),
        ("", "other", "An unknown client"),
    ] {
        let browser = app.sign_in_with(ADA, agent).await;
        let own = browser.get("/api/v1/sessions/current").await.json();
        assert_eq!(own["kind"], kind, "{agent}");
        browser.get("/account/sessions").await.expect_text(words);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_user_agent_cannot_be_anything_but_text_and_not_without_end() {
    let app = TestApp::start();
    app.register(ADA).await;
    for agent in ["<script>alert(1)</script>", &"Mozilla/5.0 ".repeat(500)] {
        let browser = app.sign_in_with(ADA, agent).await;
        let page = browser.get("/account/sessions").await.expect_status(200);
        page.expect_no_text("<script>");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn signing_in_again_in_the_same_browser_leaves_no_session_behind() {
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
async fn signing_out_ends_this_session_and_nothing_else() {
    let app = TestApp::start();
    let (here, there) = (app.register(ADA).await, app.sign_in(ADA).await);
    let client = app.api_client(&app.token_of(&there, "CI", &[]).await);
    here.post("/logout", &[]).await.expect_redirect("/login");
    assert_eq!(here.cookie("narthex"), None);
    here.get("/account").await.expect_status(303);
    there.get("/account").await.expect_status(200);
    client.get("/api/v1/user").await.expect_status(200);
}

#[tokio::test(flavor = "multi_thread")]
async fn every_private_page_has_the_way_out() {
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
async fn looking_at_the_way_out_does_not_take_it() {
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
async fn signing_in_failing_to_and_signing_out_are_in_the_activity_log() {
    let app = TestApp::start();
    let watching = app.register(ADA).await;
    let browser = app.browser();
    let wrong = [("email", ADA), ("password", "the wrong password")];
    // Of what happens within one millisecond the log does not know what came first.
    app.advance(MILLISECOND);
    browser.post("/login", &wrong).await.expect_status(422);
    app.advance(MILLISECOND);
    let right = [("email", ADA), ("password", PASSWORD)];
    browser.post("/login", &right).await.expect_status(303);
    app.advance(MILLISECOND);
    browser.post("/logout", &[]).await.expect_status(303);
    let happened = event_types(&watching).await;
    assert_eq!(
        happened[..3],
        ["credentials.ended", "session.created", "password.refused",]
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_session_of_a_disabled_account_is_over_and_enabling_it_does_not_bring_it_back() {
    let app = TestApp::start();
    let browser = app.register(ADA).await;
    let email = email::Email::parse(ADA).unwrap();
    let ada = accounts::find_by_email(&app.context, &email).await.unwrap();
    accounts::disable(&app.context, ada.user.id).await.unwrap();
    browser.get("/account").await.expect_status(303);
    let form = [("email", ADA), ("password", PASSWORD)];
    app.browser().post("/login", &form).await.expect_status(422);
    accounts::enable(&app.context, ada.user.id).await.unwrap();
    browser.get("/account").await.expect_status(303);
    app.browser().post("/login", &form).await.expect_status(303);
}
