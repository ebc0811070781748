//! Access rules of every route, for an anonymous client, a signed-in browser and an API client.

use std::collections::{BTreeMap, BTreeSet};

use narthex::http::{
    auth::Access,
    paths,
    routes::{self, Route},
};
use reqwest::Method;
use serde_json::json;

use crate::support::answer::Answer;
use crate::support::app::TestApp;
use crate::support::client::{ApiClient, Browser};

/// The access that the contract gives a route.
#[derive(Clone, Copy, Debug, PartialEq)]
enum RequiredAccess {
    /// No credential is required.
    Public,
    /// A page that requires a session. Other clients are redirected to the sign-in page.
    SessionPage,
    /// A call that accepts every session and every token.
    AnyCredential,
    /// A call that accepts sessions only.
    SessionOnly,
    /// A call that accepts sessions, and tokens with these abilities.
    Abilities(&'static [&'static str]),
}

use RequiredAccess::{Abilities, AnyCredential, Public, SessionOnly, SessionPage};

const SESSIONS_AND_TOKENS: [&[&str]; 2] = [
    &["sessions:read", "tokens:read"],
    &["sessions:write", "tokens:write"],
];

/// A copy of the access tables of the contract (sections 4 to 6).
const CONTRACT: &[(&str, &str, RequiredAccess)] = &[
    ("GET", "/healthz", Public),
    ("GET", "/readyz", Public),
    ("GET", "/static/{version}/{name}", Public),
    ("GET", "/components", Public),
    ("GET", "/problems/{name}", Public),
    ("GET", "/", Public),
    ("GET", "/register", Public),
    ("POST", "/register", Public),
    ("GET", "/login", Public),
    ("POST", "/login", Public),
    ("GET", "/login/verify", Public),
    ("POST", "/login/verify", Public),
    ("POST", "/login/passkey/options", Public),
    ("POST", "/login/passkey", Public),
    ("GET", "/logout", Public),
    ("POST", "/logout", Public),
    ("GET", "/.well-known/change-password", Public),
    ("GET", "/.well-known/passkey-endpoints", Public),
    ("GET", "/.well-known/webauthn", Public),
    ("GET", "/verify-email", Public),
    ("POST", "/verify-email", Public),
    ("POST", "/verify-email/resend", Public),
    ("GET", "/email/confirm", Public),
    ("POST", "/email/confirm", Public),
    ("GET", "/email/undo", Public),
    ("POST", "/email/undo", Public),
    ("GET", "/email/notices", Public),
    ("POST", "/email/notices", Public),
    ("GET", "/invitation", Public),
    ("POST", "/invitation", Public),
    ("GET", "/password/forgot", Public),
    ("POST", "/password/forgot", Public),
    ("GET", "/password/reset", Public),
    ("POST", "/password/reset", Public),
    ("GET", "/account", SessionPage),
    ("GET", "/account/profile", SessionPage),
    ("POST", "/account/profile", SessionPage),
    ("POST", "/email/cancel", SessionPage),
    ("GET", "/account/password", SessionPage),
    ("POST", "/account/password", SessionPage),
    ("GET", "/account/password/remove", SessionPage),
    ("POST", "/account/password/remove", SessionPage),
    ("GET", "/account/delete", SessionPage),
    ("POST", "/account/delete", SessionPage),
    ("GET", "/account/confirm", SessionPage),
    ("POST", "/account/confirm", SessionPage),
    ("POST", "/account/confirm/passkey/options", SessionPage),
    ("POST", "/account/confirm/passkey", SessionPage),
    ("GET", "/account/security", SessionPage),
    ("GET", "/account/security/totp", SessionPage),
    ("POST", "/account/security/totp", SessionPage),
    ("GET", "/account/security/totp/remove", SessionPage),
    ("POST", "/account/security/totp/remove", SessionPage),
    ("POST", "/account/security/passkeys/options", SessionPage),
    ("POST", "/account/security/passkeys", SessionPage),
    ("GET", "/account/security/passkeys/{id}", SessionPage),
    ("POST", "/account/security/passkeys/{id}", SessionPage),
    ("GET", "/account/security/passkeys/{id}/remove", SessionPage),
    (
        "POST",
        "/account/security/passkeys/{id}/remove",
        SessionPage,
    ),
    ("GET", "/account/security/removals/{id}/cancel", SessionPage),
    (
        "POST",
        "/account/security/removals/{id}/cancel",
        SessionPage,
    ),
    (
        "GET",
        "/account/security/trusted-browsers/{id}/remove",
        SessionPage,
    ),
    (
        "POST",
        "/account/security/trusted-browsers/{id}/remove",
        SessionPage,
    ),
    ("GET", "/account/security/recovery-codes", SessionPage),
    ("POST", "/account/security/recovery-codes", SessionPage),
    ("GET", "/account/activity", SessionPage),
    ("GET", "/account/activity.csv", SessionPage),
    ("GET", "/account/activity.json", SessionPage),
    ("GET", "/account/secure", SessionPage),
    ("GET", "/account/sessions", SessionPage),
    ("GET", "/account/sessions/{id}", SessionPage),
    ("POST", "/account/sessions/{id}/recognise", SessionPage),
    ("GET", "/account/sessions/{id}/revoke", SessionPage),
    ("POST", "/account/sessions/{id}/revoke", SessionPage),
    ("GET", "/account/tokens", SessionPage),
    ("POST", "/account/tokens", SessionPage),
    ("GET", "/account/tokens/new", SessionPage),
    ("GET", "/account/tokens/{id}", SessionPage),
    ("POST", "/account/tokens/{id}", SessionPage),
    ("POST", "/account/tokens/{id}/pause", SessionPage),
    ("POST", "/account/tokens/{id}/resume", SessionPage),
    ("GET", "/account/tokens/{id}/rotate", SessionPage),
    ("POST", "/account/tokens/{id}/rotate", SessionPage),
    ("GET", "/account/tokens/{id}/revoke", SessionPage),
    ("POST", "/account/tokens/{id}/revoke", SessionPage),
    ("GET", "/account/sign-out", SessionPage),
    ("POST", "/account/sign-out", SessionPage),
    ("GET", "/account/receipts/{id}", SessionPage),
    ("POST", "/api/v1/sign-in", Public),
    ("POST", "/api/v1/confirm", SessionOnly),
    ("GET", "/api/v1/user", AnyCredential),
    ("GET", "/api/v1/abilities", AnyCredential),
    ("GET", "/api/v1/events", Abilities(&["account:read"])),
    ("GET", "/api/v1/sessions", Abilities(&["sessions:read"])),
    ("DELETE", "/api/v1/sessions", Abilities(&["sessions:write"])),
    (
        "GET",
        "/api/v1/sessions/current",
        Abilities(&["sessions:read"]),
    ),
    ("DELETE", "/api/v1/sessions/current", SessionOnly),
    (
        "GET",
        "/api/v1/sessions/{id}",
        Abilities(&["sessions:read"]),
    ),
    (
        "DELETE",
        "/api/v1/sessions/{id}",
        Abilities(&["sessions:write"]),
    ),
    ("GET", "/api/v1/tokens", Abilities(&["tokens:read"])),
    ("POST", "/api/v1/tokens", Abilities(&["tokens:write"])),
    ("DELETE", "/api/v1/tokens", Abilities(&["tokens:write"])),
    ("GET", "/api/v1/tokens/current", AnyCredential),
    ("DELETE", "/api/v1/tokens/current", AnyCredential),
    ("GET", "/api/v1/tokens/{id}", Abilities(&["tokens:read"])),
    ("PATCH", "/api/v1/tokens/{id}", Abilities(&["tokens:write"])),
    (
        "DELETE",
        "/api/v1/tokens/{id}",
        Abilities(&["tokens:write"]),
    ),
    (
        "POST",
        "/api/v1/tokens/{id}/rotate",
        Abilities(&["tokens:write"]),
    ),
    (
        "GET",
        "/api/v1/credentials",
        Abilities(SESSIONS_AND_TOKENS[0]),
    ),
    (
        "POST",
        "/api/v1/sign-out/preview",
        Abilities(SESSIONS_AND_TOKENS[0]),
    ),
    (
        "POST",
        "/api/v1/sign-out",
        Abilities(SESSIONS_AND_TOKENS[1]),
    ),
    ("GET", "/api/v1/receipts/{id}", Abilities(&["account:read"])),
    (
        "POST",
        "/oauth/introspect",
        Abilities(&["tokens:introspect"]),
    ),
    ("POST", "/oauth/revoke", Public),
    ("GET", "/.well-known/oauth-authorization-server", Public),
    ("GET", "/openapi.json", Public),
    // The endpoint reports the caller of a proxied request, so it requires no credential itself.
    ("GET", "/auth/verify", Public),
];

