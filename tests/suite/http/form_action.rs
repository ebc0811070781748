//! `form-action` and redirects. Chromium applies a page's `form-action` to every redirect after a
//! form, also to redirects of an app after a sign-in. Therefore pages that redirect to an app have
//! no `form-action`.

use crate::support::app::PASSWORD;
use crate::support::browser::Window;
use crate::support::echo_app::{GREETING, REDIRECT_PATH};
use crate::support::reverse_proxy::{Proxy, ProxyDeployment};

const ADA: &str = "ada@example.com";

#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs Chromium: use scripts/test"]
async fn sign_in_reaches_an_app_that_redirects_to_another_origin() {
    let deployment = ProxyDeployment::of(Proxy::Nginx);
    deployment.register(ADA).await;
    let window = Window::at(&deployment.origin).open().await;
    window.visit(REDIRECT_PATH).await;
    window.fill("Email address", ADA).await;
    window.fill("Password", PASSWORD).await;
    window.press("Sign in").await;
    window.expect_path(&deployment.app.redirect_target()).await;
    window.expect_text(GREETING).await;
    // A cookie of the app with bytes outside ASCII, which browsers send unchanged.
    window.visit("/app").await;
    window.evaluate("document.cookie = 'theme=é; path=/'").await;
    for (path, words) in [
        ("/app", GREETING),
        ("/account", ADA),
        ("/auth-of-the-app", GREETING),
    ] {
        window.visit(path).await;
        window.expect_path(path).await;
        window.expect_text(words).await;
    }

    window
        .visit(&format!("/account/confirm?next={REDIRECT_PATH}"))
        .await;
    window.fill("Password", PASSWORD).await;
    window.press("Confirm").await;
    window.expect_path(&deployment.app.redirect_target()).await;

    // A path of Narthex that needs no sign-in redirects to the app as well.
    window.visit(&format!("/logout?next={REDIRECT_PATH}")).await;
    window.screenshot("sign-out-of-this-browser").await;
    window.expect_no_sideways_scrolling().await;
    window.press("Sign out").await;
    let login = format!("/login?next=%2F{}", REDIRECT_PATH.trim_start_matches('/'));
    window.expect_path(&login).await;

    window.press("Create account").await;
    window.fill("Your name", "Grace").await;
    window.fill("Email address", "grace@example.com").await;
    window.fill("Password", PASSWORD).await;
    window.press("Create account").await;
    window.expect_path(&deployment.app.redirect_target()).await;
    window.close().await;
}
