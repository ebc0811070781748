//! The preview page: its filters in words, its groups, and the credentials that a user keeps.

use std::time::Duration;

use narthex::http::paths;

use super::page::{is_signed_in, revoke};
use crate::support::answer::Answer;
use crate::support::app::{PASSWORD, TestApp};
use crate::support::mount;
use crate::support::page::{ADA, fetch_list, newest_token, own_session};
use crate::support::user_agents::{SAFARI_ON_IPAD, SAFARI_ON_IPHONE};

#[tokio::test(flavor = "multi_thread")]
async fn spared_credential_of_a_preview_stays_active() {
    let app = TestApp::start();
    let here = app.register(ADA).await;
    let phone = app.sign_in_with(ADA, SAFARI_ON_IPHONE).await;
    let tablet = app.sign_in_with(ADA, SAFARI_ON_IPAD).await;
    let spared = own_session(&phone).await;
    let digest = here
        .get("/account/sign-out?except=current")
        .await
        .field("digest");
    let form = [
        ("except", "current"),
        ("digest", &*digest),
        ("spare", &*spared),
    ];
    let ended = here.post("/account/sign-out", &form).await;
    let ended = ended.expect_status(303);
    let receipt = here.follow(&ended).await;
    receipt
        .clone()
        .expect_text("Safari on iPadOS")
        .expect_no_text("Safari on iOS");
    assert!(is_signed_in(&phone).await && !is_signed_in(&tablet).await);
    // A second click is the same act.
    let again = here.post("/account/sign-out", &form).await;
    assert_eq!(again.expect_status(303).location(), ended.location());
}

#[tokio::test(flavor = "multi_thread")]
async fn preview_can_be_shown_again_without_the_spared() {
    let app = TestApp::start();
    let here = app.register(ADA).await;
    let phone = app.sign_in_with(ADA, SAFARI_ON_IPHONE).await;
    app.sign_in_with(ADA, SAFARI_ON_IPAD).await;
    let id = own_session(&phone).await;
    // A browser sends the whole form of the preview.
    let user = here.get("/account/sign-out").await.field("user");
    let query = [
        ("user", &*user),
        ("except", "current"),
        ("digest", "x"),
        ("spare", &*id),
        ("again", "1"),
    ];
    let page = here
        .get(&paths::with_query("/account/sign-out", &query))
        .await;
    let page = page
        .expect_status(200)
        .expect_text("This will sign out 1 session.");
    page.clone().expect_text("Without 1 that you keep");
    let form = [
        ("except", "current"),
        ("except", &*id),
        ("digest", &*page.field("digest")),
    ];
    here.post("/account/sign-out", &form)
        .await
        .expect_status(303);
    assert!(is_signed_in(&phone).await);
}

#[tokio::test(flavor = "multi_thread")]
async fn preview_names_its_filters_and_links_the_preview_without_each() {
    let app = TestApp::start();
    let here = app.register(ADA).await;
    let path = "/account/sign-out?kind=mobile&unused_since=30d&from=127.0.0.1&ability=orders:read";
    let page = here.get(path).await.expect_status(200);
    for words in [
        "Phone<span",
        "Not used since 23 Oct 2026",
        "Last used from 127.0.0.1",
        "Permission orders:read",
    ] {
        page.clone().expect_text(words);
    }
    let links = page.text.split("<a class=\"chip\" href=\"").skip(1);
    let first = links.clone().next().unwrap().split('"').next().unwrap();
    assert_eq!(links.count(), 4, "{page}");
    let page = here
        .get(&first.replace("&#38;", "&"))
        .await
        .expect_status(200);
    assert_eq!(page.text.matches("<a class=\"chip\"").count(), 3, "{page}");
    page.expect_no_text("Phone<span");
}

#[tokio::test(flavor = "multi_thread")]
async fn date_of_the_last_use_counts_more_than_a_length() {
    let app = TestApp::start();
    let here = app.register(ADA).await;
    let path = "/account/sign-out?unused_since=7d&unused_since_date=2026-11-01";
    let page = here.get(path).await.expect_status(200);
    page.expect_text("Not used since 1 Nov 2026");
}

#[tokio::test(flavor = "multi_thread")]
async fn long_group_of_a_preview_has_pages_and_one_digest() {
    let app = TestApp::start();
    let here = app.register(ADA).await;
    for number in 0..101 {
        app.token_of(&here, &format!("Token {number}"), &[]).await;
    }
    let all = here.get("/account/sign-out?class=token").await;
    let all = all.expect_text("Show all 101");
    assert_eq!(all.text.matches("name=\"spare\"").count(), 20, "{all}");
    let first = here
        .get("/account/sign-out?class=token&rows=personal.0")
        .await;
    let last = here
        .get("/account/sign-out?class=token&rows=personal.1")
        .await;
    assert_eq!(first.text.matches("name=\"spare\"").count(), 100, "{first}");
    assert_eq!(last.text.matches("name=\"spare\"").count(), 1, "{last}");
    for page in [first, last] {
        assert_eq!(page.field("digest"), all.field("digest"));
    }
    let receipt = here
        .follow(&revoke(&here, &[("class", "token")]).await)
        .await;
    receipt
        .expect_text("101 tokens")
        .expect_text("rows=personal");
}

