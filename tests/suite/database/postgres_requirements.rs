//! The requirements on a PostgreSQL server. Every command reports an unmet one in the same one
//! line.

use crate::support::app::migrate;
use crate::support::database::{Database, Engine};
use crate::support::operator::Operator;
use crate::support::postgres;

/// The key is set, so that a start logs no message about a new key file.
const KEY: &str =
    "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8gISIjJCUmJygpKissLS4vMDEyMzQ1Njc4OTo7PD0+Pw==";

fn operator() -> Operator {
    Operator::on(Database::fresh_of(Engine::Postgres, migrate)).with("NARTHEX_SECRET_KEY", KEY)
}

/// Returns the name of the database.
fn name(operator: &Operator) -> &str {
    postgres::socket_and_name(operator.database.address()).1
}

#[track_caller]
fn expect_refused_by_every_command(operator: &Operator, reason: &str) {
    for command in [
        &["migrate"][..],
        &["serve", "--listen", "127.0.0.1:0"],
        &["user", "list"],
    ] {
        let line = operator.run_err(command);
        assert!(line.contains(reason), "{command:?}: {line}");
    }
    expect_failed_check(operator, reason);
}

#[track_caller]
fn expect_failed_check(operator: &Operator, reason: &str) {
    let outcome = operator.run(&["check"]).expect_code(1);
    assert!(outcome.stdout.contains(reason), "{outcome:#?}");
}

/// Has the server answer with the version of another engine. It is PostgreSQL in all else.
fn fake_version(operator: &Operator, version: &str) {
    operator.execute(&format!(
        "CREATE OR REPLACE FUNCTION public.version() RETURNS text LANGUAGE sql AS 'SELECT ''{version}'''"
    ));
    let name = name(operator);
    operator.execute(&format!(
        "ALTER DATABASE {name} SET search_path = public, pg_catalog"
    ));
}

#[test]
#[ignore = "needs PostgreSQL: use scripts/test"]
fn other_engine_with_the_postgresql_protocol_is_refused() {
    let operator = operator();
    fake_version(&operator, "CockroachDB CCL v23.1.11 (x86_64-pc-linux-gnu)");
    expect_refused_by_every_command(&operator, "CockroachDB has no advisory locks");
    fake_version(&operator, "PostgreSQL 11.2-YB-2.20.1.0-b0 on x86_64");
    expect_refused_by_every_command(&operator, "with another isolation (unknown)");
    fake_version(&operator, "PostgreSQL 15.4 on x86_64");
    operator.run_ok(&["user", "list"]);
}

#[test]
#[ignore = "needs PostgreSQL: use scripts/test"]
fn database_in_another_encoding_than_utf_8_is_refused() {
    let operator = operator();
    operator.execute("CREATE DATABASE in_latin ENCODING 'LATIN1' TEMPLATE template0");
    let address = operator
        .database
        .address()
        .replace(name(&operator), "in_latin");
    let operator = operator.with("DATABASE_URL", &address);
    expect_refused_by_every_command(&operator, "its encoding is LATIN1");
}

#[test]
#[ignore = "needs PostgreSQL: use scripts/test"]
fn connection_pool_above_the_server_limit_is_refused() {
    let operator = operator();
    let limited = format!("ALTER DATABASE {} CONNECTION LIMIT 5", name(&operator));
    operator.execute(&limited);
    let line = operator.run_err(&["serve", "--listen", "127.0.0.1:0"]);
    assert!(line.contains("it allows 5 connections"), "{line}");
    expect_failed_check(&operator, "PostgreSQL allows 5");
    let operator = operator.with("NARTHEX_DATABASE_CONNECTIONS", "4");
    operator.serve().stop().expect_code(0);
    operator.run(&["check"]).expect_code(0);
}

#[test]
#[ignore = "needs PostgreSQL: use scripts/test"]
fn unknown_url_parameter_is_refused_in_one_line() {
    let operator = operator();
    for parameter in ["schema=public", "pgbouncer=true"] {
        let address = format!("{}&{parameter}", operator.database.address());
        let narthex = crate::support::binary::Narthex::installed().with("DATABASE_URL", &address);
        let line = narthex.run(&["migrate"]).expect_error();
        let (name, _) = parameter.split_once('=').unwrap();
        let reason =
            format!("invalid URI query parameter: \"{name}\". Leave it out of DATABASE_URL");
        assert!(line.contains(&reason), "{line}");
        assert!(!line.contains('\\'), "{line}");
        let outcome = narthex.run(&["check"]).expect_code(1);
        assert!(outcome.stdout.contains(&reason), "{outcome:#?}");
    }
}

#[test]
#[ignore = "needs PostgreSQL: use scripts/test"]
fn check_warns_about_messages_in_another_language() {
    let operator = operator();
    let german = postgres::make_locale("de_DE");
    let set = format!(
        "ALTER DATABASE {} SET lc_messages = '{german}'",
        name(&operator)
    );
    operator.execute(&set);
    let outcome = operator.run(&["check"]).expect_code(0);
    let reason = "lc_messages is \"de_DE.UTF-8\"";
    assert!(outcome.stdout.contains(reason), "{outcome:#?}");
}

#[test]
#[ignore = "needs PostgreSQL: use scripts/test"]
fn check_warns_about_asynchronous_commit() {
    let operator = operator();
    let reason = "commits do not wait for the disk";
    let outcome = operator.run(&["check"]).expect_code(0);
    assert!(!outcome.stdout.contains(reason), "{outcome:#?}");
    let off = format!(
        "ALTER DATABASE {} SET synchronous_commit = off",
        name(&operator)
    );
    operator.execute(&off);
    let outcome = operator.run(&["check"]).expect_code(0);
    assert!(outcome.stdout.contains(reason), "{outcome:#?}");
}
