//! The size of pages, of the stylesheet and of the scripts, and how long a browser may cache them.

use std::time::Duration;

use narthex::http::response::assets;
use reqwest::header;

use crate::support::app::{PASSWORD, TestApp};
use crate::support::client::Browser;
use crate::support::every_page::{account_pages, public_pages};
use crate::support::page::ADA;
use crate::support::queries::{instrument_connections, queries_during};
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

/// Expects that a page has at most 10 KiB, compressed, and needs at most 15 queries.
async fn expect_light(app: &TestApp, browser: &Browser, path: &str) {
    let mut bytes = 0;
    let queries = queries_during(app, async { bytes = compressed(browser, path).await }).await;
    assert!(bytes <= 10 * KIB, "{path} has {bytes} bytes, compressed");
    let queries: Vec<_> = queries
        .iter()
        .filter(|(query, _)| !is_of_a_job(query))
        .collect();
    assert!(queries.len() <= 15, "{path} needs {queries:#?}");
}

/// Returns whether a job in the background runs this query, at a time that has nothing to do with the
/// page: the flush of the last uses, and the poll of the invalidations.
fn is_of_a_job(query: &str) -> bool {
    [
        "UPDATE last_uses ",
        "`invalidations`",
        "`invalidation_sequence`",
    ]
    .iter()
    .any(|part| query.replace('"', "`").contains(part))
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

#[tokio::test(flavor = "multi_thread")]
async fn page_of_a_small_account_is_small_without_compression() {
    let app = TestApp::start();
    let ada = app.register(ADA).await;
    for path in account_pages(&app, &ada).await {
        let text = ada.get(&path).await.expect_status(200).text;
        assert!(text.len() < 16 * KIB, "{path} has {} bytes", text.len());
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn page_without_a_user_is_small() {
    let app = TestApp::start();
    for path in public_pages() {
        let bytes = compressed(&app.browser(), &path).await;
        assert!(bytes <= 10 * KIB, "{path} has {bytes} bytes, compressed");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn pages_share_one_small_immutable_stylesheet() {
    let app = TestApp::start();
    let ada = app.register(ADA).await;
    let first = ada.get("/account").await.text;
    let [sheet] = stylesheets(&first)[..] else {
        panic!("the page must have one stylesheet: {first}");
    };
    for path in account_pages(&app, &ada).await {
        let page = ada.get(&path).await.text;
        assert_eq!(stylesheets(&page), [sheet], "{path}");
    }
    let bytes = ada.get(sheet).await.text.len();
    assert!(bytes <= 15 * KIB, "the stylesheet has {bytes} bytes");
    let bytes = compressed(&ada, sheet).await;
    assert!(
        bytes <= 4 * KIB,
        "the stylesheet has {bytes} bytes, compressed"
    );
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
async fn scripts_of_all_pages_are_small_together() {
    let app = TestApp::start();
    let mut bytes = 0;
    for file in std::fs::read_dir("static").unwrap() {
        let name = file.unwrap().file_name().into_string().unwrap();
        if name.ends_with(".js") {
            bytes += compressed(&app.browser(), &assets::path(&name)).await;
        }
    }
    assert!(bytes > 0, "no script was found");
    assert!(
        bytes <= 6 * KIB,
        "the scripts have {bytes} bytes, compressed"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn page_of_500_tokens_and_100_sessions_is_light() {
    instrument_connections();
    let app = TestApp::start_with(&[("NARTHEX_SESSION_IDLE", "12h")]);
    let ada = app.register(ADA).await;
    let form = [("email", ADA), ("password", PASSWORD)];
    for number in 1..100 {
        // Shorter intervals would exceed the hourly limit of sign-ins.
        app.advance(Duration::from_secs(120));
        let (agent, ..) = user_agents::TABLE[number % user_agents::TABLE.len()];
        let browser = app.browser().with_user_agent(agent);
        browser.post("/login", &form).await.expect_status(303);
    }
    ada.post("/account/confirm", &[("password", PASSWORD)])
        .await;
    // `account_pages` creates two more.
    for number in 0..498 {
        let name = format!("The token of machine {number}");
        app.token_of(&ada, &name, &["orders:read", "orders:write"])
            .await;
    }
    let preview = ada.get("/account/sign-out").await;
    preview.expect_text("sign out 100 sessions and revoke 498 tokens");
    let more = [
        "/account/sign-out?rows=personal.2",
        "/account/tokens?page=2",
    ];
    let pages = account_pages(&app, &ada).await.into_iter();
    for path in pages.chain(more.map(str::to_owned)) {
        expect_light(&app, &ada, &path).await;
    }
}
