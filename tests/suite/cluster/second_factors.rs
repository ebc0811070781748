//! The second step of a sign-in, of which nodes share the state.

use serde_json::json;

use crate::support::app::{PASSWORD, TestApp};
use crate::support::authenticator::{enrol, enter_code, enter_password};
use crate::support::page::ADA;
use crate::support::passkey::{LOGIN, LOGIN_OPTIONS, Passkey, options, try_to_register};

#[tokio::test(flavor = "multi_thread")]
async fn sign_out_on_one_node_ends_second_steps_on_another() {
    let one = TestApp::start();
    let other = one.start_second(&[]);
    let ada = enrol(&one, ADA).await;
    let mut passkey = Passkey::new(1);
    let added = try_to_register(&ada.browser, &mut passkey).await;
    added.expect_status(200);
    let by_code = enter_password(&other, ADA).await;
    let by_passkey = enter_password(&other, ADA).await;
    let challenge = options(&by_passkey, LOGIN_OPTIONS).await;
    let ended = ada.browser.post_json("/api/v1/sign-out", &json!({})).await;
    ended.expect_status(200);
    let code = ada.authenticator.code(&other);
    enter_code(&by_code, &code).await.expect_redirect("/login");
    let body = json!({ "credential": passkey.get(&challenge) });
    let answer = by_passkey.post_json(LOGIN, &body).await.expect_status(200);
    assert_eq!(answer.json()["location"], "/login");
    for browser in [&by_code, &by_passkey] {
        assert!(!browser.is_signed_in().await);
    }
    // The code was not used.
    let browser = enter_password(&other, ADA).await;
    enter_code(&browser, &code)
        .await
        .expect_redirect("/account");
}

#[tokio::test(flavor = "multi_thread")]
async fn wrong_codes_count_on_all_nodes_together() {
    let one = TestApp::start();
    let other = one.start_second(&[]);
    let ada = enrol(&one, ADA).await;
    let here = enter_password(&one, ADA).await;
    let there = other.browser();
    let cookie = here.cookie("narthex").expect("a cookie").value;
    there.put_cookie("narthex", &cookie);
    let wrong = ada.authenticator.wrong_code(&one);
    // Five wrong codes end the sign-in.
    for round in 0..5 {
        let browser = if round % 2 == 0 { &here } else { &there };
        enter_code(browser, &wrong).await.expect_status(422);
    }
    let code = ada.authenticator.code(&one);
    for browser in [&there, &here] {
        enter_code(browser, &code).await.expect_redirect("/login");
    }
    // The sixth one delays the account.
    let browser = enter_password(&other, ADA).await;
    enter_code(&browser, &wrong).await.expect_status(422);
    for app in [&one, &other] {
        let form = [("email", ADA), ("password", PASSWORD)];
        let delayed = app.browser().post("/login", &form).await;
        delayed.expect_status(429);
    }
}
