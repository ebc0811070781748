//! The output of the command line: help, exit codes, standard output and standard error.

use std::process::Stdio;

use narthex::config::keys;

use crate::support::binary::Narthex;
use crate::support::operator::Operator;

const ADA: &str = "ada@example.com";

#[test]
fn command_without_arguments_prints_help() {
    let outcome = Narthex::installed().run(&[]).expect_code(0);
    assert_eq!(outcome.stderr, "");
    assert!(outcome.stdout.contains("Usage: narthex"), "{outcome:#?}");
    for command in ["serve", "migrate", "user", "token", "session", "sign-out"] {
        let listed = outcome
            .stdout
            .lines()
            .any(|line| line.trim().starts_with(command));
        assert!(listed, "{command}: {outcome:#?}");
    }
}

#[test]
fn missing_subcommand_is_a_usage_error() {
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
fn long_help_lists_every_setting_and_short_help_none() {
    let narthex = Narthex::installed();
    for arguments in [&["--help"][..], &["serve", "--help"]] {
        let help = narthex.run(arguments).expect_code(0).stdout;
        for key in keys() {
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
    // They would hide the options of the command itself.
    for arguments in [
        &["user", "delete", "--help"][..],
        &["help", "user", "delete"],
        &["migrate", "--help"],
    ] {
        let help = narthex.run(arguments).expect_code(0).stdout;
        assert!(!help.contains("[env: "), "{help}");
        assert!(help.contains("--config"), "{help}");
        let end = "The settings that every command accepts: narthex --help\n";
        assert!(help.ends_with(end), "{help}");
    }
    let set = ["user", "list", "--database-url", "sqlite://other.db"];
    let line = narthex.run(&set).expect_error();
    assert!(line.contains("there is no other.db"), "{line}");
}

#[test]
fn refused_argument_names_the_accepted_values() {
    let narthex = Narthex::installed();
    for (arguments, advice) in [
        (
            &["user", "list", "--limit", "x"][..],
            "a whole number from 0 to",
        ),
        (&["mail", "list", "--limit=-1"], "a whole number from 0 to"),
        (
            &["token", "add", ADA, "--name", "x", "--expires-in", "36501d"],
            "over zero and of at most 36500d",
        ),
    ] {
        let outcome = narthex.run(arguments).expect_code(2);
        assert!(outcome.stderr.contains(advice), "{outcome:#?}");
    }
}

#[test]
fn folder_that_takes_no_manual_page_is_named() {
    let narthex = Narthex::installed().with_file("taken", "");
    for folder in ["taken", "taken/below"] {
        let line = narthex.run(&["man", "--dir", folder]).expect_error();
        let start = format!("{folder} cannot be written: ");
        assert!(line.starts_with(&start), "{line}");
    }
}

#[test]
fn every_command_with_structured_output_supports_json() {
    let narthex = Narthex::installed();
    let mut pending = vec![Vec::new()];
    let mut without = Vec::new();
    while let Some(words) = pending.pop() {
        let arguments = [&words[..], &["--help".to_owned()]].concat();
        let arguments: Vec<_> = arguments.iter().map(String::as_str).collect();
        let help = narthex.run(&arguments).expect_code(0).stdout;
        match help.split_once("Commands:\n") {
            Some((_, verbs)) => pending.extend(
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
    // The exceptions: `serve` has no result, and `token add` prints the secret alone. `completions`
    // and `man` print files for other programs. `openapi` prints JSON anyway, and the result of
    // `health` is its exit code.
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
fn prune_reports_the_number_of_credentials() {
    let operator = Operator::new();
    operator.add_user(ADA);
    operator.add_token(ADA, "x", &[]);
    operator.execute("UPDATE credentials SET expires_at = created_at");
    let pruned = operator.json(&["prune"]);
    assert_eq!(pruned, serde_json::json!({"expired": 1, "forgotten": 0}));
    let output = operator.run_ok(&["prune"]);
    assert!(
        output.contains("they had expired: no credentials."),
        "{output}"
    );
}

#[test]
fn closed_output_pipe_is_no_failure() {
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
        // The pipe is closed from here on. The program has probably not yet written to it.
        drop(child.stdout.take());
        let output = child.wait_with_output().unwrap();
        let stderr = String::from_utf8(output.stderr).unwrap();
        assert_eq!(
            (output.status.code(), &*stderr),
            (Some(0), ""),
            "{arguments:?}"
        );
    }
}

#[test]
fn failed_write_to_standard_output_is_a_failure() {
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
        let stderr = String::from_utf8(output.stderr).unwrap();
        assert_eq!(output.status.code(), Some(1), "{arguments:?}: {stderr}");
        assert!(
            stderr.starts_with("narthex: ") && stderr.lines().count() == 1,
            "{stderr}"
        );
    }
}

#[test]
fn control_characters_in_names_are_escaped() {
    let operator = Operator::new();
    operator.add_user(ADA);
    operator.add_token(ADA, "x", &[]);
    let malicious = "\u{1b}[2J\u{9b}31m\u{202e}gone\r\n\u{7}";
    let escaped = r"\u{1b}[2J\u{9b}31m\u{202e}gone\u{d}\u{a}\u{7}";
    operator.execute(&format!("UPDATE users SET name = '{malicious}'"));
    operator.execute(&format!("UPDATE credentials SET name = '{malicious}'"));
    for arguments in [
        &["user", "list"][..],
        &["token", "list", ADA],
        &["sign-out", ADA, "--dry-run"],
        &["sign-out", ADA],
    ] {
        let shown = operator.run_ok(arguments);
        assert!(shown.contains(escaped), "{arguments:?}: {shown:?}");
        let printable = shown
            .chars()
            .all(|c| c == '\n' || !c.is_control() && c != '\u{202e}');
        assert!(printable, "{arguments:?}: {shown:?}");
    }
    let printed = operator.run_ok(&["user", "list", "--json"]);
    assert!(
        printed.contains(r"\u001b[2J\u009b31m\u202egone\r\n\u0007"),
        "{printed:?}"
    );
    let read: serde_json::Value = serde_json::from_str(&printed).unwrap();
    assert_eq!(read["data"][0]["name"], malicious);
}

#[test]
fn command_logs_nothing_by_default() {
    let operator = Operator::new();
    for (arguments, stderr) in [
        (&["migrate"][..], ""),
        (&["user", "list"], "There are no accounts.\n"),
    ] {
        assert_eq!(
            operator.run(arguments).expect_code(0).stderr,
            stderr,
            "{arguments:?}"
        );
    }
}

#[test]
fn unreachable_database_is_reported_in_one_line() {
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
    assert!(
        line.contains("no/such/narthex.db"),
        "it names the database: {line}"
    );
    let narthex = Narthex::installed().with("DATABASE_URL", "sqlite://folder");
    std::fs::create_dir(narthex.directory().join("folder")).unwrap();
    let line = narthex.run(&["user", "list"]).expect_error();
    let start = "the database cannot be reached: folder: ";
    assert!(line.starts_with(start), "{line}");
}