/// An ID that no credential has.
const UNKNOWN_ID: &str = "019ab6b0-0000-7000-8000-000000000000";

const UNKNOWN_TOKEN_PAGE: &str = "/account/tokens/019ab6b0-0000-7000-8000-000000000000";

const UNKNOWN_PASSKEY_PAGE: &str =
    "/account/security/passkeys/019ab6b0-0000-7000-8000-000000000000";

fn expected(route: &Route) -> Option<RequiredAccess> {
    CONTRACT
        .iter()
        .find(|(method, path, _)| route.method.as_str() == *method && route.path == *path)
        .map(|(_, _, access)| *access)
}

/// Returns the method, an example path and the contract's access of every route.
fn every_route() -> Vec<(Method, String, RequiredAccess)> {
    let routes = routes::table().into_iter().map(|route| {
        let access = expected(&route);
        let access = access.unwrap_or_else(|| {
            panic!(
                "{} {} is missing from the contract",
                route.method, route.path
            )
        });
        let method = Method::from_bytes(route.method.as_str().as_bytes()).unwrap();
        (method, example_path(route.path), access)
    });
    routes.collect()
}

fn example_path(pattern: &str) -> String {
    pattern
        .replace("{id}", UNKNOWN_ID)
        .replace("{version}", "none")
        .replace("{name}", "none")
}

