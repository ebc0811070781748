//! The actions that an account may not do until its address is verified.

use reqwest::Method;
use serde_json::json;

use super::verify_email::{register, sign_in_unverified};
use crate::support::app::{PASSWORD, TestApp};
use crate::support::client::Browser;
use crate::support::page::ADA;
use crate::support::passkey;

const CI: [(&str, &str); 2] = [("name", "CI"), ("expires", "never")];

async fn expect_app_with(browser: &Browser, email_verified: &str) {
    let answer = browser.get("/auth/verify").await.expect_status(200);
    answer.expect_header("remote-email-verified", email_verified);
}

#[tokio::test(flavor = "multi_thread")]
async fn unverified_account_creates_no_token_and_uses_no_app() {
    let (app, server) = TestApp::start_with_mail();
    register(&app, ADA, PASSWORD).await;
    let code = server.wait_for(0).code();
    let browser = sign_in_unverified(&app).await;
    let form = browser.post("/account/tokens", &CI).await;
    form.expect_status(403);
    let body = json!({"name": "CI", "abilities": ["*"]});
    let call = browser.call(Method::POST, "/api/v1/tokens", Some(&body));
    let verify = browser.get("/auth/verify");
    for refused in [call.await, verify.await] {
        let problem = refused.expect_status(403).problem();
        let kind = problem.kind;
        assert!(kind.ends_with("/email-not-verified"), "{kind}");
    }
    let verified = browser.post("/verify-email", &[("code", &*code)]).await;
    verified.expect_redirect("/account");
    app.token_of(&browser, "CI", &["*"]).await;
    expect_app_with(&browser, "true").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn unverified_account_adds_no_second_factor() {
    let (app, _server) = TestApp::start_with_mail();
    register(&app, ADA, PASSWORD).await;
    let browser = sign_in_unverified(&app).await;
    let totp = "/account/security/totp";
    browser.get(totp).await.expect_status(403);
    let form = [("code", "123456")];
    browser.post(totp, &form).await.expect_status(403);
    let refused = browser.post_json(passkey::OPTIONS, &json!({})).await;
    refused.expect_problem(403, "email-not-verified");
}

#[tokio::test(flavor = "multi_thread")]
async fn refusal_of_an_unverified_account_names_no_user() {
    let (app, _server) = TestApp::start_with_mail();
    register(&app, ADA, PASSWORD).await;
    let browser = sign_in_unverified(&app).await;
    let refused = browser.get("/auth/verify").await.expect_status(403);
    for name in ["remote-user", "remote-email", "remote-email-verified"] {
        assert_eq!(refused.header(name), Some(""), "{name}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn settings_can_allow_an_unverified_account_everything() {
    let (app, _server) = TestApp::start_with_mail_and(&[("NARTHEX_UNVERIFIED", "allow")]);
    register(&app, ADA, PASSWORD).await;
    let browser = sign_in_unverified(&app).await;
    app.token_of(&browser, "CI", &["*"]).await;
    expect_app_with(&browser, "false").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_is_withheld_without_mail() {
    let (app, _server) = TestApp::start_with_mail();
    register(&app, ADA, PASSWORD).await;
    let without_mail = app.start_second(&[]);
    let browser = without_mail.sign_in(ADA).await;
    without_mail.token_of(&browser, "CI", &["*"]).await;
    expect_app_with(&browser, "false").await;
}
