//! A copy that was put in the place of the database: what ended since it was made lives again in it, so
//! that somebody has to be told, and to answer.

use serde_json::Value;

use crate::support::binary::{Outcome, RunningServer};
use crate::support::database::{Database, Engine};
use crate::support::operator::Operator;

const ADA: &str = "ada@example.com";
/// What whoever starts on a copy reads in the log.
const QUESTION: &str = "is this a backup that was put back, or a copy?";

/// An installation that was never served.
fn operator() -> Operator {
    let operator = Operator::on(Database::empty());
    operator.add_user(ADA);
    operator
}

/// A server that has become a node, which is after it has looked.
fn start(operator: &Operator) -> RunningServer {
    let newest = "SELECT CAST(COALESCE(MAX(joined_at), 0) AS TEXT) AS line FROM nodes";
    let before = operator.query_text(newest);
    let serving = operator.serve();
    while operator.query_text(newest) == before {
        std::thread::yield_now();
    }
    serving
}

/// What a server that is started and stopped asks in its log.
fn asked_at_a_start(operator: &Operator) -> Vec<String> {
    asked(&start(operator).stop().expect_code(0))
}

fn asked(outcome: &Outcome) -> Vec<String> {
    let lines = outcome.stderr.lines();
    let asked = lines.filter(|line| line.contains(QUESTION));
    asked.map(str::to_owned).collect()
}

/// State and detail of what `narthex check` says of a copy, and how it ended.
fn checked(operator: &Operator) -> (String, String, Option<i32>) {
    let outcome = operator.run(&["check", "--json"]);
    let list: Value = serde_json::from_str(&outcome.stdout).expect("JSON");
    let rows = list["data"].as_array().expect("a list");
    let row = rows.iter().find(|row| row["check"] == "copy");
    let row = row.unwrap_or_else(|| panic!("nothing is said of a copy: {outcome:#?}"));
    let text = |name: &str| row[name].as_str().expect("a text").to_owned();
    (text("state"), text("detail"), outcome.code)
}

