//! `narthex sign-out`: the operator revokes credentials of a user by a filter.

use serde_json::Value;

use crate::support::binary::Narthex;
use crate::support::database::Engine;
use crate::support::operator::Operator;
use crate::support::user_agents::{FIREFOX_ON_LINUX, SAFARI_ON_IPHONE};

const ADA: &str = "ada@example.com";

fn operator() -> Operator {
    let operator = Operator::new();
    operator.add_user(ADA);
    operator
}

/// Returns the names of the tokens and the kinds of the sessions of a preview or a receipt.
fn labels(output: &Value) -> Vec<&str> {
    let credentials = output["credentials"].as_array().expect("credentials");
    let mut names: Vec<_> = credentials
        .iter()
        .filter_map(|one| one["name"].as_str().or(one["kind"].as_str()))
        .collect();
    names.sort_unstable();
    names
}

#[tokio::test]
async fn empty_filter_revokes_all_credentials_of_the_user() {
    let operator = operator();
    operator.add_user("grace@example.com");
    let serving = operator.serve();
    let phone = serving.sign_in(ADA, SAFARI_ON_IPHONE).await;
    let secret = operator.add_token(ADA, "deploy", &[]);
    let graces = operator.add_token("grace@example.com", "x", &[]);
    assert!(serving.is_signed_in(&phone).await && serving.accepts_token(&secret).await);

    let output = operator.run_ok(&["sign-out", ADA]);
    let beginning =
        "Signed ada@example.com out.\nThat revoked 1 session and 1 token; the receipt is ";
    assert!(output.starts_with(beginning), "{output}");
    assert!(
        output.contains("Safari on iOS") && output.contains("deploy (…"),
        "{output}"
    );
    assert!(!serving.is_signed_in(&phone).await);
    assert!(!serving.accepts_token(&secret).await);
    assert!(
        serving.accepts_token(&graces).await,
        "other users are not affected"
    );
    let output = operator.run_ok(&["sign-out", ADA]);
    assert!(
        output.contains("That revoked nothing; the receipt is "),
        "{output}"
    );
}

#[tokio::test]
async fn filter_limits_the_revocation_and_dry_run_revokes_nothing() {
    let operator = operator();
    let serving = operator.serve();
    let phone = serving.sign_in(ADA, SAFARI_ON_IPHONE).await;
    let laptop = serving.sign_in(ADA, FIREFOX_ON_LINUX).await;

    let arguments = ["sign-out", ADA, "--kind", "mobile"];
    let preview = operator.json(&[&arguments[..], &["--dry-run"]].concat());
    assert_eq!(labels(&preview), ["mobile"]);
    assert!(preview["digest"].is_string());
    let shown = operator.run_ok(&[&arguments[..], &["--dry-run"]].concat());
    assert!(shown.starts_with("This would revoke:\n"), "{shown}");
    assert!(shown.trim_end().ends_with("Safari on iOS"), "{shown}");
    assert!(serving.is_signed_in(&phone).await);

    let receipt = operator.json(&arguments);
    assert_eq!(labels(&receipt), ["mobile"]);
    assert_eq!(
        (&receipt["reason"], &receipt["by"]),
        (&"operator".into(), &Value::Null)
    );
    assert!(!serving.is_signed_in(&phone).await);
    assert!(serving.is_signed_in(&laptop).await);
    let outcome = operator
        .run(&[&arguments[..], &["--dry-run"]].concat())
        .expect_code(0);
    assert_eq!(
        (&*outcome.stdout, &*outcome.stderr),
        ("", "This would revoke nothing.\n")
    );
}

