//! Sessions in the JSON API: lists, revocation and confirmation.

use std::time::Duration;

use reqwest::Method;
use serde_json::{Value, json};

use crate::support::answer::Answer;
use crate::support::api::{expect_members, text};
use crate::support::app::{PASSWORD, TestApp};
use crate::support::client::Browser;
use crate::support::user_agents::{CURL, SAFARI_ON_IPAD, SAFARI_ON_IPHONE};

const ADA: &str = "ada@example.com";
const SESSIONS: &str = "/api/v1/sessions";
const CURRENT: &str = "/api/v1/sessions/current";
const CONFIRM: &str = "/api/v1/confirm";
const UNKNOWN_ID: &str = "0196b2f0-0000-7000-8000-000000000000";
const MEMBERS: &[&str] = &[
    "id",
    "class",
    "kind",
    "browser",
    "system",
    "ip",
    "remembered",
    "acr",
    "amr",
    "auth_time",
    "current",
    "created_at",
    "last_used_at",
    "expires_at",
    "ended_at",
    "receipt_id",
];
/// Longer than a confirmation lasts, shorter than the idle limit of a session.
const AFTER_CONFIRMATION: Duration = Duration::from_secs(15 * 60);

fn path_of(id: &str) -> String {
    format!("{SESSIONS}/{id}")
}

async fn get(browser: &Browser, path: &str) -> Answer {
    browser.call(Method::GET, path, None).await
}

async fn delete(browser: &Browser, path: &str) -> Answer {
    browser.call(Method::DELETE, path, None).await
}

/// Asserts that the response deleted the browser's session cookie.
#[track_caller]
fn expect_cleared(answer: &Answer, browser: &Browser) {
    assert_eq!(browser.cookie("narthex"), None, "{answer}");
}

#[tokio::test]
async fn session_has_the_documented_members() {
    let app = TestApp::start();
    let ada = app.register(ADA).await;
    let phone = app.sign_in_with(ADA, SAFARI_ON_IPHONE).await;
    app.advance(Duration::from_secs(60));
    let answer = get(&phone, CURRENT).await.expect_status(200);
    expect_members(&answer.text, MEMBERS);
    let session = answer.json();
    assert_eq!(
        session,
        json!({
            "id": session["id"], "class": "session", "kind": "mobile", "browser": "Safari",
            "system": "iOS", "ip": "127.0.0.1", "remembered": false, "current": true,
            "acr": "1", "amr": ["pwd"], "auth_time": "2026-11-22T12:30:00Z",
            "created_at": "2026-11-22T12:30:00Z", "last_used_at": "2026-11-22T12:31:00Z",
            "expires_at": "2026-11-23T00:30:00Z", "ended_at": null, "receipt_id": null,
        })
    );
    let seen_by_other_session = get(&ada, &path_of(&text(&session["id"]))).await;
    let mut seen_by_other_session = seen_by_other_session.expect_status(200).json();
    assert_eq!(seen_by_other_session["current"], false);
    seen_by_other_session["current"] = json!(true);
    assert_eq!(seen_by_other_session, session);
}

#[tokio::test]
async fn list_marks_the_session_of_the_caller() {
    let app = TestApp::start();
    let ada = app.register(ADA).await;
    app.advance(Duration::from_secs(1));
    let ipad = app.sign_in_with(ADA, SAFARI_ON_IPAD).await;
    app.advance(Duration::from_secs(1));
    app.sign_in_with(ADA, CURL).await;
    let row = |session: &Value| {
        let kind = text(&session["kind"]);
        (kind, session["current"] == true, session["browser"].clone())
    };
    let list = get(&ipad, SESSIONS).await.expect_status(200);
    expect_members(&list.text, &["data", "next"]);
    let rows: Vec<_> = list.json()["data"]
        .as_array()
        .unwrap()
        .iter()
        .map(row)
        .collect();
    assert_eq!(
        rows,
        [
            ("other".to_owned(), false, json!("curl")),
            ("tablet".to_owned(), true, json!("Safari")),
            ("desktop".to_owned(), false, json!("Firefox")),
        ]
    );
    let client = app.client(&ada, &["sessions:read"]).await;
    let seen_by_a_token = client.get(SESSIONS).await.expect_status(200);
    seen_by_a_token.expect_no_text("\"current\":true");
}

