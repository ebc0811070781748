//! The main use case in real browsers: sign in, see all sessions and tokens, revoke them.

use std::time::Duration;

use crate::support::app::{PASSWORD, TestApp, secret_in};
use crate::support::browser::Window;
use crate::support::every_page::{account_pages, public_pages};
use crate::support::user_agents::{FIREFOX_ON_LINUX, SAFARI_ON_IPAD, SAFARI_ON_IPHONE};

const API: &str = "/api/v1/user";
const ADA: &str = "ada@example.com";

async fn sign_in(app: &TestApp, user_agent: &str) -> Window {
    let window = Window::at(&app.origin).user_agent(user_agent).open().await;
    window.visit("/login").await;
    window.fill("Email address", ADA).await;
    window.fill("Password", PASSWORD).await;
    window.tick("Keep me signed in on this browser").await;
    window.press("Sign in").await;
    window.expect_path("/account").await;
    window
}

async fn expect_signed_out(window: &Window) {
    window.visit("/account/sessions").await;
    window
        .expect_path("/login?next=%2Faccount%2Fsessions")
        .await;
    window.expect_text("Keep me signed in").await;
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs Chromium: use scripts/test"]
async fn user_revokes_one_session_and_then_everything() {
    let app = TestApp::start();
    let grace = app.register("grace@example.com").await;
    let other_token = app.token_of(&grace, "Grace's own", &["account:read"]).await;

    // The user registers.
    let desk = Window::at(&app.origin)
        .user_agent(FIREFOX_ON_LINUX)
        .open()
        .await;
    desk.visit("/").await;
    desk.expect_path("/login").await;
    desk.screenshot("login").await;
    desk.press("Create account").await;
    desk.fill("Your name", "Ada Lovelace").await;
    desk.fill("Email address", ADA).await;
    desk.fill("Password", "too short").await;
    desk.press("Create account").await;
    desk.expect_text("Use at least 15 characters").await;
    desk.screenshot("register-refused").await;
    desk.fill("Password", PASSWORD).await;
    desk.press("Create account").await;
    desk.expect_path("/account").await;

    // The user creates a token, sees its secret once, and uses it.
    desk.press("New token").await;
    desk.screenshot("token-new").await;
    desk.fill("Name", "CI of the shop").await;
    desk.tick("See your name, email address and activity").await;
    desk.tick("Read your orders").await;
    desk.press("Create token").await;
    desk.expect_text("Copy the secret now").await;
    desk.screenshot("token-made").await;
    let secret = secret_in(&desk.html().await);
    let ci = app.api_client(&secret);
    ci.get(API).await.expect_status(200);
    desk.reload().await;
    desk.expect_text("This token was already created").await;
    desk.expect_no_text(&secret).await;
    desk.screenshot("token").await;

    // The user rotates the token. The previous secret works for a day.
    let rotation = format!("{}?form=rotate", desk.path().await);
    desk.visit(&rotation).await;
    desk.screenshot("token-rotate").await;
    desk.send("/rotate").await;
    desk.expect_text("Secret rotated").await;
    desk.expect_text("It stops 23 Nov 2026").await;
    desk.screenshot("token-rotated").await;
    let rotated = secret_in(&desk.html().await);
    app.api_client(&rotated).get(API).await.expect_status(200);
    ci.get(API).await.expect_status(200);
    desk.reload().await;
    desk.expect_text("This token already has its new secret")
        .await;
    desk.expect_no_text(&rotated).await;
    desk.screenshot("token-while-rotating").await;

    // A phone and a tablet sign in, and time passes.
    app.advance(Duration::from_secs(60));
    let phone = sign_in(&app, SAFARI_ON_IPHONE).await;
    let tablet = sign_in(&app, SAFARI_ON_IPAD).await;
    app.advance(Duration::from_secs(20 * 60));
    desk.visit("/account").await;
    desk.expect_text("Safari on iOS").await;
    desk.screenshot("overview").await;
    desk.visit("/account/tokens").await;
    desk.screenshot("tokens").await;
    desk.visit("/account/sessions").await;
    desk.screenshot("sessions").await;

    // The user revokes the session of the phone. This needs the password again, because the last
    // authentication is too old.
    desk.press("All phones").await;
    desk.expect_text("This will sign out 1 session.").await;
    desk.screenshot("sign-out-phone").await;
    desk.press("Sign out 1 session").await;
    desk.expect_text("Confirm your password").await;
    desk.screenshot("confirm").await;
    desk.fill("Password", PASSWORD).await;
    desk.press("Confirm").await;
    desk.press("Sign out 1 session").await;
    desk.expect_text("1 session signed out.").await;
    desk.expect_path("/account/sessions").await;
    desk.press("View receipt").await;
    desk.expect_text("Ended: 1 session").await;
    desk.screenshot("receipt").await;
    expect_signed_out(&phone).await;
    tablet.visit("/account").await;
    tablet.expect_path("/account").await;
    ci.get(API).await.expect_status(200);
    desk.visit("/account/profile").await;
    desk.screenshot("profile").await;
    desk.visit("/account/activity").await;
    desk.screenshot("activity").await;

    // The user revokes everything and gets the sign-in page. No credential works any more.
    desk.visit("/account").await;
    desk.open_account_menu().await;
    desk.press("Sign out everywhere…").await;
    desk.expect_text("You will be signed out here too").await;
    desk.screenshot("sign-out-everywhere").await;
    desk.press("Sign out 2 sessions and revoke 1 token").await;
    desk.expect_path("/login").await;
    desk.expect_text("2 sessions signed out, 1 token revoked.")
        .await;
    desk.screenshot("signed-out").await;
    expect_signed_out(&desk).await;
    expect_signed_out(&tablet).await;
    ci.get(API).await.expect_status(401);

    // Another user is unaffected.
    grace.get("/account").await.expect_status(200);
    app.api_client(&other_token)
        .get(API)
        .await
        .expect_status(200);
}

/// Every page at the narrowest width that is supported.
#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs Chromium: use scripts/test"]
async fn no_page_scrolls_sideways_in_the_narrowest_window() {
    let app = TestApp::start();
    let browser = app.register(ADA).await;
    let name = "A-name-without-any-place-to-break-it-that-goes-on-and-on-and-on-and-on-and-on";
    app.token_of(
        &browser,
        name,
        &["account:read", "orders:read", "tokens:write"],
    )
    .await;
    let window = sign_in(&app, SAFARI_ON_IPHONE).await;
    let account = account_pages(&app, &browser).await;
    for path in account.iter().chain(&public_pages()) {
        window.visit(path).await;
        window.expect_no_sideways_scrolling().await;
    }
    window.close().await;
}
