//! The page of active sessions, and the revocation of one.

use std::time::Duration;

use narthex::credentials::limits::MAX_SESSIONS;

use crate::support::app::{PASSWORD, TestApp};
use crate::support::mount;
use crate::support::page::{ADA, GRACE, fetch_list, own_session};
use crate::support::user_agents::{CHROME_ON_WINDOWS, SAFARI_ON_IPHONE};

const CONFIRMED: [(&str, &str); 1] = [("confirmed", "1")];
const MINUTE: Duration = Duration::from_secs(60);

#[tokio::test(flavor = "multi_thread")]
async fn session_list_shows_device_address_and_times() {
    let app = TestApp::start();
    let browser = app.register(ADA).await;
    app.sign_in_with(ADA, SAFARI_ON_IPHONE).await;
    app.advance(3 * MINUTE);
    browser.get("/account").await;
    app.advance(2 * MINUTE);
    let page = browser.get("/account/sessions").await.expect_status(200);
    let (card, list) = page.text.split_once("<nav class=\"tabs\"").expect("tabs");
    for words in [
        "Firefox on Linux",
        "This browser",
        "127.0.0.1",
        "5 minutes ago",
    ] {
        assert!(card.contains(words), "`{words}`: {card}");
    }
    let rows = rows(list);
    assert_eq!(rows.len(), 1, "{page}");
    for words in [
        "Safari on iOS",
        "icons.svg#mobile",
        "127.0.0.1",
        "data-label=\"Last active\"",
        "data-label=\"Signed in\"",
        "5 minutes ago",
    ] {
        assert!(rows[0].contains(words), "`{words}`: {}", rows[0]);
    }
}