#[tokio::test]
async fn remembered_session_is_marked_and_lasts_longer() {
    let app = TestApp::start();
    app.register(ADA).await;
    let remembered = app.browser();
    let form = [("email", ADA), ("password", PASSWORD), ("remember", "on")];
    remembered.post("/login", &form).await.expect_status(303);
    let session = get(&remembered, CURRENT).await.json();
    assert_eq!(session["remembered"], true);
    assert_eq!(session["expires_at"], "2027-02-20T12:30:00Z");
}

#[tokio::test]
async fn session_expires_by_idle_limit_and_absolute_limit() {
    let app = TestApp::start();
    let ada = app.register(ADA).await;
    let idle = app.sign_in(ADA).await;
    for _ in 0..5 {
        app.advance(Duration::from_secs(2 * 3600 - 1));
        assert!(ada.is_signed_in().await);
    }
    assert!(!idle.is_signed_in().await);
    app.advance(Duration::from_secs(2 * 3600 - 1));
    assert!(
        ada.is_signed_in().await,
        "the session must be active 11:59:54 after sign-in"
    );
    app.advance(Duration::from_secs(6));
    get(&ada, CURRENT)
        .await
        .expect_problem(401, "not-signed-in");
}

#[tokio::test]
async fn revoked_session_stays_revoked() {
    let app = TestApp::start();
    let ada = app.register(ADA).await;
    let phone = app.sign_in_with(ADA, SAFARI_ON_IPHONE).await;
    let path = path_of(&phone.session_id().await);
    let ended = delete(&ada, &path).await.expect_status(204);
    assert_eq!(
        ended.header("set-cookie"),
        None,
        "the revoked session is not the caller's"
    );
    let refused = get(&phone, "/api/v1/user").await;
    refused
        .expect_problem(401, "not-signed-in")
        .expect_header("www-authenticate", "Bearer realm=\"narthex\"");
    assert!(ada.is_signed_in().await);

    let after = get(&ada, &path).await.json();
    assert_eq!(after["ended_at"], "2026-11-22T12:30:00Z");
    app.advance(Duration::from_secs(60));
    delete(&ada, &path).await.expect_status(204);
    assert_eq!(
        get(&ada, &path).await.json(),
        after,
        "the first revocation must remain"
    );
    let events = get(&ada, "/api/v1/events?limit=1").await.json();
    assert_eq!(
        events["data"][0]["at"], after["ended_at"],
        "the revocation must be logged once"
    );
    let receipt = format!("/api/v1/receipts/{}", text(&after["receipt_id"]));
    assert_eq!(get(&ada, &receipt).await.json()["reason"], "revoked");
}

#[tokio::test]
async fn browser_revokes_its_own_session() {
    let app = TestApp::start();
    let ada = app.register(ADA).await;
    app.advance(Duration::from_secs(1));
    let other = app.sign_in(ADA).await;
    let cookie = ada.cookie("narthex").unwrap().value;
    app.advance(AFTER_CONFIRMATION);
    let answer = delete(&ada, CURRENT).await.expect_status(204);
    expect_cleared(&answer, &ada);
    ada.put_cookie("narthex", &cookie);
    assert!(!ada.is_signed_in().await, "the old cookie must be rejected");
    let ended = get(&other, "/api/v1/sessions?ended=true").await.json();
    let receipt = text(&ended["data"][1]["receipt_id"]);
    let receipt = get(&other, &format!("/api/v1/receipts/{receipt}")).await;
    assert_eq!(receipt.json()["reason"], "signed_out");
}

#[tokio::test]
async fn revoking_the_own_session_by_id_needs_no_confirmation() {
    let app = TestApp::start();
    app.register(ADA).await;
    for query in [false, true] {
        let browser = app.sign_in(ADA).await;
        let id = browser.session_id().await;
        app.advance(AFTER_CONFIRMATION);
        let answer = if query {
            delete(&browser, &format!("{SESSIONS}?id={id}"))
                .await
                .expect_status(200)
        } else {
            delete(&browser, &path_of(&id)).await.expect_status(204)
        };
        expect_cleared(&answer, &browser);
    }
}

