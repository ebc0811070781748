//! Token revocation (RFC 7009).

use reqwest::Method;
use serde_json::json;

use super::{REVOKE, Two, expect_oauth_error, introspect, two};
use crate::support::app::TestApp;
use crate::support::client::AnonymousClient;
use crate::support::operator::Operator;

#[tokio::test]
async fn section_2_holding_a_secret_is_the_right_to_end_it_and_nothing_else() {
    let app = TestApp::start();
    let Two {
        asker,
        secret,
        browser,
        ..
    } = two(&app).await;
    let revoked = app.anonymous().post(REVOKE, &[("token", &secret)]).await;
    assert_eq!(revoked.expect_status(200).text, "", "section 2.2");
    let client = app.api_client(&secret);
    client.get("/api/v1/user").await.expect_status(401);
    browser.get("/account").await.expect_status(200);
    let told = introspect(&asker, &secret).await;
    assert_eq!(told.text, r#"{"active":false}"#);
}

#[tokio::test]
async fn section_2_1_a_session_is_ended_by_the_value_of_its_cookie() {
    let app = TestApp::start();
    let browser = app.register("ada@example.com").await;
    let cookie = browser.cookie("narthex").unwrap().value;
    let revoked = app.anonymous().post(REVOKE, &[("token", &cookie)]).await;
    revoked.expect_status(200);
    browser.get("/account").await.expect_status(303);
}

#[tokio::test]
async fn section_2_1_what_a_client_says_of_itself_is_not_looked_at() {
    let app = TestApp::start();
    let Two { browser, .. } = two(&app).await;
    for header in ["Basic c2hvcDpndWVzcw==", "Bearer nrx_unknown", "x"] {
        let secret = app.token_of(&browser, "Another", &[]).await;
        let anonymous = app.anonymous();
        let form = [
            ("token", &*secret),
            ("client_id", "shop"),
            ("client_secret", "guess"),
        ];
        let revoke = anonymous.request(Method::POST, REVOKE).form(&form);
        let revoke = revoke.header("authorization", header);
        anonymous.send(revoke).await.expect_status(200);
        let client = app.api_client(&secret);
        client.get("/api/v1/user").await.expect_status(401);
    }
}

#[tokio::test]
async fn section_2_2_what_is_unknown_or_ended_is_as_good_as_revoked() {
    let app = TestApp::start();
    let Two { secret, .. } = two(&app).await;
    for token in [&*secret, &*secret, "unknown", "nrx_", "%ff=;"] {
        let revoked = app.anonymous().post(REVOKE, &[("token", token)]).await;
        revoked.expect_status(200);
    }
}

#[tokio::test]
async fn section_2_2_a_wrong_hint_changes_nothing() {
    let app = TestApp::start();
    let Two { browser, .. } = two(&app).await;
    for hint in ["access_token", "refresh_token", "nonsense", ""] {
        let secret = app.token_of(&browser, "Another", &[]).await;
        let form = [("token", &*secret), ("token_type_hint", hint)];
        let revoked = app.anonymous().post(REVOKE, &form).await;
        revoked.expect_status(200);
        let client = app.api_client(&secret);
        client.get("/api/v1/user").await.expect_status(401);
    }
}

#[tokio::test]
async fn section_2_2_1_a_request_that_is_not_well_formed_ends_nothing() {
    let app = TestApp::start();
    let Two { secret, .. } = two(&app).await;
    let anonymous = app.anonymous();
    let post = || anonymous.request(Method::POST, REVOKE);
    for revoke in [
        post(),
        post().form(&[("token", "")]),
        post().form(&[("token", &*secret), ("token", &*secret)]),
        post().json(&json!({"token": secret})),
        anonymous.request(Method::POST, &format!("{REVOKE}?token={secret}")),
    ] {
        let refused = anonymous.send(revoke).await;
        expect_oauth_error(refused, 400, "invalid_request");
    }
    let get = anonymous.get(&format!("{REVOKE}?token={secret}")).await;
    get.expect_status(405).expect_header("allow", "POST");
    let client = app.api_client(&secret);
    client.get("/api/v1/user").await.expect_status(200);
}

#[tokio::test]
async fn section_2_2_1_what_could_not_be_ended_is_said_to_be_live_and_when_to_try_again() {
    let operator = Operator::new();
    operator.add_user("ada@example.com");
    let secret = operator.add_token("ada@example.com", "CI", &[]);
    let serving = operator.serve();
    operator.execute("ALTER TABLE credentials RENAME TO elsewhere");
    let anonymous = AnonymousClient::at(&serving.url);
    let refused = anonymous.post(REVOKE, &[("token", &secret)]).await;
    let refused = refused.expect_problem(503, "unavailable");
    let wait = refused.header("retry-after").unwrap().parse::<u32>();
    assert!(wait.is_ok_and(|seconds| seconds > 0), "{refused}");
    operator.execute("ALTER TABLE elsewhere RENAME TO credentials");
    assert!(serving.accepts_token(&secret).await);
}

#[tokio::test]
async fn a_paused_token_can_still_be_ended() {
    let app = TestApp::start();
    let Two {
        secret, browser, ..
    } = two(&app).await;
    let id = browser.get("/api/v1/tokens").await.ids().remove(0);
    let pause = format!("/account/tokens/{id}/pause");
    browser.post(&pause, &[]).await.expect_status(303);
    let client = app.api_client(&secret);
    client.get("/api/v1/user").await.expect_status(401);
    let revoked = app.anonymous().post(REVOKE, &[("token", &secret)]).await;
    revoked.expect_status(200);
    let token = browser.get(&format!("/api/v1/tokens/{id}")).await.json();
    assert!(token["ended_at"].is_string(), "{token}");
}
