//! Collects everything that the suite logs and every secret that it uses. After all tests,
//! `scripts/test` searches the log for the secrets, because a single test cannot see the logs of
//! the others.

use std::fs::{File, OpenOptions};
use std::io::Write as _;
use std::path::Path;
use std::sync::{Mutex, OnceLock};

use reqwest::Request;
use reqwest::header::{AUTHORIZATION, COOKIE};
use serde_json::Value;
use tracing_subscriber::{EnvFilter, fmt, prelude::*};

use super::answer::Answer;

/// Shorter values are mistyped passwords and broken tokens, which occur in any text.
const MIN_LENGTH: usize = 12;

/// Fields whose values are secrets, in forms and in JSON.
const FIELDS: [&str; 4] = ["password", "current_password", "secret", "token"];

/// The two files, in a run that collects them.
struct ScanFiles {
    log: Mutex<File>,
    secrets: Mutex<File>,
}

fn scan_files() -> Option<&'static ScanFiles> {
    static FILES: OnceLock<Option<ScanFiles>> = OnceLock::new();
    FILES.get_or_init(open_files).as_ref()
}

#[expect(
    clippy::disallowed_methods,
    reason = "the environment of the run names the folder, not a setting of Narthex"
)]
fn open_files() -> Option<ScanFiles> {
    let folder = std::env::var_os("NARTHEX_TEST_EVIDENCE")?;
    let file = |name: &str| {
        let path = Path::new(&folder).join(name);
        OpenOptions::new()
            .create(true)
            .append(true)
            .open(path)
            .expect("a file")
    };
    // Everything that a server logs, and nothing of the test's own clients.
    let filter = "trace,hyper=off,hyper_util=off,reqwest=off,thirtyfour=off,want=off,mio=off";
    tracing_subscriber::registry()
        .with(EnvFilter::new(filter))
        .with(
            fmt::layer()
                .with_ansi(false)
                .with_writer(Mutex::new(file("log"))),
        )
        .init();
    Some(ScanFiles {
        log: Mutex::new(file("log")),
        secrets: Mutex::new(file("secrets")),
    })
}

/// Collects the log of this process. Call before a server starts in it.
pub fn start_logging() {
    scan_files();
}

/// Collects the log of a server that ran in its own process.
pub fn record_log(text: &str) {
    if let Some(scan_files) = scan_files() {
        let written = scan_files.log.lock().unwrap().write_all(text.as_bytes());
        written.expect("room for a log");
    }
}

/// Collects the secrets of a request: the credential, and the passwords and tokens of its body.
pub fn record_request(request: &Request) {
    if scan_files().is_none() {
        return;
    }
    let headers = request.headers();
    let text = |value: &reqwest::header::HeaderValue| value.to_str().unwrap_or("").to_owned();
    for value in headers.get_all(AUTHORIZATION).iter().map(text) {
        record_secret(value.rsplit(' ').next().unwrap_or(""));
    }
    for value in headers.get_all(COOKIE).iter().map(text) {
        for pair in value.split("; ") {
            record_secret(pair.split_once('=').map_or("", |(_, value)| value));
        }
    }
    let body = request.body().and_then(reqwest::Body::as_bytes);
    let Some(body) = body else { return };
    match serde_json::from_slice(body) {
        Ok(json) => record_json_secrets(&json),
        Err(_) => url::form_urlencoded::parse(body)
            .filter(|(name, _)| FIELDS.contains(&&**name))
            .for_each(|(_, value)| record_secret(&value)),
    }
}

/// Collects the secrets of a response: a token or a cookie.
pub fn record_response(answer: &Answer) {
    if scan_files().is_none() {
        return;
    }
    for cookie in answer.headers_named("set-cookie") {
        let pair = cookie.split(';').next().unwrap_or("");
        record_secret(pair.split_once('=').map_or("", |(_, value)| value));
    }
    if let Ok(json) = serde_json::from_str(&answer.text) {
        record_json_secrets(&json);
    }
    for (at, _) in answer.text.match_indices("nrx_") {
        let secret: String = answer.text[at..].chars().take(40).collect();
        record_secret(&secret);
    }
}

fn record_json_secrets(json: &Value) {
    let Value::Object(members) = json else { return };
    for (name, value) in members {
        match value {
            Value::String(text) if FIELDS.contains(&&**name) => record_secret(text),
            _ => {}
        }
    }
}

fn record_secret(secret: &str) {
    let one_line = !secret.contains(['\n', '\r', '\0']);
    if let Some(scan_files) = scan_files()
        && secret.len() >= MIN_LENGTH
        && one_line
    {
        let line = format!("{secret}\n");
        let written = scan_files
            .secrets
            .lock()
            .unwrap()
            .write_all(line.as_bytes());
        written.expect("room for a secret");
    }
}
