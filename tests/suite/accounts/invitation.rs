//! Invitations: an operator invites an address, and its owner creates the account.

use std::time::Duration;

use narthex::accounts::{self, invitation};
use narthex::error::Error;
use narthex::types::{email::Email, name::Name};
use reqwest::Method;

use crate::support::app::{PASSWORD, TestApp, migrate};
use crate::support::client::Browser;
use crate::support::database::Database;
use crate::support::mail_server::{CONTACT, MailServer};
use crate::support::operator::Operator;
use crate::support::page::{ADA, GRACE, event_types, expect_field_errors};

const OTHER_PASSWORD: &str = "a quite different sentence";
const MINUTE: Duration = Duration::from_secs(60);
const WEEK: Duration = Duration::from_secs(7 * 24 * 3600);
const FORM: [(&str, &str); 2] = [("name", "Ada"), ("password", PASSWORD)];

async fn invite(app: &TestApp, email: &str) -> Result<(), Error> {
    let email = Email::parse(email).unwrap();
    let name = Name::parse("Ada Lovelace").ok();
    let invited = invitation::invite(&app.state, email, name).await;
    invited.map(drop)
}

/// Invites the user and returns the link of the mail.
async fn link(app: &TestApp, server: &MailServer) -> String {
    let index = server.mails().len();
    invite(app, ADA).await.unwrap();
    let mail = server.wait_for(index);
    assert_eq!(mail.to, [ADA]);
    mail.link()
}

async fn open(app: &TestApp, link: &str) -> Browser {
    let browser = app.browser();
    browser.get(link).await.expect_redirect("/invitation");
    browser
}

async fn expect_void(app: &TestApp, link: &str) {
    let browser = open(app, link).await;
    browser.get("/invitation").await.expect_status(410);
    let browser = open(app, link).await;
    let refused = browser.post("/invitation", &FORM).await;
    refused.expect_status(410);
}

