//! Token revocation (RFC 7009).

use reqwest::Method;
use serde_json::json;

use super::{Fixture, REVOKE, expect_oauth_error, fixture, introspect};
use crate::support::app::TestApp;
use crate::support::client::AnonymousClient;
use crate::support::operator::Operator;

#[tokio::test]
async fn section_2_secret_authorizes_its_own_revocation_only() {
    let app = TestApp::start();
    let Fixture {
        resource_server,
        secret,
        browser,
        ..
    } = fixture(&app).await;
    let revoked = app.anonymous().post(REVOKE, &[("token", &secret)]).await;
    assert_eq!(revoked.expect_status(200).text, "", "section 2.2");
    let client = app.api_client(&secret);
    client.get("/api/v1/user").await.expect_status(401);
    browser.get("/account").await.expect_status(200);
    let answer = introspect(&resource_server, &secret).await;
    assert_eq!(answer.text, r#"{"active":false}"#);
}

#[tokio::test]
async fn section_2_1_session_is_revoked_by_its_cookie_value() {
    let app = TestApp::start();
    let browser = app.register("ada@example.com").await;
    let cookie = browser.cookie("narthex").unwrap().value;
    let revoked = app.anonymous().post(REVOKE, &[("token", &cookie)]).await;
    revoked.expect_status(200);
    browser.get("/account").await.expect_status(303);
}

#[tokio::test]
async fn section_2_1_client_authentication_is_ignored() {
    let app = TestApp::start();
    let Fixture { browser, .. } = fixture(&app).await;
    for header in ["Basic c2hvcDpndWVzcw==", "Bearer nrx_unknown", "x"] {
        let secret = app.token_of(&browser, "Another", &[]).await;
        let anonymous = app.anonymous();
        let form = [
            ("token", &*secret),
            ("client_id", "shop"),
            ("client_secret", "guess"),
        ];
        let request = anonymous.request(Method::POST, REVOKE).form(&form);
        let request = request.header("authorization", header);
        anonymous.send(request).await.expect_status(200);
        let client = app.api_client(&secret);
        client.get("/api/v1/user").await.expect_status(401);
    }
}

#[tokio::test]
async fn section_2_2_unknown_or_revoked_token_succeeds() {
    let app = TestApp::start();
    let Fixture { secret, .. } = fixture(&app).await;
    for token in [&*secret, &*secret, "unknown", "nrx_", "%ff=;"] {
        let revoked = app.anonymous().post(REVOKE, &[("token", token)]).await;
        revoked.expect_status(200);
    }
}

#[tokio::test]
async fn section_2_2_wrong_hint_is_ignored() {
    let app = TestApp::start();
    let Fixture { browser, .. } = fixture(&app).await;
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
async fn section_2_2_1_malformed_request_revokes_nothing() {
    let app = TestApp::start();
    let Fixture { secret, .. } = fixture(&app).await;
    let anonymous = app.anonymous();
    let post = || anonymous.request(Method::POST, REVOKE);
    for request in [
        post(),
        post().form(&[("token", "")]),
        post().form(&[("token", &*secret), ("token", &*secret)]),
        post().json(&json!({"token": secret})),
        anonymous.request(Method::POST, &format!("{REVOKE}?token={secret}")),
    ] {
        let refused = anonymous.send(request).await;
        expect_oauth_error(refused, 400, "invalid_request");
    }
    let get = anonymous.get(&format!("{REVOKE}?token={secret}")).await;
    get.expect_status(405).expect_header("allow", "POST");
    let client = app.api_client(&secret);
    client.get("/api/v1/user").await.expect_status(200);
}

#[tokio::test]
async fn section_2_2_1_failed_revocation_gets_503_with_retry_after() {
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
async fn paused_token_can_be_revoked() {
    let app = TestApp::start();
    let Fixture {
        secret, browser, ..
    } = fixture(&app).await;
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
