//! The page of the audit log: what it says, its filters and its export.

use std::time::Duration;

use crate::support::answer::Answer;
use crate::support::app::TestApp;
use crate::support::client::Browser;
use crate::support::page::{ADA, GRACE, newest_token, own_session};
use crate::support::user_agents::{CHROME_ON_WINDOWS, SAFARI_ON_IPHONE};

const SECOND: Duration = Duration::from_secs(1);
const DAY: Duration = Duration::from_secs(24 * 3600);

/// Returns the events on the page, newest first.
fn events(page: &Answer) -> Vec<&str> {
    let lists = page.text.split("<ul class=\"log list\">").skip(1);
    let lists = lists.filter_map(|list| list.split("</ul>").next());
    lists.flat_map(|list| list.split("<li>").skip(1)).collect()
}

async fn change(browser: &Browser, id: &str, form: &[(&str, &str)]) {
    let path = format!("/account/tokens/{id}");
    browser.post(&path, form).await.expect_status(303);
}

#[tokio::test(flavor = "multi_thread")]
async fn changed_token_is_logged_with_what_changed() {
    let app = TestApp::start();
    let ada = app.register(ADA).await;
    app.token_of(&ada, "CI", &["orders:read"]).await;
    let id = newest_token(&ada).await;
    let both = [
        ("name", "CI"),
        ("abilities", "orders:read"),
        ("abilities", "orders:write"),
    ];
    app.advance(SECOND);
    change(&ada, &id, &both).await;
    let page = ada.get("/account/activity").await;
    let latest = events(&page)[0];
    for words in [
        "Permissions changed",
        ">CI<",
        "+ orders:write",
        "by this browser",
    ] {
        assert!(latest.contains(words), "`{words}`: {latest}");
    }
    app.advance(2 * DAY);
    let ada = app.sign_in(ADA).await;
    app.advance(SECOND);
    change(
        &ada,
        &id,
        &[("name", "Shop CI"), ("abilities", "orders:write")],
    )
    .await;
    let page = ada.get("/account/activity").await;
    let latest = events(&page)[0];
    for words in ["Token changed", ">Shop CI<", "− orders:read", "before: CI"] {
        assert!(latest.contains(words), "`{words}`: {latest}");
    }
    // The API has the name of the token, as before.
    let listed = ada.get("/api/v1/events?limit=1").await.json();
    assert_eq!(listed["data"][0]["detail"], "Shop CI");
}

