//! Reserved words: some belong to certain files, some must not occur at all.

use super::source::Source;
use super::{Violation, expect_none, rust_files};

/// Words of code that only some files may contain.
struct Reserved {
    words: &'static [&'static str],
    /// A directory, a file, or a file name in any directory.
    only_in: &'static [&'static str],
    message: &'static str,
}

const RESERVED: &[Reserved] = &[
    Reserved {
        words: &[
            "actix_web",
            "actix_session",
            "actix_http",
            "askama",
            "askama_web",
        ],
        only_in: &[
            "http/",
            "main.rs",
            // Starts the runtime of the app.
            "cli/serve.rs",
        ],
        message: "uses HTTP; a domain function takes and returns its own types, and a file in http \
                    converts requests to them",
    },
    Reserved {
        words: &[
            "diesel::prelude",
            "diesel::dsl",
            "diesel::insert_into",
            "diesel::update",
            "diesel::delete",
            "diesel::select",
            "diesel::sql_query",
            "diesel::query_dsl",
            "diesel::expression",
            "diesel::connection",
            "diesel::Connection",
            "QueryDsl",
            "RunQueryDsl",
            "ExpressionMethods",
            "sql_query",
            "schema::",
        ],
        // In openapi, for the schemas of JSON.
        only_in: &[
            "*/store.rs",
            "*/store/",
            "db/",
            "schema.rs",
            "http/openapi/",
        ],
        message: "queries the database; put the query into the store.rs of the folder, as a \
                    function whose name says what it finds or changes",
    },
    Reserved {
        words: &["utoipa"],
        only_in: &["http/"],
        message: "describes the API; put the schema of a type into http/openapi/schemas",
    },
    Reserved {
        words: &[
            "std::env",
            "env::var",
            "env::vars",
            "env::var_os",
            "env::vars_os",
        ],
        only_in: &["config/"],
        message: "reads the environment; make it a setting in config",
    },
    Reserved {
        words: &[
            "SystemTime",
            "UNIX_EPOCH",
            "Timestamp::now",
            "Zoned::now",
            "now_utc",
            "now_v7",
        ],
        only_in: &["util/clock.rs"],
        message: "reads the system time; use the clock of AppState, which a test can set",
    },
    Reserved {
        words: &["Instant"],
        // Measures the duration for the log line, which decides nothing.
        only_in: &["http/app.rs"],
        message: "reads a clock that no test can set; use the clock of AppState",
    },
    Reserved {
        words: &[
            "rand",
            "getrandom",
            "OsRng",
            "SysRng",
            "new_v4",
            "thread_rng",
            "Key::generate",
        ],
        only_in: &["crypto/rng.rs"],
        message: "draws random bytes; use the generator of AppState, which a test can set",
    },
];

fn is_one_of(path: &str, files: &[&str]) -> bool {
    files
        .iter()
        .any(|pattern| match pattern.strip_prefix("*/") {
            Some(name) => path
                .split('/')
                .skip(1)
                .any(|part| match name.split_once('*') {
                    Some((beginning, _)) => part.starts_with(beginning),
                    None => part == name.trim_end_matches('/'),
                }),
            None if pattern.ends_with('/') => path.starts_with(pattern),
            None => path == *pattern,
        })
}

fn misplaced_words(file: &Source) -> Vec<Violation> {
    let reserved = RESERVED
        .iter()
        .filter(|reserved| !is_one_of(&file.path, reserved.only_in));
    let found = reserved.flat_map(|reserved| {
        let message = reserved.message;
        let offsets = reserved
            .words
            .iter()
            .flat_map(|word| offsets_of(&file.code, word));
        offsets.map(move |offset| violation(file, offset, message))
    });
    let mut violations: Vec<_> = found.collect();
    // One line can contain several words of one rule.
    violations.dedup();
    violations
}

fn forbidden_words(file: &Source) -> Vec<Violation> {
    let hides_lint = "hides a lint; fix the finding, or `expect` it with a reason";
    let hidden = offsets_of(&file.code, "allow")
        .into_iter()
        .filter(|offset| {
            let (before, after) = (&file.code[..*offset], &file.code[offset + "allow".len()..]);
            let attribute = before.rfind("#[").max(before.rfind("#!["));
            after.trim_start().starts_with('(')
                && attribute.is_some_and(|opening| !before[opening..].contains(']'))
        });
    let hidden = hidden.map(|offset| violation(file, offset, hides_lint));

    let postpones = "postpones work; do it, or open an issue";
    let postponed = ["TODO", "FIXME", "XXX", "todo!", "unimplemented!"];
    let postponed = postponed
        .iter()
        .flat_map(|word| offsets_of(&file.text, word));
    hidden
        .chain(postponed.map(|offset| violation(file, offset, postpones)))
        .collect()
}

const MAX_LINES: usize = 400;

