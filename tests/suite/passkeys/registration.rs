//! Passkeys are added, renamed and removed.

use std::time::Duration;

use narthex::factors::passkeys::RelyingParty;
use serde_json::json;

use crate::support::app::{PASSWORD, TestApp};
use crate::support::authenticator::{
    Authenticator, enrol, enter_code, enter_password, recovery_codes_in,
};
use crate::support::page::{ADA, GRACE, event_types, expect_field_errors};
use crate::support::passkey::{OPTIONS, PASSKEYS, Passkey, options, try_to_register};

const SECURITY: &str = "/account/security";

/// The path of the page of the only passkey.
async fn page_of_passkey(browser: &crate::support::client::Browser) -> String {
    let page = browser.get(SECURITY).await.expect_status(200);
    let marker = format!("href=\"{PASSKEYS}/");
    let (_, after) = page.text.split_once(&*marker).expect("a passkey");
    format!("{PASSKEYS}/{}", after.split('"').next().expect("an end"))
}

#[tokio::test(flavor = "multi_thread")]
async fn first_passkey_makes_recovery_codes() {
    let app = TestApp::start();
    let browser = app.register(ADA).await;
    let before = browser.cookie("narthex").expect("a cookie").value;
    let added = try_to_register(&browser, &mut Passkey::new(1)).await;
    let location = added.expect_status(200).json()["location"].clone();
    let codes = "/account/security/recovery-codes";
    assert_eq!(location, json!(codes));
    let shown = browser.get("/account/security/recovery-codes").await;
    let codes = recovery_codes_in(&shown.expect_status(200));
    assert_eq!(codes.len(), 10);
    let session = browser.get("/api/v1/sessions/current").await.json();
    assert_eq!(session["acr"], "2");
    let events = event_types(&browser).await;
    assert!(events.contains(&"passkey.added".to_owned()), "{events:?}");
    // The session has a new secret.
    let copy = app.browser();
    copy.put_cookie("narthex", &before);
    assert!(!copy.is_signed_in().await);
    let second = enter_password(&app, ADA).await;
    enter_code(&second, &codes[0]).await.expect_status(303);
    assert!(second.is_signed_in().await);
    // A second passkey makes no other codes.
    let added = try_to_register(&browser, &mut Passkey::new(2)).await;
    let location = added.expect_status(200).json()["location"].clone();
    assert_eq!(location, json!(SECURITY));
}

