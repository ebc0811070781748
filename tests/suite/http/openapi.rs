//! The document that describes the API: that it says what the route table says, that it is whole, and
//! that it is the one in `docs/`. Whether the server keeps to it is asked by `scripts/check-api`.

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

const KEPT: &str = include_str!("../../../docs/openapi.json");

fn kept() -> Value {
    serde_json::from_str(KEPT).unwrap()
}

/// Every call of the document: method, path and what is said of it.
fn calls(document: &Value) -> Vec<(String, String, Value)> {
    let mut calls = Vec::new();
    for (path, item) in document["paths"].as_object().unwrap() {
        for (method, call) in item.as_object().unwrap() {
            calls.push((method.to_uppercase(), path.clone(), call.clone()));
        }
    }
    calls
}

/// What programs call. A proxy's question about a request of somebody else is no call of theirs.
fn is_called_by_programs(route: &Route) -> bool {
    // Browsers report there by a standard of theirs.
    let page = [
        "/account",
        "/static",
        "/login",
        "/logout",
        "/register",
        "/problems",
        "/reports",
        // Leads password managers to a page.
        "/.well-known/change-password",
    ];
    route.path != "/"
        && route.path != "/auth/verify"
        && !page.iter().any(|prefix| route.path.starts_with(prefix))
}

/// Everything that `value` refers to.
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

/// `value`, where it is a reference, otherwise itself.
fn followed<'a>(document: &'a Value, value: &'a Value) -> &'a Value {
    match value["$ref"].as_str() {
        Some(to) => document.pointer(to.trim_start_matches('#')).unwrap(),
        None => value,
    }
}

#[test]
fn every_call_that_programs_make_is_in_the_document_and_none_besides() {
    let described: BTreeSet<_> = calls(&kept())
        .into_iter()
        .map(|(method, path, _)| format!("{method} {path}"))
        .collect();
    let routed: BTreeSet<_> = routes::table()
        .iter()
        .filter(|route| is_called_by_programs(route))
        .map(|route| format!("{} {}", route.method, route.path))
        .collect();
    assert_eq!(described, routed);
}

#[test]
fn a_call_asks_for_what_the_route_table_asks_for() {
    let document = kept();
    for route in routes::table()
        .iter()
        .filter(|route| is_called_by_programs(route))
    {
        let method = route.method.as_str().to_lowercase();
        let said = &document["paths"][route.path][method]["security"];
        let asked = match route.access {
            Access::Anyone => json!([]),
            Access::Session => json!([{"session": []}]),
            Access::AnyCaller => json!([{"token": []}, {"session": []}]),
            Access::Can(abilities) => json!([{"token": abilities}, {"session": []}]),
            Access::Client(abilities) => {
                json!([{"token": abilities}, {"client": abilities}, {"session": []}])
            }
            Access::Visitor | Access::Browser => panic!("{} is a page", route.path),
        };
        assert_eq!(*said, asked, "{} {}", route.method, route.path);
        let answers =
            &document["paths"][route.path][route.method.as_str().to_lowercase()]["responses"];
        let can_be_unknown = route.access != Access::Anyone || route.path == "/api/v1/sign-in";
        assert_eq!(answers["401"].is_object(), can_be_unknown, "{}", route.path);
        if matches!(
            route.access,
            Access::Can(_) | Access::Client(_) | Access::Session
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
fn every_refusal_is_a_problem() {
    let document = kept();
    for (method, path, call) in calls(&document) {
        let answers = call["responses"].as_object().unwrap();
        for (status, answer) in answers
            .iter()
            .filter(|(status, _)| status.as_str() >= "400")
        {
            let content = &followed(&document, answer)["content"]["application/problem+json"];
            assert!(content["schema"].is_object(), "{method} {path}: {status}");
        }
    }
}

#[test]
fn every_kind_of_problem_is_named() {
    // What only pages answer, and what no call of the document is answered.
    let elsewhere = [
        "form-sent-twice",
        "other-account",
        "https-required",
        "registration-closed",
        "method-not-allowed",
        // OAuth tells these in a form of its own.
        "invalid-client",
        "invalid-request",
    ];
    for slug in PROBLEM_TYPES.iter().map(|kind| kind.slug) {
        let named = KEPT.contains(&format!("`/problems/{slug}`"));
        assert_eq!(named, !elsewhere.contains(&slug), "{slug}");
    }
}

#[test]
fn everything_that_is_referred_to_is_there_and_everything_that_is_there_is_referred_to() {
    let document = kept();
    let mut referred_to = BTreeSet::new();
    references(&document, &mut referred_to);
    let mut there = BTreeSet::new();
    for part in ["schemas", "responses"] {
        let named = document["components"][part].as_object().unwrap().keys();
        there.extend(named.map(|name| format!("#/components/{part}/{name}")));
    }
    assert_eq!(referred_to, there);
}

#[test]
fn every_call_has_a_name_of_its_own_a_summary_and_a_place() {
    let document = kept();
    let places = document["tags"].as_array().unwrap();
    let places: BTreeSet<_> = places
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
        assert!(places.contains(call["tags"][0].as_str().unwrap()), "{what}");
    }
    for (method, path, call) in calls(&document) {
        for answer in call["responses"].as_object().unwrap().values() {
            let links = answer["links"].as_object();
            let of_a_token = followed(&document, answer)["content"]["application/json"]["schema"]["$ref"]
                == "#/components/schemas/IssuedToken";
            assert!(
                !of_a_token || links.is_some(),
                "{method} {path} leads nowhere"
            );
            for link in links.into_iter().flat_map(|links| links.values()) {
                let leads_to = link["operationId"].as_str().unwrap();
                assert!(names.contains(leads_to), "{method} {path}: {leads_to}");
            }
        }
    }
}

#[test]
fn the_command_prints_the_kept_document_and_needs_nothing_and_leaves_nothing() {
    let narthex = Narthex::installed()
        .with("DATABASE_URL", "postgres://nobody@127.0.0.1:1/nothing")
        .with("NARTHEX_LISTEN", "everywhere");
    let outcome = narthex.run(&["openapi"]).expect_code(0);
    assert!(
        outcome.stdout.trim_end() == KEPT.trim_end(),
        "docs/openapi.json is not what `narthex openapi` prints: \
         cargo run -- openapi >docs/openapi.json"
    );
    assert_eq!(outcome.stderr, "");
    let left = std::fs::read_dir(narthex.directory()).unwrap().count();
    assert_eq!(left, 0);
}

#[tokio::test]
async fn the_served_document_is_the_kept_one_and_says_where_it_is_served() {
    let app = TestApp::start();
    let answer = app
        .anonymous()
        .get("/openapi.json")
        .await
        .expect_status(200);
    let answer = answer.expect_header("content-type", "application/json");
    let mut served = answer.json();
    assert_eq!(served["servers"], json!([{"url": "http://127.0.0.1:0"}]));
    served["servers"] = json!([{"url": "/"}]);
    assert_eq!(served, kept());
    let refused = app.anonymous().get("/openapi.json?version=2").await;
    refused.expect_status(422).problem();
}

#[tokio::test]
async fn the_served_document_names_the_public_url_and_the_cookie_that_goes_with_it() {
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
        let app = TestApp::start_with(&settings);
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
