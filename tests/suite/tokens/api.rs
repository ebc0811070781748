//! Tokens in the JSON API: creation, lists, changes and revocation.

use std::time::Duration;

use reqwest::Method;
use serde_json::{Value, json};

use crate::support::api::{expect_members, text};
use crate::support::app::TestApp;
use crate::support::client::Browser;

const ADA: &str = "ada@example.com";
const TOKENS: &str = "/api/v1/tokens";
const UNKNOWN_ID: &str = "0196b2f0-0000-7000-8000-000000000000";
const MEMBERS: &[&str] = &[
    "id",
    "class",
    "kind",
    "name",
    "hint",
    "abilities",
    "made_by",
    "created_at",
    "last_used_at",
    "last_used_ip",
    "expires_at",
    "paused",
    "ended_at",
    "receipt_id",
];

fn path_of(id: &str) -> String {
    format!("{TOKENS}/{id}")
}

fn ci() -> Value {
    json!({"name": "CI", "abilities": ["orders:read"]})
}

fn with(field: &str, value: Value) -> Value {
    let mut body = ci();
    body[field] = value;
    body
}

fn without(field: &str) -> Value {
    let mut body = ci();
    body.as_object_mut().unwrap().remove(field);
    body
}

async fn names(browser: &Browser) -> Vec<String> {
    let list = browser.call(Method::GET, "/api/v1/tokens?ended=true", None);
    let list = list.await.expect_status(200).json();
    let rows = list["data"].as_array().unwrap().iter();
    rows.map(|row| text(&row["name"])).collect()
}

#[tokio::test]
async fn a_new_token_shows_its_secret_once() {
    let app = TestApp::start();
    let ada = app.register(ADA).await;
    let answer = ada.call(Method::POST, TOKENS, Some(&ci())).await;
    let answer = answer.expect_status(201);
    expect_members(&answer.text, &["token", "secret"]);
    let body = answer.json();
    let token = app.token_from(&body);
    let (id, secret) = (token.id, token.secret);
    assert_eq!(answer.location(), path_of(&id));
    assert_eq!(
        body["token"],
        json!({
            "id": id, "class": "token", "kind": "personal", "name": "CI", "hint": &secret[36..],
            "abilities": ["orders:read"], "made_by": ada.session_id().await,
            "created_at": "2026-11-22T12:30:00Z", "last_used_at": null, "last_used_ip": null,
            "expires_at": null, "paused": false, "ended_at": null, "receipt_id": null,
        })
    );
    assert!(
        secret.len() == 40
            && secret.starts_with("nrx_")
            && secret[4..].bytes().all(|b| b.is_ascii_alphanumeric()),
        "{secret}"
    );
    let found = ada.call(Method::GET, &path_of(&id), None).await;
    let found = found.expect_status(200).expect_no_text(&secret[4..30]);
    expect_members(&found.text, MEMBERS);
    assert_eq!(found.json(), body["token"]);
    for path in [TOKENS, "/api/v1/credentials", "/api/v1/events"] {
        let list = ada.call(Method::GET, path, None).await;
        list.expect_status(200).expect_no_text(&secret[4..30]);
    }
}

