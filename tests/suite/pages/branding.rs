//! Branding of pages with the operator's name, link, logo and accent color.

use reqwest::Method;
use serde_json::json;

use crate::support::app::{PASSWORD, TestApp};
use crate::support::browser::Window;

const ADA: &str = "ada@example.com";
const LOGO: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/static/icon.svg");
const BRANDED: [(&str, &str); 4] = [
    ("NARTHEX_APP_NAME", "Shop & Söhne"),
    ("NARTHEX_APP_URL", "https://shop.example.com/start"),
    ("NARTHEX_LOGO", LOGO),
    ("NARTHEX_ACCENT", "#1a5fb4"),
];

/// Returns the paths of the static files that a page loads.
fn files(page: &str) -> Vec<String> {
    let links = page.split(['"', ' ']);
    let mut files: Vec<String> = links
        .filter(|word| word.starts_with("/static/"))
        .map(str::to_owned)
        .collect();
    files.sort();
    files.dedup();
    files
}

#[tokio::test(flavor = "multi_thread")]
async fn every_page_has_the_operators_name_and_link() {
    let app = TestApp::start_with(&BRANDED);
    let browser = app.register(ADA).await;
    let anonymous = app.browser();
    for (client, path) in [
        (&anonymous, "/login"),
        (&anonymous, "/register"),
        (&anonymous, "/no-such-page"),
        (&anonymous, "/problems/throttled"),
        (&browser, "/account"),
        (&browser, "/account/profile"),
        (&browser, "/account/tokens/new"),
        (&browser, "/account/confirm"),
    ] {
        let page = client.get(path).await;
        let (head, body) = page.text.split_once("</head>").unwrap();
        assert!(head.contains(" · Shop &#38; Söhne</title>"), "{page}");
        assert!(
            body.contains("href=\"https://shop.example.com/start\""),
            "{page}"
        );
        assert!(body.contains("Back to Shop &#38; Söhne"), "{page}");
        // The product is named once, in the footer.
        assert_eq!(page.text.matches("Narthex").count(), 1, "{page}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn default_brand_links_to_the_account() {
    let app = TestApp::start();
    let page = app.browser().get("/login").await;
    page.expect_text(" · Narthex</title>")
        .expect_text("class=\"brand\" href=\"/account\"")
        .expect_no_text("Back to")
        .expect_no_text("accent.css");
}

#[tokio::test(flavor = "multi_thread")]
async fn logo_and_accent_are_immutable_and_run_no_scripts() {
    let app = TestApp::start_with(&BRANDED);
    let browser = app.browser();
    let page = browser.get("/login").await;
    let files = files(&page.text);
    for (name, kind) in [
        ("logo.svg", "image/svg+xml"),
        ("accent.css", "text/css; charset=utf-8"),
    ] {
        let path = files.iter().find(|path| path.ends_with(name)).unwrap();
        let file = browser.get(path).await.expect_status(200);
        let file = file
            .expect_header("content-type", kind)
            .expect_header("cache-control", "public, max-age=31536000, immutable")
            .expect_header("x-content-type-options", "nosniff");
        if name == "logo.svg" {
            let policy = file.header("content-security-policy").unwrap();
            assert!(policy.contains("default-src 'none'"), "{file}");
            assert!(policy.ends_with("; sandbox"), "{file}");
        }
        let other_version = format!("/static/0000000000000000/{name}");
        browser.get(&other_version).await.expect_status(404);
    }
    let policy = page.header("content-security-policy").unwrap();
    assert!(!policy.contains("unsafe"), "{page}");
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs Chromium: use scripts/test"]
async fn branded_pages_render_without_sideways_scrolling() {
    for (name, settings) in [("plain", &[][..]), ("branded", &BRANDED)] {
        let app = TestApp::start_with(settings);
        app.register(ADA).await;
        let window = Window::at(&app.origin).open().await;
        for path in ["/login", "/no-such-page"] {
            window.visit(path).await;
            window.expect_no_sideways_scrolling().await;
        }
        window.visit("/login").await;
        window.screenshot(&format!("brand-{name}-login")).await;
        window.fill("Email address", ADA).await;
        window.fill("Password", PASSWORD).await;
        window.press("Sign in").await;
        window.expect_path("/account").await;
        for path in ["/account", "/account/profile", "/account/tokens/new"] {
            window.visit(path).await;
            window.expect_no_sideways_scrolling().await;
        }
        window.screenshot(&format!("brand-{name}-token")).await;
        if name == "branded" {
            let seen = window
                .evaluate(
                    "const style = getComputedStyle(document.querySelector('button.main'));
                     const logo = document.querySelector('.brand img');
                     return [style.backgroundColor, style.color, logo.naturalWidth > 0];",
                )
                .await;
            assert_eq!(
                seen,
                json!(["rgb(26, 95, 180)", "rgb(255, 255, 255)", true])
            );
        }
        window.close().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn png_logo_is_accepted() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("logo");
    std::fs::write(&path, b"\x89PNG\r\n\x1a\nand the rest").unwrap();
    let app = TestApp::start_with(&[("NARTHEX_LOGO", path.to_str().unwrap())]);
    let page = app.browser().get("/login").await;
    let files = files(&page.text);
    let logo = files
        .iter()
        .find(|path| path.ends_with("logo.png"))
        .unwrap();
    let anonymous = app.anonymous();
    let answer = anonymous.send(anonymous.request(Method::GET, logo)).await;
    answer
        .expect_status(200)
        .expect_header("content-type", "image/png");
}
