//! What happens when something that Narthex stands on gives way. Each fault is a real one: a full
//! disk is full, a server that is down refuses connections, a killed process is killed.

mod changes;
mod clock;
mod contention;
mod disk;
mod flood;
mod gone;
mod inside;
mod keys;
mod log;
mod slow;
mod stop;

use std::path::Path;

use serde_json::json;

use crate::support::answer::Answer;
use crate::support::app::PASSWORD;
use crate::support::binary::{Narthex, RunningServer};
use crate::support::client::{AnonymousClient, ApiClient};

const ADA: &str = "ada@example.com";

impl Answer {
    /// It was not done, now: `503`, when to come back, and not a word of what is behind it.
    #[track_caller]
    fn expect_outage(self) -> Self {
        let answer = self.expect_status(503);
        assert!(answer.header("retry-after").is_some(), "{answer}");
        let told = answer.text.to_lowercase();
        for word in [
            "sql", "select", "insert", "libpq", "database", "disk", "panick",
        ] {
            assert!(!told.contains(word), "it says `{word}`: {answer}");
        }
        answer
    }
}

fn is_root() -> bool {
    use std::os::unix::fs::MetadataExt as _;
    std::fs::metadata("/proc/self").is_ok_and(|we| we.uid() == 0)
}

/// Words that start a program after this line of a shell, in a place of its own in the file system:
/// what is mounted there is seen by nobody else and gone with the program.
fn after_mounting(line: &str) -> Vec<String> {
    let mut words = vec!["unshare", "--mount"];
    if !is_root() {
        words.push("--map-root-user");
    }
    let line = format!("{line} && exec \"$0\" \"$@\"");
    words.extend(["sh", "-c", &line]);
    words.into_iter().map(str::to_owned).collect()
}

/// Words that start a program in that place of a program that runs.
fn where_it_runs(serving: &RunningServer) -> Vec<String> {
    let process = serving.process().to_string();
    let words = [
        "nsenter",
        "--target",
        &process,
        "--user",
        "--preserve-credentials",
        "--mount",
    ];
    let root = is_root();
    let words = words.into_iter();
    words
        .filter(|word| !root || !["--user", "--preserve-credentials"].contains(word))
        .map(str::to_owned)
        .collect()
}

/// Somebody's first token, made by signing in as a device; the account is made before.
async fn ada_with_a_token(url: &str) -> ApiClient {
    let form = [("name", "Ada"), ("email", ADA), ("password", PASSWORD)];
    let anonymous = AnonymousClient::at(url);
    anonymous.post("/register", &form).await.expect_status(303);
    let device =
        json!({"email": ADA, "password": PASSWORD, "device_name": "a program", "expires_in": null});
    let made = anonymous.post_json("/api/v1/sign-in", &device).await;
    let made = made.expect_status(201).json();
    ApiClient::at(url, made["secret"].as_str().expect("a secret"))
}

/// Signs in as a device, whatever comes of it.
async fn sign_in(url: &str) -> Answer {
    let device =
        json!({"email": ADA, "password": PASSWORD, "device_name": "another", "expires_in": null});
    AnonymousClient::at(url)
        .post_json("/api/v1/sign-in", &device)
        .await
}

fn a_token(name: &str) -> serde_json::Value {
    json!({"name": name, "abilities": ["account:read"]})
}

/// A path as the process sees it.
fn within(serving: &RunningServer, narthex: &Narthex, name: &str) -> std::path::PathBuf {
    let seen = format!("/proc/{}/root", serving.process());
    let path = narthex.directory().join(name);
    Path::new(&seen).join(path.strip_prefix("/").expect("an absolute path"))
}
