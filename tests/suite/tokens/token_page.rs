//! The pages of a new token and of one token: presets, notes, copies, rotation with an expiry,
//! created credentials, and activity.

use serde_json::json;

use crate::support::app::{TestApp, secret_in};
use crate::support::page::{ADA, expect_field_errors, fetch_list, newest_token};

#[tokio::test(flavor = "multi_thread")]
async fn preset_ticks_permissions_and_creates_nothing() {
    let app = TestApp::start();
    let browser = app.register(ADA).await;
    for (preset, ticked, unticked) in [
        (
            "read",
            &["orders:read", "tokens:read"][..],
            &["orders:write", "*"][..],
        ),
        (
            "read-write",
            &["orders:read", "orders:write"],
            &["tokens:introspect", "*"],
        ),
        ("nothing", &[], &["orders:read", "tokens:read"]),
    ] {
        let form = [
            ("name", "CI"),
            ("abilities", "tokens:introspect"),
            ("expires", "7d"),
            ("preset", preset),
        ];
        let page = browser.post("/account/tokens", &form).await;
        let page = page.expect_status(200);
        assert_eq!(page.field("name"), "CI");
        for ability in ticked {
            let box_ = format!("value=\"{ability}\" checked");
            assert!(page.text.contains(&box_), "{preset}: {page}");
        }
        for ability in unticked {
            let box_ = format!("value=\"{ability}\" checked");
            assert!(!page.text.contains(&box_), "{preset}: {page}");
        }
        page.expect_text("value=\"7d\" selected");
    }
    assert_eq!(fetch_list(&browser, "/api/v1/tokens").await.len(), 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn created_page_has_the_secret_to_copy_in_three_forms() {
    let app = TestApp::start();
    let browser = app.register(ADA).await;
    let form = [("name", "CI"), ("abilities", "*"), ("expires", "never")];
    let page = browser.post("/account/tokens", &form).await;
    let secret = secret_in(&page.text);
    page.expect_text("You won’t be able to see it again")
        .expect_text(&format!("class=\"value\" value=\"{secret}\" readonly"))
        .expect_text(&format!("Authorization: Bearer {secret}"))
        .expect_text(&format!("value=\"API_TOKEN={secret}\""))
        .expect_text("Full access")
        .expect_no_text("another token with this name");
}

#[tokio::test(flavor = "multi_thread")]
async fn created_page_notes_an_equal_name_and_missing_permissions() {
    let app = TestApp::start();
    let browser = app.register(ADA).await;
    app.token_of(&browser, "CI", &[]).await;
    let form = [("name", "CI"), ("expires", "7d")];
    let page = browser.post("/account/tokens", &form).await;
    page.expect_text("You have another token with this name")
        .expect_text("No permissions: it can only identify you.");
    let form = [("name", "CI"), ("expires", "7d")];
    let page = browser.post("/account/tokens", &form).await;
    page.expect_text("You have 2 other tokens with this name");
}

#[tokio::test(flavor = "multi_thread")]
async fn rotation_form_can_change_the_expiry() {
    let app = TestApp::start();
    let browser = app.register(ADA).await;
    let form = [("name", "CI"), ("expires", "7d")];
    let created = browser.post("/account/tokens", &form).await;
    created.expect_status(200);
    let path = format!("/account/tokens/{}", newest_token(&browser).await);
    let (date, week) = (("expires_on", "2026-12-31"), Some("2026-11-29T12:30:00Z"));
    for (form, expected) in [
        (vec![], week),
        (vec![("expires", "keep")], week),
        (
            vec![("expires", "keep"), date],
            Some("2026-12-31T23:59:59Z"),
        ),
        (vec![("expires", "30d")], Some("2026-12-22T12:30:00Z")),
        (vec![("expires", "never")], None),
    ] {
        let rotated = browser.post(&format!("{path}/rotate"), &form).await;
        rotated.expect_status(200).expect_text("Secret rotated");
        let token = &fetch_list(&browser, "/api/v1/tokens").await[0];
        assert_eq!(token["expires_at"].as_str(), expected, "{form:?}");
    }
    let form = [("overlap", "1h"), ("expires", "2026-11-21")];
    let refused = browser.post(&format!("{path}/rotate"), &form).await;
    let page = expect_field_errors(refused, &["rotate-expires"]);
    page.expect_text("<details class=\"card\" open>\n  <summary id=\"rotate\">")
        .expect_text("value=\"1h\" selected")
        .expect_text("<title>Error: CI");
}

#[tokio::test(flavor = "multi_thread")]
async fn token_page_opens_the_form_that_its_address_names() {
    let app = TestApp::start();
    let browser = app.register(ADA).await;
    app.token_of(&browser, "CI", &[]).await;
    let path = format!("/account/tokens/{}", newest_token(&browser).await);
    for (query, open) in [
        ("", 0),
        ("?form=edit", 1),
        ("?form=rotate", 1),
        ("?form=x", 0),
    ] {
        let page = browser.get(&format!("{path}{query}")).await;
        let page = page.expect_status(200);
        assert_eq!(page.text.matches("<details class=\"card\"").count(), 2);
        assert_eq!(
            page.text.matches("<details class=\"card\" open>").count(),
            open,
            "{query}: {page}"
        );
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn token_page_lists_the_credentials_it_created() {
    let app = TestApp::start();
    let browser = app.register(ADA).await;
    let client = app.api_client(&app.token_of(&browser, "Maker", &["tokens:write"]).await);
    let maker = newest_token(&browser).await;
    let path = format!("/account/tokens/{maker}");
    browser
        .get(&path)
        .await
        .expect_no_text("Created with this token");
    let made = json!({"name": "Made", "abilities": []});
    client
        .post("/api/v1/tokens", &made)
        .await
        .expect_status(201);
    let page = browser.get(&path).await.expect_status(200);
    let page = page
        .expect_text("Created with this token")
        .expect_text("<bdi>Made</bdi>")
        .expect_text("<form method=\"get\" action=\"/account/sign-out\">");
    let made = page.field("id");
    assert_eq!(page.field("made_by"), maker);
    let preview = format!("/account/sign-out?made_by={maker}&id={made}");
    browser.get(&preview).await.expect_text("1 token");
    let page = browser.get(&format!("/account/tokens/{made}")).await;
    page.expect_text(&format!("<a href=\"{path}\"><bdi>Maker</bdi></a>"));
}

#[tokio::test(flavor = "multi_thread")]
async fn token_page_lists_the_recent_events_of_this_token() {
    let app = TestApp::start();
    let browser = app.register(ADA).await;
    app.token_of(&browser, "CI", &[]).await;
    let path = format!("/account/tokens/{}", newest_token(&browser).await);
    let paused = browser.post(&format!("{path}/pause"), &[]).await;
    paused.expect_status(303);
    app.token_of(&browser, "Other", &[]).await;
    let page = browser.get(&path).await;
    assert_eq!(page.text.matches("Token created").count(), 1, "{page}");
    page.expect_text("Token paused");
}

#[tokio::test(flavor = "multi_thread")]
async fn ended_token_page_has_its_receipt_and_no_forms() {
    let app = TestApp::start();
    let browser = app.register(ADA).await;
    app.token_of(&browser, "CI", &[]).await;
    let path = format!("/account/tokens/{}", newest_token(&browser).await);
    let revoke = format!("{path}/revoke");
    let ended = browser.post(&revoke, &[("confirmed", "1")]).await;
    ended.expect_status(303);
    let page = browser.get(&path).await.expect_status(200);
    page.expect_text("Revoked")
        .expect_text("href=\"/account/receipts/")
        .expect_no_text(&format!("action=\"{path}"));
}
