//! The language of a page: that of the user, then that of the browser, then that of the settings.

use reqwest::Method;
use serde_json::Value;

use crate::support::{
    answer::Answer,
    app::TestApp,
    client::Browser,
    operator::Operator,
    page::{expect_field_errors, field_error},
};

const ADA: &str = "ada@example.com";

async fn get(browser: &Browser, path: &str, accepted: &str) -> Answer {
    let request = browser.request(Method::GET, path);
    browser
        .send(request.header("accept-language", accepted))
        .await
}

fn expect_german(page: Answer) -> Answer {
    page.expect_header("content-language", "de")
        .expect_text("<html lang=\"de\" dir=\"ltr\">")
        .expect_text("Zum Inhalt springen")
}

fn expect_english(page: Answer) -> Answer {
    page.expect_header("content-language", "en")
        .expect_text("<html lang=\"en\" dir=\"ltr\">")
        .expect_text("Skip to content")
}

async fn save_language(browser: &Browser, language: &str) -> Answer {
    let profile = [("name", "Ada"), ("email", ADA), ("language", language)];
    browser.post("/account/profile", &profile).await
}

async fn language_of_the_account(browser: &Browser) -> Value {
    browser.get("/api/v1/user").await.json()["language"].clone()
}

#[tokio::test(flavor = "multi_thread")]
async fn page_is_in_the_most_preferred_language_that_exists() {
    let app = TestApp::start();
    let browser = app.browser();
    for accepted in [
        "de",
        "de-AT",
        "fr, de-CH;q=0.8, en;q=0.5",
        "en;q=0.2, de;q=0.3",
    ] {
        expect_german(get(&browser, "/login", accepted).await);
    }
    for accepted in ["en-GB", "fr", "*", "de;q=0", "de;q=x", "fr, en, de", ""] {
        expect_english(get(&browser, "/login", accepted).await);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn caches_learn_that_the_browser_decides_about_a_page() {
    let app = TestApp::start();
    let browser = app.browser();
    for path in ["/login", "/problems/throttled", "/no-such-page"] {
        let page = get(&browser, path, "de").await;
        assert!(
            page.headers_named("vary").contains(&"Accept-Language"),
            "{page}"
        );
    }
    for path in ["/healthz", "/api/v1/user"] {
        let answer = get(&browser, path, "de").await;
        assert_eq!(answer.header("content-language"), None, "{answer}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn language_of_the_settings_is_the_last_choice() {
    let app = TestApp::start_with(&[("NARTHEX_LANGUAGE", "de")]);
    let browser = app.browser();
    expect_german(browser.get("/login").await);
    expect_german(get(&browser, "/login", "fr").await);
    expect_english(get(&browser, "/login", "en").await);
}

#[tokio::test(flavor = "multi_thread")]
async fn language_of_the_user_precedes_that_of_the_browser() {
    let app = TestApp::start();
    let browser = app.register(ADA).await;
    assert_eq!(language_of_the_account(&browser).await, Value::Null);
    let saved = save_language(&browser, "de").await;
    let page = browser.follow(&saved).await;
    expect_german(page).expect_text("Gespeichert.");
    assert_eq!(language_of_the_account(&browser).await, "de");
    for path in [
        "/account",
        "/account/profile",
        "/account/tokens/00000000000000000000000000",
    ] {
        expect_german(get(&browser, path, "en").await);
    }
    let other = app.sign_in(ADA).await;
    expect_german(get(&other, "/account", "en").await);

    save_language(&browser, "")
        .await
        .expect_redirect("/account/profile");
    expect_english(get(&browser, "/account", "en").await);
    assert_eq!(language_of_the_account(&browser).await, Value::Null);
}

#[tokio::test(flavor = "multi_thread")]
async fn profile_without_a_language_keeps_the_choice() {
    let app = TestApp::start();
    let browser = app.register(ADA).await;
    save_language(&browser, "de").await;
    let profile = [("name", "Ada King"), ("email", ADA)];
    browser.post("/account/profile", &profile).await;
    assert_eq!(language_of_the_account(&browser).await, "de");
}

#[tokio::test(flavor = "multi_thread")]
async fn language_that_does_not_exist_is_refused() {
    let app = TestApp::start();
    let browser = app.register(ADA).await;
    for language in ["fr", "german", "de-AT"] {
        let page = save_language(&browser, language).await.expect_status(422);
        let page = expect_field_errors(page, &["language"]);
        assert_eq!(
            field_error(&page, "language"),
            "Choose a language from the list."
        );
    }
    assert_eq!(language_of_the_account(&browser).await, Value::Null);
}

#[tokio::test(flavor = "multi_thread")]
async fn problem_of_the_api_stays_english() {
    let app = TestApp::start();
    let browser = app.register(ADA).await;
    save_language(&browser, "de").await;
    let answer = get(&browser, "/api/v1/no-such-call", "de").await;
    assert_eq!(answer.problem().title, "Not found");
}

/// Writes these files into a new directory.
fn directory_with(files: &[(&str, &str)]) -> tempfile::TempDir {
    let directory = tempfile::tempdir().expect("a directory");
    for (name, content) in files {
        std::fs::write(directory.path().join(name), content).expect("a file");
    }
    directory
}

#[tokio::test(flavor = "multi_thread")]
async fn directory_adds_a_language_and_replaces_a_text() {
    let directory = directory_with(&[
        ("ar.ftl", "layout-skip = تخطي\nlanguage-name = العربية"),
        ("de.ftl", "layout-skip = Zum Text"),
    ]);
    let path = directory.path().to_str().expect("a readable path");
    let app = TestApp::start_with(&[("NARTHEX_LANGUAGES_DIR", path)]);
    let browser = app.register(ADA).await;
    let page = get(&browser, "/account/profile", "ar-EG").await;
    page.expect_text("<html lang=\"ar\" dir=\"rtl\">")
        .expect_text("تخطي")
        .expect_text("<option value=\"ar\" lang=\"ar\" dir=\"rtl\">العربية</option>")
        .expect_text(">Language<");
    get(&browser, "/account", "de")
        .await
        .expect_text("Zum Text");
    save_language(&browser, "ar").await;
    assert_eq!(language_of_the_account(&browser).await, "ar");
}

#[test]
fn check_counts_the_messages_that_a_language_lacks() {
    let directory = directory_with(&[("fr.ftl", "notice-saved = Enregistré.")]);
    let path = directory.path().to_str().expect("a readable path");
    let operator = Operator::new().with("NARTHEX_LANGUAGES_DIR", path);
    let checked = operator.run(&["check"]);
    let lacks = checked
        .stdout
        .lines()
        .find(|line| line.contains("languages"));
    let lacks = lacks.unwrap_or_default();
    assert!(
        lacks.starts_with("warn") && lacks.contains("fr lacks "),
        "{checked:#?}"
    );
}

#[test]
fn faulty_file_stops_the_start_with_one_line() {
    let directory = directory_with(&[("fr.ftl", "# Deux\nnotice-sved = Enregistré.")]);
    let path = directory.path().to_str().expect("a readable path");
    let operator = Operator::new();
    let refused = operator
        .run(&["serve", "--languages-dir", path])
        .expect_error();
    let fault = "fr.ftl, line 2: notice-sved does not exist: remove it";
    assert!(refused.ends_with(fault), "{refused}");
}
