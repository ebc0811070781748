//! Notices about sign-ins from new browsers, and about tokens in new networks.

use std::time::Duration;

use narthex::credentials::last_used;
use reqwest::Method;

use super::notices::Notices;
use crate::support::app::{PASSWORD, TestApp};
use crate::support::page::{ADA, GRACE};
use crate::support::passkey::{Passkey, sign_in, try_to_register};

const DAY: Duration = Duration::from_secs(24 * 3600);

async fn use_token(notices: &Notices, secret: &str, ip: &str) {
    let client = notices.app.api_client(secret);
    let request = client.request(Method::GET, "/api/v1/user");
    let request = request.header("X-Forwarded-For", ip);
    client.send(request).await.expect_status(200);
    last_used::flush(&notices.app.state).await.expect("a flush");
}

#[tokio::test(flavor = "multi_thread")]
async fn known_browser_is_not_reported_again() {
    let (mut notices, ada) = Notices::with_ada().await;
    notices.create(GRACE).await;
    let cookie = ada
        .cookie("narthex-browser")
        .expect("a cookie of the browser");
    ada.post("/logout", &[]).await;
    let sign_in = |email| [("email", email), ("password", PASSWORD)];
    ada.post("/login", &sign_in(ADA))
        .await
        .expect_redirect("/account");
    assert_eq!(ada.cookie("narthex-browser").unwrap().value, cookie.value);
    notices.expect_none(&ada).await;
    ada.post("/logout", &[]).await;
    ada.post("/login", &sign_in(GRACE))
        .await
        .expect_redirect("/account");
    let mail = notices.next().await;
    assert_eq!(
        (mail.to.clone(), mail.subject()),
        (
            vec![GRACE.to_owned()],
            "Narthex: sign-in from a new browser".to_owned()
        )
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn browser_is_new_again_after_a_year_without_a_sign_in() {
    let (mut notices, ada) = Notices::with_ada().await;
    notices.app.advance(DAY * 366);
    let form = [("email", ADA), ("password", PASSWORD)];
    ada.post("/login", &form).await.expect_redirect("/account");
    assert_eq!(
        notices.next().await.subject(),
        "Narthex: sign-in from a new browser"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn passkey_in_a_new_browser_is_reported() {
    let (mut notices, ada) = Notices::with_ada().await;
    let mut passkey = Passkey::new(1);
    let added = try_to_register(&ada, &mut passkey).await;
    added.expect_status(200);
    assert_eq!(notices.next().await.subject(), "Narthex: passkey added");
    let browser = notices.app.browser();
    for is_new in [true, false] {
        sign_in(&browser, &passkey).await.expect_status(200);
        if is_new {
            let mail = notices.next().await;
            assert_eq!(mail.subject(), "Narthex: sign-in from a new browser");
        }
    }
    notices.expect_none(&browser).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn without_mail_browsers_get_no_cookie() {
    let app = TestApp::start();
    let browser = app.register(ADA).await;
    assert!(browser.cookie("narthex-browser").is_none());
    assert!(app.sign_in(ADA).await.cookie("narthex-browser").is_none());
}

#[tokio::test(flavor = "multi_thread")]
async fn use_of_a_token_from_another_network_is_reported_once() {
    let (mut notices, ada) = Notices::with_ada().await;
    let secret = notices.app.token_of(&ada, "deploy", &[]).await;
    notices.next().await;
    for ip in ["192.0.2.7", "192.0.2.200", "192.0.2.7"] {
        use_token(&notices, &secret, ip).await;
    }
    notices.expect_none(&ada).await;
    use_token(&notices, &secret, "198.51.100.9").await;
    let mail = notices.next().await;
    let text = mail.text();
    assert_eq!(mail.subject(), "Narthex: token used from a new network");
    assert!(
        text.contains("“deploy” (…") && text.contains("198.51.100.9"),
        "{text}"
    );
    for ip in ["192.0.2.7", "198.51.100.10"] {
        notices.app.advance(Duration::from_secs(2));
        use_token(&notices, &secret, ip).await;
    }
    notices.expect_none(&ada).await;
}
