//! Registration with mail: the address is verified before the account can be used.

use std::time::Duration;

use narthex::accounts;
use narthex::types::email::Email;
use reqwest::Method;
use serde_json::json;

use crate::support::answer::Answer;
use crate::support::app::{PASSWORD, TestApp};
use crate::support::client::Browser;
use crate::support::mail_server::ReceivedMail;
use crate::support::page::{ADA, GRACE, expect_field_errors};

const OTHER_PASSWORD: &str = "a quite different sentence";
const HOUR: Duration = Duration::from_secs(3600);

/// Signs in to an unverified account, which a server without mail permits. The browser then uses
/// the server with mail.
pub async fn sign_in_unverified(app: &TestApp) -> Browser {
    let without_mail = app.start_second(&[]);
    without_mail.sign_in(ADA).await.moved_to(&app.origin)
}

/// Registers in a new browser and returns it.
pub async fn register(app: &TestApp, email: &str, password: &str) -> Browser {
    let browser = app.browser();
    let form = [("name", "Ada"), ("email", email), ("password", password)];
    browser
        .post("/register", &form)
        .await
        .expect_redirect("/verify-email");
    browser
}

/// Opens the link of a mail in a new browser.
async fn open(app: &TestApp, mail: &ReceivedMail) -> Browser {
    let browser = app.browser();
    browser
        .get(&mail.link())
        .await
        .expect_redirect("/verify-email");
    browser
}

async fn verify_with(browser: &Browser, password: &str) {
    let form = [("current_password", password)];
    let verified = browser.post("/verify-email", &form).await;
    let page = browser.follow(&verified.expect_redirect("/login")).await;
    page.expect_text("Email address confirmed.");
}

#[tokio::test(flavor = "multi_thread")]
async fn truncated_link_is_refused() {
    let (app, server) = TestApp::start_with_mail();
    register(&app, ADA, PASSWORD).await;
    let link = server.wait_for_mail_to(ADA).link();
    for text in [&link[..link.len() - 1], &format!("{link}x")] {
        let browser = app.browser();
        browser.get(text).await.expect_status(410);
        let page = browser.get("/verify-email").await;
        page.expect_no_text("current_password");
    }
}

async fn sign_in(app: &TestApp, password: &str) -> (u16, Option<String>) {
    let form = [("email", ADA), ("password", password)];
    let answer = app.browser().post("/login", &form).await;
    (answer.status, answer.header("location").map(str::to_owned))
}

fn leads_to(path: &str) -> (u16, Option<String>) {
    (303, Some(path.to_owned()))
}

#[tokio::test(flavor = "multi_thread")]
async fn registration_opens_no_session_until_the_address_is_verified() {
    let (app, server) = TestApp::start_with_mail();
    let browser = register(&app, ADA, PASSWORD).await;
    let page = browser.get("/verify-email").await.expect_status(200);
    page.expect_text("We sent an email to ada@example.com");
    browser.get("/account").await.expect_status(303);
    assert_eq!(sign_in(&app, PASSWORD).await, leads_to("/verify-email"));
    let mail = server.wait_for(0);
    assert_eq!(mail.to, [ADA]);
    let browser = open(&app, &mail).await;
    verify_with(&browser, PASSWORD).await;
    assert_eq!(sign_in(&app, PASSWORD).await, leads_to("/account"));
    let user = app.sign_in(ADA).await.get("/api/v1/user").await.json();
    assert_eq!(user["email_verified"], true);
}

