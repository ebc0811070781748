//! Authorization server metadata (RFC 8414).

use reqwest::Method;
use serde_json::{Value, json};

use super::METADATA;
use crate::support::answer::Answer;
use crate::support::app::TestApp;

async fn request_metadata(app: &TestApp, method: Method) -> Answer {
    let anonymous = app.anonymous();
    let request = anonymous.request(method, METADATA);
    anonymous
        .send(request.header("host", "id.example.com"))
        .await
}

#[tokio::test]
async fn section_2_metadata_lists_endpoints_and_scopes() {
    let app = TestApp::start_at_root(&[("NARTHEX_PUBLIC_URL", "https://id.example.com")]);
    let metadata = request_metadata(&app, Method::GET).await.json();
    let expected = json!({
        "issuer": "https://id.example.com",
        "scopes_supported": [
            "account:read", "orders:read", "orders:write", "sessions:read", "sessions:write",
            "tokens:introspect", "tokens:read", "tokens:write", "*",
        ],
        "response_types_supported": ["none"],
        "revocation_endpoint": "https://id.example.com/oauth/revoke",
        "revocation_endpoint_auth_methods_supported": ["none"],
        "introspection_endpoint": "https://id.example.com/oauth/introspect",
        "introspection_endpoint_auth_methods_supported": ["Bearer", "client_secret_basic"],
    });
    let mut scopes = metadata.clone();
    let listed = scopes["scopes_supported"].as_array_mut().unwrap();
    listed[..8].sort_by_key(ToString::to_string);
    assert_eq!(scopes, expected);
}

#[tokio::test]
async fn section_3_2_metadata_is_json_without_empty_members() {
    let app = TestApp::start_at_root(&[("NARTHEX_PUBLIC_URL", "https://id.example.com")]);
    let answer = request_metadata(&app, Method::GET).await.expect_status(200);
    let answer = answer.expect_header("content-type", "application/json");
    for (name, value) in answer.json().as_object().unwrap() {
        let empty = [json!([]), Value::Null, json!("")].contains(value);
        assert!(!empty, "{name}: {answer}");
    }
    let head = request_metadata(&app, Method::HEAD)
        .await
        .expect_status(200);
    assert_eq!(head.text, "");
    let post = request_metadata(&app, Method::POST).await;
    post.expect_status(405);
}

/// Clients compare issuers byte by byte (section 3.3), so that a trailing slash is another issuer.
#[tokio::test]
async fn section_3_3_issuer_is_public_url_without_trailing_slash() {
    for url in [
        "https://id.example.com",
        "https://id.example.com/",
        "https://ID.example.com:443",
    ] {
        let app = TestApp::start_at_root(&[("NARTHEX_PUBLIC_URL", url)]);
        let metadata = request_metadata(&app, Method::GET).await.json();
        assert_eq!(metadata["issuer"], "https://id.example.com", "{url}");
    }
}

#[tokio::test]
async fn section_3_metadata_exists_at_the_well_known_path_only() {
    let app = TestApp::start_at_root(&[]);
    let anonymous = app.anonymous();
    for path in [
        "/.well-known/oauth-authorization-server/",
        "/.well-known/oauth-authorization-server/tenant",
        "/.well-known/openid-configuration",
    ] {
        anonymous.get(path).await.expect_problem(404, "not-found");
    }
}
