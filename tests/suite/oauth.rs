//! Introspection (RFC 7662), revocation (RFC 7009) and metadata (RFC 8414).

use reqwest::Method;
use serde_json::json;

use crate::support::answer::Answer;
use crate::support::app::TestApp;
use crate::support::client::{ApiClient, Browser};

const INTROSPECT: &str = "/oauth/introspect";
const REVOKE: &str = "/oauth/revoke";

async fn introspect(asker: &ApiClient, token: &str) -> Answer {
    let request = asker
        .request(Method::POST, INTROSPECT)
        .form(&[("token", token)]);
    asker.send(request).await.expect_status(200)
}

/// Somebody with a token, and a resource server that may ask about it.
async fn two(app: &TestApp) -> (Browser, String, ApiClient) {
    let browser = app.register("ada@example.com").await;
    let secret = app
        .token_of(&browser, "CI", &["orders:read", "account:read"])
        .await;
    let operator = app.register("operator@example.com").await;
    let asker = app
        .token_of(&operator, "resource server", &["tokens:introspect"])
        .await;
    (browser, secret, app.api_client(&asker))
}

#[tokio::test]
async fn an_active_token_is_told_with_scope_subject_and_times() {
    let app = TestApp::start();
    let (browser, secret, asker) = two(&app).await;
    let user = browser.get("/api/v1/user").await.json();
    let told = introspect(&asker, &secret).await.json();
    assert_eq!(told["active"], true);
    assert_eq!(told["scope"], "orders:read account:read");
    assert_eq!(told["sub"], user["id"]);
    assert_eq!(told["username"], "ada@example.com");
    assert_eq!(told["token_type"], "Bearer");
    assert!(told["iat"].is_i64() && told.get("exp").is_none(), "{told}");
}

#[tokio::test]
async fn a_session_is_known_by_the_value_of_its_cookie() {
    let app = TestApp::start();
    let (browser, _, asker) = two(&app).await;
    let cookie = browser.cookie("narthex").unwrap();
    let told = introspect(&asker, &cookie.value).await.json();
    assert_eq!(told["active"], true, "{told}");
    assert_eq!(told["scope"], "*");
    browser.post("/logout", &[]).await.expect_status(303);
    assert_eq!(
        introspect(&asker, &cookie.value).await.json(),
        json!({"active": false})
    );
}

#[tokio::test]
async fn whatever_is_not_active_is_told_in_the_same_words() {
    let app = TestApp::start();
    let (_, secret, asker) = two(&app).await;
    app.api_client(&secret)
        .delete("/api/v1/tokens/current")
        .await
        .expect_status(204);
    for token in [
        &*secret,
        "nrx_000000000000000000000000000000000000",
        "nonsense",
        "%ff=;",
    ] {
        let told = introspect(&asker, token).await;
        assert_eq!(told.text, r#"{"active":false}"#, "{token}");
    }
}

#[tokio::test]
async fn only_a_caller_with_tokens_introspect_is_told_anything() {
    let app = TestApp::start();
    let (_, secret, _) = two(&app).await;
    let form = [("token", &*secret)];
    app.stranger()
        .post(INTROSPECT, &form)
        .await
        .expect_status(401);
    let unable = app.api_client(&secret);
    let refused = unable
        .send(unable.request(Method::POST, INTROSPECT).form(&form))
        .await
        .expect_status(403);
    let challenge = refused.header("www-authenticate").unwrap();
    assert!(
        challenge.contains("scope=\"tokens:introspect\""),
        "{challenge}"
    );
}

#[tokio::test]
async fn a_request_without_a_token_is_invalid() {
    let app = TestApp::start();
    let (_, _, asker) = two(&app).await;
    let asked = asker
        .request(Method::POST, INTROSPECT)
        .form(&[("token_type_hint", "x")]);
    let refused = asker.send(asked).await.expect_status(400);
    assert_eq!(refused.json()["error"], "invalid_request");
    let refused = app.stranger().post(REVOKE, &[]).await.expect_status(400);
    assert_eq!(refused.json()["error"], "invalid_request");
}

#[tokio::test]
async fn holding_a_secret_is_the_right_to_end_it_and_nothing_else() {
    let app = TestApp::start();
    let (browser, secret, asker) = two(&app).await;
    let form = [("token", &*secret), ("token_type_hint", "access_token")];
    app.stranger().post(REVOKE, &form).await.expect_status(200);
    app.api_client(&secret)
        .get("/api/v1/user")
        .await
        .expect_status(401);
    browser.get("/account").await.expect_status(200);
    app.stranger().post(REVOKE, &form).await.expect_status(200);
    app.stranger()
        .post(REVOKE, &[("token", "unknown")])
        .await
        .expect_status(200);
    assert_eq!(
        introspect(&asker, &secret).await.json(),
        json!({"active": false})
    );
}

#[tokio::test]
async fn a_paused_token_can_still_be_ended() {
    let app = TestApp::start();
    let (browser, secret, _) = two(&app).await;
    let tokens = browser.get("/api/v1/tokens").await.json();
    let id = tokens["data"][0]["id"].as_str().unwrap().to_owned();
    browser
        .post(&format!("/account/tokens/{id}/pause"), &[])
        .await
        .expect_status(303);
    app.api_client(&secret)
        .get("/api/v1/user")
        .await
        .expect_status(401);
    app.stranger()
        .post(REVOKE, &[("token", &secret)])
        .await
        .expect_status(200);
    let token = browser.get(&format!("/api/v1/tokens/{id}")).await.json();
    assert!(token["ended_at"].is_string(), "{token}");
}

#[tokio::test]
async fn the_metadata_says_where_both_are() {
    let app = TestApp::start_with(&[("NARTHEX_PUBLIC_URL", "https://id.example.com")]);
    let stranger = app.stranger();
    let request = stranger
        .request(Method::GET, "/.well-known/oauth-authorization-server")
        .header("host", "id.example.com");
    let metadata = stranger.send(request).await.expect_status(200).json();
    assert_eq!(metadata["issuer"], "https://id.example.com");
    assert_eq!(
        metadata["introspection_endpoint"],
        "https://id.example.com/oauth/introspect"
    );
    assert_eq!(
        metadata["revocation_endpoint"],
        "https://id.example.com/oauth/revoke"
    );
    assert_eq!(metadata["response_types_supported"], json!([]));
}
