//! Secrets in the database and in the log: digests and hints are stored, secrets are not.

use std::fmt::Write as _;
use std::time::Duration;

use base64::{Engine as _, prelude::BASE64_STANDARD};

use narthex::credentials::prune;

use crate::support::app::{PASSWORD, TestApp};
use crate::support::binary::Narthex;
use crate::support::client::{ApiClient, Browser};
use crate::support::sql::query_lines;

const ADA: &str = "ada@example.com";
const NEW: &str = "another long password";

fn tables(app: &TestApp) -> Vec<String> {
    query_lines(
        app,
        "SELECT name AS line FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite_%' ORDER BY 1",
        "SELECT table_name::text AS line FROM information_schema.tables WHERE table_schema = 'public' ORDER BY 1",
    )
}

/// Returns every row of every table as text, with bytes in hexadecimal.
fn dump(app: &TestApp) -> String {
    let mut dump = String::new();
    for table in tables(app) {
        let columns = query_lines(
            app,
            &format!("SELECT 'quote(' || name || ')' AS line FROM pragma_table_info('{table}')"),
            "SELECT 'x' AS line",
        );
        let rows = query_lines(
            app,
            &format!(
                "SELECT {} AS line FROM {table}",
                columns.join(" || ',' || ")
            ),
            &format!("SELECT row_to_json(t)::text AS line FROM {table} t"),
        );
        for row in rows {
            writeln!(dump, "{table}: {row}").unwrap();
        }
    }
    dump
}

fn hex(text: &str) -> String {
    text.bytes().map(|byte| format!("{byte:02x}")).collect()
}

/// Expects that the text contains the secret neither literally nor in hexadecimal or base64.
#[track_caller]
fn expect_absent(text: &str, secret: &str) {
    let lowercase = text.to_ascii_lowercase();
    assert!(!secret.is_empty());
    assert!(!text.contains(secret), "found: {secret}");
    assert!(
        !lowercase.contains(&hex(secret)),
        "found in hexadecimal: {secret}"
    );
    let base64 = BASE64_STANDARD.encode(secret);
    assert!(
        !text.contains(base64.trim_end_matches('=')),
        "found in base64: {secret}"
    );
}

/// Returns the secret in the session cookie, and the whole value of the cookie.
fn secrets_of(browser: &Browser) -> Vec<String> {
    let value = browser.cookie("narthex").expect("a cookie").value;
    let parts = value.split(|c: char| !(c.is_ascii_alphanumeric() || c == '-' || c == '_'));
    let mut secrets: Vec<String> = parts
        .filter(|part| part.len() >= 43)
        .map(|part| {
            // The part may begin with the two digits of an escaped quote.
            part[part.len() - 43..].to_owned()
        })
        .collect();
    assert!(!secrets.is_empty(), "{value}");
    secrets.push(value);
    secrets
}

/// Uses every feature that handles secrets, and returns all of these secrets.
async fn use_everything(origin: &str) -> Vec<String> {
    let browser = Browser::at(origin);
    let form = [("name", "Ada"), ("email", ADA), ("password", PASSWORD)];
    browser
        .post("/register", &form)
        .await
        .expect_redirect("/account");
    let mut secrets = vec![PASSWORD.to_owned(), NEW.to_owned()];
    secrets.extend(secrets_of(&browser));
    let form = [("name", "CI"), ("abilities", "*"), ("expires", "never")];
    let made = browser
        .post("/account/tokens", &form)
        .await
        .expect_status(200);
    let token = crate::support::app::secret_in(&made.text);
    let client = ApiClient::at(origin, &token);
    client.get("/api/v1/user").await.expect_status(200);
    let id = client.get("/api/v1/tokens/current").await.json()["id"].to_string();
    let path = format!("/api/v1/tokens/{}/rotate", id.trim_matches('"'));
    let rotate = client.request(reqwest::Method::POST, &path);
    let rotate = rotate.header("Idempotency-Key", "a key of a program's own choice");
    let rotated = client
        .send(rotate.json(&serde_json::json!({"overlap": "1h"})))
        .await;
    secrets.push(crate::support::app::secret_in(
        &rotated.expect_status(200).text,
    ));
    secrets.push("a key of a program's own choice".to_owned());
    let sign_in = serde_json::json!({"email": ADA, "password": PASSWORD, "device_name": "cli"});
    let device = client.post("/api/v1/sign-in", &sign_in).await;
    // Sign-in needs no token.
    let device = match device.status {
        201 => device.json()["secret"].as_str().unwrap().to_owned(),
        _ => panic!("{device}"),
    };
    let wrong = [("email", ADA), ("password", "a wrong password, mistyped")];
    Browser::at(origin)
        .post("/login", &wrong)
        .await
        .expect_status(422);
    browser
        .post("/account/confirm", &[("password", PASSWORD)])
        .await
        .expect_status(303);
    secrets.extend(secrets_of(&browser));
    let form = [("current_password", PASSWORD), ("password", NEW)];
    browser
        .post("/account/password", &form)
        .await
        .expect_status(303);
    secrets.extend(secrets_of(&browser));
    for path_with_bad_token in [format!("/account?token={token}"), "/api/v1/user".to_owned()] {
        ApiClient::at(origin, &format!("{}x", &token[..39]))
            .get(&path_with_bad_token)
            .await;
    }
    ApiClient::at(origin, &device)
        .delete("/api/v1/tokens/current")
        .await
        .expect_status(204);
    secrets.extend([token, device, "a wrong password, mistyped".to_owned()]);
    secrets
}