#[tokio::test]
async fn token_has_no_current_session() {
    let app = TestApp::start();
    let ada = app.register(ADA).await;
    let client = app.client(&ada, &["*"]).await;
    client.get(CURRENT).await.expect_problem(404, "not-found");
    let refused = client.delete(CURRENT).await;
    refused.expect_problem(403, "sessions-only");
    let body = json!({"password": PASSWORD});
    let refused = client.post(CONFIRM, &body).await;
    refused.expect_problem(403, "sessions-only");
    assert!(ada.is_signed_in().await);
}

#[tokio::test]
async fn session_of_another_user_and_unknown_id_get_the_same_404() {
    let app = TestApp::start();
    let ada = app.register(ADA).await;
    let grace = app.register("grace@example.com").await;
    let token = app.token(&ada, "CI", &["*"]).await;
    let mut answers = Vec::new();
    for id in [&*grace.session_id().await, &token.id, UNKNOWN_ID, "0", "x"] {
        for method in [Method::GET, Method::DELETE] {
            for answer in [
                ada.call(method.clone(), &path_of(id), None).await,
                token.client.call(method, &path_of(id), None).await,
            ] {
                answers.push(answer.expect_problem(404, "not-found").text);
            }
        }
    }
    answers.dedup();
    assert_eq!(answers.len(), 1, "{answers:?}");
    assert!(grace.is_signed_in().await);
}

#[tokio::test]
async fn revoking_all_other_sessions_keeps_tokens() {
    let app = TestApp::start();
    let ada = app.register(ADA).await;
    let others = [app.sign_in(ADA).await, app.sign_in_with(ADA, CURL).await];
    let token = app.token(&ada, "CI", &[]).await;
    let answer = delete(&ada, "/api/v1/sessions?except=current").await;
    let receipt = answer.expect_status(200).json();
    assert_eq!(
        (
            &receipt["sessions_ended"],
            &receipt["tokens_ended"],
            &receipt["reason"]
        ),
        (&json!(2), &json!(0), &json!("revoked"))
    );
    for other in others {
        assert!(!other.is_signed_in().await);
    }
    assert!(ada.is_signed_in().await);
    assert!(token.client.is_authenticated().await);
}

#[tokio::test]
async fn filter_of_another_credential_type_is_rejected() {
    let app = TestApp::start();
    let ada = app.register(ADA).await;
    let token = app.token(&ada, "CI", &[]).await;
    for (path, field) in [
        ("/api/v1/sessions?class=token", "class"),
        ("/api/v1/tokens?class=session", "class"),
        ("/api/v1/tokens?class=session&class=token", "class"),
        ("/api/v1/sessions?digest=x", "digest"),
        ("/api/v1/sessions?kind=device", "kind"),
        ("/api/v1/sessions?kind=mobile&kind=device", "kind"),
        ("/api/v1/tokens?kind=mobile", "kind"),
        ("/api/v1/credentials?class=token&kind=mobile", "kind"),
    ] {
        for method in [Method::GET, Method::DELETE] {
            if method == Method::DELETE && path.starts_with("/api/v1/credentials") {
                continue;
            }
            let answer = ada.call(method, path, None).await;
            answer.expect_invalid_fields(&[field]);
        }
    }
    assert!(ada.is_signed_in().await && token.client.is_authenticated().await);
}

#[tokio::test]
async fn only_sessions_need_confirmation_to_revoke_a_session() {
    let app = TestApp::start();
    let ada = app.register(ADA).await;
    let phone = app.sign_in_with(ADA, SAFARI_ON_IPHONE).await;
    let client = app.client(&ada, &["sessions:write"]).await;
    let id = phone.session_id().await;
    let own = ada.session_id().await;
    app.advance(AFTER_CONFIRMATION);
    for path in [
        path_of(&id),
        format!("{SESSIONS}?all=true"),
        format!("{SESSIONS}?id={own}&id={id}"),
        format!("{SESSIONS}?except={id}"),
        format!("{SESSIONS}?except=current"),
    ] {
        let answer = delete(&ada, &path).await;
        answer.expect_problem(403, "confirm-password");
    }
    assert!(ada.is_signed_in().await && phone.is_signed_in().await);
    client.delete(&path_of(&id)).await.expect_status(204);
    assert!(!phone.is_signed_in().await);
}