#[tokio::test(flavor = "multi_thread")]
async fn mails_have_the_language_of_the_registration() {
    let (app, server) = TestApp::start_with_mail();
    for (accepted, email, subject) in [
        ("de", ADA, "Narthex: E-Mail-Adresse bestätigen"),
        ("en", GRACE, "Narthex: confirm your email address"),
    ] {
        let form = [("name", "Ada"), ("email", email), ("password", PASSWORD)];
        let browser = app.browser();
        let request = browser.request(Method::POST, "/register");
        let request = request.header("accept-language", accepted).form(&form);
        browser.send(request).await.expect_redirect("/verify-email");
        assert_eq!(server.wait_for_mail_to(email).subject(), subject);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn existing_address_gets_the_same_answer_and_a_plain_mail() {
    let (app, server) = TestApp::start_with_mail();
    app.add_user(ADA).await;
    let answer = async |email: &str| {
        let browser = app.browser();
        let form = [("name", "Ada"), ("email", email), ("password", PASSWORD)];
        let answer = browser.post("/register", &form).await;
        let page = browser.follow(&answer).await;
        (
            answer.status,
            answer.text,
            page.text.replace(email, "ADDRESS"),
        )
    };
    let of_existing = answer(ADA).await;
    assert_eq!(of_existing, answer(GRACE).await);
    let existing = server.wait_for_mail_to(ADA);
    let new = server.wait_for_mail_to(GRACE);
    assert!(existing.subject().contains("already have an account"));
    assert_eq!(existing.link(), "/login");
    assert!(new.link().contains("token="));
    // The password of the existing account is unchanged.
    assert_eq!(sign_in(&app, PASSWORD).await, leads_to("/account"));
}

#[tokio::test(flavor = "multi_thread")]
async fn wrong_password_of_an_unverified_account_has_the_usual_answer() {
    let (app, _server) = TestApp::start_with_mail();
    register(&app, ADA, PASSWORD).await;
    let answer = async |email: &str| {
        let form = [("email", email), ("password", OTHER_PASSWORD)];
        let page = app.browser().post("/login", &form).await;
        let key = page.field("form_key");
        (page.status, page.text.replace(email, "").replace(&key, ""))
    };
    assert_eq!(answer(ADA).await, answer(GRACE).await);
}

#[tokio::test(flavor = "multi_thread")]
async fn api_sign_in_of_an_unverified_account_is_refused() {
    let (app, _server) = TestApp::start_with_mail();
    register(&app, ADA, PASSWORD).await;
    let body = json!({"email": ADA, "password": PASSWORD, "device_name": "Phone"});
    let refused = app.anonymous().post_json("/api/v1/sign-in", &body).await;
    let problem = refused.expect_status(403).problem();
    assert!(
        problem.kind.ends_with("/email-not-verified"),
        "{}",
        problem.kind
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn link_alone_does_not_verify_the_address() {
    let (app, server) = TestApp::start_with_mail();
    register(&app, ADA, PASSWORD).await;
    let mail = server.wait_for(0);
    for method in [Method::HEAD, Method::GET] {
        let scanner = app.browser();
        let request = scanner.request(method, &mail.link());
        scanner.send(request).await.expect_status(303);
        scanner.get("/verify-email").await.expect_status(200);
    }
    let browser = open(&app, &mail).await;
    let refused = browser.post("/verify-email", &[]).await;
    expect_field_errors(refused, &["current_password"]);
    let refused = browser.post("/verify-email", &[("current_password", OTHER_PASSWORD)]);
    expect_field_errors(refused.await, &["current_password"]);
    assert_eq!(sign_in(&app, PASSWORD).await, leads_to("/verify-email"));
    verify_with(&browser, PASSWORD).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn owner_of_the_address_takes_the_account_of_a_squatter_over() {
    let (app, server) = TestApp::start_with_mail();
    register(&app, ADA, PASSWORD).await;
    let browser = open(&app, &server.wait_for(0)).await;
    let taken = browser.post("/verify-email", &[("password", OTHER_PASSWORD)]);
    taken.await.expect_redirect("/login");
    assert_eq!(sign_in(&app, PASSWORD).await.0, 422);
    assert_eq!(sign_in(&app, OTHER_PASSWORD).await, leads_to("/account"));
}

#[tokio::test(flavor = "multi_thread")]
async fn resend_replaces_the_link() {
    let (app, server) = TestApp::start_with_mail();
    let browser = register(&app, ADA, PASSWORD).await;
    // A mail whose link is void is not sent, so the first one must have arrived.
    let older = server.wait_for(0);
    app.advance(HOUR / 60);
    let sent = browser.post("/verify-email/resend", &[]).await;
    sent.expect_redirect("/verify-email");
    let newer = server.wait_for(1);
    let outdated = open(&app, &older).await;
    outdated.get("/verify-email").await.expect_status(410);
    verify_with(&open(&app, &newer).await, PASSWORD).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn registration_beyond_the_limit_of_mails_creates_the_account() {
    let (app, server) = TestApp::start_with_mail();
    let answer = async |email: &str| {
        let browser = app.browser();
        let form = [("name", "Ada"), ("email", email), ("password", PASSWORD)];
        let answer = browser.post("/register", &form).await;
        let page = browser.follow(&answer).await;
        let text = page.text.replace(email, "ADDRESS");
        (browser, (answer.status, answer.text, text))
    };
    let (_, within_the_limit) = answer(GRACE).await;
    register(&app, ADA, PASSWORD).await;
    let outdated = server.wait_for_mail_to(ADA).link();
    let first = app.user_id(ADA).await;
    let deleted = accounts::delete_as_operator(&app.state, first).await;
    assert!(deleted.is_ok());
    let (browser, beyond_the_limit) = answer(ADA).await;
    assert_eq!(beyond_the_limit, within_the_limit);
    assert_ne!(app.user_id(ADA).await, first);
    assert_eq!(sign_in(&app, PASSWORD).await, leads_to("/verify-email"));
    app.advance(HOUR / 60);
    let has_link = |mail: &ReceivedMail| mail.to == [ADA] && mail.text().contains("token=");
    let before = server.mails().into_iter().filter(has_link).count();
    assert_eq!(before, 1);
    let sent = browser.post("/verify-email/resend", &[]).await;
    sent.expect_redirect("/verify-email");
    let mail = server.wait_for_mail(|mail| has_link(mail) && mail.link() != outdated);
    verify_with(&open(&app, &mail).await, PASSWORD).await;
    assert_eq!(sign_in(&app, PASSWORD).await, leads_to("/account"));
}

#[tokio::test(flavor = "multi_thread")]
async fn registration_beyond_the_network_limit_is_refused_for_all() {
    let (app, _server) = TestApp::start_with_mail();
    app.add_user(ADA).await;
    for number in 0..20 {
        let email = format!("user{number}@example.com");
        let answer = register_at(&app, &email).await;
        answer.expect_status(303);
    }
    for email in [ADA, GRACE] {
        register_at(&app, email).await.expect_status(429);
    }
    let found = accounts::find_by_email(&app.state, &Email::parse(GRACE).unwrap()).await;
    assert!(found.is_err());
}

async fn register_at(app: &TestApp, email: &str) -> Answer {
    let form = [("name", "Ada"), ("email", email), ("password", PASSWORD)];
    app.browser().post("/register", &form).await
}

#[tokio::test(flavor = "multi_thread")]
async fn only_the_owner_sees_when_another_mail_can_be_sent() {
    let (app, server) = TestApp::start_with_mail();
    let visitor = register(&app, ADA, PASSWORD).await;
    server.wait_for(0);
    let owner = sign_in_unverified(&app).await;
    let page = owner.get("/verify-email").await.expect_status(200);
    let named = page.text.matches("name=\"user\"").count();
    assert_eq!(
        named,
        page.text.matches("method=\"post\"").count(),
        "{page}"
    );
    page.expect_text("You can ask for another email at:");
    let resend = async |browser: &Browser| {
        let answer = browser.post("/verify-email/resend", &[]).await;
        let answer = answer.expect_redirect("/verify-email");
        browser.follow(&answer).await
    };
    let page = resend(&owner).await;
    page.expect_text("No email was sent. You can ask for another one at ");
    let page = resend(&visitor).await;
    page.expect_text("We sent an email to ada@example.com")
        .expect_text("at most five times an hour")
        .expect_no_text("You can ask for another");
    app.advance(HOUR / 60);
    let page = owner.get("/verify-email").await;
    page.expect_text("at most five times an hour");
    let page = resend(&owner).await;
    page.expect_text("We sent an email to ada@example.com");
    server.wait_for(1);
}

#[tokio::test(flavor = "multi_thread")]
async fn link_expires_after_a_day() {
    let (app, server) = TestApp::start_with_mail();
    register(&app, ADA, PASSWORD).await;
    let mail = server.wait_for(0);
    app.advance(24 * HOUR);
    let browser = open(&app, &mail).await;
    browser.get("/verify-email").await.expect_status(410);
    let posted = browser.post("/verify-email", &[("current_password", PASSWORD)]);
    posted.await.expect_status(410);
}

#[tokio::test(flavor = "multi_thread")]
async fn unverified_account_is_given_up_after_a_day() {
    let (app, server) = TestApp::start_with_mail();
    register(&app, ADA, PASSWORD).await;
    let first = app.user_id(ADA).await;
    server.wait_for(0);
    app.advance(24 * HOUR - Duration::from_secs(1));
    register(&app, ADA, OTHER_PASSWORD).await;
    assert_eq!(app.user_id(ADA).await, first);
    server.wait_for(1);
    app.advance(HOUR);
    register(&app, ADA, OTHER_PASSWORD).await;
    assert_ne!(app.user_id(ADA).await, first);
    let mail = server.wait_for(2);
    verify_with(&open(&app, &mail).await, OTHER_PASSWORD).await;
    assert_eq!(sign_in(&app, OTHER_PASSWORD).await, leads_to("/account"));
}

#[tokio::test(flavor = "multi_thread")]
async fn verified_account_is_never_given_up() {
    let (app, server) = TestApp::start_with_mail();
    app.add_user(ADA).await;
    app.advance(48 * HOUR);
    register(&app, ADA, OTHER_PASSWORD).await;
    server.wait_for(0);
    assert_eq!(sign_in(&app, PASSWORD).await, leads_to("/account"));
}

#[tokio::test(flavor = "multi_thread")]
async fn session_that_began_before_the_verification_ends() {
    let (app, server) = TestApp::start_with_mail();
    register(&app, ADA, PASSWORD).await;
    let mail = server.wait_for(0);
    // Without mail, the account may be used.
    let without_mail = app.start_second(&[]);
    let [first, second] = [
        without_mail.sign_in(ADA).await,
        without_mail.sign_in(ADA).await,
    ];
    let here = first.moved_to(&app.origin);
    here.get(&mail.link())
        .await
        .expect_redirect("/verify-email");
    let done = here.post("/verify-email", &[]).await;
    done.expect_redirect("/account");
    here.get("/account").await.expect_status(200);
    second.get("/account").await.expect_status(303);
}

#[tokio::test(flavor = "multi_thread")]
async fn code_verifies_in_a_session_of_the_account_only() {
    let (app, server) = TestApp::start_with_mail();
    let registered = register(&app, ADA, PASSWORD).await;
    let code = server.wait_for(0).code();
    let refused = registered.post("/verify-email", &[("code", &code)]).await;
    refused.expect_status(410);
    let browser = sign_in_unverified(&app).await;
    let wrong = browser
        .post("/verify-email", &[("code", "BBBB-BBBB")])
        .await;
    expect_field_errors(wrong, &["code"]);
    let form = [("code", &*code.to_lowercase())];
    let right = browser.post("/verify-email", &form).await;
    right.expect_redirect("/account");
}

#[tokio::test(flavor = "multi_thread")]
async fn third_wrong_code_makes_the_code_void() {
    let (app, server) = TestApp::start_with_mail();
    register(&app, ADA, PASSWORD).await;
    let code = server.wait_for(0).code();
    let browser = sign_in_unverified(&app).await;
    for _ in 0..3 {
        let wrong = browser
            .post("/verify-email", &[("code", "BBBB-BBBB")])
            .await;
        expect_field_errors(wrong, &["code"]);
    }
    let right = browser.post("/verify-email", &[("code", &code)]).await;
    expect_field_errors(right, &["code"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn code_expires_after_ten_minutes() {
    let (app, server) = TestApp::start_with_mail();
    register(&app, ADA, PASSWORD).await;
    let code = server.wait_for(0).code();
    let browser = sign_in_unverified(&app).await;
    app.advance(HOUR / 6);
    let late = browser.post("/verify-email", &[("code", &code)]).await;
    expect_field_errors(late, &["code"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn operator_verifies_an_address() {
    let (app, _server) = TestApp::start_with_mail();
    register(&app, ADA, PASSWORD).await;
    let user = app.user_id(ADA).await;
    let verified = accounts::email_verification::verify_as_operator(&app.state, user);
    assert!(verified.await.unwrap());
    assert_eq!(sign_in(&app, PASSWORD).await, leads_to("/account"));
}

#[tokio::test(flavor = "multi_thread")]
async fn without_mail_the_pages_do_not_exist() {
    let app = TestApp::start();
    app.browser().get("/verify-email").await.expect_status(404);
    let posted = app.browser().post("/verify-email/resend", &[]).await;
    posted.expect_status(404);
}
