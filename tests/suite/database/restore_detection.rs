//! A restored database: credentials that were revoked after the backup are active again, so that
//! Narthex warns the operator until the operator answers.

use serde_json::Value;

use crate::support::binary::{Outcome, RunningServer};
use crate::support::database::{Database, Engine};
use crate::support::operator::Operator;

const ADA: &str = "ada@example.com";
/// The warning in the log of a server that starts on a copy.
const WARNING: &str = "the database may be a restored backup or a copy";

/// Returns an installation with a user, on which no server has run.
fn operator() -> Operator {
    let operator = Operator::on(Database::empty());
    operator.add_user(ADA);
    operator
}

/// Starts a server and waits until it has joined the cluster, which is after its restore detection.
fn start(operator: &Operator) -> RunningServer {
    let newest = "SELECT CAST(COALESCE(MAX(joined_at), 0) AS TEXT) AS line FROM nodes";
    let before = operator.query_text(newest);
    let serving = operator.serve();
    while operator.query_text(newest) == before {
        std::thread::yield_now();
    }
    serving
}

/// Starts and stops a server. Returns the warnings of its log.
fn warnings_of_a_start(operator: &Operator) -> Vec<String> {
    warnings(&start(operator).stop().expect_code(0))
}

fn warnings(outcome: &Outcome) -> Vec<String> {
    let lines = outcome.stderr.lines();
    let warnings = lines.filter(|line| line.contains(WARNING));
    warnings.map(str::to_owned).collect()
}

/// Returns the state and the detail of the row `copy` of `narthex check`, and the exit code.
fn check_copy(operator: &Operator) -> (String, String, Option<i32>) {
    let outcome = operator.run(&["check", "--json"]);
    let list: Value = serde_json::from_str(&outcome.stdout).expect("JSON");
    let rows = list["data"].as_array().expect("a list");
    let row = rows.iter().find(|row| row["check"] == "copy");
    let row = row.unwrap_or_else(|| panic!("no row about a copy: {outcome:#?}"));
    let text = |name: &str| row[name].as_str().expect("a text").to_owned();
    (text("state"), text("detail"), outcome.code)
}

#[track_caller]
fn expect_no_warning(operator: &Operator) {
    let (state, detail, code) = check_copy(operator);
    assert_eq!((&*state, code), ("ok", Some(0)), "{detail}");
    assert_eq!(warnings_of_a_start(operator), Vec::<String>::new());
}

#[tokio::test(flavor = "multi_thread")]
async fn restored_backup_is_reported_until_all_users_are_signed_out() {
    let operator = operator();
    let secret = operator.add_token(ADA, "deploy", &[]);
    let serving = start(&operator);
    assert!(serving.accepts_token(&secret).await);
    let backup = operator.back_up();
    let token = operator.only_token_of(ADA);
    operator.run_ok(&["token", "revoke", &token]);
    assert!(!serving.accepts_token(&secret).await);
    serving.stop().expect_code(0);
    operator.restore(&backup);

    let (state, detail, code) = check_copy(&operator);
    assert_eq!((&*state, code), ("fail", Some(1)), "{detail}");
    for command in ["narthex sign-out --all", "narthex moved"] {
        assert!(detail.contains(command), "{detail}");
    }
    // Every start warns again until the operator has answered.
    for _ in 0..2 {
        let serving = start(&operator);
        assert!(
            serving.accepts_token(&secret).await,
            "the revoked token is active again"
        );
        let lines = warnings(&serving.stop().expect_code(0));
        assert_eq!(lines.len(), 1, "{lines:?}");
        assert!(lines[0].contains(" WARN "), "{lines:?}");
        assert!(lines[0].contains("narthex sign-out --all"), "{lines:?}");
    }
    // A revocation of some credentials only is no answer.
    operator.run_ok(&["sign-out", "--all", "--class", "session"]);
    operator.run_ok(&["sign-out", "--all", "--dry-run"]);
    assert_eq!(check_copy(&operator).0, "fail");

    let output = operator.run_ok(&["sign-out", "--all"]);
    assert_eq!(output, "Revoked 1 credential of 1 user.\n");
    expect_no_warning(&operator);
    assert!(!start(&operator).accepts_token(&secret).await);
}

#[tokio::test(flavor = "multi_thread")]
async fn moved_database_is_confirmed_without_revocation() {
    let operator = operator();
    let secret = operator.add_token(ADA, "deploy", &[]);
    start(&operator).stop().expect_code(0);
    let backup = operator.back_up();
    operator.restore(&backup);
    assert_eq!(check_copy(&operator).0, "fail");

    let output = operator.run_ok(&["moved"]);
    assert!(
        output.starts_with("The identity of the database is confirmed: "),
        "{output}"
    );
    expect_no_warning(&operator);
    assert!(start(&operator).accepts_token(&secret).await);
    let identity = operator.json(&["moved"])["place"].clone();
    let identity = identity.as_str().expect("a text");
    let names: Vec<_> = identity
        .split(", ")
        .filter_map(|part| part.split(' ').next())
        .collect();
    match Engine::of_this_run() {
        Engine::Sqlite => assert_eq!(names, ["inode", "made"]),
        Engine::Postgres => assert_eq!(names, ["system", "timeline", "database", "users-table"]),
    }
}

