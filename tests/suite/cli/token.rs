//! `narthex token`: the operator creates, lists and revokes tokens.

use std::fs::File;
use std::time::Duration;

use narthex::util::clock::Timestamp;
use serde_json::{Value, json};

use crate::support::client::ApiClient;
use crate::support::operator::Operator;

const ADA: &str = "ada@example.com";

/// An operator with the account of Ada.
fn operator() -> Operator {
    let operator = Operator::new();
    operator.add_user(ADA);
    operator
}

fn time(value: &Value) -> Timestamp {
    Timestamp::parse(value.as_str().expect("a time")).expect("a time in RFC 3339")
}

#[test]
fn token_add_prints_the_secret_to_standard_output_only() {
    let operator = operator();
    let outcome = operator.run(&[
        "token",
        "add",
        ADA,
        "--name",
        "deploy",
        "--ability",
        "account:read",
    ]);
    let outcome = outcome.expect_code(0);
    let secret = outcome.stdout.strip_suffix('\n').expect("one line");
    let tail = secret.strip_prefix("nrx_").expect("the prefix");
    assert_eq!(tail.len(), 36);
    assert!(
        tail.bytes().all(|byte| byte.is_ascii_alphanumeric()),
        "{secret}"
    );

    assert!(!outcome.stderr.contains(secret), "{outcome:#?}");
    let message = [
        &*format!(
            "Created the service token “deploy” (…{}) for {ADA}.",
            &secret[36..]
        ),
        "Its abilities: account:read.",
        "It expires in 90 days, on ",
        &*format!("narthex token revoke {}", operator.only_token_of(ADA)),
    ];
    for words in message {
        assert!(outcome.stderr.contains(words), "{words}: {outcome:#?}");
    }
}

#[tokio::test]
async fn token_has_exactly_its_abilities() {
    let operator = operator();
    let reader = operator.add_token(
        ADA,
        "may",
        &["--ability", "tokens:read", "--ability", "account:*"],
    );
    let without_abilities = operator.add_token(ADA, "nothing", &[]);
    let serving = operator.serve();
    let call =
        async |secret: &str, path: &str| ApiClient::at(&serving.url, secret).get(path).await.status;
    assert_eq!(call(&reader, "/api/v1/tokens").await, 200);
    assert_eq!(call(&reader, "/api/v1/events").await, 200);
    assert_eq!(call(&reader, "/api/v1/sessions").await, 403);
    assert_eq!(call(&without_abilities, "/api/v1/user").await, 200);
    assert_eq!(call(&without_abilities, "/api/v1/tokens").await, 403);
}

#[test]
fn token_is_a_service_token_for_90_days_by_default() {
    let operator = operator();
    let now = |more: &[&str]| {
        operator.add_token(ADA, "x", more);
        let listed = operator.json(&["token", "list", ADA]);
        listed["data"][0].clone()
    };
    let lifetime = |token: &Value| {
        time(&token["expires_at"]).saturating_duration_since(time(&token["created_at"]))
    };
    let days = |days: u64| Duration::from_secs(days * 24 * 3600);
    let expect_near = |lifetime: Duration, expected: Duration| {
        assert!(
            lifetime <= expected && lifetime + Duration::from_secs(60) > expected,
            "{lifetime:?}"
        );
    };

    let default_token = now(&[]);
    assert_eq!(default_token["kind"], "service");
    expect_near(lifetime(&default_token), days(90));
    expect_near(lifetime(&now(&["--expires-in", "30d"])), days(30));
    assert!(now(&["--never"])["expires_at"].is_null());
    assert_eq!(now(&["--kind", "personal"])["kind"], "personal");
}

#[test]
fn token_lifetime_is_limited_by_the_setting() {
    let operator = operator().with("NARTHEX_TOKEN_MAX_AGE", "30d");
    for flag in [&["--never"][..], &["--expires-in", "31d"]] {
        let arguments = [&["token", "add", ADA, "--name", "x"], flag].concat();
        let line = operator.run_err(&arguments);
        assert!(
            line.starts_with(flag[0]) && line.contains("30 days"),
            "{line}"
        );
    }
    let outcome = operator
        .run(&["token", "add", ADA, "--name", "x"])
        .expect_code(0);
    assert!(
        outcome.stderr.contains("It expires in 30 days, on "),
        "{outcome:#?}"
    );
}

