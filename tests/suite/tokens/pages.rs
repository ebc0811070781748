//! The pages that create, show, change and revoke tokens.

use std::time::Duration;

use crate::support::answer::Answer;
use crate::support::app::{TestApp, secret_in};
use crate::support::client::Browser;
use crate::support::form::form_in;
use crate::support::page::{
    ADA, GRACE, expect_field_errors, fetch_list, field_error, newest_token,
};

const DAY: Duration = Duration::from_secs(24 * 3600);

#[tokio::test(flavor = "multi_thread")]
async fn new_token_shows_a_working_secret_once() {
    let app = TestApp::start();
    let browser = app.register(ADA).await;
    let form = [
        ("name", "CI of the shop"),
        ("abilities", "orders:read"),
        ("expires", "never"),
    ];
    let page = browser
        .post("/account/tokens", &form)
        .await
        .expect_status(200);
    let secret = secret_in(&page.text);
    page.expect_header("cache-control", "no-store")
        .expect_header("referrer-policy", "no-referrer")
        .expect_text("CI of the shop");
    app.api_client(&secret)
        .get("/api/v1/user")
        .await
        .expect_status(200);
    let token = format!("/account/tokens/{}", newest_token(&browser).await);
    for path in [
        "/account",
        "/account/tokens",
        &token,
        "/account/activity",
        "/api/v1/tokens",
    ] {
        browser
            .get(path)
            .await
            .expect_status(200)
            .expect_no_text(&secret);
    }
    let page = browser.get("/account/tokens").await;
    page.expect_text(&secret[36..])
        .expect_no_text(&secret[..20]);
}

