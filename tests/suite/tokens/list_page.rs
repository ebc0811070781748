//! The list of tokens: tabs, search, filters, order, pages, and the actions of its rows.

use std::time::Duration;

use crate::support::answer::Answer;
use crate::support::app::TestApp;
use crate::support::client::Browser;
use crate::support::mount;
use crate::support::page::{ADA, fetch_list, link, newest_token};

/// The names of the tokens on the page, in their order.
fn names(page: &Answer) -> Vec<String> {
    let rows = page.text.split("<th scope=\"row\">").skip(1);
    let rows = rows.filter_map(|row| row.split("<bdi>").nth(1)?.split('<').next());
    rows.map(str::to_owned).collect()
}

/// The target of the link to the page before (`prev`) or after this one.
fn neighbour(page: &Answer, rel: &str) -> Option<String> {
    let link = page.text.split(&format!("rel=\"{rel}\" href=\"")).nth(1)?;
    Some(link.split('"').next()?.replace("&#38;", "&"))
}

/// Creates a token. The next one is created a second later.
async fn create(app: &TestApp, browser: &Browser, name: &str, ability: &str, expires: &str) {
    let form = [("name", name), ("abilities", ability), ("expires", expires)];
    browser
        .post("/account/tokens", &form)
        .await
        .expect_status(200);
    app.advance(Duration::from_secs(1));
}

#[tokio::test(flavor = "multi_thread")]
async fn list_is_narrowed_and_sorted_by_its_query() {
    let app = TestApp::start();
    let browser = app.register(ADA).await;
    create(&app, &browser, "Beta", "orders:read", "never").await;
    create(&app, &browser, "Alpha", "orders:write", "7d").await;
    for (query, expected) in [
        ("", &["Alpha", "Beta"][..]),
        ("?q=bet", &["Beta"]),
        (
            "?q=&kind=&ability=&used=&expires=&sort=",
            &["Alpha", "Beta"],
        ),
        ("?ability=orders%3Awrite", &["Alpha"]),
        ("?kind=personal", &["Alpha", "Beta"]),
        ("?kind=device", &[]),
        ("?used=never", &["Alpha", "Beta"]),
        ("?used=7d", &[]),
        ("?expires=7d", &["Alpha"]),
        ("?sort=expiry", &["Alpha", "Beta"]),
        ("?sort=name", &["Alpha", "Beta"]),
        ("?sort=created", &["Alpha", "Beta"]),
    ] {
        let page = browser.get(&format!("/account/tokens{query}")).await;
        assert_eq!(names(&page.expect_status(200)), expected, "{query}");
    }
    let page = browser.get("/account/tokens?kind=device").await;
    page.expect_text("No tokens match");
    let page = browser.get("/account/tokens?q=Be&sort=name").await;
    assert_eq!(page.field("q"), "Be");
    page.expect_text("value=\"name\" selected");
}

