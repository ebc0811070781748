//! Faults of the environment. Each fault is real: a full disk is full, a server that is down
//! refuses connections, a killed process is killed.

mod changes;
mod clock;
mod contention;
mod disk;
mod flood;
mod keys;
mod log;
mod panic_and_rng;
mod postgres_unavailable;
mod slow_reader;
mod stop;

use std::path::Path;

use serde_json::json;

use crate::support::answer::Answer;
use crate::support::app::PASSWORD;
use crate::support::binary::{Narthex, RunningServer};
use crate::support::client::{AnonymousClient, ApiClient};
use crate::support::programs;

const ADA: &str = "ada@example.com";

impl Answer {
    /// Expects a temporary failure: `503`, a `Retry-After`, and no details of the cause.
    #[track_caller]
    fn expect_outage(self) -> Self {
        let answer = self.expect_status(503);
        assert!(answer.header("retry-after").is_some(), "{answer}");
        let body = answer.text.to_lowercase();
        for word in [
            "sql", "select", "insert", "libpq", "database", "disk", "panick",
        ] {
            assert!(!body.contains(word), "the body contains `{word}`: {answer}");
        }
        answer
    }
}

fn is_root() -> bool {
    use std::os::unix::fs::MetadataExt as _;
    std::fs::metadata("/proc/self").is_ok_and(|metadata| metadata.uid() == 0)
}

/// A command prefix that runs this shell line and then a program in a mount namespace of its own.
/// Its mounts are invisible to other processes and end with the program.
fn in_mount_namespace(line: &str) -> Vec<String> {
    programs::find("unshare", "util-linux");
    let mut words = vec!["unshare", "--mount"];
    if !is_root() {
        words.push("--map-root-user");
    }
    let line = format!("{line} && exec \"$0\" \"$@\"");
    words.extend(["sh", "-c", &line]);
    words.into_iter().map(str::to_owned).collect()
}

/// A command prefix that runs a program in the mount namespace of a running server.
fn in_namespace_of(serving: &RunningServer) -> Vec<String> {
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

/// Creates an account, signs in as a device and returns a client with the token.
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

/// Signs in as a device, with any outcome.
async fn sign_in(url: &str) -> Answer {
    let device =
        json!({"email": ADA, "password": PASSWORD, "device_name": "another", "expires_in": null});
    AnonymousClient::at(url)
        .post_json("/api/v1/sign-in", &device)
        .await
}

fn token_body(name: &str) -> serde_json::Value {
    json!({"name": name, "abilities": ["account:read"]})
}

/// The path of a file as this process reaches it in the server's mount namespace.
fn path_in_namespace(serving: &RunningServer, narthex: &Narthex, name: &str) -> std::path::PathBuf {
    let root_of_server = format!("/proc/{}/root", serving.process());
    let path = narthex.directory().join(name);
    Path::new(&root_of_server).join(path.strip_prefix("/").expect("an absolute path"))
}