#[tokio::test(flavor = "multi_thread")]
async fn options_follow_the_contract() {
    let app = TestApp::start();
    let browser = app.register(ADA).await;
    try_to_register(&browser, &mut Passkey::new(1))
        .await
        .expect_status(200);
    let first = options(&browser, OPTIONS).await;
    assert_eq!(first["rp"]["id"], "localhost");
    assert_eq!(first["user"]["name"], ADA);
    assert_eq!(first["attestation"], "none");
    assert_eq!(first["pubKeyCredParams"].as_array().unwrap().len(), 2);
    let chosen = &first["authenticatorSelection"];
    assert_eq!(chosen["residentKey"], "required");
    assert_eq!(chosen["userVerification"], "preferred");
    let excluded = &first["excludeCredentials"][0];
    assert_eq!(excluded["id"], crate::support::passkey::encode(&[1; 32]));
    assert_eq!(excluded["transports"], json!(["internal", "hybrid"]));
    let second = options(&browser, OPTIONS).await;
    assert_ne!(first["challenge"], second["challenge"]);
    assert_eq!(first["user"]["id"], second["user"]["id"]);
    let user = browser.get("/api/v1/user").await.json();
    assert_ne!(first["user"]["id"], user["id"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn registration_needs_a_recent_confirmation() {
    let app = TestApp::start();
    let browser = app.register(ADA).await;
    let open = options(&browser, OPTIONS).await;
    app.advance(Duration::from_secs(15 * 60));
    let refused = browser.post_json(OPTIONS, &json!({})).await;
    refused.expect_status(403).problem();
    let body = json!({ "credential": Passkey::new(1).create(&open) });
    let refused = browser.post_json(PASSKEYS, &body).await;
    refused.expect_status(403).problem();
}

#[tokio::test(flavor = "multi_thread")]
async fn passkey_of_any_user_is_registered_once() {
    let app = TestApp::start();
    let (ada, grace) = (app.register(ADA).await, app.register(GRACE).await);
    let mut passkey = Passkey::new(1);
    try_to_register(&ada, &mut passkey).await.expect_status(200);
    for browser in [&ada, &grace] {
        let refused = try_to_register(browser, &mut passkey).await;
        refused.expect_status(422).problem();
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn passkey_is_renamed_and_removed_by_its_owner() {
    let app = TestApp::start();
    let (ada, grace) = (app.register(ADA).await, app.register(GRACE).await);
    let mut passkey = Passkey::new(1);
    try_to_register(&ada, &mut passkey).await.expect_status(200);
    let page = page_of_passkey(&ada).await;
    let remove = format!("{page}/remove");
    grace.get(&page).await.expect_status(404);
    let refused = grace.post(&page, &[("name", "Mine")]).await;
    refused.expect_status(404);
    let nothing = grace.post(&remove, &[]).await.expect_redirect(SECURITY);
    let overview = grace.follow(&nothing).await;
    overview.expect_text("This was removed already.");
    let refused = ada.post(&page, &[("name", " ")]).await;
    expect_field_errors(refused, &["name"]);
    ada.post(&page, &[("name", "Phone")])
        .await
        .expect_redirect(&page);
    ada.get(SECURITY).await.expect_text("Phone");
    ada.get(&remove).await.expect_redirect(&page);
    let removed = ada.post(&remove, &[]).await.expect_redirect(SECURITY);
    ada.follow(&removed).await.expect_text("Passkey removed.");
    // A second click finds nothing left to remove.
    let again = ada.post(&remove, &[]).await.expect_redirect(SECURITY);
    let overview = ada.follow(&again).await;
    overview.expect_text("This was removed already.");
    let events = event_types(&ada).await;
    for event in ["passkey.renamed", "passkey.removed"] {
        assert!(events.contains(&event.to_owned()), "{events:?}");
    }
    // Without a second factor, the password is enough, and there are no codes.
    app.sign_in(ADA).await;
    let made = ada.post("/account/security/recovery-codes", &[]).await;
    assert_ne!(made.status, 200);
}

#[tokio::test(flavor = "multi_thread")]
async fn removal_of_a_passkey_needs_a_second_factor() {
    let app = TestApp::start();
    let ada = app.register(ADA).await;
    try_to_register(&ada, &mut Passkey::new(1))
        .await
        .expect_status(200);
    let page = page_of_passkey(&ada).await;
    app.advance(Duration::from_secs(15 * 60));
    ada.post("/account/confirm", &[("password", PASSWORD)])
        .await
        .expect_redirect("/account");
    let refused = ada.post(&format!("{page}/remove"), &[]).await;
    let confirm = refused.expect_status(303);
    let start = "/account/confirm?acr=2&next=";
    assert!(confirm.location().starts_with(start), "{confirm}");
}

#[tokio::test(flavor = "multi_thread")]
async fn codes_stay_until_the_last_factor_is_removed() {
    let app = TestApp::start();
    let ada = enrol(&app, ADA).await;
    try_to_register(&ada.browser, &mut Passkey::new(1))
        .await
        .expect_status(200);
    let remove = "/account/security/totp/remove";
    ada.browser
        .post(remove, &[])
        .await
        .expect_redirect(SECURITY);
    let other = enter_password(&app, ADA).await;
    let code = &ada.recovery_codes[0];
    enter_code(&other, code).await.expect_status(303);
    assert!(other.is_signed_in().await);
}

#[tokio::test(flavor = "multi_thread")]
async fn user_has_at_most_twenty_passkeys() {
    let app = TestApp::start();
    let ada = app.register(ADA).await;
    for number in 1..=20 {
        let added = try_to_register(&ada, &mut Passkey::new(number)).await;
        added.expect_status(200);
    }
    let refused = ada.post_json(OPTIONS, &json!({})).await;
    refused.expect_status(422).problem();
}

#[test]
fn server_with_an_address_has_no_passkeys() {
    for (url, has_passkeys) in [
        ("http://127.0.0.1:8080", false),
        ("http://[::1]:8080", false),
        ("http://localhost:8080", true),
        ("https://accounts.example.com", true),
    ] {
        let app = TestApp::start_with(&[("NARTHEX_PUBLIC_URL", url)]);
        let party = RelyingParty::of(app.state.settings());
        assert_eq!(party.is_some(), has_passkeys, "{url}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn adding_an_app_to_a_passkey_keeps_recovery_codes() {
    let app = TestApp::start();
    let browser = app.register(ADA).await;
    try_to_register(&browser, &mut Passkey::new(1))
        .await
        .expect_status(200);
    let shown = browser.get("/account/security/recovery-codes").await;
    let codes = recovery_codes_in(&shown.expect_status(200));
    let page = browser.get("/account/security/totp").await;
    let authenticator = Authenticator::scan(&page.expect_status(200));
    let code = authenticator.code(&app);
    let form = [("code", &*code)];
    let turned_on = browser.post("/account/security/totp", &form).await;
    turned_on.expect_redirect(SECURITY);
    let second = enter_password(&app, ADA).await;
    enter_code(&second, &codes[0]).await.expect_status(303);
    assert!(second.is_signed_in().await);
}
