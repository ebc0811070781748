//! A forgotten password: a mail with a link, and what a new password ends.

use std::time::Duration;

use narthex::accounts;
use reqwest::Method;

use crate::support::app::{PASSWORD, TestApp, migrate};
use crate::support::client::Browser;
use crate::support::database::Database;
use crate::support::mail_server::{MailServer, ReceivedMail};
use crate::support::operator::Operator;
use crate::support::page::{ADA, GRACE, event_types, expect_field_errors};
use crate::support::sql;

const NEW_PASSWORD: &str = "a quite different sentence";
const MINUTE: Duration = Duration::from_secs(60);

async fn ask(app: &TestApp, email: &str) {
    let browser = app.browser();
    let asked = browser.post("/password/forgot", &[("email", email)]).await;
    asked.expect_redirect("/password/forgot");
}

/// Opens the link of a mail in a new browser.
async fn open(app: &TestApp, link: &str) -> Browser {
    let browser = app.browser();
    browser.get(link).await.expect_redirect("/password/reset");
    browser
}

/// Returns the reset link with this index. Notices arrive between them.
fn reset_link(server: &MailServer, index: usize) -> String {
    let links = (0..).map(|index| server.wait_for(index).link());
    let mut links = links.filter(|link| link.contains("/password/reset"));
    links.nth(index).unwrap()
}

async fn set_password(browser: &Browser, password: &str) {
    let form = [("password", password)];
    browser
        .post("/password/reset", &form)
        .await
        .expect_redirect("/login");
}

async fn expect_link_is_void(app: &TestApp, link: &str) {
    let browser = open(app, link).await;
    browser.get("/password/reset").await.expect_status(410);
    let set = browser.post("/password/reset", &[("password", NEW_PASSWORD)]);
    set.await.expect_status(410);
}

async fn expect_sign_in(app: &TestApp, password: &str, status: u16) {
    let form = [("email", ADA), ("password", password)];
    app.browser()
        .post("/login", &form)
        .await
        .expect_status(status);
}

#[tokio::test(flavor = "multi_thread")]
async fn reset_by_mail_ends_sessions_and_device_tokens() {
    let (app, server) = TestApp::start_with_mail();
    let user = app.add_user(ADA).await;
    let session = app.sign_in(ADA).await;
    let personal = app.token_of(&session, "CI", &["*"]).await;
    let device = {
        let body = serde_json::json!({"email": ADA, "password": PASSWORD, "device_name": "Phone"});
        let made = app.anonymous().post_json("/api/v1/sign-in", &body).await;
        made.expect_status(201).json()["secret"]
            .as_str()
            .unwrap()
            .to_owned()
    };
    ask(&app, ADA).await;
    let mail = server.wait_for(0);
    assert_eq!(mail.to, [ADA]);
    let browser = open(&app, &mail.link()).await;
    browser
        .get("/password/reset")
        .await
        .expect_status(200)
        .expect_text(ADA);
    set_password(&browser, NEW_PASSWORD).await;
    browser.get("/account").await.expect_status(303);
    session
        .get("/account")
        .await
        .expect_redirect("/login?next=%2Faccount");
    let status = async |secret: &str| app.api_client(secret).get("/api/v1/user").await.status;
    assert_eq!((status(&device).await, status(&personal).await), (401, 401));
    expect_sign_in(&app, PASSWORD, 422).await;
    let browser = app.browser();
    let form = [("email", ADA), ("password", NEW_PASSWORD)];
    browser
        .post("/login", &form)
        .await
        .expect_redirect("/account");
    // The personal token is paused, not revoked.
    let tokens = browser.get("/api/v1/tokens").await.json();
    let states: Vec<_> = tokens["data"].as_array().unwrap().iter().collect();
    assert_eq!(states.len(), 1, "{tokens}");
    assert_eq!(states[0]["paused"], true);
    let events = event_types(&browser).await;
    assert!(events.contains(&"password.reset".to_owned()), "{events:?}");
    assert!(accounts::find(&app.state, user).await.is_ok());
}

#[tokio::test(flavor = "multi_thread")]
async fn personal_tokens_stay_active_if_the_form_says_so() {
    let (app, server) = TestApp::start_with_mail();
    app.add_user(ADA).await;
    let personal = app.token_of(&app.sign_in(ADA).await, "CI", &["*"]).await;
    ask(&app, ADA).await;
    let browser = open(&app, &server.wait_for(0).link()).await;
    let form = [("password", NEW_PASSWORD), ("also", "")];
    browser
        .post("/password/reset", &form)
        .await
        .expect_redirect("/login");
    app.api_client(&personal)
        .get("/api/v1/user")
        .await
        .expect_status(200);
}

