//! Times on pages: a date and a relative time, in UTC, and in the time zone of the reader by a
//! script.

use std::time::Duration;

use reqwest::Method;
use serde_json::json;

use crate::support::app::{PASSWORD, TestApp};
use crate::support::browser::Window;
use crate::support::page::{ADA, newest_token};

const HOUR: Duration = Duration::from_secs(3600);

/// The texts of the `<time>` elements on the page.
const TIMES: &str =
    "return [...document.querySelectorAll('main time')].map(time => time.textContent);";

/// The same texts in the source of a page.
fn times(page: &str) -> Vec<String> {
    let elements = page.split("<time ").skip(1);
    let elements = elements.filter_map(|rest| rest.split_once('>')?.1.split("</time>").next());
    let without_tags = elements.map(|text| text.replace("<span>", "").replace("</span>", ""));
    without_tags.collect()
}

async fn signed_in(window: &Window) {
    window.visit("/login").await;
    window.fill("Email address", ADA).await;
    window.fill("Password", PASSWORD).await;
    window.press("Sign in").await;
    window.expect_path("/account").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn page_names_dates_and_the_time_zone_in_its_language() {
    let app = TestApp::start();
    let browser = app.register(ADA).await;
    let form = [("name", "CI"), ("expires", "90d")];
    browser
        .post("/account/tokens", &form)
        .await
        .expect_status(200);
    let token = format!("/account/tokens/{}", newest_token(&browser).await);
    app.advance(2 * HOUR - Duration::from_secs(1));
    for (language, texts) in [
        (
            "en",
            [
                "<time datetime=\"2026-11-22T12:3",
                "<span>2 hours ago</span>",
                "20 Feb 2027",
                "<span>in 90 days</span>",
                "Time zone: UTC",
            ],
        ),
        (
            "de",
            [
                "<span>22. Nov. 2026, 12:3",
                "<span>vor 2 Stunden</span>",
                "20. Feb. 2027",
                "<span>in 90 Tagen</span>",
                "Zeitzone: UTC",
            ],
        ),
    ] {
        let request = browser.request(Method::GET, &token);
        let request = request.header("accept-language", language);
        let page = browser.send(request).await;
        for text in texts {
            page.clone().expect_text(text);
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn log_has_a_heading_for_each_day_in_the_language() {
    let app = TestApp::start();
    app.register(ADA).await;
    app.advance(12 * HOUR);
    let browser = app.sign_in(ADA).await;
    let log = browser.get("/account/activity").await;
    log.expect_text(">23 Nov 2026</h2>")
        .expect_text(">22 Nov 2026</h2>");
    let request = browser.request(Method::GET, "/account/activity");
    let log = browser.send(request.header("accept-language", "de")).await;
    log.expect_text(">22. Nov. 2026</h2>");
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs Chromium: use scripts/test"]
async fn script_writes_times_in_the_time_zone_of_the_reader() {
    let app = TestApp::start();
    app.register(ADA).await;
    for (time_zone, minute, day) in [
        ("UTC", "22 Nov 2026, 12:30 UTC", "22 Nov 2026"),
        (
            "Pacific/Kiritimati",
            "23 Nov 2026, 02:30 GMT+14",
            "23 Nov 2026",
        ),
    ] {
        let window = Window::at(&app.origin).in_time_zone(time_zone);
        let window = window.open().await;
        signed_in(&window).await;
        window.visit("/account/activity").await;
        window.expect_text(&format!("Time zone: {time_zone}")).await;
        window.expect_text(minute).await;
        let days = "return [...document.querySelectorAll('main h2')].map(day => day.textContent);";
        assert_eq!(window.evaluate(days).await, json!([day]), "{time_zone}");
        window.close().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs Chromium: use scripts/test"]
async fn script_divides_the_log_at_midnight_of_the_reader() {
    let app = TestApp::start();
    app.register(ADA).await;
    // 23:30 in UTC is the next day in Berlin.
    app.advance(11 * HOUR);
    let window = Window::at(&app.origin).in_time_zone("Europe/Berlin");
    let window = window.open().await;
    signed_in(&window).await;
    window.visit("/account/activity").await;
    let days = "return [...document.querySelectorAll('main section')].map(day =>
         [day.querySelector('h2').textContent, day.getAttribute('aria-labelledby') === day.querySelector('h2').id]);";
    window.expect_text("Time zone: Europe/Berlin").await;
    assert_eq!(
        window.evaluate(days).await,
        json!([["23 Nov 2026", true], ["22 Nov 2026", true]])
    );
    window.close().await;
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs Chromium: use scripts/test"]
async fn script_keeps_relative_times_current() {
    let app = TestApp::start();
    app.register(ADA).await;
    let window = Window::at(&app.origin).open().await;
    signed_in(&window).await;
    window.visit("/account/sessions").await;
    let first = "22 Nov 2026, 12:30 UTC (less than a minute ago)";
    window.expect_text(first).await;
    let advance = |seconds: u64| {
        format!(
            "const now = Date.now() + {seconds} * 1000;
             Date.now = () => now;
             document.dispatchEvent(new Event('visibilitychange'));
             {TIMES}"
        )
    };
    for (seconds, text) in [
        (59 * 60, "22 Nov 2026, 12:30 UTC (59 minutes ago)"),
        (3600, "22 Nov 2026, 12:30 UTC (2 hours ago)"),
        (24 * 3600, "22 Nov 2026 (1 day ago)"),
    ] {
        let times = window.evaluate(&advance(seconds)).await;
        assert_eq!(times[0], text);
    }
    window.close().await;
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs Chromium: use scripts/test"]
async fn script_and_server_write_the_same_times() {
    let app = TestApp::start();
    app.register(ADA).await;
    // A sign-in in each month of a year.
    for _ in 0..11 {
        app.advance(31 * 24 * HOUR);
        app.sign_in(ADA).await;
    }
    let browser = app.sign_in(ADA).await;
    let window = Window::at(&app.origin).open().await;
    signed_in(&window).await;
    for (language, zone) in [("en", "Time zone: UTC"), ("de", "Zeitzone: UTC")] {
        let profile = [("name", "Ada"), ("email", ADA), ("language", language)];
        browser
            .post("/account/profile", &profile)
            .await
            .expect_status(303);
        window.visit("/account/activity?type=sign_in").await;
        window.expect_text(zone).await;
        let by_script = window.evaluate(TIMES).await;
        let by_server = browser.get("/account/activity?type=sign_in").await;
        assert_eq!(by_script, json!(times(&by_server.text)));
        assert!(by_script.as_array().is_some_and(|times| times.len() >= 12));
    }
    window.close().await;
}
