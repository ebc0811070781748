//! Access rules of the JSON API: the abilities that each call requires, and the problems that
//! callers without them get.

use std::collections::BTreeSet;

use narthex::http::{auth::Access, routes};
use reqwest::Method;
use serde_json::json;

use crate::support::api::{EVERY_ABILITY, text};
use crate::support::app::TestApp;
use crate::support::client::ApiClient;

const ADA: &str = "ada@example.com";
const UNKNOWN_ID: &str = "0196b2f0-0000-7000-8000-000000000000";

enum Requirement {
    NoCredential,
    AnyCredential,
    SessionOnly,
    Abilities(&'static [&'static str]),
}
use Requirement::{Abilities, AnyCredential, NoCredential, SessionOnly};

/// A copy of the access table of the contract, section 5.
const CALLS: &[(&str, &str, Requirement)] = &[
    ("POST", "/api/v1/sign-in", NoCredential),
    ("POST", "/api/v1/confirm", SessionOnly),
    ("GET", "/api/v1/user", AnyCredential),
    ("GET", "/api/v1/abilities", AnyCredential),
    (
        "GET",
        "/api/v1/credentials",
        Abilities(&["sessions:read", "tokens:read"]),
    ),
    ("GET", "/api/v1/sessions", Abilities(&["sessions:read"])),
    (
        "GET",
        "/api/v1/sessions/{id}",
        Abilities(&["sessions:read"]),
    ),
    (
        "GET",
        "/api/v1/sessions/current",
        Abilities(&["sessions:read"]),
    ),
    (
        "DELETE",
        "/api/v1/sessions/{id}",
        Abilities(&["sessions:write"]),
    ),
    ("DELETE", "/api/v1/sessions", Abilities(&["sessions:write"])),
    ("DELETE", "/api/v1/sessions/current", SessionOnly),
    ("GET", "/api/v1/tokens", Abilities(&["tokens:read"])),
    ("GET", "/api/v1/tokens/{id}", Abilities(&["tokens:read"])),
    ("GET", "/api/v1/tokens/current", AnyCredential),
    ("POST", "/api/v1/tokens", Abilities(&["tokens:write"])),
    ("PATCH", "/api/v1/tokens/{id}", Abilities(&["tokens:write"])),
    (
        "POST",
        "/api/v1/tokens/{id}/rotate",
        Abilities(&["tokens:write"]),
    ),
    (
        "DELETE",
        "/api/v1/tokens/{id}",
        Abilities(&["tokens:write"]),
    ),
    ("DELETE", "/api/v1/tokens", Abilities(&["tokens:write"])),
    ("DELETE", "/api/v1/tokens/current", AnyCredential),
    (
        "POST",
        "/api/v1/sign-out/preview",
        Abilities(&["sessions:read", "tokens:read"]),
    ),
    (
        "POST",
        "/api/v1/sign-out",
        Abilities(&["sessions:write", "tokens:write"]),
    ),
    ("GET", "/api/v1/receipts/{id}", Abilities(&["account:read"])),
    ("GET", "/api/v1/events", Abilities(&["account:read"])),
];

fn method(name: &str) -> Method {
    Method::from_bytes(name.as_bytes()).unwrap()
}

/// Returns the path with an unknown ID and with a filter that matches no credential, so that the
/// call changes nothing.
fn harmless(path: &str) -> String {
    let path = path.replace("{id}", UNKNOWN_ID);
    match path.as_str() {
        "/api/v1/sessions" | "/api/v1/tokens" | "/api/v1/sign-out" => {
            format!("{path}?id={UNKNOWN_ID}")
        }
        _ => path,
    }
}

#[test]
fn api_routes_equal_the_access_table() {
    let known: BTreeSet<_> = CALLS
        .iter()
        .map(|(method, path, _)| format!("{method} {path}"))
        .collect();
    let served: BTreeSet<_> = routes::table()
        .iter()
        .filter(|route| route.path.starts_with("/api/"))
        .map(|route| format!("{} {}", route.method, route.path))
        .collect();
    assert_eq!(served, known);
}

