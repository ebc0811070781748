//! `narthex copy`: everything moves from one database to another while no server runs.

use std::collections::BTreeSet;

use serde_json::Value;

use crate::support::app::migrate;
use crate::support::database::{Database, Engine};
use crate::support::operator::Operator;
use crate::support::user_agents::FIREFOX_ON_LINUX;

const ADA: &str = "ada@example.com";
const KEY: &str =
    "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8gISIjJCUmJygpKissLS4vMDEyMzQ1Njc4OTo7PD0+Pw==";

/// The tables that describe one database or the processes on it.
const NOT_COPIED: [&str; 10] = [
    "account_change_sequence",
    "database_identity",
    "invalidation_sequence",
    "invalidations",
    "migration_checksums",
    "nodes",
    "passkey_challenges",
    "pending_authenticator_apps",
    "sign_in_attempts",
    "write_probe",
];

fn operator_on(database: Database) -> Operator {
    Operator::on(database).with("NARTHEX_SECRET_KEY", KEY)
}

/// Copies and returns the output, which must be the same table for table in each copy.
#[track_caller]
fn copy(source: &Operator, target: &Database) -> Value {
    source.json(&["copy", "--to", target.address()])["data"].clone()
}

/// Returns the number of rows of a table.
fn rows(copied: &Value, table: &str) -> u64 {
    let tables = copied.as_array().expect("a list");
    let row = tables.iter().find(|row| row["table"] == table);
    row.unwrap_or_else(|| panic!("no table {table}: {copied}"))["rows"]
        .as_u64()
        .expect("a number")
}

/// Copies an installation in use over several databases, and uses the last one.
async fn expect_all_works_after_copies(engines: &[Engine]) {
    let operator = operator_on(Database::fresh_of(engines[0], migrate));
    operator.add_user(ADA);
    let serving = operator.serve();
    let browser = serving.sign_in(ADA, FIREFOX_ON_LINUX).await;
    let active = operator.add_token(ADA, "deploy", &[]);
    let revoked = operator.add_token(ADA, "old", &[]);
    assert!(serving.accepts_token(&active).await);
    let receipt = operator.json(&["token", "revoke", &token_named(&operator, "old")]);
    let receipt = format!(
        "/account/receipts/{}",
        receipt["id"].as_str().expect("an ID")
    );
    serving.stop().expect_code(0);

    let mut operators = vec![operator];
    let mut first: Option<Value> = None;
    for engine in &engines[1..] {
        let target = Database::empty_of(*engine);
        let copied = copy(operators.last().unwrap(), &target);
        assert_eq!(*first.get_or_insert(copied.clone()), copied);
        operators.push(operator_on(target));
    }
    let copied = first.expect("a copy");
    for (table, count) in [("users", 1), ("credentials", 3), ("receipts", 1)] {
        assert_eq!(rows(&copied, table), count, "{copied}");
    }

    let moved = operators.last().unwrap();
    let serving = moved.serve();
    assert!(serving.accepts_token(&active).await);
    assert!(!serving.accepts_token(&revoked).await);
    let browser = browser.moved_to(&serving.url);
    assert!(serving.is_signed_in(&browser).await);
    browser.get(&receipt).await.expect_status(200);
    serving.sign_in(ADA, FIREFOX_ON_LINUX).await;
    serving.stop().expect_code(0);
    let check = moved.run(&["check"]);
    assert!(check.stdout.contains("no sign of a restored"), "{check:#?}");
}

fn wait_for_node(operator: &Operator) {
    while operator.nodes() == 0 {
        std::thread::yield_now();
    }
}

fn token_named(operator: &Operator, name: &str) -> String {
    let list = operator.json(&["token", "list", ADA]);
    let tokens = list["data"].as_array().expect("a list");
    let token = tokens.iter().find(|token| token["name"] == name);
    token.expect("a token")["id"]
        .as_str()
        .expect("an ID")
        .to_owned()
}