fn is_page(path: &str) -> bool {
    let programs = [
        "/api/",
        "/auth/",
        "/oauth/",
        "/.well-known/",
        "/openapi.json",
        "/healthz",
        "/readyz",
    ];
    let scripts = [
        "/login/passkey",
        "/login/passkey/options",
        "/account/confirm/passkey",
        "/account/confirm/passkey/options",
        "/account/security/passkeys",
        "/account/security/passkeys/options",
    ];
    !programs.iter().any(|prefix| path.starts_with(prefix)) && !scripts.contains(&path)
}

/// Asserts that the access guard let the request pass. The handler may still reject it.
#[track_caller]
fn assert_access_granted(answer: &Answer) {
    let to_sign_in = answer.status == 303 && answer.location().starts_with("/login?");
    assert!(
        ![401, 403].contains(&answer.status) && !to_sign_in && answer.status < 500,
        "{answer}"
    );
}

/// Asserts that a page redirects to the sign-in page and that a call gets `401` with a problem.
#[track_caller]
fn assert_sign_in_required(method: &Method, path: &str, answer: Answer) {
    if is_page(path) {
        // The return address of a form is the page that shows the form.
        let next = match (method.as_str(), path) {
            ("GET", path) => path,
            (_, "/account/password" | "/account/delete" | "/account/profile") => "/account/profile",
            (_, "/account/tokens") => "/account/tokens/new",
            (_, "/account/security/totp") => "/account/security/totp",
            (_, path) if path.starts_with("/account/security/passkeys/") => UNKNOWN_PASSKEY_PAGE,
            (_, "/account/password/remove") => "/account/security",
            (_, path) if path.starts_with("/account/security/") => "/account/security",
            (_, path) if path.ends_with("/revoke") => path,
            (_, path) if path.starts_with("/account/sessions/") => "/account/sessions",
            (_, path) if path.starts_with("/account/tokens/") => UNKNOWN_TOKEN_PAGE,
            _ => "/account",
        };
        let login = paths::with_next("/login", next);
        answer.expect_redirect(&login);
    } else {
        answer.expect_status(401).problem();
    }
}

async fn send_as_browser(browser: &Browser, method: &Method, path: &str) -> Answer {
    let request = browser.request(method.clone(), path);
    browser.send(with_empty_body(request, method, path)).await
}

async fn send_as_client(client: &ApiClient, method: &Method, path: &str) -> Answer {
    let request = client.request(method.clone(), path);
    client.send(with_empty_body(request, method, path)).await
}

/// Adds a well-formed body without any known field.
fn with_empty_body(
    request: reqwest::RequestBuilder,
    method: &Method,
    path: &str,
) -> reqwest::RequestBuilder {
    match (method.as_str(), is_page(path)) {
        ("POST", true) => request.form(&[("nothing", "")]),
        ("POST" | "PATCH", false) => request.json(&json!({})),
        _ => request,
    }
}