#[tokio::test]
async fn api_call_requires_exactly_its_abilities() {
    let app = TestApp::start();
    let ada = app.register(ADA).await;
    for (name, path, requirement) in CALLS {
        let route = format!("{name} {path}");
        let call =
            async |client: &ApiClient| client.call(method(name), &harmless(path), None).await;
        match requirement {
            NoCredential => {}
            SessionOnly => {
                let client = app.client(&ada, &["*"]).await;
                let answer = call(&client).await.expect_problem(403, "sessions-only");
                let challenge = answer.header("www-authenticate").unwrap();
                assert!(
                    challenge.contains("error=\"insufficient_scope\""),
                    "{route}"
                );
            }
            AnyCredential => {
                let client = app.client(&ada, &[]).await;
                let answer = call(&client).await;
                assert!([200, 204].contains(&answer.status), "{answer}");
            }
            Abilities(needed) => {
                let client = app.client(&ada, needed).await;
                let answer = call(&client).await;
                assert!(![401, 403].contains(&answer.status), "{answer}");
                for missing in *needed {
                    let others: Vec<_> = EVERY_ABILITY
                        .into_iter()
                        .chain(["orders:read"])
                        .filter(|ability| ability != missing)
                        .collect();
                    let client = app.client(&ada, &others).await;
                    let answer = call(&client).await.expect_problem(403, "missing-ability");
                    let challenge = answer.header("www-authenticate").unwrap();
                    assert!(
                        challenge.starts_with("Bearer ")
                            && challenge.contains("error=\"insufficient_scope\"")
                            && challenge.ends_with(&format!("scope=\"{missing}\"")),
                        "{route}: {challenge}"
                    );
                }
            }
        }
    }
}

#[tokio::test]
async fn wildcard_grants_every_ability_of_its_resource() {
    let app = TestApp::start();
    let ada = app.register(ADA).await;
    let client = app.client(&ada, &["tokens:*"]).await;
    client.get("/api/v1/tokens").await.expect_status(200);
    let refused = client.get("/api/v1/credentials").await;
    let refused = refused.expect_problem(403, "missing-ability");
    let challenge = refused.header("www-authenticate").unwrap();
    assert!(
        challenge.ends_with("scope=\"sessions:read\""),
        "{challenge}"
    );
}

#[tokio::test]
async fn challenge_without_credential_has_no_error_code() {
    let app = TestApp::start();
    for (name, path, requirement) in CALLS {
        if matches!(requirement, NoCredential) {
            continue;
        }
        let anonymous = app.anonymous();
        let request = anonymous.request(method(name), &harmless(path));
        anonymous
            .send(request)
            .await
            .expect_problem(401, "not-signed-in")
            .expect_header("www-authenticate", "Bearer realm=\"narthex\"")
            .expect_header("cache-control", "no-store");
    }
}

#[tokio::test]
async fn a_session_has_every_ability() {
    let app = TestApp::start();
    let ada = app.register(ADA).await;
    for (name, path, requirement) in CALLS {
        if matches!(requirement, Abilities(_)) {
            let answer = ada.call(method(name), &harmless(path), None).await;
            assert!(![401, 403].contains(&answer.status), "{answer}");
        }
    }
}