#[tokio::test(flavor = "multi_thread")]
async fn invited_user_joins_although_registration_is_closed() {
    let closed = [("NARTHEX_REGISTRATION", "closed")];
    let (app, server) = TestApp::start_with_mail_and(&closed);
    let link = link(&app, &server).await;
    let browser = open(&app, &link).await;
    let page = browser.get("/invitation").await.expect_status(200);
    page.expect_text(ADA);
    let joined = browser.post("/invitation", &FORM).await;
    joined.expect_redirect("/account");
    let user = browser.get("/api/v1/user").await.json();
    assert_eq!(user["email"], ADA);
    assert_eq!(user["email_verified"], true);
    let events = event_types(&browser).await;
    assert!(events.contains(&"account.created".to_owned()), "{events:?}");
    app.sign_in(ADA).await;
    expect_void(&app, &link).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn form_suggests_the_name_of_the_invitation() {
    let (app, server) = TestApp::start_with_mail();
    let browser = open(&app, &link(&app, &server).await).await;
    let page = browser.get("/invitation").await;
    assert_eq!(page.field("name"), "Ada Lovelace");
}

#[tokio::test(flavor = "multi_thread")]
async fn scanner_that_follows_the_link_creates_no_account() {
    let (app, server) = TestApp::start_with_mail();
    let link = link(&app, &server).await;
    for method in [Method::HEAD, Method::GET] {
        let scanner = app.browser();
        let followed = scanner.request(method.clone(), &link);
        let followed = scanner.send(followed).await.expect_status(303);
        assert!(!followed.location().contains("token"), "{followed}");
        scanner.get("/invitation").await.expect_status(200);
    }
    let email = Email::parse(ADA).unwrap();
    let found = accounts::find_by_email(&app.state, &email).await;
    assert!(matches!(found, Err(Error::NotFound)));
    let browser = open(&app, &link).await;
    let joined = browser.post("/invitation", &FORM).await;
    joined.expect_redirect("/account");
}

#[tokio::test(flavor = "multi_thread")]
async fn refused_form_does_not_use_the_invitation_up() {
    let (app, server) = TestApp::start_with_mail();
    let browser = open(&app, &link(&app, &server).await).await;
    // The address is no password.
    let form = [("name", ""), ("password", ADA)];
    let refused = browser.post("/invitation", &form).await;
    expect_field_errors(refused, &["name", "password"]);
    let joined = browser.post("/invitation", &FORM).await;
    joined.expect_redirect("/account");
}

#[tokio::test(flavor = "multi_thread")]
async fn newer_invitation_makes_the_earlier_one_void() {
    let (app, server) = TestApp::start_with_mail();
    let first = link(&app, &server).await;
    app.advance(MINUTE);
    let second = link(&app, &server).await;
    expect_void(&app, &first).await;
    let browser = open(&app, &second).await;
    browser.get("/invitation").await.expect_status(200);
}

#[tokio::test(flavor = "multi_thread")]
async fn invitation_ends_after_a_week() {
    let (app, server) = TestApp::start_with_mail();
    let link = link(&app, &server).await;
    app.advance(WEEK - MINUTE);
    let browser = open(&app, &link).await;
    browser.get("/invitation").await.expect_status(200);
    app.advance(MINUTE);
    expect_void(&app, &link).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn address_is_invited_once_a_minute() {
    let (app, _server) = TestApp::start_with_mail();
    invite(&app, ADA).await.unwrap();
    let again = invite(&app, "ADA@example.com").await;
    assert!(matches!(again, Err(Error::Throttled(_))), "{again:?}");
    invite(&app, GRACE).await.unwrap();
    app.advance(MINUTE);
    invite(&app, ADA).await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn address_with_an_account_is_not_invited() {
    let (app, _server) = TestApp::start_with_mail();
    app.add_user(ADA).await;
    let refused = invite(&app, ADA).await;
    assert!(matches!(refused, Err(Error::Invalid(_))), "{refused:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn account_made_meanwhile_is_not_taken_over() {
    let (app, server) = TestApp::start_with_mail();
    let link = link(&app, &server).await;
    let browser = open(&app, &link).await;
    app.add_user(ADA).await;
    let form = [("name", "Eve"), ("password", OTHER_PASSWORD)];
    let refused = browser.post("/invitation", &form).await;
    refused.expect_status(410);
    app.sign_in(ADA).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn invited_user_replaces_an_account_that_was_not_verified() {
    let (app, server) = TestApp::start_with_mail();
    let squatter = app.browser();
    let form = [
        ("name", "Eve"),
        ("email", ADA),
        ("password", OTHER_PASSWORD),
    ];
    let registered = squatter.post("/register", &form).await;
    registered.expect_redirect("/verify-email");
    let verification = server.wait_for(0).link();
    let browser = open(&app, &link(&app, &server).await).await;
    let joined = browser.post("/invitation", &FORM).await;
    joined.expect_redirect("/account");
    app.sign_in(ADA).await;
    let form = [("email", ADA), ("password", OTHER_PASSWORD)];
    let refused = squatter.post("/login", &form).await;
    refused.expect_status(422);
    squatter.get(&verification).await.expect_status(303);
    squatter.get("/verify-email").await.expect_status(410);
}

#[tokio::test(flavor = "multi_thread")]
async fn signed_in_visitor_leaves_the_other_account() {
    let (app, server) = TestApp::start_with_mail();
    app.add_user(GRACE).await;
    let browser = app.sign_in(GRACE).await;
    let link = link(&app, &server).await;
    browser.get(&link).await.expect_redirect("/invitation");
    let page = browser.get("/invitation").await.expect_status(200);
    page.expect_text(&format!("You are signed in as {GRACE}"));
    let joined = browser.post("/invitation", &FORM).await;
    joined.expect_redirect("/account");
    let user = browser.get("/api/v1/user").await.json();
    assert_eq!(user["email"], ADA);
}

#[tokio::test(flavor = "multi_thread")]
async fn operator_invites_by_command() {
    let mails = MailServer::start();
    let operator = Operator::on(Database::fresh(migrate))
        .with("NARTHEX_SMTP_URL", &mails.url())
        .with("NARTHEX_CONTACT", CONTACT)
        .with("NARTHEX_LANGUAGE", "de");
    let server = operator.serve();
    let output = operator.run_ok(&["invite", ADA, "--name", "Ada"]);
    assert_eq!(
        output.trim(),
        format!("Queued an invitation to {ADA}. It ends in 7 days.")
    );
    let mail = mails.wait_for(0);
    assert_eq!(mail.subject(), "Narthex: Einladung");
    let browser = Browser::at(&server.url);
    let link = mail.link();
    browser.get(&link).await.expect_redirect("/invitation");
    let joined = browser.post("/invitation", &FORM).await;
    joined.expect_redirect("/account");
    let error = operator.run_err(&["invite", ADA]);
    assert!(error.contains("already an account"), "{error}");
    let invited = operator.json(&["invite", GRACE]);
    assert_eq!(invited["email"], GRACE);
    assert!(invited["expires_at"].is_string(), "{invited}");
    let error = operator.run_err(&["invite", GRACE]);
    assert!(error.contains("invited too often"), "{error}");
}

#[tokio::test(flavor = "multi_thread")]
async fn invitations_do_not_exist_without_mail() {
    let operator = Operator::on(Database::fresh(migrate));
    let error = operator.run_err(&["invite", ADA]);
    assert!(error.contains("NARTHEX_SMTP_URL"), "{error}");
    let app = TestApp::start();
    app.browser().get("/invitation").await.expect_status(404);
    let posted = app.browser().post("/invitation", &FORM).await;
    posted.expect_status(404);
}
