//! What may be said where: words that belong to certain files, and words that belong nowhere.

use super::source::Source;
use super::{Breach, expect_none, rust_files};

/// Words of code that only some files may say.
struct Reserved {
    words: &'static [&'static str],
    /// A directory, a file, or the name of files in whatever directory.
    only_in: &'static [&'static str],
    complaint: &'static str,
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
            // Starts the runtime that the app runs in.
            "cli/serve.rs",
        ],
        complaint: "speaks of HTTP; a verb takes and returns its own types, and a file in http turns a \
                    request into them",
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
        // Of openapi it is the schemas of JSON.
        only_in: &[
            "*/store.rs",
            "*/store/",
            "db/",
            "schema.rs",
            "http/openapi/",
        ],
        complaint: "asks the database; put the query into the capability's store.rs as a function \
                    whose name says what it finds or changes",
    },
    Reserved {
        words: &["utoipa"],
        only_in: &["http/"],
        complaint: "describes the API; what a type looks like there is said in http/openapi/schemas",
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
        complaint: "reads the environment; make it a setting in config",
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
        complaint: "asks the time; ask the Context's clock, which a test can set",
    },
    Reserved {
        words: &["Instant"],
        // A stopwatch for the line in the log, which decides nothing.
        only_in: &["http/app.rs"],
        complaint: "has a clock of its own, which no test can set; ask the Context's clock",
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
        complaint: "draws randomness; ask the Context's, which a test can set",
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

fn out_of_place(file: &Source) -> Vec<Breach> {
    let reserved = RESERVED
        .iter()
        .filter(|reserved| !is_one_of(&file.path, reserved.only_in));
    let said = reserved.flat_map(|reserved| {
        let complaint = reserved.complaint;
        let places = reserved
            .words
            .iter()
            .flat_map(|word| places_of(&file.code, word));
        places.map(move |place| breach(file, place, complaint))
    });
    let mut breaches: Vec<_> = said.collect();
    // One line can say several words of one sort.
    breaches.dedup();
    breaches
}

fn nowhere_to_be_said(file: &Source) -> Vec<Breach> {
    let hides = "hides a lint; mend what it says, or `expect` it with a reason";
    let hidden = places_of(&file.code, "allow").into_iter().filter(|place| {
        let (before, after) = (&file.code[..*place], &file.code[place + "allow".len()..]);
        let attribute = before.rfind("#[").max(before.rfind("#!["));
        after.trim_start().starts_with('(')
            && attribute.is_some_and(|opening| !before[opening..].contains(']'))
    });
    let hidden = hidden.map(|place| breach(file, place, hides));

    let later = "puts something off; do it, or open an issue and say nothing here";
    let put_off = ["TODO", "FIXME", "XXX", "todo!", "unimplemented!"];
    let put_off = put_off.iter().flat_map(|word| places_of(&file.text, word));
    hidden
        .chain(put_off.map(|place| breach(file, place, later)))
        .collect()
}

const LONGEST_FILE: usize = 400;

fn too_long(file: &Source) -> Option<Breach> {
    let lines = file.text.lines().count();
    (lines > LONGEST_FILE && file.path != "schema.rs").then(|| Breach {
        file: format!("src/{}", file.path),
        line: lines,
        complaint: format!(
            "has {lines} lines, and {LONGEST_FILE} is the most; it has two subjects"
        ),
    })
}

fn breach(file: &Source, place: usize, complaint: &str) -> Breach {
    let line = file.text[..place].rfind('\n').map_or(0, |end| end + 1);
    let line = file.text[line..].lines().next().unwrap_or_default().trim();
    Breach {
        file: format!("src/{}", file.path),
        line: file.line_at(place),
        complaint: format!("`{line}` {complaint}"),
    }
}

/// Where a word stands as a word: `rand` in `use rand::…`, and not in `random`.
fn places_of(text: &str, word: &str) -> Vec<usize> {
    let in_name = |c: char| c.is_alphanumeric() || c == '_';
    let places = text.match_indices(word).map(|(place, _)| place);
    places
        .filter(|place| {
            let open_before = !text[..*place].ends_with(in_name);
            let open_after = !text[place + word.len()..].starts_with(in_name);
            open_before && (open_after || word.ends_with("::"))
        })
        .collect()
}

#[test]
fn every_file_says_only_what_is_its_business() {
    let breaches: Vec<_> = rust_files("src").iter().flat_map(out_of_place).collect();
    expect_none(&breaches);
}

#[test]
fn nothing_is_put_off_and_no_lint_is_hidden() {
    let breaches: Vec<_> = rust_files("src")
        .iter()
        .flat_map(nowhere_to_be_said)
        .collect();
    expect_none(&breaches);
}

#[test]
fn every_file_is_short() {
    let breaches: Vec<_> = rust_files("src").iter().filter_map(too_long).collect();
    expect_none(&breaches);
}

#[cfg(test)]
mod tests {
    use super::*;

    fn lines(breaches: impl IntoIterator<Item = Breach>) -> Vec<usize> {
        breaches.into_iter().map(|breach| breach.line).collect()
    }

    #[test]
    fn a_word_in_a_file_that_may_not_say_it_is_a_breach() {
        for (path, text) in [
            ("accounts/register.rs", "use actix_web::HttpRequest;"),
            ("util/pagination.rs", "use actix_web::web;"),
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
            ("util/pagination.rs", "let started = Instant::now();"),
            (
                "http/middleware/security_headers.rs",
                "let id = Uuid::now_v7();",
            ),
            ("tokens/secret.rs", "rand::rng().fill(&mut bytes);"),
            ("util/clock.rs", "#[derive(utoipa::ToSchema)]"),
        ] {
            assert_eq!(
                lines(out_of_place(&Source::new(path, text))),
                [1],
                "{path}: {text}"
            );
        }
    }

    #[test]
    fn a_word_in_its_place_or_in_a_comment_is_not() {
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
            assert_eq!(out_of_place(&Source::new(path, text)), [], "{path}: {text}");
        }
    }

    #[test]
    fn what_is_put_off_or_hidden_is_noticed() {
        for text in [
            "#[allow(dead_code)]",
            "#![allow(dead_code)]",
            "#[cfg_attr(test, allow(dead_code))]",
            "// TODO: later",
            "todo!()",
            "unimplemented!(\"no\")",
        ] {
            let file = Source::new("x.rs", &format!("\n{text}\n"));
            assert_eq!(lines(nowhere_to_be_said(&file)), [2], "{text}");
        }
        let fine = "#[expect(dead_code, reason = \"…\")]\n#[derive(Clone)] fn allow(x: u8) {}";
        assert_eq!(nowhere_to_be_said(&Source::new("x.rs", fine)), []);
    }

    #[test]
    fn a_file_that_is_too_long_is_noticed() {
        assert_eq!(
            lines(too_long(&Source::new("x.rs", &"\n".repeat(401)))),
            [401]
        );
        assert_eq!(too_long(&Source::new("x.rs", &"\n".repeat(400))), None);
    }
}
