//! Revocation of one session or one token: a confirmation page, then the revocation.

use std::time::Duration;

use crate::support::app::{PASSWORD, TestApp};
use crate::support::browser::Window;
use crate::support::client::Browser;
use crate::support::mount;
use crate::support::page::{ADA, link, newest_token, own_session};
use crate::support::user_agents::SAFARI_ON_IPHONE;

const QUARTER_HOUR: Duration = Duration::from_secs(15 * 60);
const CONFIRMED: (&str, &str) = ("confirmed", "1");

struct Scene {
    app: TestApp,
    here: Browser,
    phone: Browser,
    /// The secret of the token.
    secret: String,
    /// The paths that revoke the phone's session and the token.
    session: String,
    token: String,
}

impl Scene {
    async fn new() -> Self {
        Self::on(TestApp::start()).await
    }

    async fn on(app: TestApp) -> Self {
        let here = app.register(ADA).await;
        let phone = app.sign_in_with(ADA, SAFARI_ON_IPHONE).await;
        let secret = app.token_of(&here, "CI of the shop", &[]).await;
        app.api_client(&secret)
            .get("/api/v1/user")
            .await
            .expect_status(200);
        let session = format!("/account/sessions/{}/revoke", own_session(&phone).await);
        let token = format!("/account/tokens/{}/revoke", newest_token(&here).await);
        app.advance(Duration::from_secs(180));
        Self {
            app,
            here,
            phone,
            secret,
            session,
            token,
        }
    }

    async fn expect_active(&self, path: &str) {
        if path == self.token {
            let client = self.app.api_client(&self.secret);
            client.get("/api/v1/user").await.expect_status(200);
        } else {
            self.phone.get("/account").await.expect_status(200);
        }
    }

