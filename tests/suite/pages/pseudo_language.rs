//! Every page in a language that is read from right to left. Its texts are the English ones in Hebrew
//! letters, so that a text that no catalogue has stays visible.

use std::path::Path;

use narthex::http::paths;

use crate::support::answer::Answer;
use crate::support::app::{PASSWORD, TestApp};
use crate::support::browser::Window;
use crate::support::client::Browser;
use crate::support::every_page::{account_pages, public_pages};
use crate::support::page::{ADA, fetch_list, newest_token};
use crate::support::user_agents::SAFARI_ON_IPHONE;

/// A made-up variant of Hebrew.
const TAG: &str = "he-XB";

/// Words that are the same in every language: names of people, tokens, products and units.
const UNTRANSLATED: [&str; 13] = [
    "A", "Ada", "Backup", "CI", "Chrome", "Firefox", "Linux", "Narthex", "Safari", "Shop", "UTC",
    "Windows", "iOS",
];

/// The names of the permissions that the operator of the tests configured.
const OF_THE_OPERATOR: [&str; 2] = ["Read your orders", "Place orders"];

/// Writes the English catalogue into `directory` in Hebrew letters.
fn write_catalogue(directory: &Path) {
    let own = directory.join(TAG);
    std::fs::create_dir(&own).expect("a directory");
    let english = Path::new(env!("CARGO_MANIFEST_DIR")).join("src/i18n/locales/en");
    for entry in std::fs::read_dir(english).expect("the catalogue") {
        let path = entry.expect("a file").path();
        let text = std::fs::read_to_string(&path).expect("a text");
        let lines: Vec<String> = text.lines().map(mirrored).collect();
        let name = path.file_name().expect("a name");
        std::fs::write(own.join(name), lines.join("\n") + "\n").expect("a file");
    }
}

/// A line of a catalogue with Hebrew letters in its text. A text is on one line, after the id of its
/// message or the key of its plural.
fn mirrored(line: &str) -> String {
    let start = match line.split_once('=') {
        Some((id, _)) if !line.starts_with(['#', ' ']) => id.len() + 1,
        _ => match line.find(']') {
            Some(end) if line.starts_with(' ') => end + 1,
            _ => return line.to_owned(),
        },
    };
    let mut depth = 0;
    let text = line[start..].chars().map(|c| {
        match c {
            '{' => depth += 1,
            '}' => depth -= 1,
            _ => {}
        }
        if depth == 0 { hebrew(c) } else { c }
    });
    line[..start].chars().chain(text).collect()
}

fn hebrew(c: char) -> char {
    const ALEF: u32 = 0x5D0;
    match c.to_ascii_lowercase() {
        letter @ 'a'..='z' => char::from_u32(ALEF + (letter as u32 - 'a' as u32)).unwrap_or(c),
        _ => c,
    }
}

/// The words in Latin letters that a page shows, apart from the words of users and programs.
fn latin_words(page: &str) -> Vec<String> {
    let mut text = page.to_owned();
    for words in OF_THE_OPERATOR {
        text = text.replace(words, "");
    }
    for element in [
        "script",
        "code",
        "pre",
        "bdi",
        "option value=\"en\"",
        "option value=\"de\"",
    ] {
        let name = element.split(' ').next().unwrap_or_default();
        text = without(&text, &format!("<{element}"), &format!("</{name}>"));
    }
    let mut shown = String::new();
    for part in text.split('<') {
        let (tag, after) = part.split_once('>').unwrap_or(("", part));
        for attribute in [
            "aria-label",
            "title",
            "alt",
            "placeholder",
            "data-text",
            "data-done",
        ] {
            let value = tag.split(&format!(" {attribute}=\"")).nth(1);
            shown += " ";
            shown += value
                .and_then(|rest| rest.split('"').next())
                .unwrap_or_default();
        }
        shown += " ";
        shown += &after.replace("&nbsp;", " ");
    }
    let is_part = |c: char| c.is_alphanumeric() || "_@.:-…".contains(c);
    let words = shown.split(|c| !is_part(c));
    let words = words.map(|word| word.trim_matches(['.', ':', '-']));
    let is_latin = |word: &&str| word.contains(|c: char| c.is_ascii_alphabetic());
    // An address, a permission, a point in time, or the end of a secret.
    let is_data = |word: &&str| word.contains(['@', ':']) || word.starts_with('…');
    words
        .filter(is_latin)
        .filter(|word| !is_data(word) && !UNTRANSLATED.contains(word))
        .map(str::to_owned)
        .collect()
}