/// The file and the tables keep their identity. The only evidence is the node that was a member
/// when the backup was made.
#[tokio::test(flavor = "multi_thread")]
async fn backup_written_over_the_database_is_reported_once() {
    let operator = operator();
    let serving = start(&operator);
    let backup = operator.back_up_rows();
    serving.stop().expect_code(0);
    operator.restore_in_place(&backup);
    // The backup is eleven minutes old.
    operator.execute("UPDATE nodes SET heartbeat_at = heartbeat_at - 660000000");

    let (state, detail, code) = check_copy(&operator);
    assert_eq!((&*state, code), ("warn", Some(0)), "{detail}");
    let lines = warnings_of_a_start(&operator);
    assert_eq!(lines.len(), 1, "{lines:?}");
    for words in [" WARN ", "was last in use on 20", "narthex sign-out --all"] {
        assert!(lines[0].contains(words), "{words}: {lines:?}");
    }
    // A node deletes the rows of members that were cut off after it has waited for their leases.
    operator.execute("DELETE FROM nodes");
    expect_no_warning(&operator);
}

/// On SQLite, a replaced file stays open without a name. On PostgreSQL, connections end with a
/// dropped database.
#[tokio::test(flavor = "multi_thread")]
async fn server_stops_when_its_database_file_is_replaced() {
    let operator = operator();
    let secret = operator.add_token(ADA, "deploy", &[]);
    let serving = start(&operator);
    assert!(serving.accepts_token(&secret).await);
    let backup = operator.back_up();
    if Engine::of_this_run() == Engine::Postgres {
        serving.stop().expect_code(0);
        operator.restore(&backup);
        return assert_eq!(check_copy(&operator).0, "fail");
    }
    operator.restore(&backup);
    let outcome = serving.outcome().expect_code(1);
    assert!(outcome.stderr.contains(" ERROR "), "{outcome:#?}");
    let reason = "the database file was replaced while it was open";
    let last = outcome.stderr.lines().last().unwrap_or_default();
    assert!(last.contains(reason), "{outcome:#?}");
    operator.run_ok(&["sign-out", "--all"]);
    assert!(!start(&operator).accepts_token(&secret).await);
}

/// A running server records that the database was rewound, and `check` reads that record.
#[tokio::test(flavor = "multi_thread")]
async fn rewound_database_is_reported_until_all_are_signed_out() {
    let operator = operator();
    operator.add_token(ADA, "deploy", &[]);
    let serving = start(&operator);
    let token = operator.only_token_of(ADA);
    operator.run_ok(&["token", "revoke", &token]);
    assert_eq!(check_copy(&operator).0, "ok");
    operator.execute("UPDATE invalidation_sequence SET position = 0; DELETE FROM invalidations");
    let mut attempts = 0;
    while check_copy(&operator).0 == "ok" {
        attempts += 1;
        assert!(attempts < 500, "the server did not detect it");
    }
    let (state, detail, code) = check_copy(&operator);
    assert_eq!((&*state, code), ("fail", Some(1)), "{detail}");
    assert!(detail.contains("narthex sign-out --all"), "{detail}");
    let log = serving.stop().expect_code(0).stderr;
    assert!(
        log.contains("the database is older than this node has seen"),
        "{log}"
    );
    operator.run_ok(&["sign-out", "--all"]);
    expect_no_warning(&operator);
}

#[tokio::test(flavor = "multi_thread")]
async fn ordinary_operation_is_not_reported_as_a_restore() {
    let operator = operator();
    expect_no_warning(&operator);
    expect_no_warning(&operator);
    // A short power failure.
    assert_eq!(warnings(&start(&operator).kill()), Vec::<String>::new());
    expect_no_warning(&operator);
    operator.run_ok(&["migrate"]);
    expect_no_warning(&operator);
    operator.execute(match Engine::of_this_run() {
        Engine::Sqlite => "VACUUM",
        Engine::Postgres => "VACUUM FULL",
    });
    expect_no_warning(&operator);
    // Neither a backup nor a second server is a reason for a warning.
    let first = start(&operator);
    drop(operator.back_up());
    expect_no_warning(&operator);
    assert_eq!(warnings(&first.stop().expect_code(0)), Vec::<String>::new());
    expect_no_warning(&operator);
}

#[test]
fn concurrent_first_starts_report_nothing() {
    let operator = Operator::on(Database::empty()).with(
        "NARTHEX_SECRET_KEY",
        "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8gISIjJCUmJygpKissLS4vMDEyMzQ1Njc4OTo7PD0+Pw==",
    );
    let first: Vec<RunningServer> = std::thread::scope(|scope| {
        let starts = [(); 4].map(|()| scope.spawn(|| operator.serve()));
        starts.map(|start| start.join().unwrap()).into()
    });
    while operator.nodes() < 4 {
        std::thread::yield_now();
    }
    for serving in first {
        let outcome = serving.stop().expect_code(0);
        assert!(!outcome.stderr.contains(" WARN "), "{outcome:#?}");
    }
    expect_no_warning(&operator);
}
