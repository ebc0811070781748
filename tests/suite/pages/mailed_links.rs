//! The pages behind the links of mails, in a real browser.

use narthex::accounts::invitation;
use narthex::types::email::Email;

use crate::support::app::TestApp;
use crate::support::browser::Window;
use crate::support::client::Browser;
use crate::support::mail_server::MailServer;
use crate::support::page::ADA;

use super::accessibility::{SCHEMES, WIDTHS, expect_no_violation};

const NEW: &str = "countess@example.com";
const SECOND: &str = "ada@backup.example";
const GRACE: &str = "grace@example.com";
const INVITED: &str = "invited@example.com";

/// Sends the form and returns the link below `path` that is mailed to `address`.
async fn link_after(
    server: &MailServer,
    browser: &Browser,
    (form, fields): (&str, &[(&str, &str)]),
    (path, address): (&str, &str),
) -> String {
    browser.post(form, fields).await.expect_status(303);
    let mail = server.wait_for_mail(|mail| mail.to == [address] && mail.text().contains(path));
    mail.link()
}

/// Opens the link, which leads to `path`, and expects no violation and no sideways scrolling.
async fn expect_accessible(window: &Window, link: &str, path: &str) {
    window.visit(link).await;
    window.expect_path(path).await;
    for (width, scheme) in WIDTHS.into_iter().zip(SCHEMES) {
        expect_no_violation(window, path, width, scheme).await;
    }
    window
        .evaluate("document.documentElement.style.fontSize = '200%'")
        .await;
    window.expect_no_sideways_scrolling().await;
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs Chromium: use scripts/test"]
async fn every_page_of_a_mailed_link_is_accessible() {
    let (app, server) = TestApp::start_with_mail();
    app.add_user(ADA).await;
    let ada = app.sign_in(ADA).await;
    let window = Window::at(&app.origin).open().await;

    let path = "/password/forgot";
    expect_accessible(&window, path, path).await;
    let (form, path) = ((path, &[("email", ADA)][..]), "/password/reset");
    let link = link_after(&server, &app.browser(), form, (path, ADA)).await;
    expect_accessible(&window, &link, path).await;

    let fields = [
        ("name", "Grace"),
        ("email", GRACE),
        ("password", "a quite different sentence"),
    ];
    let (form, path) = (("/register", &fields[..]), "/verify-email");
    let link = link_after(&server, &app.browser(), form, (path, GRACE)).await;
    expect_accessible(&window, &link, path).await;

    let fields = [
        ("name", "Ada"),
        ("email", NEW),
        ("notice_email", SECOND),
        ("also", ""),
    ];
    let (form, path) = (("/account/profile", &fields[..]), "/email/confirm");
    let confirmation = link_after(&server, &ada, form, (path, NEW)).await;
    expect_accessible(&window, &confirmation, path).await;
    let second = server.wait_for_mail_to(SECOND).link();
    expect_accessible(&window, &second, "/email/notices").await;

    ada.get(&confirmation).await.expect_status(303);
    let (form, path) = (("/email/confirm", &[][..]), "/email/undo");
    let undo = link_after(&server, &ada, form, (path, ADA)).await;
    expect_accessible(&window, &undo, path).await;
    // The link is used, so its page says that it does not work.
    expect_accessible(&window, &confirmation, "/email/confirm").await;

    let address = Email::parse(INVITED).unwrap();
    let invited = invitation::invite(&app.state, address, None).await;
    invited.unwrap();
    let link = server.wait_for_mail_to(INVITED).link();
    expect_accessible(&window, &link, "/invitation").await;
    window.close().await;
}
