//! The controls that the module `controls.js` adds to a page, and the same page without scripts.

use serde_json::json;

use crate::support::app::TestApp;
use crate::support::browser::Window;
use crate::support::page::ADA;

const WRONG: &str = "not the password of ada";

#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs Chromium: use scripts/test"]
async fn button_shows_and_hides_the_password() {
    let app = TestApp::start();
    let window = Window::at(&app.origin).open().await;
    window.visit("/login").await;
    let kind = "return document.getElementById('password').type;";
    window.press("Show").await;
    assert_eq!(window.evaluate(kind).await, "text");
    window.press("Hide").await;
    assert_eq!(window.evaluate(kind).await, "password");
    window.close().await;
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs Chromium: use scripts/test"]
async fn action_bar_counts_the_ticked_rows() {
    let app = TestApp::start();
    let window = Window::at(&app.origin).open().await;
    window.visit("/components").await;
    window.expect_no_text("selected").await;
    for (box_to_tick, count) in [
        ("tbody [name=id]", "1 selected"),
        ("[data-all]", "5 selected"),
        ("tbody [name=id]", "4 selected"),
    ] {
        let click = format!("document.querySelector('{box_to_tick}').click()");
        window.evaluate(&click).await;
        window.expect_text(count).await;
    }
    let mixed = "return document.querySelector('[data-all]').indeterminate;";
    assert_eq!(window.evaluate(mixed).await, true);
    window
        .evaluate("document.querySelector('[data-all]').click()")
        .await;
    window
        .evaluate("document.querySelector('[data-all]').click()")
        .await;
    window.expect_no_text("selected").await;
    window.close().await;
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs Chromium: use scripts/test"]
async fn dialog_opens_and_cancel_closes_it() {
    let app = TestApp::start();
    let window = Window::at(&app.origin).open().await;
    window.visit("/components").await;
    let state = "const dialog = document.querySelector('dialog');
         return [dialog.open, document.activeElement.id];";
    window
        .evaluate("document.querySelector('[data-dialog]').click()")
        .await;
    assert_eq!(
        window.evaluate(state).await,
        json!([true, "question-title"])
    );
    window
        .evaluate("document.querySelector('dialog [formmethod]').click()")
        .await;
    assert_eq!(
        window
            .evaluate("return document.querySelector('dialog').open;")
            .await,
        false
    );
    window.expect_path("/components").await;
    window.close().await;
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs Chromium: use scripts/test"]
async fn dismissed_message_leaves_the_typed_text() {
    let app = TestApp::start();
    let window = Window::at(&app.origin).open().await;
    window.visit("/components").await;
    let count = "return document.querySelectorAll('.toast').length;";
    let name = "return document.getElementById('name').value;";
    let shown = window.evaluate(count).await.as_u64().unwrap();
    window
        .evaluate("document.getElementById('name').value = 'typed'")
        .await;
    window
        .evaluate("document.querySelector('.dismiss').click()")
        .await;
    assert_eq!(window.evaluate(count).await, shown - 1);
    assert_eq!(window.evaluate(name).await, "typed");
    let focused = "return document.activeElement.id;";
    assert_eq!(window.evaluate(focused).await, "main");
    window.close().await;
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs Chromium: use scripts/test"]
async fn copy_button_says_that_it_copied() {
    let app = TestApp::start();
    let window = Window::at(&app.origin).open().await;
    window.visit("/components").await;
    window.press("Copy").await;
    window.expect_text("Copied").await;
    let selected = "return document.activeElement.id;";
    assert_eq!(window.evaluate(selected).await, "secret");
    window.close().await;
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs Chromium: use scripts/test"]
async fn time_to_wait_is_counted_down() {
    let app = TestApp::start();
    app.register(ADA).await;
    let wrong = [("email", ADA), ("password", WRONG)];
    while app.browser().post("/login", &wrong).await.status == 422 {}
    let window = Window::at(&app.origin).open().await;
    window.visit("/login").await;
    window.fill("Email address", ADA).await;
    window.fill("Password", WRONG).await;
    window.press("Sign in").await;
    window.expect_text("Too many attempts").await;
    window.expect_text("You can try again now.").await;
    let disabled = "return document.querySelector('form .main').disabled;";
    assert_eq!(window.evaluate(disabled).await, false);
    window.close().await;
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs Chromium: use scripts/test"]
async fn page_without_scripts_has_no_dead_control() {
    let app = TestApp::start();
    let window = Window::at(&app.origin).without_scripts().open().await;
    window.visit("/components").await;
    for words in ["Copy", "Show"] {
        window.expect_no_text(words).await;
    }
    let buttons = "return [...document.querySelectorAll('.dismiss')].filter(one => one.checkVisibility()).length;";
    assert_eq!(window.evaluate(buttons).await, 0);
    window.close().await;
}
