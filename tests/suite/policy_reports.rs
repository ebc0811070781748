//! What browsers report of pages that broke their policy: counted, said once a minute, bounded, not kept.

use std::time::Duration;

use reqwest::Method;
use serde_json::{Value, json};

use crate::support::answer::Answer;
use crate::support::app::TestApp;
use crate::support::binary::{Narthex, free_port};
use crate::support::browser::Window;
use crate::support::client::Stranger;

const PATH: &str = "/reports/policy";
const ALONE: &str = "application/csp-report";
const LISTED: &str = "application/reports+json";

async fn report(stranger: &Stranger, form: &str, body: String) -> Answer {
    let request = stranger.request(Method::POST, PATH);
    let request = request.header("content-type", form).body(body);
    stranger.send(request).await
}

fn alone(blocked: &str) -> String {
    json!({"csp-report": {
        "document-uri": "https://id.example.com/login?next=hunter2",
        "effective-directive": "script-src-elem",
        "blocked-uri": blocked,
        "script-sample": "hunter2",
        "original-policy": "hunter2",
    }})
    .to_string()
}

fn listed(blocked: &str) -> String {
    json!([{"type": "csp-violation", "age": 1, "url": "https://id.example.com/hunter2", "body": {
        "documentURL": "https://id.example.com/login#hunter2",
        "effectiveDirective": "script-src-elem",
        "blockedURL": blocked,
        "sample": "hunter2",
    }}])
    .to_string()
}

/// Narthex with numbers, and where they are.
fn counting() -> (Narthex, Stranger) {
    let metrics = format!("127.0.0.1:{}", free_port());
    let narthex = Narthex::installed()
        .with("NARTHEX_LOG_FORMAT", "json")
        .with("NARTHEX_METRICS_LISTEN", &metrics);
    (narthex, Stranger::at(&format!("http://{metrics}")))
}

/// What the log says of broken policies.
fn told(log: &str) -> Vec<Value> {
    let lines = log.lines().map(serde_json::from_str::<Value>);
    let lines = lines.map(|line| line.expect("JSON"));
    lines
        .filter(|line| line["message"] == "a browser says that a page broke its policy")
        .collect()
}

#[tokio::test]
async fn each_is_counted_and_what_it_says_is_one_line_a_minute_without_what_is_nobody_s_business() {
    let (narthex, metrics) = counting();
    let serving = narthex.serve();
    let stranger = Stranger::at(&serving.url);
    for _ in 0..3 {
        for (form, body) in [(ALONE, alone("inline")), (LISTED, listed("inline"))] {
            report(&stranger, form, body).await.expect_status(204);
        }
    }
    let other = alone("https://evil.example/hunter2?x=hunter2");
    report(&stranger, ALONE, other).await.expect_status(204);
    let counted = "narthex_policy_reports_total 7\n";
    metrics.get("/metrics").await.expect_text(counted);
    let log = serving.stop().expect_code(0).stderr;
    assert!(!log.contains("hunter2"), "{log}");
    let told = told(&log);
    assert_eq!(told.len(), 2, "{log}");
    for (line, blocked) in told.iter().zip(["inline", "https://evil.example"]) {
        assert_eq!(line["level"], "WARN", "{line}");
        assert_eq!(line["directive"], "script-src-elem", "{line}");
        assert_eq!(line["blocked"], blocked, "{line}");
        assert_eq!(line["page"], "/login", "{line}");
    }
}

#[tokio::test]
async fn nobody_is_listened_to_without_end() {
    let app = TestApp::start();
    let stranger = app.stranger();
    for _ in 0..20 {
        let answer = report(&stranger, ALONE, alone("inline")).await;
        answer.expect_status(204);
    }
    let answer = report(&stranger, LISTED, listed("inline")).await;
    let answer = answer.expect_problem(429, "throttled");
    assert_eq!(answer.header("retry-after"), Some("60"), "{answer}");
    app.advance(Duration::from_secs(60));
    let answer = report(&stranger, ALONE, alone("inline")).await;
    answer.expect_status(204);
}

#[tokio::test]
async fn what_is_no_report_is_refused_or_says_nothing() {
    let app = TestApp::start();
    let stranger = app.stranger();
    let long = alone(&"x".repeat(16 * 1024));
    for (form, body, status, slug) in [
        ("application/json", alone("inline"), 415, "wrong-media-type"),
        ("text/plain", alone("inline"), 415, "wrong-media-type"),
        (ALONE, "{".to_owned(), 400, "malformed"),
        (LISTED, long, 413, "too-large"),
    ] {
        let answer = report(&stranger, form, body).await;
        answer.expect_problem(status, slug);
    }
    for body in ["null", "[]", "{}", "[{}]", "[[[]]]", "1"] {
        for form in [ALONE, LISTED] {
            let answer = report(&stranger, form, body.to_owned()).await;
            answer.expect_status(204);
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_browser_sends_it_by_itself() {
    let (narthex, metrics) = counting();
    let serving = narthex.serve();
    let window = Window::at(&serving.url).open().await;
    window.visit("/login").await;
    // As whoever found a way to put a script into the page.
    let script = "document.body.append(Object.assign(document.createElement('script'), {text: 'hunter2()'}))";
    window.evaluate(script).await;
    let counted = async || metrics.get("/metrics").await.text;
    let arrives = async { while !counted().await.contains("narthex_policy_reports_total 1") {} };
    let arrived = tokio::time::timeout(Duration::from_secs(60), arrives).await;
    arrived.expect("a browser that reports");
    window.close().await;
    let log = serving.stop().expect_code(0).stderr;
    let told = told(&log);
    assert_eq!(told.len(), 1, "{log}");
    assert_eq!(told[0]["directive"], "script-src-elem", "{log}");
    assert_eq!(told[0]["blocked"], "inline", "{log}");
    assert_eq!(told[0]["page"], "/login", "{log}");
}
