//! Who may call the JSON API: what each call asks for, and what a caller is told who has not got it.

use std::collections::BTreeSet;

use narthex::http::{auth::Access, routes};
use reqwest::Method;
use serde_json::json;

use crate::support::api::{EVERY_ABILITY, text};
use crate::support::app::TestApp;
use crate::support::client::ApiClient;

const ADA: &str = "ada@example.com";
const NOBODYS: &str = "0196b2f0-0000-7000-8000-000000000000";

enum Asks {
    Nothing,
    AnyCaller,
    ASession,
    For(&'static [&'static str]),
}
use Asks::{ASession, AnyCaller, For, Nothing};

/// The contract's table, section 5.
const CALLS: &[(&str, &str, Asks)] = &[
    ("POST", "/api/v1/sign-in", Nothing),
    ("POST", "/api/v1/confirm", ASession),
    ("GET", "/api/v1/user", AnyCaller),
    ("GET", "/api/v1/abilities", AnyCaller),
    (
        "GET",
        "/api/v1/credentials",
        For(&["sessions:read", "tokens:read"]),
    ),
    ("GET", "/api/v1/sessions", For(&["sessions:read"])),
    ("GET", "/api/v1/sessions/{id}", For(&["sessions:read"])),
    ("GET", "/api/v1/sessions/current", For(&["sessions:read"])),
    ("DELETE", "/api/v1/sessions/{id}", For(&["sessions:write"])),
    ("DELETE", "/api/v1/sessions", For(&["sessions:write"])),
    ("DELETE", "/api/v1/sessions/current", ASession),
    ("GET", "/api/v1/tokens", For(&["tokens:read"])),
    ("GET", "/api/v1/tokens/{id}", For(&["tokens:read"])),
    ("GET", "/api/v1/tokens/current", AnyCaller),
    ("POST", "/api/v1/tokens", For(&["tokens:write"])),
    ("PATCH", "/api/v1/tokens/{id}", For(&["tokens:write"])),
    ("POST", "/api/v1/tokens/{id}/rotate", For(&["tokens:write"])),
    ("DELETE", "/api/v1/tokens/{id}", For(&["tokens:write"])),
    ("DELETE", "/api/v1/tokens", For(&["tokens:write"])),
    ("DELETE", "/api/v1/tokens/current", AnyCaller),
    (
        "POST",
        "/api/v1/sign-out/preview",
        For(&["sessions:read", "tokens:read"]),
    ),
    (
        "POST",
        "/api/v1/sign-out",
        For(&["sessions:write", "tokens:write"]),
    ),
    ("GET", "/api/v1/receipts/{id}", For(&["account:read"])),
    ("GET", "/api/v1/events", For(&["account:read"])),
];

fn method(name: &str) -> Method {
    Method::from_bytes(name.as_bytes()).unwrap()
}

/// A call that does no harm: nobody's id, and a selection that names nothing.
fn harmless(path: &str) -> String {
    let path = path.replace("{id}", NOBODYS);
    match path.as_str() {
        "/api/v1/sessions" | "/api/v1/tokens" | "/api/v1/sign-out" => {
            format!("{path}?id={NOBODYS}")
        }
        _ => path,
    }
}

#[test]
fn every_call_of_the_contract_is_there_and_none_besides() {
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
async fn every_call_asks_for_its_abilities_and_for_no_more() {
    let app = TestApp::start();
    let ada = app.register(ADA).await;
    for (name, path, asks) in CALLS {
        let what = format!("{name} {path}");
        let call =
            async |client: &ApiClient| client.call(method(name), &harmless(path), None).await;
        match asks {
            Nothing => {}
            ASession => {
                let client = app.client(&ada, &["*"]).await;
                let answer = call(&client).await.expect_problem(403, "sessions-only");
                let challenge = answer.header("www-authenticate").unwrap();
                assert!(challenge.contains("error=\"insufficient_scope\""), "{what}");
            }
            AnyCaller => {
                let client = app.client(&ada, &[]).await;
                let answer = call(&client).await;
                assert!([200, 204].contains(&answer.status), "{answer}");
            }
            For(needed) => {
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
                        "{what}: {challenge}"
                    );
                }
            }
        }
    }
}

#[tokio::test]
async fn a_star_stands_for_every_ability_on_its_resource() {
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
async fn a_stranger_is_challenged_without_an_error_code() {
    let app = TestApp::start();
    for (name, path, asks) in CALLS {
        if matches!(asks, Nothing) {
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
    for (name, path, asks) in CALLS {
        if matches!(asks, For(_)) {
            let answer = ada.call(method(name), &harmless(path), None).await;
            assert!(![401, 403].contains(&answer.status), "{answer}");
        }
    }
}

#[tokio::test]
async fn an_authorization_header_decides_alone() {
    let app = TestApp::start();
    let ada = app.register(ADA).await;
    let grace = app.register("grace@example.com").await;
    let graces = app.token(&grace, "Grace's", &[]).await;
    let as_grace = ada
        .request(Method::GET, "/api/v1/user")
        .bearer_auth(&graces.secret);
    let user = ada.send(as_grace).await.expect_status(200).json();
    assert_eq!(text(&user["name"]), "grace", "not the cookie's Ada");

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
        // Not ours, and so no attempt with a token (RFC 6750, section 3.1).
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
    assert!(
        ada.is_signed_in().await,
        "the session itself is as good as before"
    );
}

#[tokio::test]
async fn the_scheme_is_bearer_in_any_case() {
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
async fn two_authorization_headers_are_no_request() {
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
async fn a_secret_counts_only_where_its_sort_travels() {
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
async fn another_sites_page_cannot_use_the_cookie_and_a_trusted_one_can() {
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
async fn basic_authentication_of_a_proxy_lets_no_other_sites_form_through() {
    let app = TestApp::start();
    let ada = app.register(ADA).await.with_fetch_site(Some("cross-site"));
    let request = ada
        .request(Method::POST, "/logout")
        .header("authorization", "Basic YWRhOmFkYQ==");
    ada.send(request).await.expect_status(403);
    assert!(ada.is_signed_in().await);
}

#[tokio::test]
async fn head_asks_for_what_get_asks_for() {
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
async fn another_method_is_refused_and_told_the_right_ones() {
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
async fn a_path_that_only_looks_like_a_call_is_not_found() {
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
async fn every_answer_is_plain_json_that_nobody_keeps() {
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
fn no_call_of_the_api_is_open_by_accident() {
    for route in routes::table() {
        if route.path.starts_with("/api/") && route.path != "/api/v1/sign-in" {
            assert!(
                !matches!(
                    route.access,
                    Access::Anyone | Access::Visitor | Access::Browser
                ),
                "{} {}",
                route.method,
                route.path
            );
        }
    }
}