#[tokio::test(flavor = "multi_thread")]
async fn ticks_of_a_preview_stay_on_its_other_pages() {
    let app = TestApp::start();
    let here = app.register(ADA).await;
    for number in 0..101 {
        app.token_of(&here, &format!("Token {number}"), &[]).await;
    }
    let path = "/account/sign-out?class=token";
    let tick = &here.get(path).await.fields_named("spare")[0];
    // The form of the preview sends its digest with the ticks.
    let path = format!("{path}&digest=x&spare={tick}&rows=");
    for (rows, is_shown) in [("personal.0", true), ("personal.1", false), ("", true)] {
        let page = here.get(&format!("{path}{rows}")).await.expect_status(200);
        let mut fields = page
            .text
            .split("<input")
            .filter_map(|rest| rest.split('>').next());
        let field = fields.find(|field| field.contains(&**tick));
        let field = field.unwrap_or_else(|| panic!("{rows}: {page}"));
        assert_eq!(field.contains("checkbox"), is_shown, "{rows}: {field}");
        assert_eq!(field.contains("hidden"), !is_shown, "{rows}: {field}");
        assert_eq!(field.contains("checked"), is_shown, "{rows}: {field}");
    }
}

/// Ticks this number of tokens and revokes them after a quarter of an hour. Returns the page after
/// the confirmation.
async fn page_after_confirmation(count: usize) -> Answer {
    let app = TestApp::start_with(&[("NARTHEX_THROTTLE_EXEMPT", "127.0.0.1")]);
    let here = app.register(ADA).await;
    for number in 0..count {
        app.token_of(&here, &format!("Token {number}"), &[]).await;
    }
    let tokens = fetch_list(&here, "/api/v1/tokens?limit=100").await;
    let ids = tokens
        .iter()
        .map(|token| token["id"].as_str().expect("an id"));
    let mut form: Vec<(&str, &str)> = ids.map(|id| ("id", id)).collect();
    form.push(("next", "/account/tokens"));
    app.advance(Duration::from_secs(15 * 60));
    let path = paths::with_query("/account/sign-out", &form);
    let digest = here.get(&path).await.expect_status(200).field("digest");
    form.push(("digest", &digest));
    let user = here.get("/api/v1/user").await.json();
    form.push(("user", user["id"].as_str().expect("an id")));
    let refused = here.post("/account/sign-out", &form).await;
    let next = here.follow(&refused).await.field("next");
    let form = [("password", PASSWORD), ("next", &*next)];
    let confirmed = here.post("/account/confirm", &form).await;
    here.follow(&confirmed).await.expect_status(200)
}

#[tokio::test(flavor = "multi_thread")]
async fn selection_of_a_whole_list_survives_a_confirmation() {
    let page = page_after_confirmation(50).await;
    page.expect_text("has not been submitted yet")
        .expect_text("50 tokens")
        .expect_text("<title>Revoke tokens");
}

#[tokio::test(flavor = "multi_thread")]
async fn selection_that_is_too_long_never_becomes_everything() {
    let page = page_after_confirmation(100).await;
    page.expect_text("has not been submitted yet")
        .expect_text("<title>Tokens");
}

#[tokio::test(flavor = "multi_thread")]
async fn revocation_returns_to_pages_of_this_origin_only() {
    let app = TestApp::start();
    let here = app.register(ADA).await;
    app.sign_in_with(ADA, SAFARI_ON_IPHONE).await;
    app.sign_in_with(ADA, SAFARI_ON_IPAD).await;
    let away = revoke(
        &here,
        &[("kind", "mobile"), ("next", "https://evil.example/")],
    )
    .await;
    assert!(away.location().starts_with("/account/receipts/"), "{away}");
    let next = mount::from_environment().url("/account/tokens?q=CI");
    let back = revoke(&here, &[("kind", "tablet"), ("next", &next)]).await;
    let page = here
        .follow(&back.expect_redirect("/account/tokens?q=CI"))
        .await;
    page.expect_text("href=\"/account/receipts/");
}

#[tokio::test(flavor = "multi_thread")]
async fn every_way_to_a_preview_leads_back_to_its_page() {
    let app = TestApp::start();
    let here = app.register(ADA).await;
    app.sign_in_with(ADA, SAFARI_ON_IPHONE).await;
    let maker = app.token_of(&here, "Maker", &["tokens:write"]).await;
    let token = format!("/account/tokens/{}", newest_token(&here).await);
    let session = format!("/account/sessions/{}", own_session(&here).await);
    let made = serde_json::json!({"name": "Made", "abilities": []});
    let made = app.api_client(&maker).post("/api/v1/tokens", &made).await;
    made.expect_status(201);
    let mut ways = 0;
    for path in [
        "/account",
        "/account/sessions",
        "/account/tokens",
        &session,
        &token,
    ] {
        let page = here.get(path).await.expect_status(200);
        let main = page.text.split("<main").nth(1).expect("a page");
        let (links, forms) = (main.split(" href=\"").skip(1), main.split("<form").skip(1));
        let links = links.filter_map(|rest| rest.split('"').next());
        for link in links.filter(|link| link.contains("/sign-out?")) {
            assert!(link.contains("next="), "{path} has a link to {link}");
            ways += 1;
        }
        for form in forms.filter(|form| form.contains("/account/sign-out\"")) {
            assert!(form.contains("name=\"next\""), "{path} has a form: {form}");
            ways += 1;
        }
    }
    assert!(ways >= 7, "the pages have {ways} ways to a preview");
}
