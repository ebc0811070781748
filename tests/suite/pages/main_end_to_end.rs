//! The main use case with the keyboard alone, and with a pointer but without scripts: sign in, create
//! a token, review and revoke it, sign out.

use thirtyfour::Key;

use crate::support::app::{PASSWORD, TestApp};
use crate::support::browser::Window;
use crate::support::page::ADA;

#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs Chromium: use scripts/test"]
async fn keyboard_alone_suffices_from_sign_in_to_sign_out() {
    let app = TestApp::start();
    app.register(ADA).await;
    let window = Window::at(&app.origin).open().await;

    window.visit("/login").await;
    assert_eq!(window.focused().await, "Email address");
    window.type_text(ADA).await;
    window.tab_to("Password").await;
    window.type_text(PASSWORD).await;
    window.press_enter().await;
    window.expect_path("/account").await;

    window.press_at("Tokens").await;
    window.expect_path("/account/tokens").await;
    window.press_at("New token").await;
    window.expect_path("/account/tokens/new").await;
    window.tab_to("Name").await;
    window.type_text("Shop CI").await;
    window.press_at("Create token").await;
    window.expect_text("Token created.").await;
    window.press_at("Copy").await;
    window.expect_text("Copied").await;
    window.press_at("Done").await;
    window.expect_path("/account/tokens").await;

    window.tab_to("Select Shop CI").await;
    window.press_key(Key::Space).await;
    window.expect_text("1 selected").await;
    window.press_at("Revoke…").await;
    window.expect_text("This will revoke 1 token.").await;
    window.press_at("Revoke 1 token").await;
    window.expect_text("1 token revoked.").await;
    // Only sessions are signed out.
    window.expect_no_text("Signed out").await;
    window.expect_no_text("This will revoke").await;

    window.press_at("ada").await;
    window.press_at("Sign out").await;
    window.expect_path("/login").await;
    window.close().await;
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs Chromium: use scripts/test"]
async fn pages_work_without_scripts_from_sign_in_to_sign_out() {
    let app = TestApp::start();
    let browser = app.register(ADA).await;
    app.token_of(&browser, "Backup", &[]).await;
    let window = Window::at(&app.origin).without_scripts().open().await;

    window.visit("/login").await;
    window.fill("Email address", ADA).await;
    window.fill("Password", PASSWORD).await;
    window.press("Sign in").await;
    window.expect_path("/account").await;

    window.visit("/account/tokens").await;
    window.press("New token").await;
    window.fill("Name", "Shop CI").await;
    window.press("Create token").await;
    window.expect_text("Token created.").await;
    window.press("Done").await;

    window.tick("Select Shop CI").await;
    window.press("Revoke…").await;
    window.expect_text("This will revoke 1 token.").await;
    window.press("Revoke 1 token").await;
    window.expect_text("1 token revoked.").await;
    // Only sessions are signed out.
    window.expect_no_text("Signed out").await;
    window.expect_no_text("This will revoke").await;

    window.open_account_menu().await;
    window.press("Sign out").await;
    window.expect_path("/login").await;
    window.close().await;
}
