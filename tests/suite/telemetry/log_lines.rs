//! Log lines of requests: one line each, which a program can parse and a client cannot forge.

use narthex::util::clock::{Clock as _, SystemClock};
use reqwest::Method;
use serde_json::{Value, json};

use crate::support::app::PASSWORD;
use crate::support::binary::{Narthex, RunningServer};
use crate::support::client::{AnonymousClient, Browser};
use crate::support::operator::Operator;
use crate::support::raw_http::{exchange, status};

const ADA: &str = "ada@example.com";

fn with_json_log() -> Narthex {
    Narthex::installed().with("NARTHEX_LOG_FORMAT", "json")
}

/// Stops the server and returns all lines. Each must be JSON with a time in UTC, a level, a target
/// and a message.
fn lines_of(serving: RunningServer) -> Vec<Value> {
    let log = serving.stop().expect_code(0).stderr;
    let lines = log.lines().map(|line| {
        let line: Value = serde_json::from_str(line).unwrap_or_else(|_| panic!("not JSON: {line}"));
        let at = line["timestamp"].as_str().expect("a time");
        assert!(at.ends_with('Z'), "{line}");
        at.parse::<jiff::Timestamp>().expect("RFC 3339");
        for member in ["level", "target", "message"] {
            assert!(line[member].is_string(), "no {member}: {line}");
        }
        line
    });
    lines.collect()
}

/// The lines of requests for this path.
fn requests_for<'a>(lines: &'a [Value], path: &str) -> Vec<&'a Value> {
    let found = lines
        .iter()
        .filter(|line| line["message"] == "request" && line["path"] == path);
    found.collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn each_request_logs_one_line_with_all_fields() {
    // Nine hours ahead of the UTC times in the log.
    let narthex = with_json_log().with("TZ", "JST-9");
    let started = SystemClock.now().micros();
    let serving = narthex.serve();
    let browser = Browser::at(&serving.url);
    let form = [("name", "Ada"), ("email", ADA), ("password", PASSWORD)];
    browser.post("/register", &form).await.expect_status(303);
    browser.get("/account").await.expect_status(200);
    let user = browser.get("/api/v1/user").await.json()["id"].clone();
    let absent = "/account/tokens/0196b2f0-0000-7000-8000-000000000000";
    browser.get(absent).await.expect_status(404);
    let lines = lines_of(serving);
    for (path, route, status) in [
        ("/register", "/register", 303),
        ("/account", "/account", 200),
        (absent, "/account/tokens/{id}", 404),
    ] {
        let found = requests_for(&lines, path);
        assert_eq!(found.len(), 1, "{path}: {lines:#?}");
        let line = found[0];
        assert_eq!(line["route"], route, "{line}");
        assert_eq!(line["status"], status, "{line}");
        assert_eq!(line["ip"], "127.0.0.1", "{line}");
        let at = line["timestamp"].as_str().unwrap();
        assert!(at.ends_with('Z'), "{line}");
        let at: jiff::Timestamp = at.parse().unwrap();
        let elapsed = started..=SystemClock.now().micros();
        assert!(elapsed.contains(&at.as_microsecond()), "{line}");
        assert!(
            line["method"].is_string() && line["micros"].is_u64(),
            "{line}"
        );
        let known = if path == "/register" {
            &Value::Null
        } else {
            &user
        };
        assert_eq!(&line["user"], known, "{line}");
    }
    assert_eq!(requests_for(&lines, absent)[0]["refused"], "not-found");
}

