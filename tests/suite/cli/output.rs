//! How the command line speaks: help, exit codes, what goes where.

use std::process::Stdio;

use narthex::config::KEYS;

use crate::support::binary::Narthex;
use crate::support::operator::Operator;

const ADA: &str = "ada@example.com";

#[test]
fn alone_it_prints_help() {
    let alone = Narthex::installed().run(&[]).expect_code(0);
    assert_eq!(alone.stderr, "");
    assert!(alone.stdout.contains("Usage: narthex"), "{alone:#?}");
    for command in ["serve", "migrate", "user", "token", "session", "sign-out"] {
        let listed = alone
            .stdout
            .lines()
            .any(|line| line.trim().starts_with(command));
        assert!(listed, "{command}: {alone:#?}");
    }
}

#[test]
fn a_command_without_its_verb_is_wrong_usage() {
    for arguments in [
        &["user"][..],
        &["token"],
        &["session"],
        &["--listen", "127.0.0.1:0"],
        &["x"],
    ] {
        let outcome = Narthex::installed().run(arguments).expect_code(2);
        assert_eq!(outcome.stdout, "", "{arguments:?}");
    }
}

#[test]
fn the_long_help_has_every_setting_and_the_short_one_none() {
    let narthex = Narthex::installed();
    for arguments in [
        &["--help"][..],
        &["serve", "--help"],
        &["user", "add", "--help"],
    ] {
        let help = narthex.run(arguments).expect_code(0).stdout;
        for key in KEYS {
            let has_flag = help.contains(&format!("--{} ", key.flag()));
            assert_eq!(
                has_flag,
                key.env != "NARTHEX_SECRET_KEY",
                "{}: {help}",
                key.flag()
            );
            assert_eq!(
                help.contains(&format!("[env: {}]", key.env)),
                has_flag,
                "{help}"
            );
            if let Some(default) = key.default {
                assert!(help.contains(&format!("[default: {default}]")), "{help}");
            }
        }
    }
    let short = narthex.run(&["serve", "-h"]).expect_code(0).stdout;
    assert!(
        short.contains("--config") && !short.contains("--listen"),
        "{short}"
    );
    assert!(short.lines().count() < 15, "{short}");
}

#[test]
fn whatever_answers_answers_in_json_too() {
    let narthex = Narthex::installed();
    let mut folder = vec![Vec::new()];
    let mut without = Vec::new();
    while let Some(words) = folder.pop() {
        let arguments = [&words[..], &["--help".to_owned()]].concat();
        let arguments: Vec<_> = arguments.iter().map(String::as_str).collect();
        let help = narthex.run(&arguments).expect_code(0).stdout;
        match help.split_once("Commands:\n") {
            Some((_, verbs)) => folder.extend(
                verbs
                    .lines()
                    .take_while(|line| !line.is_empty())
                    .filter_map(|line| line.split_whitespace().next())
                    .filter(|verb| *verb != "help")
                    .map(|verb| [&words[..], &[verb.to_owned()]].concat()),
            ),
            None if help.contains("--json") => {}
            None => without.push(words.join(" ")),
        }
    }
    without.sort();
    // A server, a secret that is shown once and alone, and what other programs read.
    // The description of the API is JSON anyway, and of `health` the exit code is read.
    assert_eq!(
        without,
        [
            "completions",
            "health",
            "man",
            "openapi",
            "serve",
            "token add"
        ]
    );
}

#[test]
fn pruning_says_how_many() {
    let operator = Operator::new();
    operator.add_user(ADA);
    operator.add_token(ADA, "x", &[]);
    operator.execute("UPDATE credentials SET expires_at = created_at");
    let pruned = operator.json(&["prune"]);
    assert_eq!(pruned, serde_json::json!({"expired": 1, "forgotten": 0}));
    let told = operator.run_ok(&["prune"]);
    assert!(told.contains("time was over: no credentials."), "{told}");
}