#[tokio::test]
async fn authorization_header_overrides_the_cookie() {
    let app = TestApp::start();
    let ada = app.register(ADA).await;
    let grace = app.register("grace@example.com").await;
    let graces = app.token(&grace, "Grace's", &[]).await;
    let as_grace = ada
        .request(Method::GET, "/api/v1/user")
        .bearer_auth(&graces.secret);
    let user = ada.send(as_grace).await.expect_status(200).json();
    assert_eq!(
        text(&user["name"]),
        "grace",
        "the user must be the token's, not the cookie's"
    );

    let unknown = graces.secret.replace(&graces.secret[8..12], "0000");
    let ended = app.token(&ada, "Ended", &[]).await;
    ended.client.delete("/api/v1/tokens/current").await;
    let paused = app.token(&ada, "Paused", &[]).await;
    let path = format!("/api/v1/tokens/{}", paused.id);
    ada.call(Method::PATCH, &path, Some(&json!({"paused": true})))
        .await
        .expect_status(200);
    for value in [
        format!("Bearer {unknown}"),
        format!("Bearer {}", ended.secret),
        format!("Bearer {}", paused.secret),
        format!("Bearer {}x", graces.secret),
        format!("Bearer x {}", graces.secret),
        "Bearer".to_owned(),
        "Bearer ".to_owned(),
        // Another scheme, so the request presents no bearer token (RFC 6750, section 3.1).
        format!("Basic {}", graces.secret),
        format!("Token {}", graces.secret),
        graces.secret.clone(),
        String::new(),
    ] {
        let request = ada
            .request(Method::GET, "/api/v1/user")
            .header("authorization", &value);
        let answer = ada.send(request).await.expect_problem(401, "not-signed-in");
        let challenge = answer.header("www-authenticate").unwrap();
        if value.starts_with("Bearer") {
            assert!(
                challenge.starts_with("Bearer realm=\"narthex\", error=\"invalid_token\""),
                "{value}: {challenge}"
            );
        } else {
            assert_eq!(challenge, "Bearer realm=\"narthex\"", "{value}");
        }
    }
    assert!(ada.is_signed_in().await, "the session must remain valid");
}

#[tokio::test]
async fn bearer_scheme_is_case_insensitive() {
    let app = TestApp::start();
    let ada = app.register(ADA).await;
    let token = app.token(&ada, "Token", &[]).await;
    for scheme in ["Bearer", "bearer", "BEARER"] {
        let anonymous = app.anonymous();
        let request = anonymous
            .request(Method::GET, "/api/v1/user")
            .header("authorization", format!("{scheme} {}", token.secret));
        anonymous.send(request).await.expect_status(200);
    }
}

#[tokio::test]
async fn two_authorization_headers_are_rejected() {
    let app = TestApp::start();
    let ada = app.register(ADA).await;
    let token = app.token(&ada, "Token", &[]).await;
    let twice = token
        .client
        .request(Method::GET, "/api/v1/user")
        .header("authorization", format!("Bearer {}", token.secret));
    token
        .client
        .send(twice)
        .await
        .expect_problem(400, "malformed");
}

#[tokio::test]
async fn token_works_only_as_bearer_and_session_only_as_cookie() {
    let app = TestApp::start();
    let ada = app.register(ADA).await;
    let token = app.token(&ada, "Token", &[]).await;
    let cookie = ada.cookie("narthex").unwrap().value;
    let anonymous = app.anonymous();
    for request in [
        anonymous
            .request(Method::GET, "/api/v1/user")
            .header("cookie", format!("narthex={}", token.secret)),
        anonymous
            .request(Method::GET, "/api/v1/user")
            .bearer_auth(&cookie),
        anonymous
            .request(Method::GET, "/api/v1/user")
            .query(&[("access_token", &token.secret)]),
    ] {
        anonymous.send(request).await.expect_status(401);
    }
}

#[tokio::test]
async fn cookie_works_from_trusted_origins_only() {
    let app = TestApp::start_with(&[("NARTHEX_TRUSTED_ORIGINS", "https://app.example.com")]);
    let ada = app.register(ADA).await;
    let id = app.token(&ada, "Token", &[]).await.id;
    let path = format!("/api/v1/tokens/{id}");
    let page = app.anonymous();
    let from = |site: &str, origin: &str| {
        let request = page.request(Method::DELETE, &path);
        request
            .header(
                "cookie",
                format!("narthex={}", ada.cookie("narthex").unwrap().value),
            )
            .header("sec-fetch-site", site)
            .header("origin", origin)
    };
    for (site, origin) in [
        ("cross-site", "https://evil.example"),
        ("same-site", "https://evil.example"),
        ("cross-site", "null"),
        ("cross-site", "https://app.example.com.evil.example"),
    ] {
        let answer = page.send(from(site, origin)).await;
        answer.expect_problem(403, "cross-site");
    }
    ada.call(Method::GET, &path, None)
        .await
        .expect_text("\"ended_at\":null");
    let answer = page.send(from("cross-site", "https://app.example.com"));
    answer.await.expect_status(204);
}