#[tokio::test(flavor = "multi_thread")]
async fn unknown_address_gets_the_same_answer_and_no_mail() {
    let (app, server) = TestApp::start_with_mail();
    app.add_user(ADA).await;
    let answer = async |email: &str| {
        let browser = app.browser();
        let asked = browser.post("/password/forgot", &[("email", email)]).await;
        let page = browser.follow(&asked).await;
        (asked.status, asked.text, page.status, page.text)
    };
    let unknown = answer(GRACE).await;
    let known = answer(ADA).await;
    assert_eq!(known, unknown);
    assert!(known.3.contains("If there is an account"), "{}", known.3);
    server.wait_for_mail_to(ADA);
    assert_eq!(server.mails().len(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn mail_goes_to_the_stored_address_only() {
    let (app, server) = TestApp::start_with_mail();
    app.add_user(ADA).await;
    ask(&app, "ADA@EXAMPLE.COM").await;
    assert_eq!(server.wait_for(0).to, [ADA]);
}

#[tokio::test(flavor = "multi_thread")]
async fn disabled_account_gets_no_mail() {
    let (app, server) = TestApp::start_with_mail();
    let ada = app.add_user(ADA).await;
    app.add_user(GRACE).await;
    accounts::disable(&app.state, ada).await.unwrap();
    ask(&app, ADA).await;
    ask(&app, GRACE).await;
    assert_eq!(server.wait_for(0).to, [GRACE]);
}

#[tokio::test(flavor = "multi_thread")]
async fn scanner_that_follows_the_link_does_not_use_it_up() {
    let (app, server) = TestApp::start_with_mail();
    app.add_user(ADA).await;
    ask(&app, ADA).await;
    let link = server.wait_for(0).link();
    for _ in 0..2 {
        let scanner = app.browser();
        for method in [Method::HEAD, Method::GET] {
            let request = scanner.request(method, &link);
            scanner.send(request).await.expect_status(303);
            scanner.get("/password/reset").await.expect_status(200);
        }
    }
    set_password(&open(&app, &link).await, NEW_PASSWORD).await;
    expect_sign_in(&app, NEW_PASSWORD, 303).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn link_works_once() {
    let (app, server) = TestApp::start_with_mail();
    app.add_user(ADA).await;
    ask(&app, ADA).await;
    let link = server.wait_for(0).link();
    set_password(&open(&app, &link).await, NEW_PASSWORD).await;
    expect_link_is_void(&app, &link).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn concurrent_uses_of_a_link_set_one_password() {
    let (app, server) = TestApp::start_with_mail();
    app.add_user(ADA).await;
    ask(&app, ADA).await;
    let link = server.wait_for(0).link();
    let browsers = [open(&app, &link).await, open(&app, &link).await];
    let use_it = async |browser: &Browser| {
        let form = [("password", NEW_PASSWORD)];
        browser.post("/password/reset", &form).await.status
    };
    let (one, other) = tokio::join!(use_it(&browsers[0]), use_it(&browsers[1]));
    let mut statuses = [one, other];
    statuses.sort_unstable();
    assert_eq!(statuses, [303, 410]);
}

#[tokio::test(flavor = "multi_thread")]
async fn newer_link_replaces_the_older_one() {
    let (app, server) = TestApp::start_with_mail();
    app.add_user(ADA).await;
    ask(&app, ADA).await;
    let older = server.wait_for(0).link();
    app.advance(MINUTE);
    ask(&app, ADA).await;
    let newer = server.wait_for(1).link();
    expect_link_is_void(&app, &older).await;
    set_password(&open(&app, &newer).await, NEW_PASSWORD).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn link_expires_after_an_hour() {
    let (app, server) = TestApp::start_with_mail();
    app.add_user(ADA).await;
    ask(&app, ADA).await;
    let link = server.wait_for(0).link();
    app.advance(60 * MINUTE - Duration::from_secs(1));
    let browser = open(&app, &link).await;
    browser.get("/password/reset").await.expect_status(200);
    app.advance(Duration::from_secs(1));
    expect_link_is_void(&app, &link).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn refused_password_does_not_use_the_link_up() {
    let (app, server) = TestApp::start_with_mail();
    app.add_user(ADA).await;
    ask(&app, ADA).await;
    let browser = open(&app, &server.wait_for(0).link()).await;
    let refused = browser.post("/password/reset", &[("password", "short")]);
    let page = expect_field_errors(refused.await, &["password"]);
    page.expect_no_text("short\"");
    set_password(&browser, NEW_PASSWORD).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn changes_of_the_account_make_the_link_void() {
    let (app, server) = TestApp::start_with_mail();
    let user = app.add_user(ADA).await;
    let browser = app.sign_in(ADA).await;
    for number in 0..3 {
        app.advance(5 * MINUTE);
        ask(&app, ADA).await;
        let link = reset_link(&server, number);
        match number {
            0 => {
                let form = [("current_password", PASSWORD), ("password", NEW_PASSWORD)];
                let changed = browser.post("/account/password", &form);
                changed.await.expect_redirect("/account/profile");
            }
            1 => {
                let everything = serde_json::json!({});
                let ended = browser.call(Method::POST, "/api/v1/sign-out", Some(&everything));
                ended.await.expect_status(200);
            }
            _ => drop(accounts::disable(&app.state, user).await.unwrap()),
        }
        expect_link_is_void(&app, &link).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn second_request_within_a_minute_sends_no_mail() {
    let (app, server) = TestApp::start_with_mail();
    app.add_user(ADA).await;
    app.add_user(GRACE).await;
    ask(&app, ADA).await;
    ask(&app, ADA).await;
    app.advance(Duration::from_secs(1));
    ask(&app, GRACE).await;
    server.wait_for_mail_to(ADA);
    server.wait_for_mail_to(GRACE);
    assert_eq!(server.mails().len(), 2);
}

#[tokio::test(flavor = "multi_thread")]
async fn mail_is_in_the_language_of_the_user() {
    let (app, server) = TestApp::start_with_mail();
    app.add_user(ADA).await;
    app.add_user(GRACE).await;
    let browser = app.sign_in(ADA).await;
    let german = [("name", "Ada"), ("email", ADA), ("language", "de")];
    let changed = browser.post("/account/profile", &german).await;
    changed.expect_status(303);
    for (email, subject) in [
        (ADA, "Narthex: neues Passwort wählen"),
        (GRACE, "Narthex: choose a new password"),
    ] {
        ask(&app, email).await;
        let is_reset = |mail: &ReceivedMail| mail.to == [email] && mail.text().contains("reset");
        let mail = server.wait_for_mail(is_reset);
        assert_eq!(mail.message().subject(), Some(subject));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn network_gets_twenty_mails_a_minute() {
    let (app, server) = TestApp::start_with_mail();
    app.add_user(ADA).await;
    for number in 0..20 {
        ask(&app, &format!("user{number}@example.com")).await;
    }
    ask(&app, ADA).await;
    app.advance(MINUTE);
    ask(&app, ADA).await;
    server.wait_for(0);
    assert_eq!(server.mails().len(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn link_is_in_no_later_address_and_not_in_the_database() {
    let (app, server) = TestApp::start_with_mail();
    app.add_user(ADA).await;
    ask(&app, ADA).await;
    let link = server.wait_for(0).link();
    let (_, secret) = link.split_once("token=").unwrap();
    let browser = app.browser();
    let moved = browser.get(&link).await.expect_redirect("/password/reset");
    assert!(!moved.text.contains(secret), "{moved}");
    let page = browser.follow(&moved).await.expect_status(200);
    page.expect_header("cache-control", "no-store")
        .expect_no_text(secret);
    let rows = sql::query_lines(
        &app,
        "SELECT payload || coalesce(last_error, '') AS line FROM jobs UNION ALL \
         SELECT hex(digest) || hex(salt) || email || detail AS line FROM one_time_links",
        "SELECT payload || coalesce(last_error, '') AS line FROM jobs UNION ALL \
         SELECT encode(digest, 'hex') || encode(salt, 'hex') || email || detail AS line FROM one_time_links",
    );
    assert!(!rows.is_empty());
    assert!(rows.iter().all(|row| !row.contains(secret)), "{rows:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn link_begins_with_the_public_url_whatever_the_host() {
    let public = ("NARTHEX_PUBLIC_URL", "https://accounts.example.com");
    let (app, server) = TestApp::start_with_mail_and(&[public]);
    app.add_user(ADA).await;
    let client = app.browser();
    let request = client
        .request(Method::POST, "/password/forgot")
        .header("host", "accounts.example.com")
        .header("x-forwarded-host", "evil.example")
        .form(&[("email", ADA)]);
    client.send(request).await.expect_status(303);
    let text = server.wait_for(0).text();
    assert!(text.contains("https://accounts.example.com/"), "{text}");
    assert!(!text.contains("evil"), "{text}");
}

#[tokio::test(flavor = "multi_thread")]
async fn without_mail_the_sign_in_page_names_the_contact() {
    let app = TestApp::start_with(&[("NARTHEX_CONTACT", "help@example.com")]);
    app.browser()
        .get("/password/forgot")
        .await
        .expect_status(404);
    let form = [("email", ADA)];
    app.browser()
        .post("/password/forgot", &form)
        .await
        .expect_status(404);
    let page = app.browser().get("/login").await;
    page.expect_text("help@example.com")
        .expect_no_text("/password/forgot");
}

#[tokio::test(flavor = "multi_thread")]
async fn operator_prints_a_link_without_a_mail_server() {
    let operator = Operator::on(Database::fresh(migrate));
    operator.add_user(ADA);
    let server = operator.serve();
    let url = operator.run_ok(&["user", "reset-link", ADA]);
    let (_, query) = url.trim().split_once('?').unwrap();
    let browser = Browser::at(&server.url);
    let link = format!("/password/reset?{query}");
    browser.get(&link).await.expect_redirect("/password/reset");
    set_password(&browser, NEW_PASSWORD).await;
    let form = [("email", ADA), ("password", NEW_PASSWORD)];
    browser
        .post("/login", &form)
        .await
        .expect_redirect("/account");
    operator.run_ok(&["user", "disable", ADA]);
    let error = operator.run_err(&["user", "reset-link", ADA]);
    assert!(error.contains("disabled"), "{error}");
}