#[test]
fn token_add_accepts_declared_abilities_only() {
    let operator = operator();
    let arguments = [
        "token",
        "add",
        ADA,
        "--name",
        "x",
        "--ability",
        "orders:read",
    ];
    let line = operator.run_err(&arguments);
    assert_eq!(line, "--ability: There is no ability “orders:read”.");

    let file = operator.narthex.directory().join("narthex.toml");
    std::fs::write(
        file,
        "[abilities]\n\"orders:read\" = \"Read your orders\"\n",
    )
    .unwrap();
    operator.run_ok(&arguments);
    let listed = operator.json(&["token", "list", ADA]);
    assert_eq!(listed["data"][0]["abilities"], json!(["orders:read"]));
}

#[test]
fn invalid_token_arguments_are_a_usage_error() {
    let operator = operator();
    for arguments in [
        &["--name", " "][..],
        &["--name", "x", "--kind", "device"],
        &["--name", "x", "--expires-in", "soon"],
        &["--name", "x", "--expires-in", "0"],
        &["--name", "x", "--expires-in", "1d", "--never"],
        &["--name", "x", "--secret", "nrx_"],
        &[],
    ] {
        let outcome = operator.run(&[&["token", "add", ADA], arguments].concat());
        assert_eq!(outcome.expect_code(2).stdout, "", "{arguments:?}");
    }
    for arguments in [
        &["token", "revoke", "x"][..],
        &["token", "revoke"],
        &["token"],
    ] {
        operator.run(arguments).expect_code(2);
    }
    assert_eq!(operator.json(&["token", "list", ADA])["data"], json!([]));
}

#[test]
fn token_is_revoked_if_its_secret_cannot_be_printed() {
    let operator = operator();
    let full = File::options().write(true).open("/dev/full").unwrap();
    let mut command = operator
        .narthex
        .command(&["token", "add", ADA, "--name", "x"]);
    let output = command.stdout(full).output().unwrap();
    let stderr = String::from_utf8(output.stderr).unwrap();
    assert_eq!(output.status.code(), Some(1), "{stderr}");
    assert!(
        stderr.starts_with("narthex: the secret could not be printed"),
        "{stderr}"
    );
    assert_eq!(stderr.lines().count(), 1, "{stderr}");
    assert_eq!(operator.json(&["token", "list", ADA])["data"], json!([]));
}

#[test]
fn active_tokens_are_listed_as_text() {
    let operator = operator();
    let outcome = operator.run(&["token", "list", ADA]).expect_code(0);
    assert_eq!(
        (&*outcome.stdout, &*outcome.stderr),
        ("", "There are no active tokens.\n")
    );

    let secret = operator.add_token(
        ADA,
        "CI of the shop",
        &["--never", "--ability", "account:read"],
    );
    let listed = operator.run_ok(&["token", "list", ADA]);
    let lines: Vec<_> = listed.lines().collect();
    assert_eq!(lines.len(), 2, "{listed}");
    assert!(!listed.contains(&secret));
    let cells: Vec<_> = lines[1]
        .split("  ")
        .map(str::trim)
        .filter(|cell| !cell.is_empty())
        .collect();
    let name = format!("CI of the shop (…{})", &secret[36..]);
    assert_eq!(
        cells[1..],
        [
            "service",
            "active",
            "less than a minute ago",
            "never",
            "never",
            &name,
            "account:read"
        ]
    );
}