#[tokio::test]
async fn invalid_token_is_rejected_by_field_and_not_created() {
    let app = TestApp::start();
    let ada = app.register(ADA).await;
    let too_many: Vec<String> = vec!["orders:read".to_owned(); 101];
    for (body, field) in [
        (without("name"), "name"),
        (with("name", json!("")), "name"),
        (with("name", json!(" \t ")), "name"),
        (with("name", Value::Null), "name"),
        (with("name", json!(7)), "name"),
        (with("name", json!(["CI"])), "name"),
        (with("name", json!("a\u{0}b")), "name"),
        (with("name", json!("a\r\nb")), "name"),
        (with("name", json!("a\u{202e}b")), "name"),
        (with("name", json!("é".repeat(256))), "name"),
        (without("abilities"), "abilities"),
        (with("abilities", Value::Null), "abilities"),
        (with("abilities", json!("orders:read")), "abilities"),
        (with("abilities", json!([1])), "abilities"),
        (with("abilities", json!(["orders:delete"])), "abilities"),
        (with("abilities", json!(["invoices:*"])), "abilities"),
        (with("abilities", json!(["Orders:read"])), "abilities"),
        (with("abilities", json!([" orders:read"])), "abilities"),
        (with("abilities", json!([""])), "abilities"),
        (with("abilities", json!(["*:read"])), "abilities"),
        (with("abilities", json!(["*", "*"])), "abilities"),
        (with("abilities", json!(too_many)), "abilities"),
        (with("expires_in", json!(0)), "expires_in"),
        (with("expires_in", json!(-1)), "expires_in"),
        (with("expires_in", json!(1.5)), "expires_in"),
        (with("expires_in", json!(1e99)), "expires_in"),
        (with("expires_in", json!(u64::MAX)), "expires_in"),
        (with("expires_in", json!("3600")), "expires_in"),
        (with("expires_in", json!(true)), "expires_in"),
        (with("kind", json!("service")), "kind"),
        (with("user_id", json!(UNKNOWN_ID)), "user_id"),
        (with("secret", json!("nrx_")), "secret"),
        (json!(["CI", ["*"], null]), "body"),
        (json!("CI"), "body"),
    ] {
        let answer = ada.call(Method::POST, TOKENS, Some(&body)).await;
        answer.expect_invalid_fields(&[field]);
    }
    let all = json!({"name": "", "abilities": ["x"], "expires_in": 0});
    let answer = ada.call(Method::POST, TOKENS, Some(&all)).await;
    answer.expect_invalid_fields(&["abilities", "expires_in", "name"]);
    assert_eq!(names(&ada).await, Vec::<String>::new());
}

#[tokio::test]
async fn body_that_is_no_json_object_is_rejected() {
    let app = TestApp::start();
    let ada = app.register(ADA).await;
    let too_long = format!("{{\"name\":\"{}\",\"abilities\":[]}}", "x".repeat(70_000));
    for (kind, body, status, slug) in [
        ("application/json", "", 400, "malformed"),
        ("application/json", "{\"name\":", 400, "malformed"),
        ("application/json", "{} {}", 400, "malformed"),
        (
            "application/json",
            "{\"name\":\"\\ud800\"}",
            400,
            "malformed",
        ),
        (
            "application/json",
            "{\"name\":\"a\",\"name\":\"b\",\"abilities\":[]}",
            422,
            "invalid",
        ),
        ("application/json", &*too_long, 413, "too-large"),
        (
            "text/plain",
            "{\"name\":\"CI\",\"abilities\":[]}",
            415,
            "wrong-media-type",
        ),
        (
            "application/x-www-form-urlencoded",
            "name=CI&abilities=*",
            415,
            "wrong-media-type",
        ),
    ] {
        let request = ada
            .request(Method::POST, TOKENS)
            .header("content-type", kind)
            .body(body.to_owned());
        ada.send(request).await.expect_problem(status, slug);
    }
    let not_utf_8 = ada
        .request(Method::POST, TOKENS)
        .header("content-type", "application/json")
        .body(b"{\"name\":\"a\xff\",\"abilities\":[]}".to_vec());
    ada.send(not_utf_8).await.expect_problem(400, "malformed");
    let with_charset = ada
        .request(Method::POST, TOKENS)
        .header("content-type", "application/json; charset=utf-8")
        .body(ci().to_string());
    ada.send(with_charset).await.expect_status(201);
    assert_eq!(names(&ada).await, ["CI"]);
}

