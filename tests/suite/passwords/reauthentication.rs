//! Re-authentication: the password is asked for again before a sensitive change.

use std::time::Duration;

use crate::support::app::{PASSWORD, TestApp};
use crate::support::page::{ADA, fetch_list, field_error, newest_token, own_session};

const QUARTER_HOUR: Duration = Duration::from_secs(15 * 60);
const SECOND: Duration = Duration::from_secs(1);
const HOUR: Duration = Duration::from_secs(3600);

#[tokio::test(flavor = "multi_thread")]
async fn sign_in_counts_as_confirmation_for_15_minutes() {
    let app = TestApp::start();
    let browser = app.register(ADA).await;
    app.advance(QUARTER_HOUR - SECOND);
    browser.get("/account/tokens/new").await.expect_status(200);
    app.advance(SECOND);
    browser.get("/account/tokens/new").await.expect_status(303);
}

#[tokio::test(flavor = "multi_thread")]
async fn confirmation_lasts_the_configured_time_regardless_of_use() {
    let app = TestApp::start_with(&[("NARTHEX_CONFIRM_FOR", "1h")]);
    let browser = app.register(ADA).await;
    app.advance(HOUR - SECOND);
    browser.get("/account/tokens/new").await.expect_status(200);
    app.advance(SECOND);
    browser.get("/account/tokens/new").await.expect_status(303);
    browser
        .post("/account/confirm", &[("password", PASSWORD)])
        .await
        .expect_status(303);
    app.advance(HOUR - SECOND);
    browser.get("/account/tokens/new").await.expect_status(200);
    app.advance(SECOND);
    browser.get("/account/tokens/new").await.expect_status(303);
}

#[tokio::test(flavor = "multi_thread")]
async fn sensitive_change_requires_a_recent_confirmation() {
    let app = TestApp::start();
    let (browser, other) = (app.register(ADA).await, app.sign_in(ADA).await);
    app.token_of(&browser, "CI", &["orders:read"]).await;
    let (token, session) = (newest_token(&browser).await, own_session(&other).await);
    let digest = browser.get("/account/sign-out").await.field("digest");
    app.advance(QUARTER_HOUR);
    let before = fetch_list(&browser, "/api/v1/credentials").await.len();
    let changes: [(String, &[(&str, &str)]); 6] = [
        ("/account/tokens".to_owned(), &[("name", "New")]),
        (
            format!("/account/tokens/{token}"),
            &[
                ("name", "CI"),
                ("abilities", "orders:read"),
                ("abilities", "tokens:read"),
            ],
        ),
        (
            format!("/account/tokens/{token}/revoke"),
            &[("confirmed", "1")],
        ),
        (
            format!("/account/sessions/{session}/revoke"),
            &[("confirmed", "1")],
        ),
        ("/account/sign-out".to_owned(), &[("digest", &digest)]),
        (
            "/account/profile".to_owned(),
            &[("name", "Ada"), ("email", "new@example.com")],
        ),
    ];
    for (path, form) in changes {
        let answer = browser.post(&path, form).await.expect_status(303);
        assert!(
            answer.location().starts_with("/account/confirm?next="),
            "{answer}"
        );
        browser
            .follow(&answer)
            .await
            .expect_text("Confirm your password");
    }
    assert_eq!(
        fetch_list(&browser, "/api/v1/credentials").await.len(),
        before
    );
    assert_eq!(browser.get("/api/v1/user").await.json()["email"], ADA);
    let token = browser.get(&format!("/api/v1/tokens/{token}")).await.json();
    assert_eq!(token["abilities"].as_array().unwrap().len(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn harmless_change_requires_no_confirmation() {
    let app = TestApp::start();
    let browser = app.register(ADA).await;
    app.token_of(&browser, "CI", &["orders:read", "orders:write"])
        .await;
    let token = format!("/account/tokens/{}", newest_token(&browser).await);
    app.advance(QUARTER_HOUR);
    let narrower = [("name", "Shop"), ("abilities", "orders:read")];
    browser
        .post(&token, &narrower)
        .await
        .expect_redirect(&token);
    browser
        .post(&format!("{token}/pause"), &[])
        .await
        .expect_redirect(&token);
    let profile = [("name", "Countess"), ("email", ADA)];
    browser
        .post("/account/profile", &profile)
        .await
        .expect_redirect("/account/profile");
    browser.get("/account/sign-out").await.expect_status(200);
    let own = own_session(&browser).await;
    browser
        .post(
            &format!("/account/sessions/{own}/revoke"),
            &[("confirmed", "1")],
        )
        .await
        .expect_redirect("/login");
}

#[tokio::test(flavor = "multi_thread")]
async fn confirmation_returns_to_the_form_with_its_input() {
    let app = TestApp::start();
    let browser = app.register(ADA).await;
    app.advance(QUARTER_HOUR);
    let form = [
        ("name", "CI & more"),
        ("abilities", "orders:read"),
        ("expires", "30d"),
    ];
    let sent = browser
        .post("/account/tokens", &form)
        .await
        .expect_status(303);
    let next = browser.follow(&sent).await.field("next");
    let form = [("password", PASSWORD), ("next", &*next)];
    let redirect = browser
        .post("/account/confirm", &form)
        .await
        .expect_redirect(&next);
    let page = browser.follow(&redirect).await.expect_status(200);
    assert_eq!(page.field("name"), "CI & more");
    page.expect_text("value=\"orders:read\" checked")
        .expect_text("value=\"30d\" selected");
}

#[tokio::test(flavor = "multi_thread")]
async fn confirming_an_email_change_returns_to_the_profile_form() {
    let app = TestApp::start();
    let browser = app.register(ADA).await;
    app.advance(QUARTER_HOUR);
    let form = [("name", "Ada"), ("email", "new@example.com")];
    let sent = browser.post("/account/profile", &form).await;
    let next = browser.follow(&sent).await.field("next");
    assert!(next.starts_with("/account/profile?draft="), "{next}");
}

#[tokio::test(flavor = "multi_thread")]
async fn wrong_password_confirms_nothing_and_is_never_shown() {
    let app = TestApp::start();
    let browser = app.register(ADA).await;
    app.advance(QUARTER_HOUR);
    let form = [
        ("password", "not this password"),
        ("next", "/account/tokens/new"),
    ];
    let page = browser
        .post("/account/confirm", &form)
        .await
        .expect_status(422);
    assert!(!field_error(&page, "password").is_empty());
    assert_eq!(page.field("next"), "/account/tokens/new");
    page.expect_no_text("not this password");
    browser.get("/account/tokens/new").await.expect_status(303);
}

#[tokio::test(flavor = "multi_thread")]
async fn confirmation_holds_for_one_session_only() {
    let app = TestApp::start();
    let (confirmed, other) = (app.register(ADA).await, app.sign_in(ADA).await);
    app.advance(QUARTER_HOUR);
    confirmed
        .post("/account/confirm", &[("password", PASSWORD)])
        .await
        .expect_status(303);
    confirmed
        .get("/account/tokens/new")
        .await
        .expect_status(200);
    other.get("/account/tokens/new").await.expect_status(303);
}
