//! The OpenAPI document: it agrees with the route table, it is complete, and it equals the file in
//! `docs/`. `scripts/check-api` tests that the server conforms to it.

use std::collections::BTreeSet;

use narthex::{
    http::response::problem_type::PROBLEM_TYPES,
    http::{
        auth::Access,
        routes::{self, Route},
    },
};
use serde_json::{Value, json};

use crate::support::app::TestApp;
use crate::support::binary::Narthex;

const DOCUMENT: &str = include_str!("../../../docs/openapi.json");

fn document() -> Value {
    serde_json::from_str(DOCUMENT).unwrap()
}

/// Every operation of the document: method, path and description.
fn calls(document: &Value) -> Vec<(String, String, Value)> {
    let mut calls = Vec::new();
    for (path, item) in document["paths"].as_object().unwrap() {
        for (method, call) in item.as_object().unwrap() {
            calls.push((method.to_uppercase(), path.clone(), call.clone()));
        }
    }
    calls
}

/// Whether API clients call this route. Forward auth is called by a proxy and is not part of the
/// API.
fn is_api_route(route: &Route) -> bool {
    // Browsers send reports there.
    let not_api = [
        "/account",
        "/components",
        "/static",
        "/login",
        "/logout",
        "/password/",
        "/email/",
        "/invitation",
        "/verify-email",
        "/register",
        "/problems",
        "/reports",
        // For password managers and browsers.
        "/.well-known/change-password",
        "/.well-known/passkey-endpoints",
        "/.well-known/webauthn",
    ];
    route.path != "/"
        && route.path != "/auth/verify"
        && !not_api.iter().any(|prefix| route.path.starts_with(prefix))
}

/// Collects every reference in `value`.
fn references(value: &Value, found: &mut BTreeSet<String>) {
    match value {
        Value::Object(members) => {
            if let Some(Value::String(to)) = members.get("$ref") {
                found.insert(to.clone());
            }
            members
                .values()
                .for_each(|member| references(member, found));
        }
        Value::Array(items) => items.iter().for_each(|item| references(item, found)),
        _ => {}
    }
}

/// The target of `value` if it is a reference, otherwise `value`.
fn resolve<'a>(document: &'a Value, value: &'a Value) -> &'a Value {
    match value["$ref"].as_str() {
        Some(to) => document.pointer(to.trim_start_matches('#')).unwrap(),
        None => value,
    }
}

#[test]
fn document_contains_exactly_the_api_routes() {
    let described: BTreeSet<_> = calls(&document())
        .into_iter()
        .map(|(method, path, _)| format!("{method} {path}"))
        .collect();
    let routed: BTreeSet<_> = routes::table()
        .iter()
        .filter(|route| is_api_route(route))
        .map(|route| format!("{} {}", route.method, route.path))
        .collect();
    assert_eq!(described, routed);
}

#[test]
fn security_of_a_call_equals_the_route_table() {
    let document = document();
    for route in routes::table().iter().filter(|route| is_api_route(route)) {
        let method = route.method.as_str().to_lowercase();
        let documented = &document["paths"][route.path][method]["security"];
        let asked = match route.access {
            Access::Public => json!([]),
            Access::SessionOnly => json!([{"session": []}]),
            Access::AnyCredential => json!([{"token": []}, {"session": []}]),
            Access::Abilities(abilities) => json!([{"token": abilities}, {"session": []}]),
            Access::OAuthClient(abilities) => {
                json!([{"token": abilities}, {"client": abilities}, {"session": []}])
            }
            Access::OptionalSession | Access::SessionPage => panic!("{} is a page", route.path),
        };
        assert_eq!(*documented, asked, "{} {}", route.method, route.path);
        let answers =
            &document["paths"][route.path][route.method.as_str().to_lowercase()]["responses"];
        let can_be_unknown = route.access != Access::Public || route.path == "/api/v1/sign-in";
        assert_eq!(answers["401"].is_object(), can_be_unknown, "{}", route.path);
        if matches!(
            route.access,
            Access::Abilities(_) | Access::OAuthClient(_) | Access::SessionOnly
        ) {
            assert!(
                answers["403"].is_object(),
                "{} {}",
                route.method,
                route.path
            );
        }
    }
}

#[test]
fn every_error_response_is_a_problem() {
    let document = document();
    for (method, path, call) in calls(&document) {
        let answers = call["responses"].as_object().unwrap();
        for (status, answer) in answers
            .iter()
            .filter(|(status, _)| status.as_str() >= "400")
        {
            let content = &resolve(&document, answer)["content"]["application/problem+json"];
            assert!(content["schema"].is_object(), "{method} {path}: {status}");
        }
    }
}