#[track_caller]
fn nothing_is_asked(operator: &Operator) {
    let (state, detail, code) = checked(operator);
    assert_eq!((&*state, code), ("ok", Some(0)), "{detail}");
    assert_eq!(asked_at_a_start(operator), Vec::<String>::new());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_backup_in_the_place_of_the_database_is_told_until_everybody_was_signed_out() {
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

    let (state, detail, code) = checked(&operator);
    assert_eq!((&*state, code), ("fail", Some(1)), "{detail}");
    for what_to_do in ["narthex sign-out --all", "narthex moved"] {
        assert!(detail.contains(what_to_do), "{detail}");
    }
    // Every start says so again, until somebody has answered.
    for _ in 0..2 {
        let serving = start(&operator);
        assert!(
            serving.accepts_token(&secret).await,
            "what ended lives again"
        );
        let lines = asked(&serving.stop().expect_code(0));
        assert_eq!(lines.len(), 1, "{lines:?}");
        assert!(lines[0].contains(" WARN "), "{lines:?}");
        assert!(lines[0].contains("narthex sign-out --all"), "{lines:?}");
    }
    // A part of everything is no answer.
    operator.run_ok(&["sign-out", "--all", "--class", "session"]);
    operator.run_ok(&["sign-out", "--all", "--dry-run"]);
    assert_eq!(checked(&operator).0, "fail");

    let told = operator.run_ok(&["sign-out", "--all"]);
    assert_eq!(told, "Ended 1 credential of 1 user.\n");
    nothing_is_asked(&operator);
    assert!(!start(&operator).accepts_token(&secret).await);
}

#[tokio::test(flavor = "multi_thread")]
async fn who_moved_the_database_says_so_and_nothing_ends() {
    let operator = operator();
    let secret = operator.add_token(ADA, "deploy", &[]);
    start(&operator).stop().expect_code(0);
    let backup = operator.back_up();
    operator.restore(&backup);
    assert_eq!(checked(&operator).0, "fail");

    let told = operator.run_ok(&["moved"]);
    assert!(
        told.starts_with("The database is where it has to be: "),
        "{told}"
    );
    nothing_is_asked(&operator);
    assert!(start(&operator).accepts_token(&secret).await);
    let place = operator.json(&["moved"])["place"].clone();
    let place = place.as_str().expect("a text");
    let names: Vec<_> = place
        .split(", ")
        .filter_map(|part| part.split(' ').next())
        .collect();
    match Engine::of_this_run() {
        Engine::Sqlite => assert_eq!(names, ["inode", "made"]),
        Engine::Postgres => assert_eq!(names, ["system", "timeline", "database", "users-table"]),
    }
}

/// The file is the same then, and the tables are: what is left is that somebody served when it was made.
#[tokio::test(flavor = "multi_thread")]
async fn a_backup_of_a_database_in_use_that_was_written_over_it_is_told_once() {
    let operator = operator();
    let serving = start(&operator);
    let backup = operator.back_up_rows();
    serving.stop().expect_code(0);
    operator.restore_in_place(&backup);
    // It was made a while ago.
    operator.execute("UPDATE nodes SET alive_at = alive_at - 660000000");

    let (state, detail, code) = checked(&operator);
    assert_eq!((&*state, code), ("warn", Some(0)), "{detail}");
    let lines = asked_at_a_start(&operator);
    assert_eq!(lines.len(), 1, "{lines:?}");
    for words in [" WARN ", "was in use on 20", "narthex sign-out --all"] {
        assert!(lines[0].contains(words), "{words}: {lines:?}");
    }
    // The rows of whoever was cut off go when somebody has waited for them for a lease.
    operator.execute("DELETE FROM nodes");
    nothing_is_asked(&operator);
}

/// On SQLite, where what is open lives on without a name. On PostgreSQL connections end with a database.
#[tokio::test(flavor = "multi_thread")]
async fn a_server_whose_file_is_replaced_while_it_runs_lets_nobody_in_and_stops() {
    let operator = operator();
    let secret = operator.add_token(ADA, "deploy", &[]);
    let serving = start(&operator);
    assert!(serving.accepts_token(&secret).await);
    let backup = operator.back_up();
    if Engine::of_this_run() == Engine::Postgres {
        serving.stop().expect_code(0);
        operator.restore(&backup);
        return assert_eq!(checked(&operator).0, "fail");
    }
    operator.restore(&backup);
    let outcome = serving.outcome().expect_code(1);
    assert!(outcome.stderr.contains(" ERROR "), "{outcome:#?}");
    let why = "another file was put in the place of the database";
    let last = outcome.stderr.lines().last().unwrap_or_default();
    assert!(last.contains(why), "{outcome:#?}");
    operator.run_ok(&["sign-out", "--all"]);
    assert!(!start(&operator).accepts_token(&secret).await);
}

/// What a server that runs has seen, `check` knows afterwards.
#[tokio::test(flavor = "multi_thread")]
async fn a_server_that_finds_the_database_older_has_it_told_until_somebody_answers() {
    let operator = operator();
    operator.add_token(ADA, "deploy", &[]);
    let serving = start(&operator);
    let token = operator.only_token_of(ADA);
    operator.run_ok(&["token", "revoke", &token]);
    assert_eq!(checked(&operator).0, "ok");
    operator.execute("UPDATE notice_position SET position = 0; DELETE FROM notices");
    let mut looks = 0;
    while checked(&operator).0 == "ok" {
        looks += 1;
        assert!(looks < 500, "nobody saw it");
    }
    let (state, detail, code) = checked(&operator);
    assert_eq!((&*state, code), ("fail", Some(1)), "{detail}");
    assert!(detail.contains("narthex sign-out --all"), "{detail}");
    let log = serving.stop().expect_code(0).stderr;
    assert!(
        log.contains("the database is older than what this process has seen"),
        "{log}"
    );
    operator.run_ok(&["sign-out", "--all"]);
    nothing_is_asked(&operator);
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_is_asked_after_what_everybody_does_to_a_database() {
    let operator = operator();
    nothing_is_asked(&operator);
    nothing_is_asked(&operator);
    // The power went, and came back soon.
    assert_eq!(asked(&start(&operator).kill()), Vec::<String>::new());
    nothing_is_asked(&operator);
    operator.run_ok(&["migrate"]);
    nothing_is_asked(&operator);
    operator.execute(match Engine::of_this_run() {
        Engine::Sqlite => "VACUUM",
        Engine::Postgres => "VACUUM FULL",
    });
    nothing_is_asked(&operator);
    // To make a backup is no reason to ask, and neither is a second server.
    let first = start(&operator);
    drop(operator.back_up());
    nothing_is_asked(&operator);
    assert_eq!(asked(&first.stop().expect_code(0)), Vec::<String>::new());
    nothing_is_asked(&operator);
}

#[test]
fn of_several_first_servers_none_asks() {
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
    nothing_is_asked(&operator);
}
