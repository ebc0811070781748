//! Files of which nothing is imported.

use super::{Export, content};
use crate::support::operator::Operator;

const ADA: &str = "ada@example.com";

#[track_caller]
fn expect_refused(text: &str, part: &str) {
    let operator = Operator::new();
    let line = operator
        .narthex
        .run_with_input(&["import", "sanctum", "-"], text)
        .expect_error();
    assert!(line.contains(part), "{part}: {line}");
    assert_eq!(content(&operator), Vec::<String>::new());
}

#[test]
fn cut_file_is_refused() {
    let text = Export::of_sanctum().user("1", ADA).token("1", "1").text();
    let lines: Vec<&str> = text.lines().collect();
    for length in 0..lines.len() {
        expect_refused(&lines[..length].join("\n"), "has no last line");
    }
    let without_a_user = [lines[0], lines[2], lines[3]].join("\n");
    expect_refused(&without_a_user, "its last line says 2");
    let continued = [&text, "\n{}"].concat();
    expect_refused(&continued, "has no last line");
}

#[test]
fn file_of_another_system_or_version_is_refused() {
    let of = |key: &str, value: &str| {
        Export::of_sanctum()
            .header(key, value)
            .user("1", ADA)
            .text()
    };
    expect_refused(&of("source", "django"), "is an export of django");
    expect_refused(&of("narthex", "import"), "another version");
    expect_refused(&of("app", "a b"), "app is not");
    expect_refused(&of("unknown", "x"), "unknown field `unknown`");
    let newer = Export::of_sanctum()
        .header("version", 2)
        .user("1", ADA)
        .text();
    expect_refused(&newer, "another version");
    expect_refused("x\n", "not a JSON object");
}

#[test]
fn long_line_is_refused() {
    let name = "x".repeat(70_000);
    let more = serde_json::json!({"name": name});
    let text = Export::of_sanctum().user_with("1", ADA, more).text();
    expect_refused(&text, "line 2 is longer than 64 KiB");
}

#[test]
fn password_hash_of_a_broken_line_is_not_printed() {
    let operator = Operator::new();
    let text = Export::of_sanctum().user("1", ADA).text().replace(
        "\"user\":\"1\"",
        "\"user\":\"1\",\"password\":[\"$2y$12$secret\"]",
    );
    let outcome = operator
        .narthex
        .run_with_input(&["import", "sanctum", "-"], &text);
    assert!(!format!("{outcome:?}").contains("secret"), "{outcome:#?}");
}