#[tokio::test]
async fn token_list_json_equals_the_api() {
    let operator = operator();
    let secret = operator.add_token(ADA, "x", &["--ability", "tokens:read"]);
    let serving = operator.serve();
    let answer = ApiClient::at(&serving.url, &secret)
        .get("/api/v1/tokens")
        .await;
    let mut by_api = answer.expect_status(200).json();
    // The last use of that call is flushed when the server stops, at the latest.
    serving.stop();
    let mut by_command = operator.json(&["token", "list", ADA]);
    for list in [&mut by_api, &mut by_command] {
        assert!(list["data"][0]["last_used_at"].is_string(), "{list}");
        list["data"][0]["last_used_at"] = Value::Null;
    }
    assert_eq!(by_command, by_api);
}

#[tokio::test]
async fn revoked_token_is_refused_by_a_running_server() {
    let operator = operator();
    let secret = operator.add_token(ADA, "deploy", &[]);
    let id = operator.only_token_of(ADA);
    let other = operator.add_token(ADA, "other", &[]);
    let serving = operator.serve();
    assert!(serving.accepts_token(&secret).await);

    let message = operator.run_ok(&["token", "revoke", &id]);
    let beginning = format!("Revoked the token {id}.\nThat revoked 1 token; the receipt is ");
    assert!(message.starts_with(&beginning), "{message}");
    assert!(!serving.accepts_token(&secret).await);
    assert!(
        serving.accepts_token(&other).await,
        "the other token stays active"
    );
}

#[test]
fn revoking_a_revoked_token_succeeds_with_a_notice() {
    let operator = operator();
    operator.add_token(ADA, "x", &[]);
    let id = operator.only_token_of(ADA);
    let receipt = operator.json(&["token", "revoke", &id]);
    assert_eq!(receipt["reason"], "operator");
    assert_eq!(receipt["credentials"][0]["id"], *id);
    let message = operator.run_ok(&["token", "revoke", &id]);
    assert_eq!(
        message,
        format!("The token {id} was revoked less than a minute ago.\n")
    );
    assert_eq!(operator.json(&["token", "revoke", &id]), Value::Null);

    operator.add_token(ADA, "y", &[]);
    let id = operator.only_token_of(ADA);
    operator.execute("UPDATE credentials SET expires_at = created_at");
    // A node with a slow clock may still accept it, so that it is revoked all the same.
    let receipt = operator.json(&["token", "revoke", &id]);
    assert_eq!(receipt["credentials"][0]["id"], *id);
}

#[tokio::test]
async fn revoke_refuses_unknown_ids_and_ids_of_sessions() {
    let operator = operator();
    let unknown = "01a205c5-ed92-7e57-835c-f6252ccb0444";
    let line = operator.run_err(&["token", "revoke", unknown]);
    assert_eq!(line, format!("there is no token {unknown}"));

    let serving = operator.serve();
    let browser = serving.sign_in(ADA, "curl/8").await;
    let session = operator.only_session_of(ADA);
    let line = operator.run_err(&["token", "revoke", &session]);
    assert_eq!(line, format!("there is no token {session}"));
    assert!(serving.is_signed_in(&browser).await);
}

/// The pages say "permission".
#[test]
fn refused_ability_is_called_an_ability() {
    let operator = Operator::new();
    operator.add_user(ADA);
    let add = ["token", "add", ADA, "--name", "x", "--ability"];
    for (abilities, sentence) in [
        (
            &["permission"][..],
            "--ability: There is no ability “permission”.",
        ),
        (
            &["tokens:read", "--ability", "tokens:read"],
            "--ability: The ability “tokens:read” is listed twice.",
        ),
    ] {
        let line = operator.run_err(&[&add[..], abilities].concat());
        assert_eq!(line, sentence);
    }
    let many = ["--ability", "tokens:read"].repeat(101);
    let line = operator.run_err(&[&add[..5], &many[..]].concat());
    assert_eq!(line, "--ability: Choose at most 100 abilities.");
    let outcome = operator.run(&["sign-out", ADA, "--ability", "x y"]);
    let outcome = outcome.expect_code(2);
    let sentence = "--ability: Enter an ability such as tokens:read.";
    assert!(outcome.stderr.contains(sentence), "{outcome:#?}");
}