#[tokio::test(flavor = "multi_thread")]
async fn tabs_count_active_paused_and_ended_tokens() {
    let app = TestApp::start();
    let browser = app.register(ADA).await;
    for name in ["Kept", "Paused one", "Revoked one"] {
        create(&app, &browser, name, "orders:read", "never").await;
    }
    let tokens = fetch_list(&browser, "/api/v1/tokens").await;
    for (index, action) in [(1, "pause"), (0, "revoke")] {
        let id = tokens[index]["id"].as_str().unwrap();
        let path = format!("/account/tokens/{id}/{action}");
        let done = browser.post(&path, &[("confirmed", "1")]).await;
        done.expect_status(303);
    }
    for (state, expected) in [
        ("active", "Kept"),
        ("paused", "Paused one"),
        ("ended", "Revoked one"),
    ] {
        let page = browser.get(&format!("/account/tokens?state={state}")).await;
        assert_eq!(names(&page), [expected], "{state}");
        assert_eq!(
            page.text.matches("<span class=\"count\">1</span>").count(),
            3,
            "{page}"
        );
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn unreadable_query_shows_a_link_to_the_whole_list() {
    let app = TestApp::start();
    let browser = app.register(ADA).await;
    for query in [
        "cursor=x",
        "cursor=after.1.2",
        "state=gone",
        "kind=desktop",
        "ability=Orders",
        "used=1d",
        "expires=never",
        "sort=ended",
        "q=a&q=b",
    ] {
        let page = browser.get(&format!("/account/tokens?{query}")).await;
        page.expect_status(422)
            .expect_text("This page is no longer there")
            .expect_text("Show the newest tokens")
            .expect_text("aria-current=\"page\"");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn pages_of_tokens_lead_forth_and_back_with_a_total() {
    let app = TestApp::start();
    let browser = app.register(ADA).await;
    for number in 0..51 {
        app.advance(Duration::from_millis(1));
        app.token_of(&browser, &format!("No. {number}."), &[]).await;
    }
    let first = browser.get("/account/tokens?q=No").await;
    let first = first.expect_text("1–50 of 51");
    assert_eq!(neighbour(&first, "prev"), None);
    let second = browser.get(&neighbour(&first, "next").unwrap()).await;
    let second = second.expect_text("51–51 of 51");
    assert_eq!(names(&second), ["No. 0."]);
    assert_eq!(neighbour(&second, "next"), None);
    let back = browser.get(&neighbour(&second, "prev").unwrap()).await;
    assert_eq!(names(&back), names(&first));
}

#[tokio::test(flavor = "multi_thread")]
async fn ticked_tokens_lead_to_a_preview_of_exactly_these() {
    let app = TestApp::start();
    let browser = app.register(ADA).await;
    for name in ["One", "Two", "Three"] {
        create(&app, &browser, name, "orders:read", "never").await;
    }
    let page = browser.get("/account/tokens").await;
    let page = page.expect_text("<form method=\"get\" action=\"/account/sign-out\">");
    let ids = page.fields_named("id");
    assert_eq!(ids.len(), 3, "{page}");
    let preview = format!("/account/sign-out?class=token&id={}&id={}", ids[0], ids[2]);
    let preview = browser.get(&preview).await.expect_status(200);
    preview
        .expect_text("2 tokens")
        .expect_text("One")
        .expect_text("Three")
        .expect_no_text("Two");
}

#[tokio::test(flavor = "multi_thread")]
async fn filtered_list_leads_to_a_preview_of_all_matches() {
    let app = TestApp::start();
    let browser = app.register(ADA).await;
    create(&app, &browser, "Beta", "orders:read", "never").await;
    create(&app, &browser, "Alpha", "orders:write", "7d").await;
    app.advance(Duration::from_secs(8 * 24 * 3600 - 2));
    let browser = app.sign_in(ADA).await;
    create(&app, &browser, "Gamma", "orders:read", "never").await;
    for (query, label, tokens) in [
        ("", "Revoke all tokens…", &["Beta", "Gamma"][..]),
        (
            "?ability=orders%3Aread",
            "Revoke all matching tokens…",
            &["Beta", "Gamma"],
        ),
        ("?used=7d", "Revoke all matching tokens…", &["Beta"]),
    ] {
        let page = browser.get(&format!("/account/tokens{query}")).await;
        let path = link(&page.expect_status(200), label);
        let preview = browser.get(&path).await.expect_status(200);
        let count = format!("{} token", tokens.len());
        preview.clone().expect_text(&count);
        for token in tokens {
            preview.clone().expect_text(token);
        }
    }
    // A revocation has no such condition.
    for query in [
        "?q=Bet",
        "?used=never",
        "?expires=7d",
        "?state=ended",
        "?state=paused&kind=personal",
    ] {
        let page = browser.get(&format!("/account/tokens{query}")).await;
        page.expect_status(200)
            .expect_no_text("Revoke all tokens…")
            .expect_no_text("Revoke all matching");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn row_action_returns_to_the_list_it_came_from() {
    let app = TestApp::start();
    let browser = app.register(ADA).await;
    app.token_of(&browser, "CI", &[]).await;
    let token = format!("/account/tokens/{}", newest_token(&browser).await);
    let list = "/account/tokens?q=CI";
    let page = browser.get(list).await;
    let page = page.expect_text(&format!("formaction=\"{token}/pause\""));
    assert_eq!(page.field("next"), list);
    let pause = format!("{token}/pause");
    let next = mount::from_environment().url(list);
    browser
        .post(&pause, &[("next", &next)])
        .await
        .expect_redirect(list);
    let resume = format!("{token}/resume");
    for elsewhere in ["https://example.com/", "/account/activity", ""] {
        let answer = browser.post(&resume, &[("next", elsewhere)]).await;
        answer.expect_redirect(&token);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn row_shows_three_permissions_or_full_access() {
    let app = TestApp::start();
    let browser = app.register(ADA).await;
    let many = [
        "orders:read",
        "orders:write",
        "tokens:read",
        "sessions:read",
    ];
    app.token_of(&browser, "Many", &many).await;
    let page = browser.get("/account/tokens").await;
    page.expect_text(">orders:write</span>")
        .expect_text(">+1</span>")
        .expect_no_text(">sessions:read</span>");
    app.token_of(&browser, "All", &["*"]).await;
    let page = browser.get("/account/tokens?q=All").await;
    page.expect_text("<span class=\"chip amber\">Full access</span>");
}

#[tokio::test(flavor = "multi_thread")]
async fn empty_list_offers_the_first_step() {
    let app = TestApp::start();
    let browser = app.register(ADA).await;
    let page = browser.get("/account/tokens").await.expect_status(200);
    page.expect_text("You have no tokens yet")
        .expect_text("curl http")
        .expect_text("/api/v1/sign-in");
}

#[tokio::test(flavor = "multi_thread")]
async fn name_of_a_token_is_isolated_from_the_text_around_it() {
    let app = TestApp::start();
    let browser = app.register(ADA).await;
    let name = "خدمة النسخ (prod)";
    app.token_of(&browser, name, &[]).await;
    let page = browser.get("/account/tokens").await;
    page.expect_text(&format!("<bdi>{name}</bdi>"));
    let token = format!("/account/tokens/{}", newest_token(&browser).await);
    let page = browser.get(&token).await;
    page.expect_text(&format!("<h1 dir=\"auto\">{name}</h1>"));
}
