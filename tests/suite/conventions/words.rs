//! Words of code that only some files may contain, and the length of files and comment lines.

use super::source::Source;
use super::{Violation, expect_none, rust_files};

struct Reserved {
    words: &'static [&'static str],
    /// Folders and files below `src`. `*/` stands for any folder.
    only_in: &'static [&'static str],
    message: &'static str,
}

const RESERVED: &[Reserved] = &[
    Reserved {
        words: &["actix_web::", "actix_session::", "actix_http::", "askama::"],
        // The command starts the runtime of the app.
        only_in: &["http/", "main.rs", "cli/serve.rs"],
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
        // In openapi, a schema is one of JSON.
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
    // clippy.toml forbids the other clocks and the environment.
    Reserved {
        words: &["Instant", "UNIX_EPOCH", "now_v7"],
        // The duration in a log line decides nothing.
        only_in: &["util/clock.rs", "http/middleware/outermost.rs"],
        message: "reads a clock that no test can set; use the clock of AppState",
    },
    Reserved {
        words: &[
            "rand",
            "getrandom",
            "OsRng",
            "SysRng",
            "new_v4",
            "Key::generate",
        ],
        only_in: &["crypto/rng.rs"],
        message: "draws random bytes; use the generator of AppState, which a test can set",
    },
];

fn is_in(path: &str, pattern: &str) -> bool {
    match pattern.strip_prefix('*') {
        Some(end) => path.ends_with(end) || end.ends_with('/') && path.contains(end),
        None if pattern.ends_with('/') => path.starts_with(pattern),
        None => path == pattern,
    }
}

fn misplaced_words(file: &Source) -> Vec<Violation> {
    let mut found = Vec::new();
    for reserved in RESERVED {
        if reserved
            .only_in
            .iter()
            .any(|pattern| is_in(&file.path, pattern))
        {
            continue;
        }
        for (number, line) in (1..).zip(file.code.lines()) {
            if reserved.words.iter().any(|word| has_word(line, word)) {
                found.push(Violation {
                    file: format!("src/{}", file.path),
                    line: number,
                    message: format!("`{}` {}", line.trim(), reserved.message),
                });
            }
        }
    }
    found
}

/// Returns whether a line has a whole word: `rand` in `use rand::…`, but not in `random`.
fn has_word(line: &str, word: &str) -> bool {
    let in_name = |c: char| c.is_alphanumeric() || c == '_';
    line.match_indices(word).any(|(offset, _)| {
        let ends_word = !line[offset + word.len()..].starts_with(in_name);
        !line[..offset].ends_with(in_name) && (ends_word || word.ends_with("::"))
    })
}

#[test]
fn reserved_words_occur_only_in_their_files() {
    let violations: Vec<_> = rust_files("src").iter().flat_map(misplaced_words).collect();
    expect_none(&violations);
}

#[test]
fn every_file_has_at_most_400_lines() {
    let mut files = rust_files("src");
    files.retain(|file| file.text.lines().count() > 400 && file.path != "schema.rs");
    let paths: Vec<_> = files.iter().map(|file| &file.path).collect();
    assert!(paths.is_empty(), "split by subject: {paths:?}");
}

/// The longest line of a comment. `cargo fmt` does not wrap comments.
const MAX_COMMENT_COLUMNS: usize = 102;

fn long_comment_lines(directory: &str, file: &Source) -> Vec<Violation> {
    let lines = (1..).zip(file.text.lines());
    let long = lines.filter(|(_, line)| {
        line.trim_start().starts_with("//") && line.chars().count() > MAX_COMMENT_COLUMNS
    });
    long.map(|(number, _)| Violation {
        file: format!("{directory}/{}", file.path),
        line: number,
        message: format!(
            "is a comment of more than {MAX_COMMENT_COLUMNS} columns; fill the paragraph again"
        ),
    })
    .collect()
}

#[test]
fn comment_lines_have_at_most_102_columns() {
    let mut violations = Vec::new();
    for directory in ["src", "tests", "benches/src", "fuzz/fuzz_targets", "model"] {
        let files = rust_files(directory);
        violations.extend(
            files
                .iter()
                .flat_map(|file| long_comment_lines(directory, file)),
        );
    }
    expect_none(&violations);
}

#[test]
fn long_comment_line_is_found() {
    let columns = |count| "ü".repeat(count);
    for (count, text) in [
        (0, format!("// {}", columns(99))),
        (1, format!("// {}", columns(100))),
        (1, format!("fn a() {{}}\n    /// {}\n", columns(95))),
        (0, format!("let text = \"{}\";", columns(100))),
    ] {
        let found = long_comment_lines("src", &Source::new("error.rs", &text));
        assert_eq!(found.len(), count, "{text}");
    }
}

#[test]
fn reserved_word_is_found_outside_its_files() {
    for (count, path, text) in [
        (1, "accounts/register.rs", "use actix_web::HttpRequest;"),
        (0, "http/pages/login.rs", "use actix_web::HttpRequest;"),
        (
            0,
            "accounts/register.rs",
            "/// Like `actix_web::HttpRequest`.\nlet random = 1;",
        ),
        (1, "accounts/mod.rs", "use crate::schema::users;"),
        (0, "accounts/store.rs", "use diesel::prelude::*;"),
        (0, "cluster/store/mod.rs", "use diesel::prelude::*;"),
        (
            0,
            "error.rs",
            "impl From<diesel::result::Error> for Error {}",
        ),
        (1, "util/clock.rs", "#[derive(utoipa::ToSchema)]"),
        (1, "types/name.rs", "let started = Instant::now();"),
        (1, "tokens/secret.rs", "rand::rng().fill(&mut bytes);"),
    ] {
        let found = misplaced_words(&Source::new(path, text));
        assert_eq!(found.len(), count, "{path}: {text}");
    }
}
