//! The size of pages, of the stylesheet and of the scripts, and how long a browser may cache them.

use std::collections::BTreeSet;
use std::time::Duration;

use reqwest::header;

use crate::support::app::{PASSWORD, TestApp};
use crate::support::client::Browser;
use crate::support::user_agents;

const KIB: usize = 1024;

/// Returns the size of the brotli-compressed response in bytes.
async fn compressed(browser: &Browser, path: &str) -> usize {
    let request = browser.request(reqwest::Method::GET, path);
    let answer = request.header("accept-encoding", "br").send().await;
    let answer = answer.unwrap();
    assert_eq!(answer.status(), 200, "{path}");
    assert_eq!(answer.headers()[header::CONTENT_ENCODING], "br", "{path}");
    answer.bytes().await.unwrap().len()
}

/// Returns the paths of the stylesheets to which a page links.
fn stylesheets(page: &str) -> Vec<&str> {
    let links = page.split("<link ").skip(1);
    let links = links.filter_map(|rest| rest.split('>').next());
    let sheets = links.filter(|link| link.contains("stylesheet"));
    sheets
        .filter_map(|link| link.split("href=\"").nth(1)?.split('"').next())
        .collect()
}

const PAGES: [&str; 8] = [
    "/account",
    "/account/profile",
    "/account/sessions",
    "/account/tokens",
    "/account/tokens/new",
    "/account/sign-out",
    "/account/activity",
    "/account/confirm",
];

#[tokio::test(flavor = "multi_thread")]
async fn page_size_is_bounded_even_with_a_full_list() {
    let app = TestApp::start();
    let ada = app.register("ada@example.com").await;
    for page in ["/login", "/register"] {
        let text = app.browser().get(page).await.expect_status(200).text;
        assert!(text.len() < 15 * KIB, "{page} has {} bytes", text.len());
    }
    for page in PAGES {
        let text = ada.get(page).await.expect_status(200).text;
        assert!(text.len() < 15 * KIB, "{page} has {} bytes", text.len());
    }
    for number in 0..60 {
        let name = format!("The token of machine {number}");
        app.token_of(&ada, &name, &["orders:read", "orders:write"])
            .await;
        app.advance(Duration::from_secs(1));
    }
    for page in PAGES {
        let bytes = compressed(&ada, page).await;
        assert!(bytes < 10 * KIB, "{page} has {bytes} bytes, compressed");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn pages_share_one_small_immutable_stylesheet() {
    let app = TestApp::start();
    let ada = app.register("ada@example.com").await;
    let first = ada.get("/account").await.text;
    let [sheet] = stylesheets(&first)[..] else {
        panic!("the page must have one stylesheet: {first}");
    };
    for page in PAGES {
        let page = ada.get(page).await.text;
        assert_eq!(stylesheets(&page), [sheet]);
    }
    let bytes = compressed(&ada, sheet).await;
    assert!(bytes < 6 * KIB, "the stylesheet has {bytes} bytes");
    // The path changes with the content, so a browser may cache the stylesheet without limit.
    let policy = "public, max-age=31536000, immutable";
    let response = ada.get(sheet).await.expect_status(200);
    response.expect_header("cache-control", policy);
    let (folder, name) = sheet.rsplit_once('/').unwrap();
    let (folder, _) = folder.rsplit_once('/').unwrap();
    let other_version = format!("{folder}/0123456789abcdef/{name}");
    let absent = ada.get(&other_version).await.expect_status(404);
    absent.expect_header("cache-control", "no-store");
}

#[tokio::test(flavor = "multi_thread")]
async fn scripts_of_all_pages_are_small() {
    let app = TestApp::start();
    let ada = app.register("ada@example.com").await;
    let mut scripts = BTreeSet::new();
    for page in PAGES {
        let text = ada.get(page).await.text;
        let tags = text.split("<script type=\"module\" src=\"").skip(1);
        scripts.extend(tags.filter_map(|rest| Some(rest.split('"').next()?.to_owned())));
    }
    assert!(scripts.len() >= 3, "{scripts:?}");
    let mut bytes = 0;
    for script in &scripts {
        bytes += compressed(&ada, script).await;
    }
    assert!(bytes < 6 * KIB, "{scripts:?} have {bytes} bytes");
}

#[tokio::test(flavor = "multi_thread")]
async fn preview_of_500_tokens_and_100_sessions_is_small() {
    let app = TestApp::start_with(&[("NARTHEX_SESSION_IDLE", "12h")]);
    let ada = app.register("ada@example.com").await;
    let form = [("email", "ada@example.com"), ("password", PASSWORD)];
    for number in 1..100 {
        // Shorter intervals would exceed the hourly limit of sign-ins.
        app.advance(Duration::from_secs(120));
        let (agent, ..) = user_agents::TABLE[number % user_agents::TABLE.len()];
        let browser = app.browser().with_user_agent(agent);
        browser.post("/login", &form).await.expect_status(303);
    }
    ada.post("/account/confirm", &[("password", PASSWORD)])
        .await;
    for number in 0..500 {
        let name = format!("The token of machine {number}");
        app.token_of(&ada, &name, &["orders:read", "orders:write"])
            .await;
    }
    let preview = ada.get("/account/sign-out").await;
    preview.expect_text("sign out 100 sessions and revoke 500 tokens");
    for page in [
        "/account/sign-out",
        "/account/sign-out?rows=personal&page=2",
        "/account/sessions",
        "/account/activity",
    ] {
        let bytes = compressed(&ada, page).await;
        assert!(bytes <= 10 * KIB, "{page} has {bytes} bytes, compressed");
    }
}
