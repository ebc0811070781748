//! Sessions in the JSON API: looked at, ended, confirmed.

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
const NOBODYS: &str = "0196b2f0-0000-7000-8000-000000000000";
const MEMBERS: &[&str] = &[
    "id",
    "class",
    "kind",
    "browser",
    "system",
    "ip",
    "remembered",
    "current",
    "created_at",
    "last_used_at",
    "expires_at",
    "ended_at",
    "receipt_id",
];
/// Longer than a confirmation lasts, shorter than a session may idle.
const LATER: Duration = Duration::from_secs(15 * 60);

fn path_of(id: &str) -> String {
    format!("{SESSIONS}/{id}")
}

async fn get(browser: &Browser, path: &str) -> Answer {
    browser.call(Method::GET, path, None).await
}

async fn delete(browser: &Browser, path: &str) -> Answer {
    browser.call(Method::DELETE, path, None).await
}

/// The browser itself was told to forget the cookie.
#[track_caller]
fn expect_cleared(answer: &Answer, browser: &Browser) {
    assert_eq!(browser.cookie("narthex"), None, "{answer}");
}

#[tokio::test]
async fn a_session_says_what_it_is() {
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
            "created_at": "2026-11-22T12:30:00Z", "last_used_at": "2026-11-22T12:31:00Z",
            "expires_at": "2026-11-23T00:30:00Z", "ended_at": null, "receipt_id": null,
        })
    );
    let seen_from_elsewhere = get(&ada, &path_of(&text(&session["id"]))).await;
    let mut seen_from_elsewhere = seen_from_elsewhere.expect_status(200).json();
    assert_eq!(seen_from_elsewhere["current"], false);
    seen_from_elsewhere["current"] = json!(true);
    assert_eq!(seen_from_elsewhere, session);
}

#[tokio::test]
async fn one_session_of_a_list_is_the_one_that_calls() {
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
            ("other".to_owned(), false, Value::Null),
            ("tablet".to_owned(), true, json!("Safari")),
            ("desktop".to_owned(), false, json!("Firefox")),
        ]
    );
    let client = app.client(&ada, &["sessions:read"]).await;
    let seen_by_a_token = client.get(SESSIONS).await.expect_status(200);
    seen_by_a_token.expect_no_text("\"current\":true");
}

#[tokio::test]
async fn a_kept_session_says_so_and_lasts_longer() {
    let app = TestApp::start();
    app.register(ADA).await;
    let kept = app.browser();
    let form = [("email", ADA), ("password", PASSWORD), ("remember", "on")];
    kept.post("/login", &form).await.expect_status(303);
    let session = get(&kept, CURRENT).await.json();
    assert_eq!(session["remembered"], true);
    assert_eq!(session["expires_at"], "2027-02-20T12:30:00Z");
}

#[tokio::test]
async fn a_session_idles_out_and_comes_to_its_end_in_spite_of_use() {
    let app = TestApp::start();
    let ada = app.register(ADA).await;
    let idle = app.sign_in(ADA).await;
    for _ in 0..5 {
        app.advance(Duration::from_secs(2 * 3600 - 1));
        assert!(ada.is_signed_in().await);
    }
    assert!(!idle.is_signed_in().await);
    app.advance(Duration::from_secs(2 * 3600 - 1));
    assert!(ada.is_signed_in().await, "11:59:54 after signing in");
    app.advance(Duration::from_secs(6));
    get(&ada, CURRENT)
        .await
        .expect_problem(401, "not-signed-in");
}

#[tokio::test]
async fn a_session_is_ended_once_and_for_all() {
    let app = TestApp::start();
    let ada = app.register(ADA).await;
    let phone = app.sign_in_with(ADA, SAFARI_ON_IPHONE).await;
    let path = path_of(&phone.session_id().await);
    let ended = delete(&ada, &path).await.expect_status(204);
    assert_eq!(ended.header("set-cookie"), None, "it is another's");
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
        "the first ending stands"
    );
    let events = get(&ada, "/api/v1/events?limit=1").await.json();
    assert_eq!(
        events["data"][0]["at"], after["ended_at"],
        "and is told once"
    );
    let receipt = format!("/api/v1/receipts/{}", text(&after["receipt_id"]));
    assert_eq!(get(&ada, &receipt).await.json()["reason"], "revoked");
}

