//! Who may call what: every route, as a stranger, a browser and a program with a token.

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

/// What the contract lets each caller do.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Open {
    /// To everybody.
    ToAll,
    /// A page of somebody who is signed in with a browser; everybody else signs in first.
    ToBrowsers,
    /// A call for sessions and for every token.
    ToCallers,
    /// A call for sessions alone.
    ToSessions,
    /// A call for sessions and for tokens with these abilities.
    To(&'static [&'static str]),
}

use Open::{To, ToAll, ToBrowsers, ToCallers, ToSessions};

const SESSIONS_AND_TOKENS: [&[&str]; 2] = [
    &["sessions:read", "tokens:read"],
    &["sessions:write", "tokens:write"],
];

/// The contract's tables (sections 4 to 6), line by line.
const CONTRACT: &[(&str, &str, Open)] = &[
    ("GET", "/healthz", ToAll),
    ("GET", "/readyz", ToAll),
    ("GET", "/static/{version}/{name}", ToAll),
    ("GET", "/problems/{name}", ToAll),
    ("GET", "/", ToAll),
    ("GET", "/register", ToAll),
    ("POST", "/register", ToAll),
    ("GET", "/login", ToAll),
    ("POST", "/login", ToAll),
    ("GET", "/logout", ToAll),
    ("POST", "/logout", ToAll),
    ("GET", "/.well-known/change-password", ToAll),
    ("GET", "/account", ToBrowsers),
    ("GET", "/account/profile", ToBrowsers),
    ("POST", "/account/profile", ToBrowsers),
    ("GET", "/account/password", ToBrowsers),
    ("POST", "/account/password", ToBrowsers),
    ("GET", "/account/delete", ToBrowsers),
    ("POST", "/account/delete", ToBrowsers),
    ("GET", "/account/confirm", ToBrowsers),
    ("POST", "/account/confirm", ToBrowsers),
    ("GET", "/account/activity", ToBrowsers),
    ("GET", "/account/sessions", ToBrowsers),
    ("POST", "/account/sessions/{id}/revoke", ToBrowsers),
    ("GET", "/account/tokens", ToBrowsers),
    ("POST", "/account/tokens", ToBrowsers),
    ("GET", "/account/tokens/new", ToBrowsers),
    ("GET", "/account/tokens/{id}", ToBrowsers),
    ("POST", "/account/tokens/{id}", ToBrowsers),
    ("POST", "/account/tokens/{id}/pause", ToBrowsers),
    ("POST", "/account/tokens/{id}/resume", ToBrowsers),
    ("POST", "/account/tokens/{id}/rotate", ToBrowsers),
    ("POST", "/account/tokens/{id}/revoke", ToBrowsers),
    ("GET", "/account/sign-out", ToBrowsers),
    ("POST", "/account/sign-out", ToBrowsers),
    ("GET", "/account/receipts/{id}", ToBrowsers),
    ("POST", "/api/v1/sign-in", ToAll),
    ("POST", "/api/v1/confirm", ToSessions),
    ("GET", "/api/v1/user", ToCallers),
    ("GET", "/api/v1/abilities", ToCallers),
    ("GET", "/api/v1/events", To(&["account:read"])),
    ("GET", "/api/v1/sessions", To(&["sessions:read"])),
    ("DELETE", "/api/v1/sessions", To(&["sessions:write"])),
    ("GET", "/api/v1/sessions/current", To(&["sessions:read"])),
    ("DELETE", "/api/v1/sessions/current", ToSessions),
    ("GET", "/api/v1/sessions/{id}", To(&["sessions:read"])),
    ("DELETE", "/api/v1/sessions/{id}", To(&["sessions:write"])),
    ("GET", "/api/v1/tokens", To(&["tokens:read"])),
    ("POST", "/api/v1/tokens", To(&["tokens:write"])),
    ("DELETE", "/api/v1/tokens", To(&["tokens:write"])),
    ("GET", "/api/v1/tokens/current", ToCallers),
    ("DELETE", "/api/v1/tokens/current", ToCallers),
    ("GET", "/api/v1/tokens/{id}", To(&["tokens:read"])),
    ("PATCH", "/api/v1/tokens/{id}", To(&["tokens:write"])),
    ("DELETE", "/api/v1/tokens/{id}", To(&["tokens:write"])),
    ("POST", "/api/v1/tokens/{id}/rotate", To(&["tokens:write"])),
    ("GET", "/api/v1/credentials", To(SESSIONS_AND_TOKENS[0])),
    (
        "POST",
        "/api/v1/sign-out/preview",
        To(SESSIONS_AND_TOKENS[0]),
    ),
    ("POST", "/api/v1/sign-out", To(SESSIONS_AND_TOKENS[1])),
    ("GET", "/api/v1/receipts/{id}", To(&["account:read"])),
    ("POST", "/oauth/introspect", To(&["tokens:introspect"])),
    ("POST", "/oauth/revoke", ToAll),
    ("GET", "/.well-known/oauth-authorization-server", ToAll),
    ("GET", "/openapi.json", ToAll),
    // Who calls is what it is asked, so it asks nothing of its callers itself.
    ("GET", "/auth/verify", ToAll),
];

