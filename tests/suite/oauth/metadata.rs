//! Authorization server metadata (RFC 8414).

use reqwest::Method;
use serde_json::{Value, json};

use super::METADATA;
use crate::support::answer::Answer;
use crate::support::app::TestApp;

async fn metadata_of(app: &TestApp, method: Method) -> Answer {
    let anonymous = app.anonymous();
    let asked = anonymous.request(method, METADATA);
    anonymous.send(asked.header("host", "id.example.com")).await
}

#[tokio::test]
async fn section_2_it_says_what_there_is_and_where() {
    let app = TestApp::start_with(&[("NARTHEX_PUBLIC_URL", "https://id.example.com")]);
    let metadata = metadata_of(&app, Method::GET).await.json();
    let wanted = json!({
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
    assert_eq!(scopes, wanted);
}

#[tokio::test]
async fn section_3_2_it_is_json_by_get_and_no_list_is_empty() {
    let app = TestApp::start_with(&[("NARTHEX_PUBLIC_URL", "https://id.example.com")]);
    let answer = metadata_of(&app, Method::GET).await.expect_status(200);
    let answer = answer.expect_header("content-type", "application/json");
    for (name, value) in answer.json().as_object().unwrap() {
        let empty = [json!([]), Value::Null, json!("")].contains(value);
        assert!(!empty, "{name}: {answer}");
    }
    let head = metadata_of(&app, Method::HEAD).await.expect_status(200);
    assert_eq!(head.text, "");
    let post = metadata_of(&app, Method::POST).await;
    post.expect_status(405);
}

/// Clients compare byte by byte (section 3.3): a slash too many would be another issuer.
#[tokio::test]
async fn section_3_3_the_issuer_is_the_public_url_without_a_slash_at_its_end() {
    for url in [
        "https://id.example.com",
        "https://id.example.com/",
        "https://ID.example.com:443",
    ] {
        let app = TestApp::start_with(&[("NARTHEX_PUBLIC_URL", url)]);
        let metadata = metadata_of(&app, Method::GET).await.json();
        assert_eq!(metadata["issuer"], "https://id.example.com", "{url}");
    }
}

#[tokio::test]
async fn section_3_it_is_at_the_well_known_path_and_below_it_is_nothing() {
    let app = TestApp::start();
    let anonymous = app.anonymous();
    for path in [
        "/.well-known/oauth-authorization-server/",
        "/.well-known/oauth-authorization-server/tenant",
        "/.well-known/openid-configuration",
    ] {
        anonymous.get(path).await.expect_problem(404, "not-found");
    }
}