#[tokio::test(flavor = "multi_thread")]
async fn database_contains_no_secret() {
    let app = TestApp::start_at_root(&[]);
    let secrets = use_everything(&app.origin).await;
    let dump = dump(&app);
    assert!(dump.contains(ADA), "the dump has the stored rows");
    for secret in secrets {
        expect_absent(&dump, &secret);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn cleanup_deletes_previous_secrets() {
    let app = TestApp::start_with(&[("NARTHEX_KEEP_ENDED", "30d")]);
    let ada = app.register(ADA).await;
    let token = app.token(&ada, "CI", &[]).await;
    let path = format!("/account/tokens/{}/rotate", token.id);
    let shown = ada.post(&path, &[("overlap", "1h")]).await;
    shown.expect_status(200);
    let hints = "SELECT hint AS line FROM secrets WHERE hint <> ''";
    let day = Duration::from_secs(24 * 3600);
    app.advance(30 * day);
    prune(&app.state).await.unwrap();
    assert_eq!(query_lines(&app, hints, hints).len(), 2);
    app.advance(day);
    prune(&app.state).await.unwrap();
    assert_eq!(query_lines(&app, hints, hints).len(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn log_at_trace_level_contains_no_secret() {
    let narthex = Narthex::installed().with("NARTHEX_LOG", "trace");
    let serving = narthex.serve();
    let secrets = use_everything(&serving.url).await;
    let log = serving.stop().expect_code(0).stderr;
    assert!(log.contains("/account/tokens"), "the log has the requests");
    for secret in secrets {
        expect_absent(&log, &secret);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn files_of_the_first_start_are_readable_by_their_owner_only() {
    use std::os::unix::fs::PermissionsExt as _;
    let narthex = Narthex::installed();
    let serving = narthex.serve();
    let mut made = 0;
    for file in std::fs::read_dir(narthex.directory()).unwrap() {
        let file = file.unwrap();
        let mode = file.metadata().unwrap().permissions().mode();
        assert_eq!(mode & 0o077, 0, "{} {mode:o}", file.path().display());
        made += 1;
    }
    assert!(made >= 2, "a database and a key");
    drop(serving);
}

#[tokio::test(flavor = "multi_thread")]
async fn passwords_are_stored_as_argon2id_with_separate_salts() {
    let app = TestApp::start();
    for email in [ADA, "grace@example.com"] {
        app.command_line()
            .run_with_input(&["user", "add", email, "--name", "Ada"], PASSWORD)
            .expect_code(0);
    }
    let query = "SELECT password_hash AS line FROM users";
    let stored = query_lines(&app, query, query);
    for one in &stored {
        assert!(one.starts_with("$argon2id$v=19$m=19456,t=2,p=1$"), "{one}");
    }
    assert_ne!(stored[0], stored[1]);
}

#[tokio::test(flavor = "multi_thread")]
async fn rows_of_a_user_are_deleted_with_the_user() {
    let app = TestApp::start();
    let of_users = query_lines(
        &app,
        "SELECT m.name || '.' || f.\"from\" || ' ' || f.on_delete AS line FROM sqlite_master m, pragma_foreign_key_list(m.name) f WHERE m.type = 'table' AND f.\"table\" = 'users' ORDER BY 1",
        "SELECT c.conrelid::regclass::text || '.' || a.attname || CASE c.confdeltype WHEN 'c' THEN ' CASCADE' ELSE ' no' END AS line FROM pg_constraint c JOIN pg_attribute a ON a.attrelid = c.conrelid AND a.attnum = c.conkey[1] WHERE c.contype = 'f' AND c.confrelid = 'users'::regclass ORDER BY 1",
    );
    let columns = query_lines(
        &app,
        "SELECT m.name || '.user_id CASCADE' AS line FROM sqlite_master m, pragma_table_info(m.name) i WHERE m.type = 'table' AND i.name = 'user_id' ORDER BY 1",
        "SELECT table_name || '.user_id CASCADE' AS line FROM information_schema.columns WHERE table_schema = 'public' AND column_name = 'user_id' ORDER BY 1",
    );
    // An app learns of the deletion from this table.
    let kept = "account_changes.user_id CASCADE";
    let columns: Vec<_> = columns.into_iter().filter(|one| one != kept).collect();
    assert!(columns.len() >= 3, "{columns:?}");
    assert_eq!(of_users, columns);
}

/// Whether a row of a dump tells an app of a change.
fn is_change(row: &str) -> bool {
    row.starts_with("account_changes: ") || row.starts_with("account_change_sequence: ")
}

#[tokio::test(flavor = "multi_thread")]
async fn deletion_is_reported_to_apps_until_it_is_old() {
    let app = TestApp::start();
    let browser = app.register(ADA).await;
    let form = [("password", PASSWORD)];
    browser
        .post("/account/delete", &form)
        .await
        .expect_status(303);
    let count = "SELECT CAST(count(*) AS text) AS line FROM account_changes";
    assert_eq!(query_lines(&app, count, count), ["3"]);
    app.advance(Duration::from_secs(31 * 24 * 3600));
    prune(&app.state).await.unwrap();
    assert_eq!(query_lines(&app, count, count), ["0"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn deleted_user_leaves_no_row() {
    // For an hour, an invalidation in the database contains the ID of its user.
    let app = TestApp::start();
    app.register("grace@example.com").await;
    let others = dump(&app);
    let browser = app.register(ADA).await;
    app.token_of(&browser, "CI", &["*"]).await;
    app.sign_in(ADA).await;
    let id = browser.get("/api/v1/user").await.json()["id"]
        .as_str()
        .unwrap()
        .replace('-', "");
    assert!(
        dump(&app).to_ascii_lowercase().contains(&id),
        "the dump has IDs"
    );
    browser
        .post("/account/delete", &[("password", PASSWORD)])
        .await
        .expect_status(303);
    app.advance(Duration::from_secs(3601));
    prune(&app.state).await.unwrap();
    let remaining = dump(&app);
    assert!(!remaining.contains(ADA), "{remaining}");
    let has_id = |dump: &str| {
        let mut rows = dump.lines();
        rows.any(|row| !is_change(row) && row.to_ascii_lowercase().contains(&id))
    };
    assert!(!has_id(&remaining), "{remaining}");
    let rows = |dump: &str| {
        // The newest invalidation stays, without the ID of a user.
        let is_not_of_a_user = |row: &&str| {
            is_change(row)
                || ["nodes: ", "invalidations: ", "attempt_counters: "]
                    .iter()
                    .any(|table| row.starts_with(table))
        };
        dump.lines().filter(|row| !is_not_of_a_user(row)).count()
    };
    assert_eq!(rows(&remaining), rows(&others), "{remaining}");
}

/// If only known addresses cost a write, the response time would reveal which addresses have an
/// account.
#[tokio::test]
async fn refused_sign_in_is_recorded_for_unknown_accounts_too() {
    let app = TestApp::start();
    app.register("ada@example.com").await;
    for email in ["ada@example.com", "nobody@example.com"] {
        let form = [("email", email), ("password", "a wrong password of hers")];
        app.browser().post("/login", &form).await.expect_status(422);
    }
    let refused = query_lines(
        &app,
        "SELECT CAST(COUNT(*) AS TEXT) AS line FROM events WHERE kind = 'password.refused'",
        "SELECT COUNT(*)::text AS line FROM events WHERE kind = 'password.refused'",
    );
    assert_eq!(refused, ["2"]);
}