#[tokio::test]
async fn token_name_is_returned_as_sent() {
    let app = TestApp::start();
    let ada = app.register(ADA).await;
    for name in ["%253Cb%253E", "<b>&lt;", "Zoë 🙂 العربية", &"é".repeat(255)] {
        let body = with("name", json!(name));
        let created = ada.call(Method::POST, TOKENS, Some(&body));
        assert_eq!(
            created.await.expect_status(201).json()["token"]["name"],
            name
        );
    }
}

#[tokio::test]
async fn expired_token_is_rejected() {
    let app = TestApp::start();
    let ada = app.register(ADA).await;
    let body = with("expires_in", json!(3600));
    let created = ada.call(Method::POST, TOKENS, Some(&body));
    let created = created.await.expect_status(201).json();
    assert_eq!(created["token"]["expires_at"], "2026-11-22T13:30:00Z");
    let token = app.token_from(&created);
    app.advance(Duration::from_secs(3599));
    assert!(token.client.is_authenticated().await);
    app.advance(Duration::from_secs(1));
    let refused = token.client.get("/api/v1/user").await;
    refused.expect_problem(401, "not-signed-in");
    let listed = ada.call(Method::GET, TOKENS, None).await;
    assert_eq!(listed.ids(), Vec::<String>::new());
    assert_eq!(
        names(&ada).await,
        ["CI"],
        "an expired token must stay in the list of ended ones"
    );
}

#[tokio::test]
async fn maximum_age_bounds_the_expiry_of_every_token() {
    let app = TestApp::start_with(&[("NARTHEX_TOKEN_MAX_AGE", "1h")]);
    let ada = app.register(ADA).await;
    for body in [
        ci(),
        with("expires_in", Value::Null),
        with("expires_in", json!(3601)),
    ] {
        let answer = ada.call(Method::POST, TOKENS, Some(&body)).await;
        answer.expect_invalid_fields(&["expires_in"]);
    }
    let body = with("expires_in", json!(3600));
    let created = ada.call(Method::POST, TOKENS, Some(&body));
    created.await.expect_status(201);
}

#[tokio::test]
async fn token_cannot_grant_abilities_that_it_lacks() {
    let app = TestApp::start();
    let ada = app.register(ADA).await;
    let maker = app
        .token(&ada, "Maker", &["tokens:write", "orders:read"])
        .await;
    for (requested, missing) in [
        (json!(["orders:write"]), "orders:write"),
        (json!(["orders:read", "orders:*"]), "orders:*"),
        (json!(["*"]), "*"),
    ] {
        let body = with("abilities", requested);
        let answer = maker.client.post(TOKENS, &body).await;
        let answer = answer.expect_problem(403, "missing-ability");
        let challenge = answer.header("www-authenticate").unwrap();
        assert!(
            challenge.ends_with(&format!("scope=\"{missing}\"")),
            "{challenge}"
        );
    }
    let created = maker.client.post(TOKENS, &ci()).await;
    let created = created.expect_status(201).json();
    assert_eq!(created["token"]["made_by"], maker.id);
    let created = app.token_from(&created);

    let widen = json!({"abilities": ["orders:write"]});
    let answer = maker.client.patch(&path_of(&created.id), &widen).await;
    answer.expect_problem(403, "missing-ability");
    let narrow = json!({"abilities": []});
    let answer = maker.client.patch(&path_of(&created.id), &narrow).await;
    answer.expect_status(200).expect_text("\"abilities\":[]");
}

#[tokio::test]
async fn token_cannot_resume_a_token_with_more_abilities() {
    let app = TestApp::start();
    let ada = app.register(ADA).await;
    let weak = app.token(&ada, "Weak", &["tokens:write"]).await;
    let strong = app.token(&ada, "Strong", &["*"]).await;
    let (pause, resume) = (json!({"paused": true}), json!({"paused": false}));
    let path = path_of(&strong.id);
    let paused = weak.client.patch(&path, &pause).await;
    paused.expect_status(200);
    let answer = weak.client.patch(&path, &resume).await;
    answer.expect_problem(403, "missing-ability");
    assert!(!strong.client.is_authenticated().await);
    let resumed = ada.call(Method::PATCH, &path, Some(&resume)).await;
    resumed.expect_status(200);
    assert!(strong.client.is_authenticated().await);
}

