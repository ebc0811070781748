//! Every page in a real browser: axe-core finds nothing, and html-validate finds no error.
//!
//! The rules are those of WCAG 2.2 AA and the best practices of axe-core. The component page has
//! every component in every state, so it is checked in all windows, and the other pages in three.

use std::path::{Path, PathBuf};
use std::process::Command;

use serde_json::Value;

use crate::support::app::{PASSWORD, TestApp};
use crate::support::browser::{Scheme, Window};
use crate::support::every_page::{account_pages, public_pages};
use crate::support::page::ADA;
use crate::support::programs;
use crate::support::user_agents::SAFARI_ON_IPHONE;

pub(super) const WIDTHS: [u32; 3] = [320, 768, 1280];
pub(super) const SCHEMES: [Scheme; 3] = [Scheme::Light, Scheme::Dark, Scheme::ForcedColors];
/// States of pages that the table of routes does not name.
const MORE_SIGNED_OUT: [&str; 1] = ["/no-such-page"];
const MORE_SIGNED_IN: [&str; 2] = ["/account/sign-out?unused_since=yesterday", "/account/nope"];

fn signed_out_pages() -> Vec<String> {
    let more = MORE_SIGNED_OUT.map(str::to_owned);
    public_pages().into_iter().chain(more).collect()
}

/// A file below the folder into which `scripts/install-page-tools` installs the checkers.
fn checker(path: &str) -> PathBuf {
    programs::expect_tier("the checkers of pages");
    // A sibling of cargo's folder for tests, which is `target/tmp`.
    let target = Path::new(env!("CARGO_TARGET_TMPDIR"));
    let file = target.with_file_name("tools").join("pages").join(path);
    assert!(file.is_file(), "run scripts/install-page-tools");
    file
}

/// An app whose user has something on every page.
async fn furnished() -> (TestApp, Vec<String>) {
    let app = TestApp::start();
    let browser = app.register(ADA).await;
    app.sign_in_with(ADA, SAFARI_ON_IPHONE).await;
    let wrong = [("email", ADA), ("password", "not the password of ada")];
    app.browser()
        .post("/login", &wrong)
        .await
        .expect_status(422);
    let mut pages = account_pages(&app, &browser).await;
    pages.extend(MORE_SIGNED_IN.map(str::to_owned));
    (app, pages)
}

async fn sign_in(window: &Window) {
    window.visit("/login").await;
    window.fill("Email address", ADA).await;
    window.fill("Password", PASSWORD).await;
    window.press("Sign in").await;
    window.expect_path("/account").await;
}

/// The violations on the current page, each with its rule and its first element.
async fn violations(window: &Window) -> Vec<Value> {
    let axe = std::fs::read_to_string(checker("node_modules/axe-core/axe.min.js")).expect("axe");
    let script = format!(
        "{axe};
         return axe.run(document, {{runOnly: ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa',
                                              'best-practice']}})
             .then(found => found.violations.map(violation => [violation.id, violation.help,
                                                               violation.nodes[0].html]));"
    );
    let found = window.evaluate(&script).await;
    found.as_array().expect("a list").clone()
}

pub(super) async fn expect_no_violation(window: &Window, path: &str, width: u32, scheme: Scheme) {
    window.resize(width, scheme).await;
    let found = violations(window).await;
    assert_eq!(found, [] as [Value; 0], "{path} at {width} px, {scheme:?}");
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs Chromium: use scripts/test"]
async fn every_component_passes_axe_in_every_window() {
    let (app, _) = furnished().await;
    let window = Window::at(&app.origin).open().await;
    sign_in(&window).await;
    window.visit("/components").await;
    window
        .evaluate("document.querySelector('tbody [type=checkbox]').click()")
        .await;
    for width in WIDTHS {
        for scheme in SCHEMES {
            expect_no_violation(&window, "/components", width, scheme).await;
        }
    }
    window.screenshot("components").await;
    window.close().await;
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs Chromium: use scripts/test"]
async fn every_page_passes_axe() {
    let (app, signed_in) = furnished().await;
    let window = Window::at(&app.origin).open().await;
    let visit = async |path: &str| {
        window.visit(path).await;
        for (width, scheme) in WIDTHS.into_iter().zip(SCHEMES) {
            expect_no_violation(&window, path, width, scheme).await;
        }
    };
    for path in signed_out_pages() {
        visit(&path).await;
    }
    window.visit("/register").await;
    window.press("Create account").await;
    window.expect_text("Enter a name.").await;
    expect_no_violation(&window, "/register, refused", 1280, Scheme::Dark).await;
    sign_in(&window).await;
    for path in &signed_in {
        visit(path).await;
    }
    window.visit("/account").await;
    window.open_account_menu().await;
    expect_no_violation(&window, "/account, menu", 320, Scheme::Dark).await;
    window.close().await;
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs Chromium: use scripts/test"]
async fn no_page_scrolls_sideways_with_text_at_200_percent() {
    let (app, mut pages) = furnished().await;
    let window = Window::at(&app.origin).open().await;
    sign_in(&window).await;
    pages.push("/components".to_owned());
    for path in &pages {
        window.visit(path).await;
        window
            .evaluate("document.documentElement.style.fontSize = '200%'")
            .await;
        window.expect_no_sideways_scrolling().await;
    }
    window.close().await;
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs node: use scripts/test"]
async fn every_page_is_valid_html() {
    let (app, signed_in) = furnished().await;
    let browser = app.sign_in(ADA).await;
    let anonymous = app.browser();
    let folder = tempfile::tempdir().unwrap();
    let mut pages = Vec::new();
    for path in signed_out_pages() {
        let page = anonymous.get(&path).await;
        pages.push((path, page));
    }
    pages.push(("refused".to_owned(), anonymous.post("/register", &[]).await));
    for path in signed_in {
        let page = browser.get(&path).await;
        pages.push((path, page));
    }
    for (path, page) in &pages {
        let name = path.replace(|c: char| !c.is_alphanumeric(), "-");
        std::fs::write(folder.path().join(format!("page{name}.html")), &page.text).unwrap();
    }
    let validator = checker("node_modules/html-validate/bin/html-validate.mjs");
    let result = Command::new(programs::find("node", "nodejs"))
        .arg(validator)
        .arg("--config")
        .arg(checker("html-validate.json"))
        .arg(folder.path())
        .output()
        .unwrap();
    let said = String::from_utf8_lossy(&result.stdout);
    assert!(result.status.success(), "{said}");
}