#[tokio::test]
async fn every_field_of_the_filter_is_a_flag() {
    let operator = operator();
    let serving = operator.serve();
    serving.sign_in(ADA, SAFARI_ON_IPHONE).await;
    serving.sign_in(ADA, FIREFOX_ON_LINUX).await;
    let phone =
        &operator.json(&["sign-out", ADA, "--dry-run", "--kind", "mobile"])["credentials"][0]["id"];
    let phone = phone.as_str().unwrap();
    operator.add_token(ADA, "reader", &["--ability", "tokens:read"]);
    operator.add_token(ADA, "mine", &["--kind", "personal"]);

    for (flags, expected) in [
        ("", &["desktop", "mine", "mobile", "reader"][..]),
        ("--class token", &["mine", "reader"]),
        (
            "--class token --class session",
            &["desktop", "mine", "mobile", "reader"],
        ),
        ("--kind mobile --kind personal", &["mine", "mobile"]),
        (&format!("--id {phone}"), &["mobile"]),
        (&format!("--class session --except {phone}"), &["desktop"]),
        (&format!("--made-by {phone}"), &[]),
        ("--ability tokens:read", &["desktop", "mobile", "reader"]),
        ("--from 127.0.0.0/8", &["desktop", "mobile"]),
        ("--from 10.0.0.0/8 --from 127.0.0.1", &["desktop", "mobile"]),
        ("--from 192.0.2.0/24", &[]),
        ("--unused-since 1h", &[]),
        (
            "--unused-since 2199-01-01",
            &["desktop", "mine", "mobile", "reader"],
        ),
        (
            "--created-before 2199-01-01T00:00:00Z",
            &["desktop", "mine", "mobile", "reader"],
        ),
        ("--created-before 2001-01-01", &[]),
    ] {
        let flags: Vec<&str> = flags.split_whitespace().collect();
        let arguments = [&["sign-out", ADA, "--dry-run"][..], &flags].concat();
        assert_eq!(labels(&operator.json(&arguments)), expected, "{flags:?}");
    }
}

#[test]
fn invalid_filter_is_a_usage_error_and_revokes_nothing() {
    let operator = operator();
    operator.add_token(ADA, "x", &[]);
    for flags in [
        "--class user",
        "--kind phone",
        "--kind mobile --class token",
        "--id x",
        "--id ",
        "--except current",
        "--unused-since soon",
        "--unused-since 1d --unused-since 2d",
        "--created-before yesterday",
        "--from everywhere",
        "--made-by 1",
        "--ability Tokens",
        "--color red",
    ] {
        let flags: Vec<&str> = flags.split(' ').collect();
        let outcome = operator
            .run(&[&["sign-out", ADA], &flags[..]].concat())
            .expect_code(2);
        assert_eq!(outcome.stdout, "", "{flags:?}");
        assert!(
            outcome.stderr.contains(flags[0]),
            "it names {}: {outcome:#?}",
            flags[0]
        );
    }
    operator.only_token_of(ADA);
}

#[tokio::test]
async fn all_users_are_signed_out_with_one_receipt_each() {
    let operator = operator();
    operator.add_user("grace@example.com");
    operator.add_user("nothing@example.com");
    let serving = operator.serve();
    let phone = serving.sign_in(ADA, SAFARI_ON_IPHONE).await;
    let secrets = [ADA, "grace@example.com"].map(|email| operator.add_token(email, "deploy", &[]));

    let output = operator.run_ok(&["sign-out", "--all", "--dry-run"]);
    assert_eq!(output, "This would revoke 3 credentials of 2 users.\n");
    let output = operator.json(&["sign-out", "--all", "--dry-run"]);
    assert_eq!(output, serde_json::json!({"would_end": 3}));
    let output = operator.run_ok(&["sign-out", "--all", "--class", "session"]);
    assert_eq!(output, "Revoked 1 credential of 1 user.\n");
    assert!(!serving.is_signed_in(&phone).await);
    for secret in &secrets {
        assert!(
            serving.accepts_token(secret).await,
            "the filter excludes tokens"
        );
    }
    let receipts = operator.json(&["sign-out", "--all"]);
    let receipts = receipts["data"].as_array().expect("a list");
    assert_eq!(
        receipts.len(),
        2,
        "a user without credentials gets no receipt"
    );
    for receipt in receipts {
        assert_eq!(labels(receipt), ["deploy"]);
        assert_eq!(receipt["reason"], "operator");
    }
    for secret in &secrets {
        assert!(!serving.accepts_token(secret).await);
    }
    let output = operator.run_ok(&["sign-out", "--all"]);
    assert_eq!(output, "Revoked no credentials of no users.\n");
}