/// An id that nobody has.
const NOBODYS: &str = "019ab6b0-0000-7000-8000-000000000000";

const TOKEN_OF_NOBODY: &str = "/account/tokens/019ab6b0-0000-7000-8000-000000000000";

fn expected(route: &Route) -> Option<Open> {
    CONTRACT
        .iter()
        .find(|(method, path, _)| route.method.as_str() == *method && route.path == *path)
        .map(|(_, _, open)| *open)
}

/// Every route with what the contract says of it.
fn every_route() -> Vec<(Method, String, Open)> {
    let routes = routes::table().into_iter().map(|route| {
        let open = expected(&route);
        let open = open
            .unwrap_or_else(|| panic!("{} {} is not in the contract", route.method, route.path));
        let method = Method::from_bytes(route.method.as_str().as_bytes()).unwrap();
        (method, a_path(route.path), open)
    });
    routes.collect()
}

fn a_path(pattern: &str) -> String {
    pattern
        .replace("{id}", NOBODYS)
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
    !programs.iter().any(|prefix| path.starts_with(prefix))
}

/// It was not the guard that refused.
#[track_caller]
fn is_let_in(answer: &Answer) {
    let to_sign_in = answer.status == 303 && answer.location().starts_with("/login?");
    assert!(
        ![401, 403].contains(&answer.status) && !to_sign_in && answer.status < 500,
        "{answer}"
    );
}

/// A page is answered with the way to sign in, a call with a challenge.
#[track_caller]
fn must_sign_in(method: &Method, path: &str, answer: Answer) {
    if is_page(path) {
        // A form leads back to the page that shows it.
        let next = match (method.as_str(), path) {
            ("GET", path) => path,
            (_, "/account/password" | "/account/delete" | "/account/profile") => "/account/profile",
            (_, "/account/tokens") => "/account/tokens/new",
            (_, "/account/sign-out") => "/account/sign-out",
            (_, path) if path.starts_with("/account/sessions/") => "/account/sessions",
            (_, path) if path.ends_with("/revoke") => "/account/tokens",
            (_, path) if path.starts_with("/account/tokens/") => TOKEN_OF_NOBODY,
            _ => "/account",
        };
        let login = paths::with_next("/login", next);
        answer.expect_redirect(&login);
    } else {
        answer.expect_status(401).problem();
    }
}

async fn as_browser(browser: &Browser, method: &Method, path: &str) -> Answer {
    let request = browser.request(method.clone(), path);
    browser.send(with_a_body(request, method, path)).await
}

async fn as_program(client: &ApiClient, method: &Method, path: &str) -> Answer {
    let request = client.request(method.clone(), path);
    client.send(with_a_body(request, method, path)).await
}