#[tokio::test(flavor = "multi_thread")]
async fn copy_within_one_engine_keeps_all_credentials() {
    let engine = Engine::of_this_run();
    expect_all_works_after_copies(&[engine, engine]).await;
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs PostgreSQL: use scripts/test"]
async fn copy_to_the_other_engine_and_back_keeps_all_credentials() {
    expect_all_works_after_copies(&[Engine::Sqlite, Engine::Postgres, Engine::Sqlite]).await;
}

/// Returns the changes of accounts, and the position of the newest one.
fn account_changes(operator: &Operator) -> (Vec<String>, String) {
    let changes = "SELECT position || ' ' || at || ' ' || kind AS line FROM account_changes ORDER BY position";
    let newest = "SELECT CAST(position AS text) AS line FROM account_change_sequence";
    (operator.query_lines(changes), operator.query_text(newest))
}

#[test]
fn app_follows_account_changes_from_the_same_place_after_a_copy() {
    let source = operator_on(Database::fresh(migrate));
    source.add_user(ADA);
    let before = account_changes(&source);
    assert_eq!((before.0.len(), before.1.as_str()), (1, "1"));
    let target = Database::empty();
    copy(&source, &target);
    let moved = operator_on(target);
    assert_eq!(account_changes(&moved), before);
    moved.add_user("grace@example.com");
    assert_eq!(account_changes(&moved).1, "2");
}

#[test]
fn every_table_is_copied_or_belongs_to_one_database() {
    let operator = Operator::new();
    let copied = copy(&operator, &Database::empty());
    let copied = copied.as_array().expect("a list").iter();
    let copied = copied.map(|row| row["table"].as_str().expect("a name"));
    let schema = include_str!("../../../src/schema.rs");
    let tables = schema.split("diesel::table! {\n    ").skip(1);
    let tables = tables.filter_map(|text| text.split(' ').next());
    assert_eq!(
        copied.chain(NOT_COPIED).collect::<BTreeSet<_>>(),
        tables.collect::<BTreeSet<_>>()
    );
}

#[test]
fn target_with_rows_is_refused_and_unchanged() {
    let (source, other) = (Operator::new(), Operator::new());
    source.add_user(ADA);
    other.add_user("grace@example.com");
    let line = source.run_err(&["copy", "--to", other.database.address()]);
    assert!(line.contains("its table users has rows"), "{line}");
    let line = source.run_err(&["copy", "--to", source.database.address()]);
    assert!(!line.is_empty());
    for (operator, email) in [(&source, ADA), (&other, "grace@example.com")] {
        let list = operator.json(&["user", "list"]);
        assert_eq!(list["total"], 1, "{list}");
        assert_eq!(list["data"][0]["email"], email, "{list}");
    }
}

#[test]
fn target_with_a_table_of_another_program_is_refused() {
    let (source, other) = (Operator::new(), Operator::on(Database::empty()));
    other.execute("CREATE TABLE orders (id BIGINT)");
    let line = source.run_err(&["copy", "--to", other.database.address()]);
    assert!(
        line.contains("the table orders of another program"),
        "{line}"
    );
    // The name is free: the refused target got no table.
    other.execute("CREATE TABLE users (id BIGINT)");
}

#[test]
fn failure_in_the_middle_leaves_the_target_empty() {
    let (source, target) = (Operator::new(), Operator::new());
    source.add_user(ADA);
    source.add_token(ADA, "deploy", &[]);
    // The target refuses the second event, after users and tokens.
    target.execute("CREATE UNIQUE INDEX one_event ON events (times)");
    let line = source.run_err(&["copy", "--to", target.database.address()]);
    assert!(line.contains("the table events failed"), "{line}");
    let users = target.query_text("SELECT CAST(COUNT(*) AS TEXT) AS line FROM users");
    assert_eq!(users, "0");
    target.execute("DROP INDEX one_event");
    assert_eq!(rows(&copy(&source, &target.database), "users"), 1);
}

#[test]
fn copy_is_refused_while_a_server_runs() {
    let operator = Operator::new();
    let target = Database::empty();
    let serving = operator.serve();
    wait_for_node(&operator);
    let line = operator.run_err(&["copy", "--to", target.address()]);
    assert!(line.contains("stop every server"), "{line}");
    serving.stop().expect_code(0);
    copy(&operator, &target);
}

#[test]
fn copy_ignores_a_killed_server_after_its_lease() {
    let operator = Operator::new();
    let serving = operator.serve();
    wait_for_node(&operator);
    serving.kill();
    assert_eq!(operator.nodes(), 1);
    copy(&operator, &Database::empty());
}

#[test]
fn restored_backup_is_copied_only_after_an_answer() {
    let operator = Operator::on(Database::empty());
    operator.add_user(ADA);
    let serving = operator.serve();
    wait_for_node(&operator);
    serving.stop().expect_code(0);
    let backup = operator.back_up();
    operator.restore(&backup);
    let target = Database::empty();
    let line = operator.run_err(&["copy", "--to", target.address()]);
    assert!(line.contains("narthex sign-out --all"), "{line}");
    operator.run_ok(&["sign-out", "--all"]);
    assert_eq!(rows(&copy(&operator, &target), "users"), 1);
}