#[tokio::test]
async fn token_cannot_create_a_token_that_outlives_it() {
    let app = TestApp::start();
    let ada = app.register(ADA).await;
    let body = json!({"name": "Maker", "abilities": ["*"], "expires_in": 3600});
    let maker = ada.call(Method::POST, TOKENS, Some(&body)).await.json();
    let maker = app.token_from(&maker).client;
    for expiry in [Value::Null, json!(3601)] {
        let answer = maker.post(TOKENS, &with("expires_in", expiry)).await;
        answer.expect_problem(403, "outlives-caller");
    }
    let created = maker.post(TOKENS, &with("expires_in", json!(3600))).await;
    created.expect_status(201);
}

#[tokio::test]
async fn token_without_a_requested_expiry_ends_with_its_creator() {
    let app = TestApp::start();
    let ada = app.register(ADA).await;
    let body = json!({"name": "Maker", "abilities": ["*"], "expires_in": 3600});
    let made = ada.call(Method::POST, TOKENS, Some(&body)).await.json();
    let maker = app.token_from(&made).client;
    let created = maker.post(TOKENS, &ci()).await.expect_status(201).json();
    assert_eq!(created["token"]["expires_at"], made["token"]["expires_at"]);
    // A session belongs to a person and may create a token without an expiry.
    let unlimited = ada.call(Method::POST, TOKENS, Some(&ci())).await.json();
    assert_eq!(unlimited["token"]["expires_at"], Value::Null);
}

#[tokio::test]
async fn session_needs_confirmation_to_create_a_token() {
    let app = TestApp::start();
    let ada = app.register(ADA).await;
    app.advance(Duration::from_secs(15 * 60));
    let answer = ada.call(Method::POST, TOKENS, Some(&ci())).await;
    let challenge = answer.expect_problem(403, "confirm-password");
    assert!(challenge.header("www-authenticate").is_some());
    assert_eq!(names(&ada).await, Vec::<String>::new());
}

#[tokio::test]
async fn token_name_and_abilities_can_be_changed() {
    let app = TestApp::start();
    let ada = app.register(ADA).await;
    let token = app.token(&ada, "CI", &["orders:read"]).await;
    let path = path_of(&token.id);
    for (change, name, abilities) in [
        (
            json!({"name": " Nightly "}),
            "Nightly",
            json!(["orders:read"]),
        ),
        (json!({}), "Nightly", json!(["orders:read"])),
        (
            json!({"abilities": ["orders:*"]}),
            "Nightly",
            json!(["orders:*"]),
        ),
        (json!({"name": "CI", "abilities": []}), "CI", json!([])),
    ] {
        let answer = ada.call(Method::PATCH, &path, Some(&change)).await;
        let answer = answer.expect_status(200);
        expect_members(&answer.text, MEMBERS);
        let after = answer.json();
        assert_eq!(
            (&after["name"], &after["abilities"]),
            (&json!(name), &abilities)
        );
        let found = token.client.get("/api/v1/tokens/current").await.json();
        assert_eq!(
            (&found["name"], &found["abilities"]),
            (&json!(name), &abilities)
        );
    }
}

#[tokio::test]
async fn changed_abilities_apply_to_the_next_request() {
    let app = TestApp::start();
    let ada = app.register(ADA).await;
    let token = app.token(&ada, "CI", &["tokens:read"]).await;
    token.client.get(TOKENS).await.expect_status(200);
    let none = json!({"abilities": []});
    ada.call(Method::PATCH, &path_of(&token.id), Some(&none))
        .await
        .expect_status(200);
    let answer = token.client.get(TOKENS).await;
    answer.expect_problem(403, "missing-ability");
}