#[test]
fn a_reader_who_has_seen_enough_is_no_failure() {
    let operator = Operator::new();
    operator.add_user(ADA);
    operator.add_token(ADA, "x", &[]);
    for arguments in [
        &["user", "list"][..],
        &["user", "list", "--json"],
        &["token", "list", ADA],
        &["sign-out", ADA, "--dry-run"],
        &["migrate"],
        &[],
        &["--help"],
    ] {
        let mut command = operator.narthex.command(arguments);
        let mut child = command
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        // Nobody reads from here on, and the program has not yet written.
        drop(child.stdout.take());
        let output = child.wait_with_output().unwrap();
        let said = String::from_utf8(output.stderr).unwrap();
        assert_eq!(
            (output.status.code(), &*said),
            (Some(0), ""),
            "{arguments:?}"
        );
    }
}

#[test]
fn an_answer_that_cannot_be_written_is_a_failure() {
    let operator = Operator::new();
    operator.add_user(ADA);
    for arguments in [
        &["user", "list"][..],
        &["user", "list", "--json"],
        &["migrate"],
    ] {
        let full = std::fs::File::options()
            .write(true)
            .open("/dev/full")
            .unwrap();
        let output = operator
            .narthex
            .command(arguments)
            .stdout(full)
            .output()
            .unwrap();
        let said = String::from_utf8(output.stderr).unwrap();
        assert_eq!(output.status.code(), Some(1), "{arguments:?}: {said}");
        assert!(
            said.starts_with("narthex: ") && said.lines().count() == 1,
            "{said}"
        );
    }
}

#[test]
fn a_name_cannot_play_with_the_terminal() {
    let operator = Operator::new();
    operator.add_user(ADA);
    operator.add_token(ADA, "x", &[]);
    let evil = "\u{1b}[2J\u{9b}31m\u{202e}gone\r\n\u{7}";
    let spelt = r"\u{1b}[2J\u{9b}31m\u{202e}gone\u{d}\u{a}\u{7}";
    operator.execute(&format!("UPDATE users SET name = '{evil}'"));
    operator.execute(&format!("UPDATE credentials SET name = '{evil}'"));
    for arguments in [
        &["user", "list"][..],
        &["token", "list", ADA],
        &["sign-out", ADA, "--dry-run"],
        &["sign-out", ADA],
    ] {
        let shown = operator.run_ok(arguments);
        assert!(shown.contains(spelt), "{arguments:?}: {shown:?}");
        let harmless = shown
            .chars()
            .all(|c| c == '\n' || !c.is_control() && c != '\u{202e}');
        assert!(harmless, "{arguments:?}: {shown:?}");
    }
    let printed = operator.run_ok(&["user", "list", "--json"]);
    assert!(
        printed.contains(r"\u001b[2J\u009b31m\u202egone\r\n\u0007"),
        "{printed:?}"
    );
    let read: serde_json::Value = serde_json::from_str(&printed).unwrap();
    assert_eq!(read["data"][0]["name"], evil);
}

#[test]
fn a_command_logs_nothing_of_its_own_accord() {
    let operator = Operator::new();
    for (arguments, said) in [
        (&["migrate"][..], ""),
        (&["user", "list"], "There are no accounts.\n"),
    ] {
        assert_eq!(
            operator.run(arguments).expect_code(0).stderr,
            said,
            "{arguments:?}"
        );
    }
}

#[test]
fn a_database_that_is_not_there_is_one_line() {
    for address in [
        "sqlite:///no/such/directory/narthex.db",
        "postgres://127.0.0.1:1/narthex?connect_timeout=2",
    ] {
        let narthex = Narthex::installed().with("DATABASE_URL", address);
        for arguments in [&["migrate"][..], &["user", "list"]] {
            let line = narthex.run(arguments).expect_error();
            assert!(
                line.starts_with("the database cannot be reached: "),
                "{line}"
            );
        }
    }
    let narthex = Narthex::installed().with("DATABASE_URL", "sqlite://no/such/narthex.db");
    let line = narthex.run(&["user", "list"]).expect_error();
    assert!(line.contains("no/such/narthex.db"), "it says which: {line}");
}
