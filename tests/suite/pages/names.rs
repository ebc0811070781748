//! Names that are read from right to left do not move the words around them.

use crate::support::app::TestApp;
use crate::support::page::{ADA, newest_token};

const USER: &str = "آدا (admin)";
const TOKEN: &str = "خدمة النسخ (prod)";

/// The markup that isolates the text after it: an element, or the character of Unicode for it.
const ISOLATING: [&str; 3] = ["<bdi>", " dir=\"auto\">", "\u{2068}"];

/// The places of `name` on a page at which it can move the words around it. The value of a field
/// has a direction of its own, and a title begins with the name.
fn unisolated<'a>(page: &'a str, name: &str) -> Vec<&'a str> {
    let is_unisolated = |at: &usize| {
        let before = &page[..*at];
        let isolated = ISOLATING.iter().chain(&["<title>", " value=\""]);
        !isolated
            .into_iter()
            .any(|isolating| before.ends_with(isolating))
    };
    let places = page.match_indices(name).map(|(at, _)| at);
    let places = places.filter(is_unisolated);
    places
        .map(|at| page[..at].rsplit('\n').next().unwrap_or_default())
        .collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn every_page_isolates_the_names_that_users_type() {
    let app = TestApp::start();
    let browser = app.register(ADA).await;
    let profile = [("name", USER), ("email", ADA)];
    let saved = browser.post("/account/profile", &profile).await;
    saved.expect_redirect("/account/profile");
    let created = [("name", TOKEN), ("abilities", "tokens:write")];
    let created = browser.post("/account/tokens", &created).await;
    let token = format!("/account/tokens/{}", newest_token(&browser).await);
    let mut pages = vec![created.expect_status(200)];
    for path in [
        "/account",
        "/account/sessions",
        "/account/tokens",
        "/account/tokens?q=prod",
        "/account/tokens/new",
        "/account/profile",
        "/account/activity",
        "/account/secure",
        "/account/sign-out",
        "/account/confirm",
        "/account/nope",
        "/logout",
        &token,
    ] {
        pages.push(browser.get(path).await);
    }
    let by_token = format!("/account/sign-out?made_by={}", newest_token(&browser).await);
    pages.push(browser.get(&by_token).await);
    let revoke = format!("{token}/revoke");
    pages.push(browser.post(&revoke, &[]).await.expect_status(200));
    let revoked = browser.post(&revoke, &[("confirmed", "1")]).await;
    pages.push(browser.follow(&revoked).await);
    pages.push(browser.get("/account/tokens?state=ended").await);
    pages.push(browser.get("/account/activity").await);

    let mut seen = 0;
    for page in &pages {
        for name in [USER, TOKEN] {
            assert_eq!(unisolated(&page.text, name), [] as [&str; 0], "{page}");
            seen += page.text.matches(name).count();
        }
    }
    assert!(seen > 40, "the pages have the names {seen} times");
}