#[tokio::test(flavor = "multi_thread")]
async fn reloading_the_secret_page_creates_no_second_token() {
    let app = TestApp::start();
    let browser = app.register(ADA).await;
    let key = browser.get("/account/tokens/new").await.field("form_key");
    let form = [("name", "CI"), ("expires", "7d"), ("form_key", &*key)];
    let created = browser
        .post("/account/tokens", &form)
        .await
        .expect_status(200);
    let again = browser
        .post("/account/tokens", &form)
        .await
        .expect_status(303);
    let page = browser.follow(&again).await.expect_status(200);
    page.expect_text("already created")
        .expect_no_text(&secret_in(&created.text));
    assert_eq!(fetch_list(&browser, "/api/v1/tokens").await.len(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn form_key_is_scoped_to_its_user() {
    let app = TestApp::start();
    let (ada, grace) = (app.register(ADA).await, app.register(GRACE).await);
    let key = ada.get("/account/tokens/new").await.field("form_key");
    let form = [("name", "CI"), ("expires", "7d"), ("form_key", &*key)];
    ada.post("/account/tokens", &form).await.expect_status(200);
    grace
        .post("/account/tokens", &form)
        .await
        .expect_status(200);
}

#[tokio::test(flavor = "multi_thread")]
async fn selected_expiry_becomes_the_token_expiry() {
    let app = TestApp::start();
    let browser = app.register(ADA).await;
    for (expires, expires_at) in [
        ("7d", Some("2026-11-29T12:30:00Z")),
        ("30d", Some("2026-12-22T12:30:00Z")),
        ("90d", Some("2027-02-20T12:30:00Z")),
        ("365d", Some("2027-11-22T12:30:00Z")),
        ("2026-12-31", Some("2026-12-31T23:59:59Z")),
        ("2026-11-22", Some("2026-11-22T23:59:59Z")),
        ("2026-12-31T10:00:00Z", Some("2026-12-31T10:00:00Z")),
        ("never", None),
    ] {
        let form = [("name", expires), ("expires", expires)];
        browser
            .post("/account/tokens", &form)
            .await
            .expect_status(200);
        let created = fetch_list(&browser, "/api/v1/tokens").await;
        let created = created.iter().find(|token| token["name"] == expires);
        assert_eq!(
            created.unwrap()["expires_at"].as_str(),
            expires_at,
            "{expires}"
        );
    }
}

/// Returns the expiry of the token that this form creates, or the response that rejects the form.
async fn expiry_of(browser: &Browser, form: &[(&str, &str)]) -> Result<Option<String>, Answer> {
    let mut fields = vec![("name", "Dated")];
    fields.extend(form);
    let answer = browser.post("/account/tokens", &fields).await;
    if answer.status != 200 {
        return Err(answer);
    }
    let created = &fetch_list(browser, "/api/v1/tokens").await[0];
    Ok(created["expires_at"].as_str().map(str::to_owned))
}

#[tokio::test(flavor = "multi_thread")]
async fn form_without_an_expiry_gets_the_preselected_one() {
    let app = TestApp::start();
    let browser = app.register(ADA).await;
    let made = expiry_of(&browser, &[]).await.unwrap();
    let selected = expiry_of(&browser, &[("expires", "90d")]).await.unwrap();
    assert_eq!(made, selected);
    let app = TestApp::start_with(&[("NARTHEX_TOKEN_MAX_AGE", "5d")]);
    let browser = app.register(ADA).await;
    let made = expiry_of(&browser, &[]).await.unwrap();
    assert_eq!(
        made,
        expiry_of(&browser, &[("expires", "5d")]).await.unwrap()
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn change_without_permissions_keeps_them() {
    let app = TestApp::start();
    let browser = app.register(ADA).await;
    app.token_of(&browser, "CI", &["orders:read"]).await;
    let path = format!("/account/tokens/{}", newest_token(&browser).await);
    let abilities = async || fetch_list(&browser, "/api/v1/tokens").await[0]["abilities"].clone();
    let renamed = browser.post(&path, &[("name", "Deploy")]).await;
    renamed.expect_redirect(&path);
    assert_eq!(abilities().await, serde_json::json!(["orders:read"]));
    // The page sends an empty field if no box is ticked.
    let none = [("name", "Deploy"), ("abilities", "")];
    browser.post(&path, &none).await.expect_redirect(&path);
    assert_eq!(abilities().await, serde_json::json!([]));
}

#[tokio::test(flavor = "multi_thread")]
async fn entered_date_sets_the_expiry_or_is_rejected() {
    let app = TestApp::start();
    let browser = app.register(ADA).await;
    let date = ("expires_on", "2026-12-31");
    let end = Some("2026-12-31T23:59:59Z".to_owned());
    for form in [
        vec![date],
        vec![("expires", ""), date],
        vec![("expires", "date"), date],
        vec![("expires", "on"), date],
        vec![("expires", "90d"), ("expires_default", "90d"), date],
    ] {
        assert_eq!(expiry_of(&browser, &form).await.unwrap(), end, "{form:?}");
    }
    for form in [
        vec![("expires", "90d"), date],
        vec![("expires", "never"), date],
        vec![("expires", "30d"), ("expires_default", "90d"), date],
        vec![("expires", "2026-12-30"), date],
    ] {
        let page = expiry_of(&browser, &form).await.unwrap_err();
        let page = expect_field_errors(page, &["expires"]);
        assert_eq!(page.field("expires_on"), "2026-12-31", "{form:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn date_is_accepted_without_its_option_selected() {
    let app = TestApp::start();
    let browser = app.register(ADA).await;
    let page = browser.get("/account/tokens/new").await;
    let mut form = form_in(&page, "/account/tokens").controls;
    for control in &mut form {
        match &*control.name {
            "name" => "Dated".clone_into(&mut control.value),
            "expires_on" => "2026-12-31".clone_into(&mut control.value),
            _ => {}
        }
    }
    let sent = form.iter().filter(|control| control.is_sent());
    let sent: Vec<_> = sent.map(|one| (&*one.name, &*one.value)).collect();
    let created = browser
        .post("/account/tokens", &sent)
        .await
        .expect_status(200);
    created.expect_text("2026-12-31T23:59:59Z");
}

#[tokio::test(flavor = "multi_thread")]
async fn form_shows_the_expiry_of_each_option() {
    let app = TestApp::start();
    let browser = app.register(ADA).await;
    let page = browser.get("/account/tokens/new").await;
    page.expect_text("at the end of that day: 23:59 UTC")
        .expect_text(">7 days: 29 Nov 2026, 12:30 UTC</option>")
        .expect_text(">365 days: 22 Nov 2027, 12:30 UTC</option>");
}

/// Changes the expiry of the newest token. Returns the response and the expiry afterwards.
async fn changed_expiry(browser: &Browser, fields: &[(&str, &str)]) -> (Answer, Option<String>) {
    let token = newest_token(browser).await;
    let mut form = vec![("name", "CI"), ("abilities", "orders:read")];
    form.extend(fields);
    let answer = browser
        .post(&format!("/account/tokens/{token}"), &form)
        .await;
    let token = &fetch_list(browser, "/api/v1/tokens").await[0];
    (answer, token["expires_at"].as_str().map(str::to_owned))
}

#[tokio::test(flavor = "multi_thread")]
async fn token_page_changes_the_expiry() {
    let app = TestApp::start();
    let browser = app.register(ADA).await;
    app.token_of(&browser, "CI", &["orders:read"]).await;
    let date = ("expires_on", "2026-12-31");
    let (month, end) = ("2026-12-22T12:30:00Z", "2026-12-31T23:59:59Z");
    for (form, expected) in [
        (vec![("expires", "30d")], Some(month)),
        (vec![], Some(month)),
        (vec![("expires", "keep")], Some(month)),
        (vec![date], Some(end)),
        (vec![("expires", "never")], None),
        (vec![("expires", "keep"), date], Some(end)),
    ] {
        let (answer, expires_at) = changed_expiry(&browser, &form).await;
        answer.expect_status(303);
        assert_eq!(expires_at.as_deref(), expected, "{form:?}");
    }
    for form in [
        vec![("expires", "7d"), date],
        vec![("expires", "2026-11-21")],
    ] {
        let (answer, expires_at) = changed_expiry(&browser, &form).await;
        expect_field_errors(answer, &["expires"]);
        assert_eq!(expires_at.as_deref(), Some(end), "{form:?}");
    }
    let path = format!("/account/tokens/{}", newest_token(&browser).await);
    let page = browser.get(&path).await;
    page.expect_text(">No change: 31 Dec 2026, 23:59 UTC</option>");
}

#[tokio::test(flavor = "multi_thread")]
async fn longer_expiry_needs_confirmation_and_respects_the_maximum() {
    let app = TestApp::start_with(&[("NARTHEX_TOKEN_MAX_AGE", "60d")]);
    let browser = app.register(ADA).await;
    let form = [
        ("name", "CI"),
        ("abilities", "orders:read"),
        ("expires", "30d"),
    ];
    let created = browser.post("/account/tokens", &form).await;
    created.expect_status(200);
    for expires in ["never", "90d", "2027-06-01"] {
        let (answer, _) = changed_expiry(&browser, &[("expires", expires)]).await;
        expect_field_errors(answer, &["expires"]);
    }
    app.advance(Duration::from_secs(15 * 60));
    let (answer, _) = changed_expiry(&browser, &[("expires", "7d")]).await;
    assert!(
        answer.location().starts_with("/account/tokens/"),
        "{answer}"
    );
    let (answer, expires_at) = changed_expiry(&browser, &[("expires", "30d")]).await;
    assert!(
        answer.location().starts_with("/account/confirm?"),
        "{answer}"
    );
    assert_eq!(expires_at.as_deref(), Some("2026-11-29T12:45:00Z"));
}

#[tokio::test(flavor = "multi_thread")]
async fn expired_token_is_rejected_and_listed_as_ended() {
    let app = TestApp::start();
    let browser = app.register(ADA).await;
    let form = [("name", "Short"), ("expires", "7d")];
    let page = browser
        .post("/account/tokens", &form)
        .await
        .expect_status(200);
    let client = app.api_client(&secret_in(&page.text));
    app.advance(7 * DAY - Duration::from_secs(1));
    client.get("/api/v1/user").await.expect_status(200);
    app.advance(Duration::from_secs(1));
    client.get("/api/v1/user").await.expect_status(401);
    let browser = app.sign_in(ADA).await;
    browser.get("/account/tokens").await.expect_no_text("Short");
    let page = browser.get("/account/tokens?state=ended").await;
    page.expect_text("Short").expect_text("Expired");
}

#[tokio::test(flavor = "multi_thread")]
async fn invalid_expiry_is_rejected_beside_its_field() {
    let app = TestApp::start();
    let browser = app.register(ADA).await;
    for expires in [
        "0",
        "2026-11-21",
        "2020-01-01",
        "soon",
        "-1d",
        "7",
        "1y",
        "99999999999999999999d",
        "2026-13-01",
        "2026-02-30",
        "\0",
        "on",
        "date",
        "9999999d",
    ] {
        let form = [
            ("name", "CI"),
            ("abilities", "orders:read"),
            ("expires", expires),
        ];
        let page = expect_field_errors(browser.post("/account/tokens", &form).await, &["expires"]);
        assert_eq!(page.field("name"), "CI");
        page.expect_text("value=\"orders:read\" checked");
    }
    assert_eq!(fetch_list(&browser, "/api/v1/tokens").await.len(), 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn form_offers_and_enforces_the_maximum_age() {
    let app = TestApp::start_with(&[("NARTHEX_TOKEN_MAX_AGE", "60d")]);
    let browser = app.register(ADA).await;
    let page = browser.get("/account/tokens/new").await;
    assert_eq!(page.options_of("expires"), ["7d", "30d", "date"]);
    for expires in ["never", "90d", "2027-06-01"] {
        let form = [("name", "CI"), ("expires", expires)];
        expect_field_errors(browser.post("/account/tokens", &form).await, &["expires"]);
    }
    let form = [("name", "CI"), ("expires", "60d")];
    browser
        .post("/account/tokens", &form)
        .await
        .expect_status(200);
}

#[tokio::test(flavor = "multi_thread")]
async fn only_existing_abilities_can_be_granted() {
    let app = TestApp::start();
    let browser = app.register(ADA).await;
    for abilities in [
        &["orders:fly"][..],
        &["Orders:Read"],
        &["orders"],
        &["nothing:*"],
        &["**"],
        &[""],
        &["orders:read", "orders:read"],
        &["orders:read tokens:write"],
        &["orders:read\0"],
    ] {
        let mut form = vec![("name", "CI"), ("expires", "7d")];
        form.extend(abilities.iter().map(|ability| ("abilities", *ability)));
        expect_field_errors(browser.post("/account/tokens", &form).await, &["abilities"]);
    }
    for abilities in [
        &[][..],
        &["*"],
        &["orders:*"],
        &["orders:read", "orders:write"],
    ] {
        let mut form = vec![("name", "CI"), ("expires", "7d")];
        form.extend(abilities.iter().map(|ability| ("abilities", *ability)));
        browser
            .post("/account/tokens", &form)
            .await
            .expect_status(200);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn all_invalid_fields_of_a_new_token_are_marked_together() {
    let app = TestApp::start();
    let browser = app.register(ADA).await;
    let form = [("name", ""), ("abilities", "x"), ("expires", "soon")];
    let page = browser.post("/account/tokens", &form).await;
    expect_field_errors(page, &["name", "abilities", "expires"]);
    assert_eq!(fetch_list(&browser, "/api/v1/tokens").await.len(), 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn last_use_is_shown_with_time_and_address() {
    let app = TestApp::start();
    let browser = app.register(ADA).await;
    let client = app.api_client(&app.token_of(&browser, "CI", &[]).await);
    client.get("/api/v1/user").await.expect_status(200);
    app.advance(Duration::from_secs(180));
    let page = browser.get("/account/tokens").await;
    page.expect_text("Last used")
        .expect_text("3 minutes ago")
        .expect_text("127.0.0.1");
}

#[tokio::test(flavor = "multi_thread")]
async fn changed_token_keeps_its_secret() {
    let app = TestApp::start();
    let browser = app.register(ADA).await;
    let client = app.api_client(&app.token_of(&browser, "CI", &["tokens:read"]).await);
    let path = format!("/account/tokens/{}", newest_token(&browser).await);
    let wider = [
        ("name", "CI 2"),
        ("abilities", "tokens:read"),
        ("abilities", "sessions:read"),
    ];
    let saved = browser.post(&path, &wider).await.expect_redirect(&path);
    browser
        .follow(&saved)
        .await
        .expect_text("Saved.")
        .expect_text("CI 2");
    client.get("/api/v1/credentials").await.expect_status(200);
    browser
        .post(&path, &[("name", "CI 2"), ("abilities", "")])
        .await
        .expect_redirect(&path);
    client.get("/api/v1/credentials").await.expect_status(403);
    client.get("/api/v1/user").await.expect_status(200);
    let events = fetch_list(&browser, "/api/v1/events").await;
    let changes = events
        .iter()
        .filter(|event| event["type"] == "token.changed");
    let changes: i64 = changes.map(|event| event["times"].as_i64().unwrap()).sum();
    assert_eq!(changes, 2, "{events:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn invalid_change_is_rejected_as_a_whole() {
    let app = TestApp::start();
    let browser = app.register(ADA).await;
    app.token_of(&browser, "CI", &["tokens:read"]).await;
    let path = format!("/account/tokens/{}", newest_token(&browser).await);
    let form = [("name", ""), ("abilities", "no:such")];
    let page = expect_field_errors(browser.post(&path, &form).await, &["name", "abilities"]);
    assert!(!field_error(&page, "name").is_empty());
    let form = [("name", "Good name"), ("abilities", "no:such")];
    expect_field_errors(browser.post(&path, &form).await, &["abilities"]);
    let page = browser.get(&path).await;
    page.expect_text("<h1 dir=\"auto\">CI</h1>")
        .expect_text("value=\"tokens:read\" checked");
}

#[tokio::test(flavor = "multi_thread")]
async fn paused_token_is_rejected_until_resumed() {
    let app = TestApp::start();
    let browser = app.register(ADA).await;
    let client = app.api_client(&app.token_of(&browser, "CI", &[]).await);
    let path = format!("/account/tokens/{}", newest_token(&browser).await);
    browser
        .post(&format!("{path}/pause"), &[])
        .await
        .expect_redirect(&path);
    client.get("/api/v1/user").await.expect_status(401);
    browser
        .get(&path)
        .await
        .expect_text("Paused")
        .expect_text("Resume");
    browser
        .post(&format!("{path}/resume"), &[])
        .await
        .expect_redirect(&path);
    client.get("/api/v1/user").await.expect_status(200);
}

#[tokio::test(flavor = "multi_thread")]
async fn revoked_token_is_rejected_and_cannot_be_resumed() {
    let app = TestApp::start();
    let browser = app.register(ADA).await;
    let client = app.api_client(&app.token_of(&browser, "CI", &[]).await);
    let path = format!("/account/tokens/{}", newest_token(&browser).await);
    let ended = browser
        .post(&format!("{path}/revoke"), &[("confirmed", "1")])
        .await
        .expect_redirect("/account/tokens");
    let list = browser
        .follow(&ended)
        .await
        .expect_text("Token revoked: CI.");
    drop(list.expect_text("View receipt"));
    client.get("/api/v1/user").await.expect_status(401);
    let form = [("name", "Back"), ("overlap", "1h")];
    for action in ["/resume", "/pause", "/rotate", ""] {
        let ended = browser.post(&format!("{path}{action}"), &form).await;
        let page = ended.expect_status(404).expect_text("Receipt");
        page.expect_text("This token is already revoked.");
    }
    let again = browser.post(&format!("{path}/revoke"), &[]).await;
    again.expect_redirect("/account/tokens");
    browser
        .get("/account/tokens?state=ended")
        .await
        .expect_text("Revoked")
        .expect_text("CI");
    client.get("/api/v1/user").await.expect_status(401);
}

#[tokio::test(flavor = "multi_thread")]
async fn token_of_another_user_and_unknown_id_are_not_found() {
    let app = TestApp::start();
    let (ada, grace) = (app.register(ADA).await, app.register(GRACE).await);
    let client = app.api_client(&app.token_of(&grace, "Grace's", &[]).await);
    let graces = newest_token(&grace).await;
    let session = crate::support::page::own_session(&ada).await;
    for id in [
        &*graces,
        &*session,
        "019ab6b0-0000-7000-8000-000000000000",
        "0",
        "-1",
        "x",
        "%2e%2e",
        "%ff",
    ] {
        let path = format!("/account/tokens/{id}");
        let shown = ada.get(&path).await.expect_status(404);
        shown.expect_no_text("Grace&#39;s");
        for action in ["", "/pause", "/resume", "/revoke"] {
            let form = [("name", "Mallory's")];
            ada.post(&format!("{path}{action}"), &form)
                .await
                .expect_status(404);
        }
    }
    client.get("/api/v1/user").await.expect_status(200);
    grace.get("/account/tokens").await.expect_no_text("Mallory");
}

#[tokio::test(flavor = "multi_thread")]
async fn tokens_of_one_name_are_distinguished_by_their_hints() {
    let app = TestApp::start();
    let browser = app.register(ADA).await;
    let secrets = [
        app.token_of(&browser, "CI", &[]).await,
        app.token_of(&browser, "CI", &[]).await,
    ];
    let page = browser.get("/account/tokens").await;
    for secret in secrets {
        assert!(
            page.text
                .contains(&format!("<code>…{}</code>", &secret[36..])),
            "{page}"
        );
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn more_than_fifty_tokens_are_paginated() {
    let app = TestApp::start();
    let browser = app.register(ADA).await;
    for number in 0..51 {
        app.advance(Duration::from_millis(1));
        app.token_of(&browser, &format!("No. {number}."), &[]).await;
    }
    let page = browser
        .get("/account/tokens")
        .await
        .expect_text("No. 50.")
        .expect_no_text("No. 0.");
    let older = page
        .text
        .split("href=\"/account/tokens?cursor=")
        .nth(1)
        .unwrap();
    let path = format!(
        "/account/tokens?cursor={}",
        older.split('"').next().unwrap()
    );
    browser
        .get(&path)
        .await
        .expect_text("No. 0.")
        .expect_no_text("No. 1.");
}
