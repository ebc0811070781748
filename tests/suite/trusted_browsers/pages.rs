//! The list of trusted browsers, their removal, and the mails about them.

use serde_json::Value;

use super::{COOKIE, MINUTE, SETTING, is_trusted, scene, stored, trust};
use crate::support::answer::Answer;
use crate::support::app::{PASSWORD, TestApp};
use crate::support::authenticator::turn_on;
use crate::support::page::{ADA, event_types};

/// The path that removes the first browser of the list.
fn removal_in(page: &Answer) -> String {
    let (_, after) = page
        .text
        .split_once("/account/security/trusted-browsers/")
        .expect("a form");
    let id = after.split('/').next().expect("an ID");
    format!("/account/security/trusted-browsers/{id}/remove")
}

#[tokio::test(flavor = "multi_thread")]
async fn browser_is_listed_and_removed_after_a_question() {
    let (app, ada, browser) = scene().await;
    let page = browser.get("/account/security").await.expect_status(200);
    let page = page
        .expect_text("Firefox on Linux")
        .expect_text("Trusted browsers")
        .expect_text("This browser");
    let path = removal_in(&page);
    let asked = ada.browser.post(&path, &[]).await.expect_status(200);
    asked.expect_text("End the trust in Firefox on Linux?");
    assert_eq!(stored(&app), 1);
    let confirmed = [("confirmed", "1")];
    let removed = ada.browser.post(&path, &confirmed).await;
    removed.expect_redirect("/account/security");
    let page = ada.browser.get("/account/security").await;
    page.expect_text("No trusted browsers.");
    for form in [&confirmed[..], &[]] {
        let again = ada.browser.post(&path, form).await;
        let again = again.expect_redirect("/account/security");
        let overview = ada.browser.follow(&again).await;
        overview.expect_text("This was removed already.");
    }
    assert!(!is_trusted(&browser).await);
    let events = event_types(&ada.browser).await;
    assert!(events.contains(&"trusted_browser.removed".to_owned()));
}

#[tokio::test(flavor = "multi_thread")]
async fn removal_needs_a_recent_confirmation_of_the_owner() {
    let (app, ada, browser) = scene().await;
    let path = removal_in(&browser.get("/account/security").await);
    let confirmed = [("confirmed", "1")];
    let grace = app.register(crate::support::page::GRACE).await;
    for form in [&confirmed[..], &[]] {
        let refused = grace.post(&path, form).await;
        refused.expect_redirect("/account/security");
    }
    app.advance(15 * MINUTE);
    let asked = ada.browser.post(&path, &confirmed).await.expect_status(303);
    assert!(asked.location().starts_with("/account/confirm?"), "{asked}");
    assert_eq!(stored(&app), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn mails_tell_of_trust_and_of_its_end() {
    let (app, server) = TestApp::start_with_mail_and(&[SETTING]);
    app.add_user(ADA).await;
    let ada = turn_on(&app, app.sign_in(ADA).await).await;
    let browser = trust(&app, &ada).await;
    app.advance(MINUTE);
    let has_subject = |subject: &str| {
        let subject = format!("Narthex: {subject}");
        server.wait_for_mail(move |mail| mail.subject() == subject)
    };
    let added = has_subject("a browser is trusted").text();
    assert!(added.contains("Firefox on Linux"), "{added}");
    let path = removal_in(&browser.get("/account/security").await);
    let confirmed = [("confirmed", "1")];
    browser.post(&path, &confirmed).await.expect_status(303);
    app.advance(MINUTE);
    let removed = has_subject("a browser is no longer trusted").text();
    assert!(removed.contains("Firefox on Linux"), "{removed}");
    // The notice of another change names the trusted browsers that it ended.
    trust(&app, &ada).await;
    let form = [
        ("current_password", PASSWORD),
        ("password", "a quite different sentence"),
        ("also", ""),
    ];
    let changed = ada.browser.post("/account/password", &form).await;
    changed.expect_redirect("/account/profile");
    let page = ada.browser.get("/account/profile").await;
    page.expect_text("1 browser is no longer trusted.");
    app.advance(MINUTE);
    let changed = has_subject("your password was changed").text();
    assert!(changed.contains("1 trusted browser"), "{changed}");
}

#[tokio::test(flavor = "multi_thread")]
async fn operator_lists_and_removes_a_trusted_browser() {
    let (app, _ada, browser) = scene().await;
    let list = app
        .command_line()
        .run(&["user", "factors", ADA, "--json"])
        .expect_code(0);
    let factors: Value = serde_json::from_str(&list.stdout).expect("JSON");
    let factors = factors["data"].as_array().expect("a list");
    let found = factors.iter().find(|one| one["kind"] == "trusted_browser");
    let found = found.unwrap_or_else(|| panic!("{factors:?}"));
    assert_eq!(found["name"], "Firefox on Linux");
    let id = found["id"].as_str().expect("an ID");
    let remove = ["user", "remove-factor", ADA, id, "--reason", "Sold laptop"];
    let removed = app.command_line().run(&remove).expect_code(0);
    assert!(removed.stdout.contains("Ended the trust"), "{removed:#?}");
    assert!(!is_trusted(&browser).await);
}

#[tokio::test(flavor = "multi_thread")]
async fn preview_and_receipt_count_trusted_browsers() {
    let (_app, ada, browser) = scene().await;
    let preview = ada
        .browser
        .get("/account/sign-out")
        .await
        .expect_status(200);
    let preview = preview.expect_text("The trust in 1 browser ends as well.");
    let others = ada.browser.get("/account/sign-out?except=current").await;
    others.expect_no_text("The trust in");
    let digest = preview.field("digest");
    let ended = ada
        .browser
        .post("/account/sign-out", &[("digest", &digest)])
        .await;
    ended.expect_status(303);
    assert!(browser.cookie(COOKIE).is_some());
    assert!(!is_trusted(&browser).await);
}