fn too_long(file: &Source) -> Option<Violation> {
    let lines = file.text.lines().count();
    (lines > MAX_LINES && file.path != "schema.rs").then(|| Violation {
        file: format!("src/{}", file.path),
        line: lines,
        message: format!("has {lines} lines, more than {MAX_LINES}; split it by subject"),
    })
}

fn violation(file: &Source, offset: usize, message: &str) -> Violation {
    let line = file.text[..offset].rfind('\n').map_or(0, |end| end + 1);
    let line = file.text[line..].lines().next().unwrap_or_default().trim();
    Violation {
        file: format!("src/{}", file.path),
        line: file.line_at(offset),
        message: format!("`{line}` {message}"),
    }
}

/// The offsets of a whole word: `rand` in `use rand::…`, but not in `random`.
fn offsets_of(text: &str, word: &str) -> Vec<usize> {
    let in_name = |c: char| c.is_alphanumeric() || c == '_';
    let offsets = text.match_indices(word).map(|(offset, _)| offset);
    offsets
        .filter(|offset| {
            let starts_word = !text[..*offset].ends_with(in_name);
            let ends_word = !text[offset + word.len()..].starts_with(in_name);
            starts_word && (ends_word || word.ends_with("::"))
        })
        .collect()
}

#[test]
fn reserved_words_occur_only_in_their_files() {
    let violations: Vec<_> = rust_files("src").iter().flat_map(misplaced_words).collect();
    expect_none(&violations);
}

#[test]
fn code_has_no_postponed_work_and_no_hidden_lint() {
    let violations: Vec<_> = rust_files("src").iter().flat_map(forbidden_words).collect();
    expect_none(&violations);
}

#[test]
fn every_file_has_at_most_400_lines() {
    let violations: Vec<_> = rust_files("src").iter().filter_map(too_long).collect();
    expect_none(&violations);
}

#[cfg(test)]
mod tests {
    use super::*;

    fn lines(violations: impl IntoIterator<Item = Violation>) -> Vec<usize> {
        violations
            .into_iter()
            .map(|violation| violation.line)
            .collect()
    }

    #[test]
    fn reserved_word_in_another_file_is_found() {
        for (path, text) in [
            ("accounts/register.rs", "use actix_web::HttpRequest;"),
            ("util/duration.rs", "use actix_web::web;"),
            ("accounts/mod.rs", "use crate::schema::users;"),
            (
                "accounts/mod.rs",
                "let n = users.select(x).first(c)?; use diesel::prelude::*;",
            ),
            ("credentials/authenticate.rs", "diesel::sql_query(text)"),
            ("tokens/create.rs", "std::env::var(name)"),
            (
                "credentials/authenticate.rs",
                "let now = SystemTime::now();",
            ),
            ("util/duration.rs", "let started = Instant::now();"),
            (
                "http/middleware/security_headers.rs",
                "let id = Uuid::now_v7();",
            ),
            ("tokens/secret.rs", "rand::rng().fill(&mut bytes);"),
            ("util/clock.rs", "#[derive(utoipa::ToSchema)]"),
        ] {
            assert_eq!(
                lines(misplaced_words(&Source::new(path, text))),
                [1],
                "{path}: {text}"
            );
        }
    }

    #[test]
    fn reserved_word_in_its_file_or_a_comment_is_not_found() {
        for (path, text) in [
            ("http/pages/login.rs", "use actix_web::HttpRequest;"),
            ("http/api/user.rs", "use actix_web::HttpRequest;"),
            (
                "accounts/register.rs",
                "/// Like `actix_web::HttpRequest`.\nlet random = 1;",
            ),
            ("accounts/store.rs", "use diesel::prelude::*;"),
            ("error.rs", "impl From<diesel::result::Error> for Error {}"),
            ("config/sources.rs", "std::env::vars_os()"),
            (
                "tokens/secret.rs",
                "let all = \"rand::rng\"; operand(random)",
            ),
        ] {
            assert_eq!(
                misplaced_words(&Source::new(path, text)),
                [],
                "{path}: {text}"
            );
        }
    }

    #[test]
    fn postponed_work_and_hidden_lint_are_found() {
        for text in [
            "#[allow(dead_code)]",
            "#![allow(dead_code)]",
            "#[cfg_attr(test, allow(dead_code))]",
            "// TODO: later",
            "todo!()",
            "unimplemented!(\"no\")",
        ] {
            let file = Source::new("x.rs", &format!("\n{text}\n"));
            assert_eq!(lines(forbidden_words(&file)), [2], "{text}");
        }
        let allowed = "#[expect(dead_code, reason = \"…\")]\n#[derive(Clone)] fn allow(x: u8) {}";
        assert_eq!(forbidden_words(&Source::new("x.rs", allowed)), []);
    }

    #[test]
    fn overlong_file_is_found() {
        assert_eq!(
            lines(too_long(&Source::new("x.rs", &"\n".repeat(401)))),
            [401]
        );
        assert_eq!(too_long(&Source::new("x.rs", &"\n".repeat(400))), None);
    }
}