#[tokio::test]
async fn paused_token_is_rejected_until_resumed() {
    let app = TestApp::start();
    let ada = app.register(ADA).await;
    let token = app.token(&ada, "CI", &[]).await;
    let path = path_of(&token.id);
    for paused in [true, true, false] {
        let change = json!({"paused": paused});
        let answer = ada.call(Method::PATCH, &path, Some(&change)).await;
        assert_eq!(answer.expect_status(200).json()["paused"], paused);
        assert_eq!(token.client.is_authenticated().await, !paused);
        let listed = ada.call(Method::GET, TOKENS, None).await;
        assert_eq!(
            listed.ids(),
            [token.id.as_str()],
            "a paused token must be listed as active"
        );
    }
}

#[tokio::test]
async fn invalid_change_is_rejected_and_changes_nothing() {
    let app = TestApp::start();
    let ada = app.register(ADA).await;
    let token = app.token(&ada, "CI", &["orders:read"]).await;
    let path = path_of(&token.id);
    let before = ada.call(Method::GET, &path, None).await.json();
    for (body, field) in [
        (json!({"name": null}), "name"),
        (json!({"name": ""}), "name"),
        (json!({"name": "a\u{7}b", "paused": true}), "name"),
        (json!({"abilities": null}), "abilities"),
        (json!({"abilities": ["x:y"], "name": "New"}), "abilities"),
        (json!({"paused": null}), "paused"),
        (json!({"paused": "true"}), "paused"),
        (json!({"paused": 1}), "paused"),
        (json!({"expires_in": 0}), "expires_in"),
        (json!({"expires_at": null}), "expires_at"),
        (json!({"kind": "service"}), "kind"),
        (json!({"user_id": UNKNOWN_ID}), "user_id"),
        (json!(["New"]), "body"),
    ] {
        let answer = ada.call(Method::PATCH, &path, Some(&body)).await;
        answer.expect_invalid_fields(&[field]);
    }
    let with_query = format!("{path}?paused=true");
    let answer = ada.call(Method::PATCH, &with_query, Some(&json!({}))).await;
    answer.expect_invalid_fields(&["paused"]);
    let after = ada.call(Method::GET, &path, None).await.json();
    assert_eq!(after, before);
}

#[tokio::test]
async fn session_needs_confirmation_only_to_add_abilities() {
    let app = TestApp::start();
    let ada = app.register(ADA).await;
    let token = app.token(&ada, "CI", &["orders:*"]).await;
    let path = path_of(&token.id);
    app.advance(Duration::from_secs(15 * 60));
    let widen = json!({"name": "Other", "abilities": ["orders:*", "account:read"]});
    let answer = ada.call(Method::PATCH, &path, Some(&widen)).await;
    answer.expect_problem(403, "confirm-password");
    for change in [
        json!({"name": "Nightly"}),
        json!({"paused": true}),
        json!({"abilities": ["orders:read"]}),
    ] {
        let answer = ada.call(Method::PATCH, &path, Some(&change)).await;
        answer
            .expect_status(200)
            .expect_text("\"name\":\"Nightly\"");
    }
}

#[tokio::test]
async fn revoked_token_stays_revoked() {
    let app = TestApp::start();
    let ada = app.register(ADA).await;
    let token = app.token(&ada, "CI", &[]).await;
    let path = path_of(&token.id);
    let revoked = ada.call(Method::DELETE, &path, None).await;
    assert_eq!(revoked.expect_status(204).text, "");
    let refused = token.client.get("/api/v1/user").await;
    refused.expect_problem(401, "not-signed-in");
    let after = ada.call(Method::GET, &path, None).await.json();
    assert_eq!(after["ended_at"], "2026-11-22T12:30:00Z");

    app.advance(Duration::from_secs(60));
    ada.call(Method::DELETE, &path, None)
        .await
        .expect_status(204);
    let again = ada.call(Method::GET, &path, None).await.json();
    assert_eq!(again, after, "the first revocation must remain");
    let events = ada.call(Method::GET, "/api/v1/events?limit=1", None).await;
    assert_eq!(
        events.json()["data"][0]["at"],
        after["ended_at"],
        "the revocation must be logged once"
    );
    let receipt = format!("/api/v1/receipts/{}", text(&after["receipt_id"]));
    let receipt = ada.call(Method::GET, &receipt, None).await.json();
    assert_eq!(receipt["reason"], "revoked");
    let rename = json!({"name": "x"});
    let change = ada.call(Method::PATCH, &path, Some(&rename));
    change.await.expect_problem(404, "not-found");
}

