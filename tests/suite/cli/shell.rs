//! Shell completions and manual pages of the command line.

use std::io::Write;
use std::process::{Command, Stdio};

use crate::support::binary::Narthex;
use crate::support::programs;

/// Returns the completions of a real bash for a command line with the cursor at its end.
fn completions_for(script: &str, words: &[&str]) -> Vec<String> {
    let driver = r#"
        source "$1"; shift
        COMP_WORDS=("$@") COMP_CWORD=$(($# - 1))
        how=$(complete -p narthex) && [[ $how =~ -F\ ([^ ]+) ]]
        "${BASH_REMATCH[1]}" narthex "${COMP_WORDS[COMP_CWORD]}" "${COMP_WORDS[COMP_CWORD-1]}"
        printf '%s\n' "${COMPREPLY[@]}"
    "#;
    let output = Command::new("bash")
        .args(["--norc", "-euc", driver, "bash", script])
        .args(words)
        .output()
        .expect("bash");
    assert!(output.status.success(), "{output:#?}");
    assert!(output.stderr.is_empty(), "{output:#?}");
    let text = String::from_utf8(output.stdout).expect("text");
    text.lines().map(str::to_owned).collect()
}

#[test]
fn bash_completes_commands_and_their_verbs() {
    let narthex = Narthex::installed();
    let script = narthex.run(&["completions", "bash"]).expect_code(0).stdout;
    let narthex = narthex.with_file("narthex.bash", &script);
    let file = narthex.directory().join("narthex.bash");
    let file = file.to_str().expect("a path");
    for (words, expected) in [
        (&["narthex", "tok"][..], &["token"][..]),
        (&["narthex", "s"], &["serve", "session", "sign-out"]),
        (&["narthex", "token", "i"], &["identify"]),
        (&["narthex", "token", "add", "--ex"], &["--expires-in"]),
        (
            &["narthex", "token", "add", "--kind", ""],
            &["service", "personal"],
        ),
    ] {
        let mut completions_for = completions_for(file, words);
        completions_for.sort();
        let mut expected = expected.to_vec();
        expected.sort_unstable();
        assert_eq!(completions_for, expected, "{words:?}");
    }
}

#[test]
fn completions_support_five_shells() {
    let narthex = Narthex::installed();
    for shell in ["bash", "zsh", "fish", "elvish", "powershell"] {
        let script = narthex.run(&["completions", shell]).expect_code(0).stdout;
        assert!(script.contains("identify"), "{shell}: {script}");
    }
    let outcome = narthex.run(&["completions", "csh"]).expect_code(2);
    assert_eq!(outcome.stdout, "");
}

/// Renders a manual page for a wide terminal. A warning of groff is a failure.
fn rendered(page: &str) -> String {
    let mut child = Command::new(programs::find("groff", "groff-base"))
        .args([
            "-K",
            "utf8",
            "-man",
            "-ww",
            "-T",
            "utf8",
            "-P-cbou",
            "-rLL=400n",
        ])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("a program that starts");
    let mut input = child.stdin.take().expect("a pipe");
    input.write_all(page.as_bytes()).expect("a reader");
    drop(input);
    let output = child.wait_with_output().expect("an end");
    let stderr = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(
        output.status.success() && stderr.is_empty(),
        "{stderr}: {page}"
    );
    String::from_utf8(output.stdout).expect("text")
}

#[test]
#[ignore = "needs groff: use scripts/test"]
fn manual_page_names_every_command_and_setting() {
    let narthex = Narthex::installed();
    let text = rendered(&narthex.run(&["man"]).expect_code(0).stdout);
    let help = narthex.run(&["--help"]).expect_code(0).stdout;
    let (_, commands) = help.split_once("Commands:\n").expect("commands");
    let (commands, _) = commands.split_once("\n\n").expect("an end");
    let commands = commands
        .lines()
        .filter(|line| line.starts_with("  ") && !line.starts_with("   "));
    let commands: Vec<_> = commands
        .filter_map(|line| line.split_whitespace().next())
        .filter(|command| *command != "help")
        .collect();
    assert!(commands.len() >= 9 && commands.contains(&"check"), "{help}");
    for command in commands {
        assert!(
            text.contains(&format!("narthex-{command}(1)")),
            "{command}: {text}"
        );
    }
    for key in narthex::config::keys() {
        let listed = text.contains(&format!("[env: {}]", key.env));
        assert_eq!(
            listed,
            key.env != "NARTHEX_SECRET_KEY",
            "{}: {text}",
            key.env
        );
    }
}

#[test]
#[ignore = "needs groff: use scripts/test"]
fn every_command_has_a_manual_page() {
    let narthex = Narthex::installed();
    let outcome = narthex.run(&["man", "--dir", "pages/man1"]).expect_code(0);
    assert_eq!(outcome.stdout, "");
    let folder = narthex.directory().join("pages/man1");
    let mut names = Vec::new();
    for file in std::fs::read_dir(&folder).unwrap() {
        let file = file.unwrap();
        let name = file.file_name().into_string().unwrap();
        let text = rendered(&std::fs::read_to_string(file.path()).unwrap());
        let name = name
            .strip_suffix(".1")
            .expect("a page of section 1")
            .to_owned();
        assert!(text.contains(&format!("{name}(1)")), "{name}: {text}");
        // Settings are listed once, on the page of all commands.
        assert_eq!(
            text.contains("NARTHEX_LISTEN"),
            name == "narthex",
            "{name}: {text}"
        );
        names.push(name);
    }
    for name in [
        "narthex",
        "narthex-serve",
        "narthex-sign-out",
        "narthex-token",
        "narthex-token-identify",
        "narthex-user-add",
    ] {
        assert!(
            names.iter().any(|existing| existing == name),
            "{name}: {names:?}"
        );
    }
    let page = std::fs::read_to_string(folder.join("narthex-token-identify.1")).unwrap();
    assert!(rendered(&page).contains("narthex token identify [OPTIONS]"));
}

#[test]
fn manual_pages_need_a_folder_that_can_be_created() {
    let narthex = Narthex::installed().with_file("taken", "");
    narthex.run(&["man", "--dir", "taken"]).expect_error();
}

#[test]
fn completions_and_manual_ignore_invalid_settings() {
    let narthex = Narthex::installed().with("NARTHEX_LISTEN", "everywhere");
    for arguments in [&["man"][..], &["completions", "bash"]] {
        narthex.run(arguments).expect_code(0);
    }
}
