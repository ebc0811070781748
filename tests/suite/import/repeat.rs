//! An import that is run twice, or that was killed and is run again.

use std::io::{BufRead, BufReader, Write};
use std::process::Stdio;

use serde_json::json;

use super::{Export, content, import, import_all, report};
use crate::support::operator::Operator;

const ADA: &str = "ada@example.com";

/// A file with several batches.
fn large() -> Export {
    let mut export = Export::of_sanctum();
    for number in 0..1_200 {
        let id = format!("{number}");
        export = export
            .user(&id, &format!("user{number}@example.com"))
            .token(&id, &id);
    }
    export
}

#[test]
fn file_that_is_imported_twice_is_imported_once() {
    let operator = Operator::new();
    let export = large();
    import_all(&operator, &export, &[]);
    let once = content(&operator);
    let report = import_all(&operator, &export, &[]);
    assert!(content(&operator) == once, "the rows differ");
    let nothing = json!({"taken": 0, "already_here": 1_200, "rejected": 0});
    assert_eq!(report["users"], nothing);
    assert_eq!(report["tokens"], nothing);
}

#[test]
fn killed_import_is_continued_by_the_next_run() {
    let (killed, whole) = (Operator::new(), Operator::new());
    let export = large();
    let mut child = killed
        .narthex
        .command(&["import", "sanctum", "-"])
        .stdin(Stdio::piped())
        .stdout(Stdio::null())
        .stderr(Stdio::piped())
        .spawn()
        .expect("the program that cargo built");
    let mut input = child.stdin.take().unwrap();
    input.write_all(export.text().as_bytes()).unwrap();
    drop(input);
    let first = BufReader::new(child.stderr.take().unwrap()).lines().next();
    assert_eq!(first.unwrap().unwrap(), "500 of 1200 users");
    child.kill().unwrap();
    child.wait().unwrap();

    import_all(&killed, &export, &[]);
    import_all(&whole, &export, &[]);
    assert!(content(&killed) == content(&whole), "the rows differ");
}

#[test]
fn check_reports_exactly_what_the_run_does() {
    let operator = Operator::new();
    operator.add_user(ADA);
    let export = large()
        .user("x1", ADA)
        .token("x1", "x1")
        .user("x2", "broken")
        .token_with("x2", "1", json!({"abilities": ["unknown"]}))
        .token_with("x3", "1", json!({"expires_at": "2025-01-01T00:00:00Z"}));
    for export in [large(), export] {
        let before = content(&operator);
        let check = import(&operator, &export, &["--dry-run"]);
        assert!(content(&operator) == before, "a row changed");
        let run = import(&operator, &export, &[]);
        assert_eq!(check.code, run.code);
        assert_eq!(report(&check), report(&run));
    }
}

#[test]
fn second_run_takes_only_what_is_new() {
    let operator = Operator::new();
    let export = Export::of_sanctum().user("1", ADA).token("1", "1");
    import_all(&operator, &export, &[]);
    operator.run_ok(&["token", "revoke", &operator.only_token_of(ADA)]);
    let changed = Export::of_sanctum()
        .user_with("1", "new@example.com", json!({"name": "New"}))
        .token("1", "1")
        .token("2", "1")
        .user("2", "grace@example.com");
    let report = import_all(&operator, &changed, &[]);
    assert_eq!(
        report["users"],
        json!({"taken": 1, "already_here": 1, "rejected": 0})
    );
    assert_eq!(
        report["tokens"],
        json!({"taken": 1, "already_here": 1, "rejected": 0})
    );
    // The revoked token stays revoked, and the address stays as it is here.
    operator.only_token_of(ADA);
}

#[test]
fn second_run_reports_what_differs_from_the_file() {
    let operator = Operator::new();
    let ability = json!({"abilities": ["*"], "name": "Old"});
    let export = Export::of_sanctum()
        .user("1", ADA)
        .user("2", "grace@example.com")
        .token("1", "1")
        .token_with("2", "1", ability);
    import_all(&operator, &export, &[]);
    let report = import_all(&operator, &export, &["--check"]);
    assert_eq!(report["differences"], json!([]));

    let tokens = operator.json(&["token", "list", ADA]);
    let newest = tokens["data"][0]["id"].as_str().unwrap();
    operator.run_ok(&["token", "revoke", newest]);
    let before = content(&operator);
    let changed = Export::of_sanctum()
        .user_with("1", "new@example.com", json!({"name": "New"}))
        .user_with("2", "grace@example.com", json!({"disabled": true}))
        .token_with("1", "1", json!({"expires_at": "2099-01-01T00:00:00Z"}))
        .token_with("2", "1", json!({"name": "New"}));
    let checked = import_all(&operator, &changed, &["--check"]);
    let report = import_all(&operator, &changed, &[]);
    assert_eq!(checked, report);
    assert!(content(&operator) == before, "a row changed");
    let found = report["differences"].as_array().unwrap().iter();
    let found: Vec<_> = found
        .map(|one| format!("{} {} {}", one["line"], one["id"], one["differs"]).replace('"', ""))
        .collect();
    let revoked = found.iter().find(|one| one.ends_with(" revoked")).unwrap();
    let other = if revoked.starts_with('4') {
        "5 2 name"
    } else {
        "4 1 expires_at"
    };
    for expected in ["2 1 email", "2 1 name", "3 2 disabled", revoked, other] {
        assert!(
            found.contains(&expected.to_owned()),
            "{expected}: {found:?}"
        );
    }
    assert_eq!(found.len(), 5, "{found:?}");
}

#[test]
fn deleted_user_is_not_imported_again() {
    let operator = Operator::new();
    let export = Export::of_sanctum()
        .user("1", ADA)
        .user("2", "b@example.com")
        .token("1", "1");
    import_all(&operator, &export, &[]);
    operator.run_ok(&["user", "delete", ADA, "--yes"]);
    import_all(&operator, &export, &[]);
    let outcome = import(&operator, &export.token("2", "1"), &[]).expect_code(3);
    assert!(outcome.stderr.contains("was not taken"), "{outcome:#?}");
    assert_eq!(operator.json(&["user", "list"])["total"], 1);
}