#[tokio::test]
async fn a_browser_signs_itself_out() {
    let app = TestApp::start();
    let ada = app.register(ADA).await;
    app.advance(Duration::from_secs(1));
    let other = app.sign_in(ADA).await;
    let cookie = ada.cookie("narthex").unwrap().value;
    app.advance(LATER);
    let answer = delete(&ada, CURRENT).await.expect_status(204);
    expect_cleared(&answer, &ada);
    ada.put_cookie("narthex", &cookie);
    assert!(!ada.is_signed_in().await, "the old cookie is dead");
    let ended = get(&other, "/api/v1/sessions?ended=true").await.json();
    let receipt = text(&ended["data"][1]["receipt_id"]);
    let receipt = get(&other, &format!("/api/v1/receipts/{receipt}")).await;
    assert_eq!(receipt.json()["reason"], "signed_out");
}

#[tokio::test]
async fn ending_the_own_session_by_its_id_clears_the_browser_and_asks_for_no_password() {
    let app = TestApp::start();
    app.register(ADA).await;
    for query in [false, true] {
        let browser = app.sign_in(ADA).await;
        let id = browser.session_id().await;
        app.advance(LATER);
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
async fn a_token_is_no_current_session() {
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
async fn another_users_session_a_token_and_nothing_are_not_found_alike() {
    let app = TestApp::start();
    let ada = app.register(ADA).await;
    let grace = app.register("grace@example.com").await;
    let token = app.token(&ada, "CI", &["*"]).await;
    let mut answers = Vec::new();
    for id in [&*grace.session_id().await, &token.id, NOBODYS, "0", "x"] {
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
async fn all_other_sessions_end_at_once_and_tokens_stay() {
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
async fn a_call_about_sessions_takes_no_selection_of_tokens() {
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
async fn ending_another_session_asks_a_session_for_its_password_and_a_token_for_none() {
    let app = TestApp::start();
    let ada = app.register(ADA).await;
    let phone = app.sign_in_with(ADA, SAFARI_ON_IPHONE).await;
    let client = app.client(&ada, &["sessions:write"]).await;
    let id = phone.session_id().await;
    let own = ada.session_id().await;
    app.advance(LATER);
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
async fn nothing_has_to_be_confirmed_where_nothing_would_end() {
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
    app.advance(LATER);
    for path in &paths {
        delete(&ada, path)
            .await
            .expect_problem(403, "confirm-password");
    }
    for page in &pages {
        let answer = ada.post(page, &[("confirmed", "1")]).await;
        let answer = answer.expect_status(303);
        let to = answer.header("location").unwrap();
        assert!(to.starts_with("/account/confirm?"), "{to}");
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
        let to = answer.header("location").unwrap();
        assert!(
            ["/account/sessions", "/account/tokens"].contains(&to),
            "{to}"
        );
    }
}

#[tokio::test]
async fn confirming_the_password_lasts_a_while_and_renews_the_cookie() {
    let app = TestApp::start();
    let ada = app.register(ADA).await;
    let phone = app.sign_in_with(ADA, SAFARI_ON_IPHONE).await;
    let path = path_of(&phone.session_id().await);
    let id = ada.session_id().await;
    app.advance(LATER);
    delete(&ada, &path)
        .await
        .expect_problem(403, "confirm-password");

    let old = ada.cookie("narthex").unwrap();
    let body = json!({"password": PASSWORD});
    let answer = ada.call(Method::POST, CONFIRM, Some(&body)).await;
    assert_eq!(answer.expect_status(204).text, "");
    let new = ada.cookie("narthex").unwrap();
    assert_ne!(new.value, old.value);
    assert_eq!(ada.session_id().await, id, "the session is the same");
    let copied = app.browser();
    copied.put_cookie("narthex", &old.value);
    assert!(!copied.is_signed_in().await, "the old cookie is dead");

    app.advance(LATER - Duration::from_secs(1));
    delete(&ada, &path).await.expect_status(204);
    app.advance(Duration::from_secs(1));
    let again = format!("{SESSIONS}?all=true");
    let again = ada.call(Method::DELETE, &again, None).await;
    again.expect_problem(403, "confirm-password");
}

#[tokio::test]
async fn a_wrong_password_confirms_nothing_and_signs_nobody_out() {
    let app = TestApp::start();
    let ada = app.register(ADA).await;
    let phone = app.sign_in_with(ADA, SAFARI_ON_IPHONE).await;
    app.advance(LATER);
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
