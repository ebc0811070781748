//! The form behind a mailed link names its link, because two links that are open in two tabs share a
//! cookie.

use narthex::accounts::invitation;
use narthex::types::email::Email;

use crate::support::app::{PASSWORD, TestApp};
use crate::support::client::Browser;
use crate::support::mail_server::MailServer;
use crate::support::page::{ADA, GRACE};

const IDA: &str = "ida@example.com";
const MARY: &str = "mary@example.com";
const NEW: &str = "countess@example.com";
const NEW_OF_IDA: &str = "ida@new.example";
const SECOND: &str = "ida@backup.example";
const INVITED: &str = "invited@example.com";
const NEW_PASSWORD: &str = "a quite different sentence";

/// A mailed link with the path of its form, and the fields that its person fills in.
struct MailedLink {
    link: String,
    path: &'static str,
    fields: &'static [(&'static str, &'static str)],
}

fn wait_for_link(server: &MailServer, path: &str) -> String {
    server
        .wait_for_mail(|mail| mail.text().contains(path))
        .link()
}

/// Changes the address of the account, and the second address.
async fn change_addresses(browser: &Browser, email: &str, second: &str) {
    let form = [
        ("name", "Ada"),
        ("email", email),
        ("notice_email", second),
        ("also", ""),
    ];
    let saved = browser.post("/account/profile", &form).await;
    saved.expect_status(303);
}

/// Returns a link of every purpose. Each of them works, also after the ones before it were used.
async fn links_of_every_purpose(app: &TestApp, server: &MailServer) -> Vec<MailedLink> {
    for address in [ADA, IDA, MARY] {
        app.add_user(address).await;
    }
    let (ada, ida) = (app.sign_in(ADA).await, app.sign_in(IDA).await);
    change_addresses(&ada, NEW, "").await;
    let confirmation = server.wait_for_mail_to(NEW).link();
    ada.get(&confirmation).await.expect_status(303);
    ada.post("/email/confirm", &[]).await.expect_status(303);
    change_addresses(&ida, NEW_OF_IDA, SECOND).await;

    let form = [("name", "Grace"), ("email", GRACE), ("password", PASSWORD)];
    let registered = app.browser().post("/register", &form).await;
    registered.expect_status(303);
    let form = [("email", MARY)];
    let asked = app.browser().post("/password/forgot", &form).await;
    asked.expect_status(303);
    let invited = Email::parse(INVITED).unwrap();
    let invited = invitation::invite(&app.state, invited, None).await;
    invited.unwrap();

    let link = |path: &'static str, link: String, fields| MailedLink { link, path, fields };
    vec![
        link(
            "/verify-email",
            wait_for_link(server, "/verify-email"),
            &[("current_password", PASSWORD)],
        ),
        link(
            "/email/notices",
            wait_for_link(server, "/email/notices"),
            &[],
        ),
        link(
            "/email/confirm",
            server.wait_for_mail_to(NEW_OF_IDA).link(),
            &[],
        ),
        link("/email/undo", wait_for_link(server, "/email/undo"), &[]),
        link(
            "/invitation",
            wait_for_link(server, "/invitation"),
            &[("name", "Jane"), ("password", NEW_PASSWORD)],
        ),
        link(
            "/password/reset",
            wait_for_link(server, "/password/reset"),
            &[("password", NEW_PASSWORD)],
        ),
    ]
}

#[tokio::test(flavor = "multi_thread")]
async fn form_of_another_mailed_link_is_refused() {
    let (app, server) = TestApp::start_with_mail();
    let links = links_of_every_purpose(&app, &server).await;
    for MailedLink { link, path, fields } in &links {
        let browser = app.browser();
        browser.get(link).await.expect_redirect(path);
        let name = browser.get(path).await.field("link");
        let mut form = fields.to_vec();
        form.push(("link", &name));

        let other_link = format!("{path}?token={}", "A".repeat(43));
        browser.get(&other_link).await.expect_redirect(path);
        let refused = browser.post(path, &form).await.expect_status(409);
        refused.expect_text("Another link was opened");

        browser.get(link).await.expect_redirect(path);
        browser.post(path, &form).await.expect_status(303);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn form_of_a_mailed_link_names_the_signed_in_user() {
    let (app, server) = TestApp::start_with_mail();
    for MailedLink { link, path, .. } in links_of_every_purpose(&app, &server).await {
        let anonymous = app.browser();
        anonymous.get(&link).await.expect_redirect(path);
        let page = anonymous.get(path).await.expect_status(200);
        assert!(!page.text.contains("name=\"user\""), "{page}");
        let signed_in = app.sign_in(MARY).await;
        signed_in.get(&link).await.expect_redirect(path);
        let page = signed_in.get(path).await.expect_status(200);
        let user = app.user_id(MARY).await.to_string();
        let field = format!("name=\"user\" value=\"{user}\"");
        let forms = page.text.matches("method=\"post\"").count();
        assert_eq!(page.text.matches(&field).count(), forms, "{page}");
        let other = app.user_id(IDA).await.to_string();
        let stale = signed_in.post(path, &[("user", &*other)]).await;
        stale.expect_status(409);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn name_of_a_link_in_a_form_does_not_open_it() {
    let (app, server) = TestApp::start_with_mail();
    for MailedLink { link, path, .. } in links_of_every_purpose(&app, &server).await {
        let browser = app.browser();
        browser.get(&link).await.expect_redirect(path);
        let name = browser.get(path).await.field("link");
        assert!(!link.contains(&name), "{path}");
        let thief = app.browser();
        let typed = format!("{path}?token={name}");
        thief.get(&typed).await.expect_redirect(path);
        thief.get(path).await.expect_status(410);
    }
}