/// `text` without its parts from `start` to `end`.
fn without(text: &str, start: &str, end: &str) -> String {
    let mut parts = text.split(start);
    let mut rest = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        rest += part.split_once(end).map_or("", |(_, after)| after);
    }
    rest
}

/// An app with the language, and every page of its user.
async fn furnished(directory: &Path) -> (TestApp, Browser, Vec<String>) {
    write_catalogue(directory);
    let path = directory.to_str().expect("a readable path");
    let app = TestApp::start_with(&[("NARTHEX_LANGUAGES_DIR", path)]);
    let browser = app.register(ADA).await;
    let profile = [("name", "Ada"), ("email", ADA), ("language", TAG)];
    let saved = browser.post("/account/profile", &profile).await;
    saved.expect_redirect("/account/profile");
    app.sign_in_with(ADA, SAFARI_ON_IPHONE).await;
    for abilities in [&["orders:read", "tokens:write"][..], &["*"], &[]] {
        app.token_of(&browser, "CI", abilities).await;
    }
    let token = format!("/account/tokens/{}", newest_token(&browser).await);
    let paused = browser.post(&format!("{token}/pause"), &[]).await;
    paused.expect_status(303);
    let ended = &fetch_list(&browser, "/api/v1/tokens").await[1]["id"];
    let ended = format!("/account/tokens/{}", ended.as_str().expect("an id"));
    let revoke = format!("{ended}/revoke");
    let revoked = browser.post(&revoke, &[("confirmed", "1")]).await;
    revoked.expect_status(303);
    let mut pages = account_pages(&app, &browser).await;
    let states = [
        "/account/sessions?state=ended",
        "/account/sessions?cursor=x",
        "/account/tokens?state=paused",
        "/account/tokens?state=ended",
        "/account/tokens?q=none",
        "/account/sign-out?unused_since=0",
        "/account/nope",
        &token,
        &ended,
    ];
    pages.extend(states.map(str::to_owned));
    (app, browser, pages)
}

/// Expects a page in the language, and no word in another one.
#[track_caller]
fn expect_translated(page: &Answer, path: &str) {
    let root = format!("<html lang=\"{TAG}\" dir=\"rtl\">");
    assert!(page.text.contains(&root), "{path}: {page}");
    assert_eq!(latin_words(&page.text), [] as [&str; 0], "{path}");
}

#[tokio::test(flavor = "multi_thread")]
async fn every_text_of_a_page_comes_from_the_catalogues() {
    let directory = tempfile::tempdir().expect("a directory");
    let (app, browser, pages) = furnished(directory.path()).await;
    for path in &pages {
        expect_translated(&browser.get(path).await, path);
    }
    let refused = browser.post("/account/tokens", &[("name", "")]).await;
    expect_translated(&refused.expect_status(422), "a refused form");
    let created = browser.post("/account/tokens", &[("name", "CI")]).await;
    expect_translated(&created.expect_status(200), "a created token");
    let anonymous = app.browser();
    // The texts of the samples of components are in no catalogue.
    let public = public_pages().into_iter();
    let public = public.filter(|path| path != paths::COMPONENTS);
    for path in public.chain(["/no-such-page".to_owned()]) {
        let request = anonymous.request(reqwest::Method::GET, &path);
        let page = anonymous.send(request.header("accept-language", TAG)).await;
        expect_translated(&page, &path);
    }
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs Chromium: use scripts/test"]
async fn no_page_scrolls_sideways_from_right_to_left() {
    let directory = tempfile::tempdir().expect("a directory");
    let (app, _, pages) = furnished(directory.path()).await;
    let window = Window::at(&app.origin).open().await;
    window.visit("/login").await;
    window.fill("Email address", ADA).await;
    window.fill("Password", PASSWORD).await;
    window.press("Sign in").await;
    window.expect_path("/account").await;
    for path in &pages {
        window.visit(path).await;
        window.expect_no_sideways_scrolling().await;
    }
    window.visit("/account/tokens").await;
    window.screenshot("tokens-right-to-left").await;
    window.close().await;
}