#[tokio::test]
async fn only_sessions_need_confirmation_to_revoke_a_token() {
    let app = TestApp::start();
    let ada = app.register(ADA).await;
    let token = app.token(&ada, "CI", &[]).await;
    let client = app.client(&ada, &["tokens:write"]).await;
    app.advance(Duration::from_secs(15 * 60));
    for path in [path_of(&token.id), format!("{TOKENS}?all=true")] {
        let answer = ada.call(Method::DELETE, &path, None).await;
        answer.expect_problem(403, "confirm-password");
    }
    assert!(token.client.is_authenticated().await);
    client.delete(&path_of(&token.id)).await.expect_status(204);
    assert!(!token.client.is_authenticated().await);
}

#[tokio::test]
async fn every_token_may_revoke_itself() {
    let app = TestApp::start();
    let ada = app.register(ADA).await;
    let token = app.token(&ada, "CI", &[]).await;
    let other = app.token(&ada, "Other", &[]).await;
    let current = token.client.get("/api/v1/tokens/current").await;
    let current = current.expect_status(200);
    expect_members(&current.text, MEMBERS);
    assert_eq!(text(&current.json()["id"]), token.id);
    let revoked = token.client.delete("/api/v1/tokens/current").await;
    revoked.expect_status(204);
    assert!(!token.client.is_authenticated().await);
    assert!(other.client.is_authenticated().await);
    assert!(ada.is_signed_in().await);
    let after = ada
        .call(Method::GET, &path_of(&token.id), None)
        .await
        .json();
    let receipt = format!("/api/v1/receipts/{}", text(&after["receipt_id"]));
    let receipt = ada.call(Method::GET, &receipt, None).await.json();
    assert_eq!(
        (&receipt["reason"], &receipt["by"]),
        (&json!("signed_out"), &json!(token.id))
    );
}

#[tokio::test]
async fn session_has_no_current_token() {
    let app = TestApp::start();
    let ada = app.register(ADA).await;
    for method in [Method::GET, Method::DELETE] {
        let answer = ada.call(method, "/api/v1/tokens/current", None).await;
        answer.expect_problem(404, "not-found");
    }
    assert!(ada.is_signed_in().await);
}

#[tokio::test]
async fn token_of_another_user_and_unknown_id_get_the_same_404() {
    let app = TestApp::start();
    let ada = app.register(ADA).await;
    let grace = app.register("grace@example.com").await;
    let graces = app.token(&grace, "Grace's", &["*"]).await;
    let session = ada.session_id().await;
    let upper_case = app.token(&ada, "CI", &[]).await.id.to_uppercase();
    let mut answers = Vec::new();
    for id in [
        graces.id.as_str(),
        &session,
        &upper_case,
        UNKNOWN_ID,
        "0",
        "-1",
        "9223372036854775808",
        "%00",
        "x",
    ] {
        let path = path_of(id);
        for (method, body) in [
            (Method::GET, None),
            (Method::PATCH, Some(json!({"name": "Mine"}))),
            (Method::DELETE, None),
        ] {
            let answer = ada.call(method, &path, body.as_ref()).await;
            answers.push(answer.expect_problem(404, "not-found").text);
        }
    }
    answers.dedup();
    assert_eq!(answers.len(), 1, "{answers:?}");
    let untouched = grace.call(Method::GET, &path_of(&graces.id), None).await;
    untouched
        .expect_text("\"name\":\"Grace's\"")
        .expect_text("\"ended_at\":null");
}