#[tokio::test]
async fn basic_auth_header_does_not_bypass_csrf_protection() {
    let app = TestApp::start();
    let ada = app.register(ADA).await.with_fetch_site(Some("cross-site"));
    let request = ada
        .request(Method::POST, "/logout")
        .header("authorization", "Basic YWRhOmFkYQ==");
    ada.send(request).await.expect_status(403);
    assert!(ada.is_signed_in().await);
}

#[tokio::test]
async fn head_requires_the_same_abilities_as_get() {
    let app = TestApp::start();
    let ada = app.register(ADA).await;
    let client = app.client(&ada, &[]).await;
    for (path, status) in [("/api/v1/user", 200), ("/api/v1/tokens", 403)] {
        let answer = client.call(Method::HEAD, path, None).await;
        assert_eq!(
            (answer.status, answer.text.as_str()),
            (status, ""),
            "{path}"
        );
    }
}

#[tokio::test]
async fn unsupported_method_gets_405_with_allowed_methods() {
    let app = TestApp::start();
    let ada = app.register(ADA).await;
    for (name, path, allowed) in [
        ("POST", "/api/v1/user", "GET, HEAD"),
        ("PUT", "/api/v1/tokens", "GET, POST, DELETE, HEAD"),
        ("PATCH", "/api/v1/tokens/current", "GET, DELETE, HEAD"),
        ("GET", "/api/v1/sign-in", "POST"),
        ("OPTIONS", "/api/v1/user", "GET, HEAD"),
        ("TRACE", "/api/v1/user", "GET, HEAD"),
    ] {
        let request = ada
            .request(method(name), path)
            .header("x-http-method-override", "GET");
        ada.send(request)
            .await
            .expect_problem(405, "method-not-allowed")
            .expect_header("allow", allowed);
    }
}

#[tokio::test]
async fn path_that_resembles_a_call_is_not_found() {
    let app = TestApp::start();
    let ada = app.register(ADA).await;
    for path in [
        "/api/v1",
        "/api/v1/",
        "/api/v1/user/",
        "/api/v1//user",
        "/api/v1/USER",
        "/api/v1/user;a=b",
        "/api/v1/us%65r/x",
        "/api/v2/user",
        "/api/v1/tokens/current/x",
    ] {
        let answer = ada.call(Method::GET, path, None).await;
        answer.expect_problem(404, "not-found");
    }
}

#[tokio::test]
async fn every_response_is_json_and_not_cacheable() {
    let app = TestApp::start();
    let ada = app.register(ADA).await;
    for (path, status, kind) in [
        ("/api/v1/user", 200, "application/json"),
        ("/api/v1/tokens?x=1", 422, "application/problem+json"),
        ("/api/v1/nothing", 404, "application/problem+json"),
    ] {
        let answer = ada.call(Method::GET, path, None).await;
        let answer = answer
            .expect_status(status)
            .expect_header("content-type", kind)
            .expect_header("cache-control", "no-store")
            .expect_header("x-content-type-options", "nosniff")
            .expect_header("cross-origin-resource-policy", "same-origin")
            .expect_header(
                "content-security-policy",
                "default-src 'none'; object-src 'none'; base-uri 'none'; \
                 frame-ancestors 'none'; sandbox",
            );
        assert_eq!(answer.header("server"), None);
        assert_eq!(answer.header("access-control-allow-origin"), None);
    }
}

#[test]
fn sign_in_is_the_only_call_without_credentials() {
    for route in routes::table() {
        if route.path.starts_with("/api/") && route.path != "/api/v1/sign-in" {
            assert!(
                !matches!(
                    route.access,
                    Access::Public | Access::OptionalSession | Access::SessionPage
                ),
                "{} {}",
                route.method,
                route.path
            );
        }
    }
}
