//! What a PostgreSQL server has to be: each refusal is one line, and the same by every command.

use crate::support::app::migrate;
use crate::support::database::{Database, Engine};
use crate::support::operator::Operator;
use crate::support::postgres;

/// Given one, so that a start has nothing to say about making it.
const KEY: &str =
    "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8gISIjJCUmJygpKissLS4vMDEyMzQ1Njc4OTo7PD0+Pw==";

fn operator() -> Operator {
    Operator::on(Database::fresh_of(Engine::Postgres, migrate)).with("NARTHEX_SECRET_KEY", KEY)
}

/// The name of its database.
fn name(operator: &Operator) -> &str {
    postgres::socket_and_name(operator.database.address()).1
}

#[track_caller]
fn is_refused_by_every_command(operator: &Operator, why: &str) {
    for command in [
        &["migrate"][..],
        &["serve", "--listen", "127.0.0.1:0"],
        &["user", "list"],
    ] {
        let line = operator.run_err(command);
        assert!(line.contains(why), "{command:?}: {line}");
    }
    fails_check(operator, why);
}

#[track_caller]
fn fails_check(operator: &Operator, why: &str) {
    let found = operator.run(&["check"]).expect_code(1);
    assert!(found.stdout.contains(why), "{found:#?}");
}

/// It answers with the version of another engine, and is PostgreSQL in all else.
fn says_that_it_is(operator: &Operator, version: &str) {
    operator.execute(&format!(
        "CREATE OR REPLACE FUNCTION public.version() RETURNS text LANGUAGE sql AS 'SELECT ''{version}'''"
    ));
    let name = name(operator);
    operator.execute(&format!(
        "ALTER DATABASE {name} SET search_path = public, pg_catalog"
    ));
}

#[test]
fn an_engine_that_only_speaks_the_protocol_is_refused() {
    let operator = operator();
    says_that_it_is(&operator, "CockroachDB CCL v23.1.11 (x86_64-pc-linux-gnu)");
    is_refused_by_every_command(&operator, "CockroachDB has no advisory locks");
    says_that_it_is(&operator, "PostgreSQL 11.2-YB-2.20.1.0-b0 on x86_64");
    is_refused_by_every_command(&operator, "with another isolation (unknown)");
    says_that_it_is(&operator, "PostgreSQL 15.4 on x86_64");
    operator.run_ok(&["user", "list"]);
}

#[test]
fn a_database_that_is_not_in_utf_8_is_refused() {
    let operator = operator();
    operator.execute("CREATE DATABASE in_latin ENCODING 'LATIN1' TEMPLATE template0");
    let there = operator
        .database
        .address()
        .replace(name(&operator), "in_latin");
    let operator = operator.with("DATABASE_URL", &there);
    is_refused_by_every_command(&operator, "its encoding is LATIN1");
}

#[test]
fn connections_for_which_there_is_never_room_are_refused() {
    let operator = operator();
    let limited = format!("ALTER DATABASE {} CONNECTION LIMIT 5", name(&operator));
    operator.execute(&limited);
    let line = operator.run_err(&["serve", "--listen", "127.0.0.1:0"]);
    assert!(line.contains("it has room for 5 connections"), "{line}");
    fails_check(&operator, "never room for more than 5");
    let operator = operator.with("NARTHEX_DATABASE_CONNECTIONS", "4");
    operator.serve().stop().expect_code(0);
    operator.run(&["check"]).expect_code(0);
}

#[test]
fn a_parameter_of_other_clients_is_refused_in_one_line() {
    let operator = operator();
    for parameter in ["schema=public", "pgbouncer=true"] {
        let address = format!("{}&{parameter}", operator.database.address());
        let narthex = crate::support::binary::Narthex::installed().with("DATABASE_URL", &address);
        let line = narthex.run(&["migrate"]).expect_error();
        let (name, _) = parameter.split_once('=').unwrap();
        let why = format!("invalid URI query parameter: \"{name}\". Leave it out of DATABASE_URL");
        assert!(line.contains(&why), "{line}");
        assert!(!line.contains('\\'), "{line}");
        let found = narthex.run(&["check"]).expect_code(1);
        assert!(found.stdout.contains(&why), "{found:#?}");
    }
}

#[test]
fn check_warns_of_messages_in_another_language() {
    let operator = operator();
    let german = postgres::make_locale("de_DE");
    let set = format!(
        "ALTER DATABASE {} SET lc_messages = '{german}'",
        name(&operator)
    );
    operator.execute(&set);
    let found = operator.run(&["check"]).expect_code(0);
    let why = "lc_messages is \"de_DE.UTF-8\"";
    assert!(found.stdout.contains(why), "{found:#?}");
}

#[test]
fn check_warns_of_commits_that_wait_for_no_disk() {
    let operator = operator();
    let why = "a commit waits for no disk";
    let found = operator.run(&["check"]).expect_code(0);
    assert!(!found.stdout.contains(why), "{found:#?}");
    let off = format!(
        "ALTER DATABASE {} SET synchronous_commit = off",
        name(&operator)
    );
    operator.execute(&off);
    let found = operator.run(&["check"]).expect_code(0);
    assert!(found.stdout.contains(why), "{found:#?}");
}
