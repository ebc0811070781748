//! The pages of tokens in a browser: without scripts, and with the dialog that scripts add.

use crate::support::app::{PASSWORD, TestApp};
use crate::support::browser::Window;
use crate::support::page::ADA;

/// The key Enter (WebDriver, section 15.4.2).
const ENTER: char = '\u{E007}';

async fn sign_in(window: &Window) {
    window.visit("/login").await;
    window.fill("Email address", ADA).await;
    window.fill("Password", PASSWORD).await;
    window.press("Sign in").await;
    window.expect_path("/account").await;
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs Chromium: use scripts/test"]
async fn token_pages_work_without_scripts() {
    let app = TestApp::start();
    drop(app.register(ADA).await);
    let window = Window::at(&app.origin).without_scripts().open().await;
    sign_in(&window).await;
    window.visit("/account/tokens").await;
    window.expect_text("You have no tokens yet").await;
    window.screenshot("tokens-none").await;
    window.expect_no_sideways_scrolling().await;

    // The fields of the form follow its choices.
    window.visit("/account/tokens/new").await;
    window.choose("Expiration", "Custom date").await;
    window.expect_text("Date of expiration").await;
    window.choose("Expiration", "No expiration").await;
    window.expect_text("works until you revoke it").await;
    window.expect_no_text("Date of expiration").await;
    window.expect_text("Without a permission").await;
    window.press("Read-only").await;
    window.expect_path("/account/tokens").await;
    window.expect_no_text("Without a permission").await;

    // Enter creates the token and presses no preset.
    window.fill("Name", &format!("CI of the shop{ENTER}")).await;
    window.expect_text("Token created.").await;
    window.screenshot("token-created").await;
    window.expect_no_sideways_scrolling().await;
    window.press("Done").await;
    window.expect_text("1–1 of 1").await;
    window.screenshot("tokens").await;

    // The menu of a row leads to the forms of its token.
    window.press("Actions for CI of the shop").await;
    window.screenshot("tokens-menu").await;
    window.press("Pause").await;
    window.expect_text("Token paused").await;
    window.press("Paused 1").await;
    window.press("CI of the shop").await;
    let edit = format!("{}?form=edit", window.path().await);
    window.visit(&edit).await;
    window.expect_text("No change: no expiration").await;
    window.screenshot("token-edit").await;
    window.expect_no_sideways_scrolling().await;
    window.press("Revoke…").await;
    window.expect_text("This token was never used").await;
    window.press("Revoke token").await;
    window.expect_text("Token revoked: CI of the shop.").await;
    window.press("Ended 1").await;
    window.expect_text("Revoked").await;
    window.screenshot("tokens-ended").await;
    window.expect_no_sideways_scrolling().await;
    window.close().await;
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs Chromium: use scripts/test"]
async fn revocation_asks_in_a_dialog_on_the_list() {
    let app = TestApp::start();
    let browser = app.register(ADA).await;
    for name in ["CI of the shop", "Backup"] {
        app.token_of(&browser, name, &[]).await;
    }
    let window = Window::at(&app.origin).open().await;
    sign_in(&window).await;
    window.visit("/account/tokens").await;
    let ask = async || {
        window.press("Actions for CI of the shop").await;
        window.press("Revoke…").await;
        window.expect_text("Revoke CI of the shop?").await;
        window.expect_path("/account/tokens").await;
    };
    ask().await;
    window.screenshot("token-revoke-dialog").await;
    window.press("Cancel").await;
    window.expect_no_text("Revoke CI of the shop?").await;
    ask().await;
    window.press("Revoke token").await;
    window.expect_text("Token revoked: CI of the shop.").await;
    window.expect_path("/account/tokens").await;
    window.expect_text("Backup").await;
    window.close().await;
}