#[test]
fn sign_out_needs_either_a_user_or_all() {
    let operator = operator();
    for arguments in [&["sign-out"][..], &["sign-out", ADA, "--all"]] {
        operator.run(arguments).expect_code(2);
    }
}

/// Otherwise a mistyped path would report that no credentials are left.
#[test]
fn missing_database_is_an_error_and_is_not_created() {
    let narthex = Narthex::installed();
    for arguments in [
        &["sign-out", "--all"][..],
        &["sign-out", ADA],
        &["moved"],
        &["prune"],
        &["token", "list", ADA],
        &["session", "list", ADA],
        &["user", "list"],
        &["user", "disable", ADA],
        &["user", "set-password", ADA],
        &["user", "factors", ADA],
        &["user", "delete", ADA, "--yes"],
        &["mail", "list"],
        &["import", "undo", "--source", "sanctum"],
    ] {
        let error = narthex.run(arguments).expect_error();
        assert!(error.contains("narthex.db"), "{arguments:?}: {error}");
        assert!(error.contains("DATABASE_URL"), "{arguments:?}: {error}");
        assert!(!narthex.directory().join("narthex.db").exists());
    }
}

/// On PostgreSQL, `xmin` names the transaction that wrote a row.
#[test]
fn sign_out_of_all_users_is_one_transaction() {
    let operator = Operator::new();
    for user in ["ada@example.com", "berta@example.com", "clara@example.com"] {
        operator.add_user(user);
        operator.add_token(user, "deploy", &[]);
    }
    let output = operator.run_ok(&["sign-out", "--all"]);
    assert_eq!(output, "Revoked 3 credentials of 3 users.\n");
    let transactions = match Engine::of_this_run() {
        Engine::Sqlite => "SELECT CAST(COUNT(*) / 3 AS TEXT) AS line FROM receipts",
        Engine::Postgres => {
            "SELECT CAST(COUNT(DISTINCT CAST(xmin AS text)) AS text) AS line FROM receipts"
        }
    };
    assert_eq!(operator.query_text(transactions), "1");
    // One invalidation clears the cache of every node.
    let query = "SELECT CAST(COUNT(*) AS TEXT) AS line FROM invalidations \
                      WHERE key = (SELECT key FROM invalidations ORDER BY key LIMIT 1) AND length(key) = 16";
    assert_eq!(operator.query_text(query), "1");
}

/// These begin with an empty database, which no mistyped path makes misleading.
#[test]
fn database_is_created_for_the_first_accounts() {
    let add = ["user", "add", ADA, "--name", "Ada"];
    let import = ["import", "sanctum", "-", "--check"];
    let mail = [
        ("NARTHEX_SMTP_URL", "file:mails"),
        ("NARTHEX_CONTACT", "help@example.com"),
    ];
    for (arguments, code) in [
        (&add[..], 0),
        (&["invite", ADA], 0),
        (&import, 1),
        (&["migrate"], 0),
    ] {
        let narthex = Narthex::installed();
        let narthex = mail
            .iter()
            .fold(narthex, |narthex, (name, value)| narthex.with(name, value));
        std::fs::create_dir(narthex.directory().join("mails")).unwrap();
        let outcome = narthex.run_with_input(arguments, "correct horse battery\n");
        outcome.expect_code(code);
        assert!(narthex.directory().join("narthex.db").exists());
    }
}

#[test]
fn sign_out_says_that_nothing_matches() {
    let operator = Operator::new();
    operator.add_user(ADA);
    let all = operator.run_ok(&["sign-out", ADA]);
    let start = format!("{ADA} had no sessions and tokens.\n");
    assert!(all.starts_with(&start), "{all}");
    operator.add_token(ADA, "deploy", &[]);
    let some = operator.run_ok(&["sign-out", ADA, "--kind", "device"]);
    let start = format!("No session and no token of {ADA} matches.\n");
    assert!(some.starts_with(&start), "{some}");
    let done = operator.run_ok(&["sign-out", ADA, "--kind", "service"]);
    assert!(done.starts_with(&format!("Signed {ADA} out.\n")), "{done}");
}
