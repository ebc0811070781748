//! The layout around every page: the menu, error pages, and the first message of a refused form.

use crate::support::app::{PASSWORD, TestApp};
use crate::support::page::{ADA, newest_token};

const MENU: &str = "<nav aria-label=\"Account\">";

/// Returns the entry of the menu that is marked as the current page.
fn current_entry(page: &str) -> Option<&str> {
    let (_, menu) = page.split_once(MENU)?;
    let (menu, _) = menu.split_once("</nav>")?;
    let (_, marked) = menu.split_once("aria-current=\"page\">")?;
    marked.split('<').next()
}

#[tokio::test(flavor = "multi_thread")]
async fn error_page_of_a_signed_in_user_keeps_the_menu() {
    let app = TestApp::start();
    let browser = app.register(ADA).await;
    for path in [
        "/account/nope",
        "/no-such-page",
        "/account/tokens/019ab6b0-0000-7000-8000-000000000000",
        "/account/receipts/019ab6b0-0000-7000-8000-000000000000",
        "/account/sessions?cursor=x",
        "/problems/throttled",
    ] {
        browser
            .get(path)
            .await
            .expect_text(MENU)
            .expect_text("ada@example.com");
        let anonymous = app.browser().get(path).await;
        anonymous.expect_no_text(MENU);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn menu_marks_the_current_entry_on_every_page() {
    let app = TestApp::start();
    let browser = app.register(ADA).await;
    app.token_of(&browser, "CI", &[]).await;
    let token = format!("/account/tokens/{}", newest_token(&browser).await);
    for (path, entry) in [
        ("/account", "Overview"),
        ("/account/sessions", "Sessions"),
        ("/account/sign-out", "Sessions"),
        ("/account/tokens", "Tokens"),
        ("/account/tokens/new", "Tokens"),
        (&token, "Tokens"),
        ("/account/activity", "Activity"),
        ("/account/profile", "Settings"),
        ("/account/confirm", "Settings"),
    ] {
        let page = browser.get(path).await.expect_status(200);
        assert_eq!(current_entry(&page.text), Some(entry), "{path}");
    }
    for path in ["/account/password", "/account/delete", "/account/profile"] {
        let page = browser.post(path, &[]).await.expect_status(422);
        assert_eq!(current_entry(&page.text), Some("Settings"), "{path}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn refused_form_lists_its_faults_as_links_and_in_the_title() {
    let app = TestApp::start();
    let browser = app.register(ADA).await;
    let anonymous = app.browser();
    for (page, fields) in [
        (
            anonymous.post("/register", &[]).await,
            &["name", "email", "password"][..],
        ),
        (
            browser.post("/account/profile", &[]).await,
            &["name", "email"],
        ),
        (
            browser.post("/account/delete", &[]).await,
            &["delete_password"],
        ),
        (browser.post("/account/confirm", &[]).await, &["password"]),
    ] {
        let page = page.expect_status(422).expect_text("<title>Error: ");
        let (_, summary) = page.text.split_once("tabindex=\"-1\" autofocus>").unwrap();
        for field in fields {
            assert!(
                summary.contains(&format!("<a href=\"#{field}\">")),
                "{page}"
            );
            assert!(page.text.contains(&format!("id=\"{field}\"")), "{page}");
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn form_that_must_wait_marks_no_field_as_wrong() {
    let app = TestApp::start();
    app.register(ADA).await;
    let anonymous = app.browser();
    let wrong = [("email", ADA), ("password", "not the password of ada")];
    let mut page = anonymous.post("/login", &wrong).await;
    while page.status == 422 {
        page = page.expect_text("aria-invalid");
        drop(page);
        page = anonymous.post("/login", &wrong).await;
    }
    page.expect_status(429)
        .expect_text("data-wait=\"")
        .expect_text("Too many attempts")
        .expect_no_text("aria-invalid")
        .expect_no_text(PASSWORD);
}

#[tokio::test(flavor = "multi_thread")]
async fn message_shows_whether_something_was_done() {
    const SUCCESS: &str = "class=\"notice green toast\" role=\"status\"";
    const ATTENTION: &str = "class=\"notice amber toast\" role=\"alert\"";
    let app = TestApp::start();
    let browser = app.register(ADA).await;
    app.token_of(&browser, "CI", &[]).await;
    let token = format!("/account/tokens/{}", newest_token(&browser).await);
    let revoke = format!("{token}/revoke");
    for look in [SUCCESS, ATTENTION] {
        let revoked = browser.post(&revoke, &[("confirmed", "1")]).await;
        let page = browser.follow(&revoked.expect_status(303)).await;
        page.expect_text(look);
    }
    // An unseen message leaves no receipt and no colour to the next one.
    app.token_of(&browser, "Other", &[]).await;
    let other = format!("/account/tokens/{}/revoke", newest_token(&browser).await);
    for path in [&other, &revoke] {
        browser.post(path, &[("confirmed", "1")]).await;
    }
    let form = [("name", "Ada"), ("email", ADA)];
    let saved = browser.post("/account/profile", &form).await;
    let page = browser.follow(&saved.expect_status(303)).await;
    page.expect_text("Saved.")
        .expect_text(SUCCESS)
        .expect_no_text("View receipt");
}