    async fn expect_both_active(&self) {
        self.expect_active(&self.session).await;
        self.expect_active(&self.token).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn confirmation_page_names_the_credential_and_revokes_nothing() {
    let scene = Scene::new().await;
    for (path, list, words) in [
        (
            &scene.session,
            "/account/sessions",
            ["Sign out Safari on iOS?", "Last used", "loses access"],
        ),
        (
            &scene.token,
            "/account/tokens",
            ["Revoke CI of the shop?", "Last used", "loses access"],
        ),
    ] {
        for confirmed in [&[][..], &[("confirmed", "")], &[("confirmed", "0")]] {
            let page = scene.here.post(path, confirmed).await.expect_status(200);
            for words in words.iter().chain(&["3 minutes ago", "127.0.0.1"]) {
                assert!(page.text.contains(words), "{words}: {page}");
            }
            assert_eq!(link(&page, "Cancel"), list);
            assert_eq!(page.field("confirmed"), "1");
            scene.expect_both_active().await;
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn confirmed_revocation_leads_to_list_with_receipt_link() {
    let scene = Scene::new().await;
    for (path, list, message) in [
        (
            &scene.session,
            "/account/sessions",
            "Session signed out: Safari on iOS.",
        ),
        (
            &scene.token,
            "/account/tokens",
            "Token revoked: CI of the shop.",
        ),
    ] {
        let ended = scene.here.post(path, &[CONFIRMED]).await;
        let page = scene.here.follow(&ended.expect_redirect(list)).await;
        let receipt = link(&page.expect_text(message), "View receipt");
        let receipt = scene.here.get(&receipt).await.expect_status(200);
        receipt.expect_text("Revoked");
        let again = scene.here.get(list).await;
        again.expect_no_text(message).expect_no_text("View receipt");
    }
    scene.phone.get("/account").await.expect_status(303);
    let client = scene.app.api_client(&scene.secret);
    client.get("/api/v1/user").await.expect_status(401);
}

#[tokio::test(flavor = "multi_thread")]
async fn confirmed_revocation_leads_to_safe_return_address_only() {
    let scene = Scene::on(TestApp::start_at_root(&[])).await;
    // The form of each list sends the path of that list as its return address.
    for path in ["/account/sessions", "/account/tokens"] {
        let page = scene.here.get(path).await.expect_status(200);
        let next = page.fields_named("next");
        assert!(!next.is_empty() && next.iter().all(|next| next == path));
    }
    for (next, leads_to) in [
        ("/account", "/account"),
        ("/account/tokens?cursor=x", "/account/tokens?cursor=x"),
        ("/account/secure", "/account/secure"),
        ("/account/profile", "/account/sessions"),
        ("/account/activity", "/account/sessions"),
        ("https://evil.example/account", "/account/sessions"),
        ("//evil.example/account", "/account/sessions"),
        ("/account/../logout", "/account/sessions"),
    ] {
        let phone = scene.app.sign_in_with(ADA, SAFARI_ON_IPHONE).await;
        let path = format!("/account/sessions/{}/revoke", own_session(&phone).await);
        let page = scene.here.post(&path, &[("next", next)]).await;
        let page = page.expect_status(200);
        assert_eq!(link(&page, "Cancel"), leads_to);
        let form = [CONFIRMED, ("next", &page.field("next"))];
        let ended = scene.here.post(&path, &form).await;
        ended.expect_redirect(leads_to);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn revoking_the_current_session_signs_this_browser_out() {
    let app = TestApp::start();
    let here = app.register(ADA).await;
    let path = format!("/account/sessions/{}/revoke", own_session(&here).await);
    let page = here.post(&path, &[]).await.expect_status(200);
    page.expect_text("You will be signed out here")
        .expect_no_text("asked to confirm");
    here.post(&path, &[CONFIRMED])
        .await
        .expect_redirect("/login");
    here.get("/account").await.expect_status(303);
}

#[tokio::test(flavor = "multi_thread")]
async fn confirmed_user_returns_to_the_same_question() {
    let scene = Scene::new().await;
    for (path, name, list) in [
        (&scene.token, "CI of the shop", "/account"),
        (&scene.session, "Safari on iOS", "/account/secure"),
    ] {
        scene.app.advance(QUARTER_HOUR);
        let here = mount::from_environment().url(list);
        let page = scene.here.post(path, &[("next", &here)]).await;
        page.expect_status(200)
            .expect_text("You will be asked to confirm that it is you.");
        scene.expect_active(path).await;
        let refused = scene.here.post(path, &[CONFIRMED, ("next", &here)]).await;
        let next = scene.here.follow(&refused).await.field("next");
        scene.expect_active(path).await;
        let form = [("password", PASSWORD), ("next", &*next)];
        let confirmed = scene.here.post("/account/confirm", &form).await;
        let page = scene.here.follow(&confirmed).await.expect_status(200);
        page.clone()
            .expect_text(name)
            .expect_text("has not been submitted yet")
            .expect_no_text("You will be asked");
        scene.expect_active(path).await;
        assert_eq!(page.field("next"), list, "{page}");
        let ended = scene.here.post(path, &[CONFIRMED, ("next", &here)]).await;
        ended.expect_redirect(list);
        // The address of the form shows no question about a credential that has ended.
        scene.here.get(path).await.expect_status(303);
    }
    scene.phone.get("/account").await.expect_status(303);
    let client = scene.app.api_client(&scene.secret);
    client.get("/api/v1/user").await.expect_status(401);
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs Chromium: use scripts/test"]
async fn revocation_page_works_without_scripts() {
    let scene = Scene::new().await;
    let window = Window::at(&scene.app.origin).without_scripts().open().await;
    window.visit("/login").await;
    window.fill("Email address", ADA).await;
    window.fill("Password", PASSWORD).await;
    window.press("Sign in").await;
    window.expect_path("/account").await;
    window.visit("/account/tokens").await;
    window.press("Actions for CI of the shop").await;
    window.press("Revoke…").await;
    window.expect_text("Revoke CI of the shop?").await;
    window.screenshot("revoke-token").await;
    window.expect_no_sideways_scrolling().await;
    window.press("Cancel").await;
    window.expect_path("/account/tokens").await;
    scene.expect_both_active().await;
    window.press("Actions for CI of the shop").await;
    window.press("Revoke…").await;
    window.press("Revoke token").await;
    window.expect_path("/account/tokens").await;
    window.expect_text("Token revoked: CI of the shop.").await;
    window.screenshot("revoked").await;
    window.press("View receipt").await;
    window.expect_text("1 token").await;
    window.close().await;
    let client = scene.app.api_client(&scene.secret);
    client.get("/api/v1/user").await.expect_status(401);
}