/// A body that can be read and says nothing.
fn with_a_body(
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
fn every_route_is_in_the_contract_and_every_line_of_the_contract_is_a_route() {
    let table = routes::table();
    let routes: BTreeSet<(&str, &str)> = table
        .iter()
        .map(|route| (route.method.as_str(), route.path))
        .collect();
    assert_eq!(routes.len(), table.len(), "a route is there twice");
    let contract: BTreeSet<(&str, &str)> = CONTRACT
        .iter()
        .map(|(method, path, _)| (*method, *path))
        .collect();
    assert_eq!(routes, contract);
}

#[test]
fn every_route_declares_the_access_that_the_contract_gives_it() {
    for route in routes::table() {
        let declared = match route.access {
            Access::Anyone | Access::Visitor => ToAll,
            Access::Browser => ToBrowsers,
            Access::AnyCaller => ToCallers,
            Access::Session => ToSessions,
            Access::Can(abilities) | Access::Client(abilities) => To(abilities),
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
fn every_path_that_is_spelled_has_a_route() {
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
async fn a_stranger_gets_nowhere_but_where_everybody_may_go() {
    let app = TestApp::start();
    let anonymous = app.anonymous();
    for (method, path, open) in every_route() {
        let request = anonymous.request(method.clone(), &path);
        let answer = anonymous.send(with_a_body(request, &method, &path)).await;
        match open {
            // To sign in by the API and fail is a 401 of its own.
            ToAll if path == "/api/v1/sign-in" => drop(answer.expect_status(422)),
            // A stranger is what it answers.
            ToAll if path == "/auth/verify" => drop(answer.expect_status(401)),
            ToAll => {
                let refused = [401, 403].contains(&answer.status) || answer.status >= 500;
                assert!(!refused, "{answer}");
            }
            ToBrowsers | ToCallers | ToSessions | To(_) => must_sign_in(&method, &path, answer),
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_signed_in_browser_gets_everywhere() {
    // More accounts than one address may make in no time.
    let app = TestApp::start_with(&[("NARTHEX_THROTTLE_EXEMPT", "127.0.0.1")]);
    for (number, (method, path, _)) in every_route().into_iter().enumerate() {
        // One for each, for some routes end the session.
        let browser = app.register(&format!("user{number}@example.com")).await;
        is_let_in(&as_browser(&browser, &method, &path).await);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_token_opens_no_page() {
    let app = TestApp::start();
    let browser = app.register("ada@example.com").await;
    let client = app.api_client(&app.token_of(&browser, "All", &["*"]).await);
    for (method, path, open) in every_route() {
        if open == ToBrowsers {
            must_sign_in(&method, &path, as_program(&client, &method, &path).await);
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_token_without_abilities_may_do_what_every_token_may_and_is_told_what_it_lacks() {
    let app = TestApp::start();
    let browser = app.register("ada@example.com").await;
    for (method, path, open) in every_route() {
        let client = app.api_client(&app.token_of(&browser, "None", &[]).await);
        let answer = as_program(&client, &method, &path).await;
        match open {
            ToCallers => is_let_in(&answer),
            ToSessions => {
                let answer = answer.expect_status(403);
                assert!(
                    answer.problem().kind.ends_with("/sessions-only"),
                    "{answer}"
                );
            }
            To(abilities) => {
                let answer = answer.expect_status(403);
                let challenge = answer.header("www-authenticate").unwrap();
                let scope = format!("scope=\"{}\"", abilities.join(" "));
                assert!(
                    challenge.contains("error=\"insufficient_scope\""),
                    "{answer}"
                );
                assert!(challenge.contains(&scope), "{answer}");
            }
            ToAll | ToBrowsers => {}
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_token_with_just_the_abilities_of_a_call_is_let_in_and_with_one_less_it_is_not() {
    let app = TestApp::start();
    app.register("ada@example.com").await;
    for (method, path, open) in every_route() {
        let To(abilities) = open else { continue };
        // Signed in for each, for some calls end every session.
        let browser = app.sign_in("ada@example.com").await;
        let just = app.api_client(&app.token_of(&browser, "Just", abilities).await);
        for lacked in abilities {
            let others = [
                "account:read",
                "tokens:read",
                "tokens:write",
                "sessions:read",
            ];
            let others = others.into_iter().chain(["sessions:write", "orders:read"]);
            let others: Vec<&str> = others.filter(|other| other != lacked).collect();
            let client = app.api_client(&app.token_of(&browser, "Less", &others).await);
            as_program(&client, &method, &path).await.expect_status(403);
        }
        is_let_in(&as_program(&just, &method, &path).await);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_token_with_every_ability_is_let_in_wherever_tokens_are() {
    let app = TestApp::start();
    app.register("ada@example.com").await;
    for (method, path, open) in every_route() {
        if matches!(open, ToCallers | To(_)) {
            let browser = app.sign_in("ada@example.com").await;
            let client = app.api_client(&app.token_of(&browser, "All", &["*"]).await);
            is_let_in(&as_program(&client, &method, &path).await);
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_method_that_a_path_does_not_take_is_refused_with_those_that_it_takes() {
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
            let request = anonymous.request(method.clone(), &a_path(pattern));
            let answer = anonymous.send(request).await.expect_status(405);
            let allowed = answer.header("allow").unwrap().split(", ");
            assert_eq!(
                allowed.map(str::to_owned).collect::<BTreeSet<_>>(),
                known,
                "{answer}"
            );
            if !is_page(pattern) && method != Method::HEAD {
                assert!(
                    answer.problem().kind.ends_with("/method-not-allowed"),
                    "{answer}"
                );
            }
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn head_is_guarded_as_get_is_and_has_its_headers_without_the_content() {
    let app = TestApp::start();
    let anonymous = app.anonymous();
    let browser = app.register("ada@example.com").await;
    for (method, path, open) in every_route() {
        if method != Method::GET {
            continue;
        }
        let request = anonymous.request(Method::HEAD, &path);
        let refused = anonymous.send(request).await;
        if open != ToAll {
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
async fn an_address_that_only_resembles_a_page_is_not_found() {
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