#[test]
fn routes_equal_the_contract() {
    let table = routes::table();
    let routes: BTreeSet<(&str, &str)> = table
        .iter()
        .map(|route| (route.method.as_str(), route.path))
        .collect();
    assert_eq!(
        routes.len(),
        table.len(),
        "the routing table has a duplicate"
    );
    let contract: BTreeSet<(&str, &str)> = CONTRACT
        .iter()
        .map(|(method, path, _)| (*method, *path))
        .collect();
    assert_eq!(routes, contract);
}

#[test]
fn routes_declare_the_access_of_the_contract() {
    for route in routes::table() {
        let declared = match route.access {
            Access::Public | Access::OptionalSession => Public,
            Access::SessionPage => SessionPage,
            Access::AnyCredential => AnyCredential,
            Access::SessionOnly => SessionOnly,
            Access::Abilities(abilities) | Access::OAuthClient(abilities) => Abilities(abilities),
        };
        assert_eq!(
            Some(declared),
            expected(&route),
            "{} {}",
            route.method,
            route.path
        );
    }
}

#[test]
fn every_path_constant_has_a_route() {
    let spelled = include_str!("../../../src/http/paths.rs");
    let literals = spelled.lines().filter_map(|line| {
        let (name, rest) = line.trim().split_once(" = \"")?;
        let is_a_constant = name.chars().all(|c| c.is_ascii_uppercase() || c == '_');
        is_a_constant.then(|| rest.trim_end_matches("\";"))
    });
    let routed: BTreeSet<&str> = routes::table().iter().map(|route| route.path).collect();
    let spelled: BTreeSet<&str> = literals.filter(|path| *path != "/api/v1").collect();
    assert_eq!(spelled, routed);
}

