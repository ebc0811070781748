//! The pages and well-known addresses about passkeys.

use serde_json::json;

use super::second_step::with_passkey;
use crate::support::app::TestApp;
use crate::support::page::ADA;
use crate::support::passkey::{
    CONFIRM, CONFIRM_OPTIONS, LOGIN, LOGIN_OPTIONS, OPTIONS, PASSKEYS, Passkey,
};

const BUTTON: &str = "data-passkey=\"begin\"";
const ENDPOINTS: &str = "/.well-known/passkey-endpoints";
const RELATED: &str = "/.well-known/webauthn";

#[tokio::test(flavor = "multi_thread")]
async fn sign_in_page_offers_passkeys_by_script() {
    let app = TestApp::start();
    let page = app.browser().get("/login").await.expect_status(200);
    let page = page.expect_text(BUTTON);
    let page = page.expect_text("autocomplete=\"username webauthn\"");
    let policy = page.header("content-security-policy").unwrap_or_default();
    assert!(policy.contains("connect-src 'self'"), "{policy}");
    // Without the script, the button would do nothing.
    let (_, area) = page.text.split_once(BUTTON).expect("a button");
    let tag = area.split('>').next().expect("a tag");
    assert!(tag.ends_with(" hidden"), "{tag}");
}

#[tokio::test(flavor = "multi_thread")]
async fn server_with_an_address_offers_no_passkeys() {
    let app = TestApp::start_with(&[("NARTHEX_PUBLIC_URL", "http://127.0.0.1")]);
    let browser = app.browser();
    for path in [ENDPOINTS, RELATED] {
        let request = browser.request(reqwest::Method::GET, path);
        let answer = browser.send(request.header("host", "127.0.0.1")).await;
        answer.expect_status(404);
    }
    let request = browser.request(reqwest::Method::GET, "/login");
    let page = browser.send(request.header("host", "127.0.0.1")).await;
    let page = page.expect_text("autocomplete=\"username\"");
    assert!(!page.text.contains("data-passkey"), "{page}");
}

#[tokio::test(flavor = "multi_thread")]
async fn security_page_names_the_accepted_passkeys() {
    let app = TestApp::start();
    let mut passkey = Passkey::new(1);
    let owner = with_passkey(&app, &mut passkey).await;
    let page = owner.get("/account/security").await.expect_status(200);
    let id = crate::support::passkey::encode(&passkey.id);
    let page = page.expect_text(&format!("data-accepted=\"{id}\""));
    let handle = passkey.handle.expect("a handle");
    page.expect_text(&format!("data-user=\"{handle}\""));
    let other = app.register(crate::support::page::GRACE).await;
    let page = other.get("/account/security").await.expect_status(200);
    assert!(!page.text.contains("data-user"), "{page}");
}

#[tokio::test(flavor = "multi_thread")]
async fn password_manager_finds_the_page_of_passkeys() {
    let app = TestApp::start();
    let answer = app.browser().get(ENDPOINTS).await.expect_status(200);
    // The client removes the mount.
    let page = app.state.settings().origin() + "/account/security";
    let found: serde_json::Value = serde_json::from_str(&answer.text).expect("JSON");
    assert_eq!(found, json!({"enroll": page, "manage": page}));
}

#[tokio::test(flavor = "multi_thread")]
async fn trusted_origins_share_the_passkeys_of_a_domain() {
    let trusted = (
        "NARTHEX_TRUSTED_ORIGINS",
        "https://app.example.org,https://shop.example.com",
    );
    let url = ("NARTHEX_PUBLIC_URL", "http://accounts.example.com");
    let domain = ("NARTHEX_COOKIE_DOMAIN", "example.com");
    for (settings, status) in [
        (&[url, domain, trusted][..], 200),
        (&[url, domain], 404),
        (&[url, trusted], 404),
    ] {
        let app = TestApp::start_with(settings);
        let browser = app.browser();
        let request = browser.request(reqwest::Method::GET, RELATED);
        let request = request.header("host", "accounts.example.com");
        let answer = browser.send(request).await.expect_status(status);
        if status == 200 {
            let origins = json!(["https://app.example.org", "https://shop.example.com"]);
            assert_eq!(answer.json(), json!({ "origins": origins }));
        }
    }
}

/// A script only posts to these addresses, and reads JSON.
#[tokio::test(flavor = "multi_thread")]
async fn address_of_a_call_shows_a_page_to_a_person() {
    let app = TestApp::start();
    let owner = app.register(ADA).await;
    for path in [
        PASSKEYS,
        OPTIONS,
        LOGIN,
        LOGIN_OPTIONS,
        CONFIRM,
        CONFIRM_OPTIONS,
    ] {
        for browser in [&app.browser(), &owner] {
            let page = browser.get(path).await.expect_status(405);
            let page = page.expect_header("allow", "POST");
            page.expect_header("content-type", "text/html; charset=utf-8");
        }
    }
    let refused = owner.post_json(LOGIN, &json!({})).await;
    refused.expect_status(422).problem();
}