/// Returns the rows of the table.
fn rows(page: &str) -> Vec<&str> {
    let body = page.split("<tbody>").nth(1).unwrap_or_default();
    body.split("<tr>").skip(1).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn revoking_one_session_revokes_it_alone_with_a_receipt() {
    let app = TestApp::start();
    let browser = app.register(ADA).await;
    let (phone, other) = (
        app.sign_in_with(ADA, SAFARI_ON_IPHONE).await,
        app.sign_in_with(ADA, CHROME_ON_WINDOWS).await,
    );
    let id = own_session(&phone).await;
    let ended = browser
        .post(&format!("/account/sessions/{id}/revoke"), &CONFIRMED)
        .await;
    let list = browser
        .follow(&ended.expect_redirect("/account/sessions"))
        .await;
    let receipt = list.text.split("href=\"/account/receipts/").nth(1).unwrap();
    let receipt = receipt.split('"').next().unwrap();
    browser
        .get(&format!("/account/receipts/{receipt}"))
        .await
        .expect_text("1 session")
        .expect_text("Safari on iOS");
    phone.get("/account").await.expect_status(303);
    other.get("/account").await.expect_status(200);
    browser
        .get("/account/sessions")
        .await
        .expect_no_text("Safari on iOS");
}

#[tokio::test(flavor = "multi_thread")]
async fn revoking_the_current_session_signs_out() {
    let app = TestApp::start();
    let browser = app.register(ADA).await;
    let id = own_session(&browser).await;
    let ended = browser
        .post(&format!("/account/sessions/{id}/revoke"), &CONFIRMED)
        .await;
    let page = browser.follow(&ended.expect_redirect("/login")).await;
    page.expect_status(200).expect_text("1 session signed out.");
    browser.get("/account").await.expect_status(303);
}

#[tokio::test(flavor = "multi_thread")]
async fn message_is_shown_once() {
    let app = TestApp::start();
    let browser = app.register(ADA).await;
    let id = own_session(&browser).await;
    browser
        .post(&format!("/account/sessions/{id}/revoke"), &CONFIRMED)
        .await;
    browser
        .get("/login")
        .await
        .expect_text("1 session signed out.");
    browser.get("/login").await.expect_no_text("Revoked");
}

#[tokio::test(flavor = "multi_thread")]
async fn revoking_a_revoked_session_changes_nothing() {
    let app = TestApp::start();
    let (browser, other) = (app.register(ADA).await, app.sign_in(ADA).await);
    let path = format!("/account/sessions/{}/revoke", own_session(&other).await);
    browser.post(&path, &CONFIRMED).await.expect_status(303);
    for form in [&CONFIRMED[..], &[]] {
        let again = browser.post(&path, form).await;
        let again = again.expect_redirect("/account/sessions");
        browser
            .follow(&again)
            .await
            .expect_text("already signed out");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn session_of_another_user_and_unknown_id_get_the_same_404() {
    let app = TestApp::start();
    let (ada, grace) = (app.register(ADA).await, app.register(GRACE).await);
    app.token_of(&ada, "CI", &[]).await;
    let token = crate::support::page::newest_token(&ada).await;
    let graces = own_session(&grace).await;
    let unknown = "019ab6b0-0000-7000-8000-000000000000";
    let mut bodies = Vec::new();
    for id in [
        &*graces,
        &*token,
        unknown,
        "0",
        "-1",
        "9223372036854775808",
        "x",
        "%00",
        "%ff",
    ] {
        let answer = ada
            .post(&format!("/account/sessions/{id}/revoke"), &[])
            .await;
        bodies.push(answer.expect_status(404).text);
    }
    assert!(bodies.iter().all(|body| *body == bodies[0]), "{bodies:#?}");
    grace.get("/account").await.expect_status(200);
    assert_eq!(fetch_list(&ada, "/api/v1/credentials").await.len(), 2);
}

#[tokio::test(flavor = "multi_thread")]
async fn expired_session_is_not_listed() {
    let app = TestApp::start();
    app.register(ADA).await;
    app.advance(130 * MINUTE);
    let browser = app.sign_in(ADA).await;
    let page = browser.get("/account/sessions").await;
    page.clone().expect_text("No other session is active.");
    let ended = browser.get("/account/sessions?state=ended").await;
    assert_eq!(rows(&ended.text).len(), 1, "{ended}");
}

#[tokio::test(flavor = "multi_thread")]
async fn bulk_revocation_links_preview_exactly_their_sessions() {
    let app = TestApp::start();
    let browser = app.register(ADA).await;
    app.sign_in_with(ADA, SAFARI_ON_IPHONE).await;
    app.sign_in_with(ADA, SAFARI_ON_IPHONE).await;
    app.token_of(&browser, "CI", &[]).await;
    let page = browser.get("/account/sessions").await;
    let own = own_session(&browser).await;
    for link in [
        format!("/account/sign-out?class=session&#38;except={own}"),
        "/account/sign-out?class=session&#38;kind=mobile".to_owned(),
    ] {
        let page = page.clone().expect_text(&link);
        drop(page);
        let preview = browser
            .get(&link.replace("&#38;", "&"))
            .await
            .expect_status(200);
        preview.expect_text("This will sign out 2 sessions.");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn maximum_number_of_sessions_fits_on_one_page() {
    let app = TestApp::start_with(&[("NARTHEX_SESSION_IDLE", "12h")]);
    let browser = app.register(ADA).await;
    let form = [("email", ADA), ("password", PASSWORD)];
    for _ in 1..MAX_SESSIONS {
        // Shorter intervals would exceed the hourly limit of sign-ins.
        app.advance(2 * MINUTE);
        app.anonymous()
            .post("/login", &form)
            .await
            .expect_status(303);
    }
    let page = browser.get("/account/sessions").await;
    // The present session is above the table.
    assert_eq!(rows(&page.text).len(), MAX_SESSIONS - 1, "{page}");
    page.expect_text("This browser")
        .expect_no_text("rel=\"next\"");
}

#[tokio::test(flavor = "multi_thread")]
async fn sessions_are_sorted_by_last_activity() {
    let app = TestApp::start();
    let older = app.register(ADA).await;
    app.advance(MINUTE);
    let browser = app.sign_in_with(ADA, CHROME_ON_WINDOWS).await;
    app.sign_in_with(ADA, SAFARI_ON_IPHONE).await;
    app.advance(MINUTE);
    older.get("/account").await.expect_status(200);
    app.advance(MINUTE);
    let page = browser.get("/account/sessions").await;
    let rows = rows(&page.text);
    assert_eq!(rows.len(), 2, "{page}");
    assert!(rows[0].contains("Firefox on Linux"), "{page}");
    assert!(rows[1].contains("Safari on iOS"), "{page}");
}

#[tokio::test(flavor = "multi_thread")]
async fn session_list_is_narrowed_by_text_type_and_inactivity() {
    const DAY: Duration = Duration::from_secs(24 * 3600);
    let app = TestApp::start_with(&[
        ("NARTHEX_SESSION_IDLE", "60d"),
        ("NARTHEX_SESSION_MAX", "60d"),
    ]);
    app.register(ADA).await;
    app.sign_in_with(ADA, SAFARI_ON_IPHONE).await;
    app.advance(8 * DAY);
    let browser = app.sign_in_with(ADA, CHROME_ON_WINDOWS).await;
    app.sign_in_with(ADA, SAFARI_ON_IPHONE).await;
    for (query, count) in [
        ("", 3),
        ("?kind=mobile", 2),
        ("?kind=tablet", 0),
        ("?used=7d", 2),
        ("?used=7d&kind=mobile", 1),
        ("?used=30d", 0),
        ("?q=firefox", 1),
        ("?q=127.0.0", 3),
        ("?q=nothing", 0),
    ] {
        let page = browser.get(&format!("/account/sessions{query}")).await;
        assert_eq!(rows(&page.text).len(), count, "{query}: {page}");
    }
    let page = browser.get("/account/sessions?q=nothing").await;
    page.expect_text("No session matches these filters.");
}

#[tokio::test(flavor = "multi_thread")]
async fn ticked_sessions_lead_to_their_exact_preview_and_back() {
    let app = TestApp::start();
    let browser = app.register(ADA).await;
    let phone = app.sign_in_with(ADA, SAFARI_ON_IPHONE).await;
    let other = app.sign_in_with(ADA, CHROME_ON_WINDOWS).await;
    let id = own_session(&phone).await;
    let list = browser.get("/account/sessions?kind=mobile").await;
    let next = mount::from_environment().url(&list.field("next"));
    let query = [
        ("class", "session"),
        ("except", "current"),
        ("id", &*id),
        ("next", &*next),
    ];
    let preview = browser
        .get(&narthex::http::paths::with_query(
            "/account/sign-out",
            &query,
        ))
        .await;
    let preview = preview.expect_text("This will sign out 1 session.");
    let digest = preview.field("digest");
    let mut form = query.to_vec();
    form.push(("digest", &digest));
    let ended = browser.post("/account/sign-out", &form).await;
    let ended = ended.expect_redirect("/account/sessions?kind=mobile");
    browser
        .follow(&ended)
        .await
        .expect_text("href=\"/account/receipts/");
    phone.get("/account").await.expect_status(303);
    other.get("/account").await.expect_status(200);
}

#[tokio::test(flavor = "multi_thread")]
async fn ended_sessions_are_listed_with_their_receipts() {
    let app = TestApp::start();
    let browser = app.register(ADA).await;
    let phone = app.sign_in_with(ADA, SAFARI_ON_IPHONE).await;
    let path = format!("/account/sessions/{}/revoke", own_session(&phone).await);
    browser.post(&path, &CONFIRMED).await.expect_status(303);
    let page = browser.get("/account/sessions?state=ended").await;
    let rows = rows(&page.text);
    assert_eq!(rows.len(), 1, "{page}");
    assert!(rows[0].contains("Safari on iOS"), "{page}");
    assert!(rows[0].contains("/account/receipts/"), "{page}");
    assert!(!rows[0].contains("checkbox"), "{page}");
}