#[tokio::test]
async fn catalogue_lists_the_abilities_of_tokens() {
    let app = TestApp::start();
    let ada = app.register(ADA).await;
    let answer = app.client(&ada, &[]).await.get("/api/v1/abilities").await;
    let answer = answer.expect_status(200);
    expect_members(&answer.text, &["data", "next"]);
    let list = answer.json();
    assert_eq!(list["next"], Value::Null);
    let rows = list["data"].as_array().unwrap();
    assert!(rows.contains(&json!({"name": "orders:read", "description": "Read your orders"})));
    let names: Vec<_> = rows.iter().map(|row| text(&row["name"])).collect();
    assert_eq!(
        names,
        [
            "account:read",
            "orders:read",
            "orders:write",
            "sessions:read",
            "sessions:write",
            "tokens:introspect",
            "tokens:read",
            "tokens:write",
        ]
    );
    let body = json!({"name": "All of them", "abilities": names});
    ada.call(Method::POST, TOKENS, Some(&body))
        .await
        .expect_status(201);
}

#[tokio::test]
async fn last_used_has_time_and_address() {
    let app = TestApp::start();
    let ada = app.register(ADA).await;
    let token = app.token(&ada, "CI", &[]).await;
    app.advance(Duration::from_secs(60));
    token.client.get("/api/v1/user").await;
    app.advance(Duration::from_secs(60));
    let found = ada
        .call(Method::GET, &path_of(&token.id), None)
        .await
        .json();
    assert_eq!(found["last_used_at"], "2026-11-22T12:31:00Z");
    assert_eq!(found["last_used_ip"], "127.0.0.1");
}

#[tokio::test]
async fn change_is_accepted_as_a_merge_patch() {
    let app = TestApp::start();
    let ada = app.register(ADA).await;
    let token = app.token(&ada, "CI", &[]).await;
    let merge_patch = "application/merge-patch+json";
    let send = async |method: Method, path: &str, kind: &str| {
        let request = ada.request(method, path).header("content-type", kind);
        ada.send(request.body(r#"{"name":"New"}"#)).await
    };
    let path = path_of(&token.id);
    for kind in [merge_patch, "application/merge-patch+json; charset=utf-8"] {
        let changed = send(Method::PATCH, &path, kind).await;
        assert_eq!(changed.expect_status(200).json()["name"], "New");
    }
    let rotate = format!("{path}/rotate");
    for (method, path, kind) in [
        (Method::PATCH, &*path, "application/json-patch+json"),
        (Method::POST, TOKENS, merge_patch),
        (Method::POST, &rotate, merge_patch),
    ] {
        let refused = send(method, path, kind).await;
        refused.expect_problem(415, "wrong-media-type");
    }
}

/// Some editors and programs write a byte order mark before every text (RFC 8259, section 8.1).
#[tokio::test]
async fn byte_order_mark_before_a_body_is_ignored() {
    let app = TestApp::start();
    let ada = app.register(ADA).await;
    let send = async |path: &str, body: &str| {
        let request = ada.request(Method::POST, path);
        let request = request.header("content-type", "application/json");
        ada.send(request.body(body.to_owned())).await
    };
    let created = send(TOKENS, "\u{feff}{\"name\":\"CI\",\"abilities\":[]}").await;
    created.expect_status(201);
    let revoked = send("/api/v1/sign-out", "\u{feff}{\"class\":\"token\"}").await;
    assert_eq!(revoked.expect_status(200).json()["tokens_ended"], 1);
    let refused = send(TOKENS, "\u{feff}\u{feff}{}").await;
    refused.expect_problem(400, "malformed");
}