#[test]
fn every_problem_type_of_the_api_is_documented() {
    // Types that only pages send, and types that no operation of the document sends.
    let elsewhere = [
        "form-sent-twice",
        "other-account",
        "other-link",
        "confirm-second-factor",
        "unknown-passkey",
        "https-required",
        "registration-closed",
        "method-not-allowed",
        // OAuth has its own format for these errors.
        "invalid-client",
        "invalid-request",
    ];
    for slug in PROBLEM_TYPES.iter().map(|kind| kind.slug) {
        let named = DOCUMENT.contains(&format!("`/problems/{slug}`"));
        assert_eq!(named, !elsewhere.contains(&slug), "{slug}");
    }
}

#[test]
fn references_and_components_match() {
    let document = document();
    let mut referenced = BTreeSet::new();
    references(&document, &mut referenced);
    let mut defined = BTreeSet::new();
    for part in ["schemas", "responses"] {
        let named = document["components"][part].as_object().unwrap().keys();
        defined.extend(named.map(|name| format!("#/components/{part}/{name}")));
    }
    assert_eq!(referenced, defined);
}

#[test]
fn every_call_has_a_unique_id_a_summary_and_a_tag() {
    let document = document();
    let tags = document["tags"].as_array().unwrap();
    let tags: BTreeSet<_> = tags
        .iter()
        .map(|tag| tag["name"].as_str().unwrap())
        .collect();
    let mut names = BTreeSet::new();
    for (method, path, call) in calls(&document) {
        let what = format!("{method} {path}");
        let name = call["operationId"].as_str().unwrap().to_owned();
        assert!(names.insert(name), "{what}");
        let summary = call["summary"].as_str().unwrap();
        assert!(
            summary.ends_with('.') && !summary.contains('['),
            "{what}: {summary}"
        );
        let description = call["description"].as_str().unwrap_or_default();
        assert!(!description.contains("# Errors"), "{what}: {description}");
        assert_eq!(call["tags"].as_array().unwrap().len(), 1, "{what}");
        assert!(tags.contains(call["tags"][0].as_str().unwrap()), "{what}");
    }
    for (method, path, call) in calls(&document) {
        for answer in call["responses"].as_object().unwrap().values() {
            let links = answer["links"].as_object();
            let of_a_token = resolve(&document, answer)["content"]["application/json"]["schema"]["$ref"]
                == "#/components/schemas/IssuedToken";
            assert!(
                !of_a_token || links.is_some(),
                "{method} {path} has no link"
            );
            for link in links.into_iter().flat_map(|links| links.values()) {
                let leads_to = link["operationId"].as_str().unwrap();
                assert!(names.contains(leads_to), "{method} {path}: {leads_to}");
            }
        }
    }
}

#[test]
fn openapi_command_prints_the_document_without_side_effects() {
    let narthex = Narthex::installed()
        .with("DATABASE_URL", "postgres://nobody@127.0.0.1:1/nothing")
        .with("NARTHEX_LISTEN", "everywhere");
    let outcome = narthex.run(&["openapi"]).expect_code(0);
    assert!(
        outcome.stdout.trim_end() == DOCUMENT.trim_end(),
        "docs/openapi.json is not what `narthex openapi` prints: \
         cargo run -- openapi >docs/openapi.json"
    );
    assert_eq!(outcome.stderr, "");
    let remaining = std::fs::read_dir(narthex.directory()).unwrap().count();
    assert_eq!(remaining, 0);
}

#[tokio::test]
async fn served_document_equals_the_file_except_its_server_url() {
    let app = TestApp::start_at_root(&[]);
    let answer = app
        .anonymous()
        .get("/openapi.json")
        .await
        .expect_status(200);
    let answer = answer.expect_header("content-type", "application/json");
    let mut served = answer.json();
    assert_eq!(served["servers"], json!([{"url": "http://localhost:0"}]));
    served["servers"] = json!([{"url": "/"}]);
    assert_eq!(served, document());
    let refused = app.anonymous().get("/openapi.json?version=2").await;
    refused.expect_status(422).problem();
}

#[tokio::test]
async fn served_document_names_the_public_url_and_the_cookie() {
    for (settings, cookie) in [
        (
            vec![("NARTHEX_PUBLIC_URL", "https://id.example.com")],
            "__Host-narthex",
        ),
        (
            vec![
                ("NARTHEX_PUBLIC_URL", "https://id.example.com"),
                ("NARTHEX_COOKIE_DOMAIN", "example.com"),
            ],
            "__Secure-narthex",
        ),
        (
            vec![("NARTHEX_PUBLIC_URL", "http://id.example.com")],
            "narthex",
        ),
    ] {
        let app = TestApp::start_at_root(&settings);
        let anonymous = app.anonymous();
        let request = anonymous.request(reqwest::Method::GET, "/openapi.json");
        let answer = anonymous
            .send(request.header("host", "id.example.com"))
            .await;
        let document = answer.expect_status(200).json();
        assert_eq!(document["servers"], json!([{"url": settings[0].1}]));
        let scheme = &document["components"]["securitySchemes"]["session"];
        assert_eq!(scheme["name"], cookie);
    }
}