#[tokio::test(flavor = "multi_thread")]
async fn anonymous_client_reaches_public_routes_only() {
    let app = TestApp::start();
    let anonymous = app.anonymous();
    for (method, path, access) in every_route() {
        let request = anonymous.request(method.clone(), &path);
        let answer = anonymous
            .send(with_empty_body(request, &method, &path))
            .await;
        match access {
            // A body without e-mail address and password fails validation.
            Public if path == "/api/v1/sign-in" => drop(answer.expect_status(422)),
            // The endpoint reports a client without credential as `401`.
            Public if path == "/auth/verify" => drop(answer.expect_status(401)),
            Public => {
                let refused = [401, 403].contains(&answer.status) || answer.status >= 500;
                assert!(!refused, "{answer}");
            }
            SessionPage | AnyCredential | SessionOnly | Abilities(_) => {
                assert_sign_in_required(&method, &path, answer);
            }
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn session_reaches_every_route() {
    // The test registers more accounts than the rate limit of one address allows.
    let app = TestApp::start_with(&[("NARTHEX_THROTTLE_EXEMPT", "127.0.0.1")]);
    for (number, (method, path, _)) in every_route().into_iter().enumerate() {
        // Each route gets its own session because some routes revoke it.
        let browser = app.register(&format!("user{number}@example.com")).await;
        assert_access_granted(&send_as_browser(&browser, &method, &path).await);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn token_opens_no_page() {
    let app = TestApp::start();
    let browser = app.register("ada@example.com").await;
    let client = app.api_client(&app.token_of(&browser, "All", &["*"]).await);
    for (method, path, access) in every_route() {
        if access == SessionPage {
            assert_sign_in_required(
                &method,
                &path,
                send_as_client(&client, &method, &path).await,
            );
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn token_without_abilities_learns_which_abilities_it_lacks() {
    let app = TestApp::start();
    let browser = app.register("ada@example.com").await;
    for (method, path, access) in every_route() {
        let client = app.api_client(&app.token_of(&browser, "None", &[]).await);
        let answer = send_as_client(&client, &method, &path).await;
        match access {
            AnyCredential => assert_access_granted(&answer),
            SessionOnly => {
                let answer = answer.expect_status(403);
                assert!(
                    answer.problem().kind.ends_with("/sessions-only"),
                    "{answer}"
                );
            }
            Abilities(abilities) => {
                let answer = answer.expect_status(403);
                let challenge = answer.header("www-authenticate").unwrap();
                let scope = format!("scope=\"{}\"", abilities.join(" "));
                assert!(
                    challenge.contains("error=\"insufficient_scope\""),
                    "{answer}"
                );
                assert!(challenge.contains(&scope), "{answer}");
            }
            Public | SessionPage => {}
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn token_needs_every_ability_of_a_call_and_no_more() {
    let app = TestApp::start();
    app.register("ada@example.com").await;
    for (method, path, access) in every_route() {
        let Abilities(abilities) = access else {
            continue;
        };
        // Each call gets its own session because some calls revoke every session.
        let browser = app.sign_in("ada@example.com").await;
        let exact = app.api_client(&app.token_of(&browser, "Just", abilities).await);
        for missing in abilities {
            let others = [
                "account:read",
                "tokens:read",
                "tokens:write",
                "sessions:read",
            ];
            let others = others.into_iter().chain(["sessions:write", "orders:read"]);
            let others: Vec<&str> = others.filter(|other| other != missing).collect();
            let client = app.api_client(&app.token_of(&browser, "Less", &others).await);
            send_as_client(&client, &method, &path)
                .await
                .expect_status(403);
        }
        assert_access_granted(&send_as_client(&exact, &method, &path).await);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn token_with_every_ability_may_make_every_token_call() {
    let app = TestApp::start();
    app.register("ada@example.com").await;
    for (method, path, access) in every_route() {
        if matches!(access, AnyCredential | Abilities(_)) {
            let browser = app.sign_in("ada@example.com").await;
            let client = app.api_client(&app.token_of(&browser, "All", &["*"]).await);
            assert_access_granted(&send_as_client(&client, &method, &path).await);
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn unsupported_method_gets_405_with_allowed_methods() {
    let app = TestApp::start();
    let anonymous = app.anonymous();
    let mut methods: BTreeMap<&str, BTreeSet<String>> = BTreeMap::new();
    for route in routes::table()
        .into_iter()
        .filter(|route| !route.any_method)
    {
        let known = methods.entry(route.path).or_default();
        known.insert(route.method.to_string());
        if route.method == "GET" {
            known.insert("HEAD".to_owned());
        }
    }
    let all = [
        "GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE", "PROPFIND",
    ];
    for (pattern, known) in methods {
        for method in all.into_iter().filter(|method| !known.contains(*method)) {
            let method = Method::from_bytes(method.as_bytes()).unwrap();
            let request = anonymous.request(method.clone(), &example_path(pattern));
            let answer = anonymous.send(request).await.expect_status(405);
            let allowed = answer.header("allow").unwrap().split(", ");
            assert_eq!(
                allowed.map(str::to_owned).collect::<BTreeSet<_>>(),
                known,
                "{answer}"
            );
            // A person who types the address of a call gets a page.
            let is_typed = method == Method::GET && pattern.contains("/passkey");
            if !is_page(pattern) && method != Method::HEAD && !is_typed {
                assert!(
                    answer.problem().kind.ends_with("/method-not-allowed"),
                    "{answer}"
                );
            }
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn head_has_the_access_rules_and_headers_of_get() {
    let app = TestApp::start();
    let anonymous = app.anonymous();
    let browser = app.register("ada@example.com").await;
    for (method, path, access) in every_route() {
        if method != Method::GET {
            continue;
        }
        let request = anonymous.request(Method::HEAD, &path);
        let refused = anonymous.send(request).await;
        if access != Public {
            let status = if is_page(&path) { 303 } else { 401 };
            assert_eq!(refused.expect_status(status).text, "");
        }
        let head = browser.send(browser.request(Method::HEAD, &path)).await;
        let get = browser.get(&path).await;
        assert_eq!((head.status, &*head.text), (get.status, ""), "{get}");
        assert_eq!(
            head.header("content-type"),
            get.header("content-type"),
            "{get}"
        );
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn path_that_resembles_a_route_is_not_found() {
    let app = TestApp::start();
    let browser = app.register("ada@example.com").await;
    for path in [
        "/account/",
        "//account",
        "/ACCOUNT",
        "/account;a=b",
        "/account%2ftokens",
        "/account/tokens/",
        "/account/style.css",
        "/account/tokens/new/x",
        "/login/",
        "/api/v1",
        "/api/v1/",
        "/api/v1/user/",
        "/api/v1/USER",
        "/api/v2/user",
        "/.git/config",
        "/narthex.db",
        "/narthex.key",
        "/static/narthex.css",
        "/metrics",
    ] {
        browser.get(path).await.expect_status(404);
    }
}