#[tokio::test(flavor = "multi_thread")]
async fn each_error_logs_one_line_with_its_reason() {
    let narthex = with_json_log();
    let serving = narthex.serve();
    let anonymous = AnonymousClient::at(&serving.url);
    let get = |path: &str| anonymous.request(Method::GET, path);
    let post = |path: &str| anonymous.request(Method::POST, path).form(&[("x", "y")]);
    let wrong = json!({"email": ADA, "password": "a wrong password", "device_name": "x"});
    let requests = [
        (
            get("/account/sessions"),
            "/account/sessions",
            "not-signed-in",
        ),
        (
            get("/api/v1/user").bearer_auth("nrx_nonsense"),
            "/api/v1/user",
            "not-signed-in",
        ),
        (
            post("/logout").header("sec-fetch-site", "cross-site"),
            "/logout",
            "cross-site",
        ),
        (
            get("/register").header("host", "evil.example"),
            "/register",
            "misdirected",
        ),
        (
            anonymous.request(Method::TRACE, "/account"),
            "/account",
            "method-not-allowed",
        ),
        (get("/.git/config"), "/.git/config", "not-found"),
        (
            anonymous
                .request(Method::POST, "/api/v1/sign-in")
                .json(&wrong),
            "/api/v1/sign-in",
            "wrong-password",
        ),
    ];
    let mut expected = Vec::new();
    for (request, path, slug) in requests {
        let answer = anonymous.send(request).await;
        assert!((300..500).contains(&answer.status), "{answer}");
        expected.push((path, slug));
    }
    // A form that is shown again logs no slug, because its status 422 has no other cause.
    let wrong = [("email", ADA), ("password", "a wrong password of hers")];
    anonymous.post("/login", &wrong).await.expect_status(422);
    let lines = lines_of(serving);
    assert_eq!(requests_for(&lines, "/login")[0]["status"], 422);
    for (path, slug) in expected {
        let found = requests_for(&lines, path);
        assert_eq!(found.len(), 1, "{path}: {lines:#?}");
        assert_eq!(found[0]["refused"], slug, "{}", found[0]);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn client_input_never_starts_a_log_line() {
    for format in ["json", "text"] {
        let narthex = Narthex::installed()
            .with("NARTHEX_LOG_FORMAT", format)
            .with("NARTHEX_LOG", "debug");
        let serving = narthex.serve();
        let forged = "%0d%0a2026-11-22T12:00:00Z%20ERROR%20forged";
        for target in [
            format!("/{forged}"),
            format!("/account/tokens/{forged}"),
            format!("/login?next={forged}"),
            "/%1b%5b31mred".to_owned(),
            "/\u{1b}[31mred".to_owned(),
            "/\"}{\"forged\":\"".to_owned(),
        ] {
            let head = format!("GET {target} HTTP/1.1\r\nHost: localhost\r\n\r\n");
            let answer = exchange(&serving.url, head.as_bytes());
            assert!(status(&answer) < 500, "{target}: {answer}");
        }
        for header in [
            "User-Agent: a\u{1b}[31m",
            "X-Forwarded-For: \u{85}",
            "Cookie: narthex=\u{9b}31m",
            "Authorization: Bearer \u{2028}",
            "Idempotency-Key: \u{1b}",
        ] {
            let head = format!("GET /account HTTP/1.1\r\nHost: localhost\r\n{header}\r\n\r\n");
            let answer = exchange(&serving.url, head.as_bytes());
            assert!(status(&answer) < 500, "{header:?}: {answer}");
        }
        let log = serving.stop().expect_code(0).stderr;
        assert!(log.contains("/account/tokens/%0d%0a"), "{log}");
        for line in log.lines() {
            assert!(!line.chars().any(char::is_control), "{line:?}");
            let is_genuine = match format {
                "json" => {
                    serde_json::from_str::<Value>(line).is_ok_and(|it| it["forged"].is_null())
                }
                // A line starts with a time and a level, and never with the forged time.
                _ => {
                    line.get(..27)
                        .is_some_and(|at| at.trim_start().parse::<jiff::Timestamp>().is_ok())
                        && !line.starts_with("2026-11-22T12:00:00Z")
                }
            };
            assert!(is_genuine, "{line}");
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn internal_error_logs_one_line_with_its_cause() {
    let operator = Operator::new().with("NARTHEX_LOG_FORMAT", "json");
    operator.add_user(ADA);
    let serving = operator.serve();
    operator.execute("ALTER TABLE users RENAME TO elsewhere");
    let body = json!({"email": ADA, "password": PASSWORD, "device_name": "x"});
    let anonymous = AnonymousClient::at(&serving.url);
    let answer = anonymous.post_json("/api/v1/sign-in", &body).await;
    answer.expect_status(503);
    let lines = lines_of(serving);
    let line = requests_for(&lines, "/api/v1/sign-in")[0];
    assert_eq!(line["level"], "ERROR", "{line}");
    assert!(line["cause"].as_str().unwrap().contains("users"), "{line}");
}

#[tokio::test(flavor = "multi_thread")]
async fn log_goes_to_standard_error_only() {
    let narthex = with_json_log();
    let serving = narthex.serve();
    AnonymousClient::at(&serving.url).get("/account").await;
    let outcome = serving.stop().expect_code(0);
    assert_eq!(outcome.stdout.lines().count(), 1, "{}", outcome.stdout);
    assert!(outcome.stderr.contains("/account"), "{}", outcome.stderr);
    for file in std::fs::read_dir(narthex.directory()).unwrap() {
        let name = file.unwrap().file_name().into_string().unwrap();
        let known = name == "narthex.key" || name.starts_with("narthex.db");
        assert!(known, "{name}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn log_redacts_misplaced_secrets_and_truncates_paths() {
    let operator = Operator::new();
    operator.add_user(ADA);
    let secret = operator.add_token(ADA, "deploy", &[]);
    let serving = operator.serve();
    let anonymous = AnonymousClient::at(&serving.url);
    for path in [
        format!("/api/v1/tokens/{secret}"),
        format!("/{secret}"),
        format!("/account/tokens/{}", secret.replace('_', "%5F")),
    ] {
        let answer = anonymous.get(&path).await;
        assert!((300..500).contains(&answer.status), "{answer}");
    }
    let head = format!("{secret} / HTTP/1.1\r\nHost: localhost\r\n\r\n");
    assert!(status(&exchange(&serving.url, head.as_bytes())) < 500);
    let long = "/long".repeat(2_000);
    anonymous.get(&long).await.expect_status(404);
    let log = serving.stop().expect_code(0).stderr;
    let (_, random) = secret.split_once('_').unwrap();
    assert!(!log.contains(random), "{log}");
    assert!(log.contains("path=\"/api/v1/tokens/nrx_…\""), "{log}");
    assert!(log.contains("path=\"/long/long"), "{log}");
    for line in log.lines() {
        assert!(line.len() < 1_000, "{line}");
    }
}