#[tokio::test(flavor = "multi_thread")]
async fn revocation_names_the_revoked_and_the_actor() {
    let app = TestApp::start();
    let ada = app.register(ADA).await;
    let phone = app.sign_in_with(ADA, SAFARI_ON_IPHONE).await;
    let chrome = app.sign_in_with(ADA, CHROME_ON_WINDOWS).await;
    let path = format!("/account/sessions/{}/revoke", own_session(&phone).await);
    app.advance(SECOND);
    chrome
        .post(&path, &[("confirmed", "1")])
        .await
        .expect_status(303);
    let page = ada.get("/account/activity").await;
    let latest = events(&page)[0];
    for words in [
        "Safari on iOS",
        "by Chrome on Windows",
        "/account/receipts/",
    ] {
        assert!(latest.contains(words), "`{words}`: {latest}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn log_is_narrowed_by_type_credential_and_date() {
    let app = TestApp::start();
    app.register(ADA).await;
    app.advance(2 * DAY);
    let ada = app.sign_in_with(ADA, SAFARI_ON_IPHONE).await;
    app.token_of(&ada, "CI", &[]).await;
    let wrong = [("email", ADA), ("password", "not the password")];
    app.anonymous().post("/login", &wrong).await;
    let token = newest_token(&ada).await;
    for (query, count) in [
        ("", 5),
        ("?type=&credential=&since=&until=", 5),
        ("?type=sign_in", 2),
        ("?type=failed", 1),
        ("?type=token", 1),
        ("?type=revocation", 0),
        ("?type=account", 1),
        (&format!("?credential={token}"), 1),
        ("?since=2026-11-23", 3),
        ("?until=2026-11-23", 2),
        ("?since=2026-11-22&until=2026-11-22", 2),
        ("?type=sign_in&since=2026-11-23", 1),
    ] {
        let page = ada.get(&format!("/account/activity{query}")).await;
        let page = page.expect_status(200);
        assert_eq!(events(&page).len(), count, "{query}: {page}");
    }
    for query in [
        "type=x",
        "credential=x",
        "since=yesterday",
        "until=31.12.2026",
        "cursor=x",
        "newer=x",
    ] {
        let page = ada.get(&format!("/account/activity?{query}")).await;
        page.expect_status(422);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn log_has_pages_in_both_directions() {
    let app = TestApp::start();
    let ada = app.register(ADA).await;
    for number in 0..120 {
        app.token_of(&ada, &format!("Token {number}"), &[]).await;
    }
    let link = |page: &Answer, rel: &str| {
        let link = page.text.split(&format!("rel=\"{rel}\" href=\"")).nth(1)?;
        Some(link.split('"').next()?.replace("&#38;", "&"))
    };
    let first = ada.get("/account/activity?type=token").await;
    assert_eq!((events(&first).len(), link(&first, "prev")), (50, None));
    let second = ada.get(&link(&first, "next").expect("a link")).await;
    let third = ada.get(&link(&second, "next").expect("a link")).await;
    assert_eq!((events(&third).len(), link(&third, "next")), (20, None));
    let back = ada.get(&link(&third, "prev").expect("a link")).await;
    assert_eq!(events(&back), events(&second));
    let back = ada.get(&link(&back, "prev").expect("a link")).await;
    assert_eq!(events(&back), events(&first));
    assert_eq!(link(&back, "prev"), None);
}

#[tokio::test(flavor = "multi_thread")]
async fn sign_in_leads_to_its_sign_out_and_to_the_password() {
    let app = TestApp::start();
    let ada = app.register(ADA).await;
    let phone = app.sign_in_with(ADA, SAFARI_ON_IPHONE).await;
    let id = own_session(&phone).await;
    let page = ada.get("/account/activity").await;
    let not_me: Vec<_> = events(&page)
        .into_iter()
        .filter(|event| event.contains("This wasn’t me"))
        .collect();
    let [event] = not_me[..] else {
        panic!("only the sign-in of the other browser: {not_me:?}");
    };
    let link = event.split("href=\"/account/sign-out").nth(1).unwrap();
    let link = link.split('"').next().unwrap().replace("&#38;", "&");
    let preview = ada.get(&format!("/account/sign-out{link}")).await;
    let digest = preview.field("digest");
    let form = [
        ("class", "session"),
        ("id", &*id),
        ("next", &*preview.field("next")),
        ("digest", &*digest),
    ];
    let ended = ada.post("/account/sign-out", &form).await;
    ended.expect_redirect("/account/password");
    phone.get("/account").await.expect_status(303);
    // The session has ended, so only the password is left.
    let page = ada.get("/account/activity?type=sign_in").await;
    page.expect_text("<a href=\"/account/password\">This wasn’t me</a>");
}

#[tokio::test(flavor = "multi_thread")]
async fn whole_log_is_exported_as_csv_without_formulas() {
    let app = TestApp::start();
    let (ada, grace) = (app.register(ADA).await, app.register(GRACE).await);
    app.token_of(&grace, "Not Ada’s", &[]).await;
    for number in 0..60 {
        app.token_of(&ada, &format!("Token {number}"), &[]).await;
    }
    app.advance(SECOND);
    app.token_of(&ada, "=HYPERLINK(\"https://evil.example\")", &[])
        .await;
    let file = ada.get("/account/activity.csv").await.expect_status(200);
    let file = file
        .expect_header("content-type", "text/csv; charset=utf-8")
        .expect_header(
            "content-disposition",
            "attachment; filename=\"activity.csv\"",
        );
    let lines: Vec<&str> = file.text.lines().collect();
    assert_eq!(lines.len(), 1 + 63, "{file}");
    assert!(lines[0].starts_with("\"time\",\"type\","), "{file}");
    assert!(
        lines[1].contains("\"'=HYPERLINK(\"\"https://evil.example\"\")\""),
        "{file}"
    );
    file.expect_no_text("Not Ada’s");
}

#[tokio::test(flavor = "multi_thread")]
async fn whole_log_is_exported_as_json_like_the_api() {
    let app = TestApp::start();
    let ada = app.register(ADA).await;
    for number in 0..3 {
        app.token_of(&ada, &format!("Token {number}"), &[]).await;
    }
    let file = ada.get("/account/activity.json").await.expect_status(200);
    let file = file.expect_header(
        "content-disposition",
        "attachment; filename=\"activity.json\"",
    );
    let listed = ada.get("/api/v1/events").await;
    assert_eq!(file.json(), listed.json());
}

#[tokio::test(flavor = "multi_thread")]
async fn export_has_the_events_of_the_filter_on_screen() {
    let app = TestApp::start();
    let ada = app.register(ADA).await;
    app.token_of(&ada, "CI", &[]).await;
    let page = ada.get("/account/activity?type=token").await;
    for file in ["activity.csv", "activity.json"] {
        let path = format!("/account/{file}?type=token");
        page.clone().expect_text(&format!("href=\"{path}\""));
        let exported = ada.get(&path).await.expect_status(200);
        exported
            .expect_text("token.created")
            .expect_no_text("account.created");
        let path = format!("/account/{file}?since=2001-01-01&until=2001-01-02");
        let exported = ada.get(&path).await.expect_status(200);
        exported.expect_no_text("token.created");
        let path = format!("/account/{file}?type=unknown");
        ada.get(&path).await.expect_status(422);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn events_are_grouped_by_day() {
    let app = TestApp::start();
    app.register(ADA).await;
    app.advance(DAY);
    let ada = app.sign_in(ADA).await;
    let page = ada.get("/account/activity").await;
    let days: Vec<&str> = page
        .text
        .split("<section aria-labelledby=\"day-")
        .skip(1)
        .collect();
    assert_eq!(days.len(), 2, "{page}");
    assert!(days[0].contains(">23 Nov 2026</h2>") && days[1].contains(">22 Nov 2026</h2>"));
}
