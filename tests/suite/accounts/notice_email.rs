//! The second address of an account, which receives notices only.

use std::time::Duration;

use crate::support::app::TestApp;
use crate::support::client::Browser;
use crate::support::mail_server::MailServer;
use crate::support::page::{ADA, event_types, expect_field_errors};

const SECOND: &str = "ada@backup.example";
const MINUTE: Duration = Duration::from_secs(61);

async fn enter(ada: &Browser, second: &str) {
    let form = [("name", "Ada"), ("email", ADA), ("notice_email", second)];
    let saved = ada.post("/account/profile", &form).await;
    saved.expect_redirect("/account/profile");
}

async fn verify(app: &TestApp, link: &str) {
    let browser = app.browser();
    browser.get(link).await.expect_redirect("/email/notices");
    browser.get("/email/notices").await.expect_status(200);
    let verified = browser.post("/email/notices", &[]).await;
    let page = browser.follow(&verified.expect_redirect("/login")).await;
    page.expect_text("Email address confirmed.");
}

async fn signed_in() -> (TestApp, MailServer, Browser) {
    let (app, server) = TestApp::start_with_mail();
    app.add_user(ADA).await;
    let ada = app.sign_in(ADA).await;
    (app, server, ada)
}

/// Creates a token and waits for the notice about it at this address.
async fn expect_notice(app: &TestApp, server: &MailServer, ada: &Browser, to: &str) {
    app.token_of(ada, "CI", &[]).await;
    app.advance(MINUTE);
    app.state.job_wakeup().notify_one();
    server.wait_for_mail(|mail| mail.to == [to] && mail.subject() == "Narthex: new token");
}

#[tokio::test(flavor = "multi_thread")]
async fn second_address_gets_notices_after_its_verification() {
    let (app, server, ada) = signed_in().await;
    enter(&ada, SECOND).await;
    let link = server.wait_for_mail_to(SECOND).link();
    expect_notice(&app, &server, &ada, ADA).await;
    let to_second = |server: &MailServer| {
        let mails = server.mails().into_iter();
        mails.filter(|mail| mail.to == [SECOND]).count()
    };
    assert_eq!(to_second(&server), 1);
    verify(&app, &link).await;
    expect_notice(&app, &server, &ada, SECOND).await;
    let page = ada.get("/account/profile").await;
    assert_eq!(page.field("notice_email"), SECOND);
    // The address signs no user in.
    let form = [
        ("email", SECOND),
        ("password", crate::support::app::PASSWORD),
    ];
    let refused = app.browser().post("/login", &form).await;
    refused.expect_status(422);
}

#[tokio::test(flavor = "multi_thread")]
async fn second_address_can_be_corrected_within_a_minute() {
    let (app, server, ada) = signed_in().await;
    enter(&ada, "ada@bakcup.example").await;
    let form = [("name", "Ada"), ("email", ADA), ("notice_email", SECOND)];
    let saved = ada.post("/account/profile", &form).await;
    let saved = saved.expect_redirect("/account/profile");
    let page = ada.follow(&saved).await;
    let page = page
        .expect_text("We will send an email to ada@backup.example at ")
        .expect_text("We will send this email at:");
    assert_eq!(page.field("notice_email"), SECOND);
    app.advance(MINUTE);
    app.state.job_wakeup().notify_one();
    let link = server.wait_for_mail_to(SECOND).link();
    verify(&app, &link).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn both_addresses_hear_of_a_change_of_the_second_one() {
    let (app, server, ada) = signed_in().await;
    enter(&ada, SECOND).await;
    verify(&app, &server.wait_for_mail_to(SECOND).link()).await;
    app.advance(MINUTE);
    enter(&ada, "").await;
    app.advance(MINUTE);
    app.state.job_wakeup().notify_one();
    for to in [ADA, SECOND] {
        server.wait_for_mail(|mail| {
            mail.to == [to]
                && mail
                    .text()
                    .contains("second address of your account was removed")
        });
    }
    let events = event_types(&ada).await;
    let changes = events
        .iter()
        .filter(|kind| *kind == "account.notice_email_changed");
    assert_eq!(changes.count(), 2);
}

#[tokio::test(flavor = "multi_thread")]
async fn changed_second_address_makes_the_link_void() {
    let (app, server, ada) = signed_in().await;
    enter(&ada, SECOND).await;
    let link = server.wait_for_mail_to(SECOND).link();
    enter(&ada, "").await;
    let browser = app.browser();
    browser.get(&link).await.expect_redirect("/email/notices");
    browser.get("/email/notices").await.expect_status(410);
    browser.post("/email/notices", &[]).await.expect_status(410);
    let page = ada.get("/account/profile").await;
    assert_eq!(page.field("notice_email"), "");
}

#[tokio::test(flavor = "multi_thread")]
async fn form_without_the_field_keeps_the_second_address() {
    let (_app, server, ada) = signed_in().await;
    enter(&ada, SECOND).await;
    server.wait_for_mail_to(SECOND);
    let form = [("name", "Ada"), ("email", ADA)];
    let saved = ada.post("/account/profile", &form).await;
    saved.expect_redirect("/account/profile");
    let page = ada.get("/account/profile").await;
    assert_eq!(page.field("notice_email"), SECOND);
}

#[tokio::test(flavor = "multi_thread")]
async fn malformed_second_address_is_refused() {
    let (_app, _server, ada) = signed_in().await;
    let form = [("name", "Ada"), ("email", ADA), ("notice_email", "x")];
    let refused = ada.post("/account/profile", &form).await;
    let page = expect_field_errors(refused, &["notice_email"]);
    assert_eq!(page.field("notice_email"), "x");
}

#[tokio::test(flavor = "multi_thread")]
async fn second_address_requires_a_recent_confirmation() {
    let (app, _server, ada) = signed_in().await;
    app.advance(Duration::from_secs(3600));
    let form = [("name", "Ada"), ("email", ADA), ("notice_email", SECOND)];
    let asked = ada.post("/account/profile", &form).await.expect_status(303);
    assert!(asked.location().starts_with("/account/confirm"), "{asked}");
}