#[tokio::test]
async fn revoking_nothing_active_needs_no_confirmation() {
    let app = TestApp::start();
    let ada = app.register(ADA).await;
    let phone = app.sign_in_with(ADA, SAFARI_ON_IPHONE).await;
    let token = app.token(&ada, "CI", &[]).await;
    let (session, token) = (phone.session_id().await, token.id);
    let paths = [path_of(&session), format!("/api/v1/tokens/{token}")];
    let pages = [
        format!("/account/sessions/{session}/revoke"),
        format!("/account/tokens/{token}/revoke"),
    ];
    let confirm = app.sign_in_with(ADA, SAFARI_ON_IPHONE).await;
    app.advance(AFTER_CONFIRMATION);
    for path in &paths {
        delete(&ada, path)
            .await
            .expect_problem(403, "confirm-password");
    }
    for page in &pages {
        let answer = ada.post(page, &[("confirmed", "1")]).await;
        let answer = answer.expect_status(303);
        let target = answer.header("location").unwrap();
        assert!(target.starts_with("/account/confirm?"), "{target}");
    }
    let body = json!({"password": PASSWORD});
    let answer = confirm.call(Method::POST, CONFIRM, Some(&body)).await;
    answer.expect_status(204);
    for path in &paths {
        delete(&confirm, path).await.expect_status(204);
    }
    for path in &paths {
        delete(&ada, path).await.expect_status(204);
        let mut unknown = path.clone();
        unknown.replace_range(path.len() - 12.., "000000000000");
        delete(&ada, &unknown).await.expect_status(404);
    }
    for page in &pages {
        let answer = ada.post(page, &[]).await.expect_status(303);
        let target = answer.header("location").unwrap();
        assert!(
            ["/account/sessions", "/account/tokens"].contains(&target),
            "{target}"
        );
    }
}

#[tokio::test]
async fn confirmation_lasts_15_minutes_and_replaces_the_cookie() {
    let app = TestApp::start();
    let ada = app.register(ADA).await;
    let phone = app.sign_in_with(ADA, SAFARI_ON_IPHONE).await;
    let path = path_of(&phone.session_id().await);
    let id = ada.session_id().await;
    app.advance(AFTER_CONFIRMATION);
    delete(&ada, &path)
        .await
        .expect_problem(403, "confirm-password");

    let old = ada.cookie("narthex").unwrap();
    let body = json!({"password": PASSWORD});
    let answer = ada.call(Method::POST, CONFIRM, Some(&body)).await;
    assert_eq!(answer.expect_status(204).text, "");
    let new = ada.cookie("narthex").unwrap();
    assert_ne!(new.value, old.value);
    assert_eq!(
        ada.session_id().await,
        id,
        "the session must remain the same"
    );
    let copied = app.browser();
    copied.put_cookie("narthex", &old.value);
    assert!(
        !copied.is_signed_in().await,
        "the old cookie must be rejected"
    );

    app.advance(AFTER_CONFIRMATION - Duration::from_secs(1));
    delete(&ada, &path).await.expect_status(204);
    app.advance(Duration::from_secs(1));
    let again = format!("{SESSIONS}?all=true");
    let again = ada.call(Method::DELETE, &again, None).await;
    again.expect_problem(403, "confirm-password");
}

#[tokio::test]
async fn wrong_password_confirms_nothing_and_keeps_the_session() {
    let app = TestApp::start();
    let ada = app.register(ADA).await;
    let phone = app.sign_in_with(ADA, SAFARI_ON_IPHONE).await;
    app.advance(AFTER_CONFIRMATION);
    for (body, field) in [
        (json!({"password": "not the right password"}), "password"),
        (json!({"password": ""}), "password"),
        (json!({"password": null}), "password"),
        (json!({"password": [PASSWORD]}), "password"),
        (json!({}), "password"),
        (json!({"password": PASSWORD, "next": "/"}), "next"),
        (json!([PASSWORD]), "body"),
    ] {
        let before = ada.cookie("narthex");
        let answer = ada.call(Method::POST, CONFIRM, Some(&body)).await;
        answer.expect_invalid_fields(&[field]);
        assert_eq!(ada.cookie("narthex"), before);
    }
    let id = phone.session_id().await;
    let answer = delete(&ada, &path_of(&id)).await;
    answer.expect_problem(403, "confirm-password");
}
