//! No query is put together from text: what a client sends reaches the database as a bound value only.

use super::source::Source;
use super::{Breach, expect_none, rust_files};

/// What takes SQL as text.
const TAKES_SQL: [&str; 5] = [
    "sql_query",
    "batch_execute",
    "push_sql",
    "dsl::sql",
    "sql::<",
];

/// Calls of what takes SQL whose argument is neither written there nor a constant.
fn put_together(file: &Source) -> Vec<Breach> {
    let calls = TAKES_SQL.iter().flat_map(|name| {
        let said = file.code.match_indices(name);
        // `into_sql::<…>` binds a value.
        let said = said.filter(|(at, _)| !file.code[..*at].ends_with("into_"));
        said.map(|(at, name)| at + name.len())
    });
    let calls = calls.filter(|after| {
        let Some(opens) = file.code[*after..].find('(').map(|at| after + at + 1) else {
            return false;
        };
        // Of a string literal the code keeps blanks, so that the text says what the argument is.
        let argument = file.text[opens..].trim_start();
        let path: String = argument
            .chars()
            .take_while(|c| c.is_alphanumeric() || ['_', ':'].contains(c))
            .collect();
        let name = path.rsplit("::").next().unwrap_or(&path);
        let is_a_constant = name.len() > 1 && !name.contains(char::is_lowercase);
        // Or a function's own argument that can be nothing but a literal.
        let is_static = file.code.contains(&format!(" {name}: &'static str"));
        // Or what a macro takes only where it is one.
        let is_a_literal = argument.strip_prefix('$').is_some_and(|rest| {
            let name: String = rest.chars().take_while(|c| c.is_alphanumeric()).collect();
            file.code.contains(&format!("${name}:literal"))
                && !file.code.contains(&format!("${name}:expr"))
                && rest[name.len()..].trim_start().starts_with([')', ','])
        });
        let whole = argument[path.len()..].trim_start().starts_with([')', ',']);
        !(argument.starts_with('"') || is_a_literal || (is_a_constant || is_static) && whole)
    });
    let breaches = calls.map(|place| Breach {
        file: format!("src/{}", file.path),
        line: file.line_at(place),
        complaint: "gives the database a text that was put together; write it as a literal or a \
                    constant and bind the values"
            .to_owned(),
    });
    breaches.collect()
}

#[test]
fn no_query_is_put_together_from_text() {
    let files = rust_files("src");
    let breaches = files.iter().flat_map(put_together);
    // Migrations are whole files that were compiled in, of which remarks are text to SQLite.
    let (up_and_down, breaches): (Vec<_>, Vec<_>) =
        breaches.partition(|breach| breach.file == "src/db/migrations.rs");
    assert_eq!(up_and_down.len(), 2, "{up_and_down:?}");
    expect_none(&breaches);
}

#[test]
fn a_query_that_is_put_together_is_noticed() {
    for code in [
        "diesel::sql_query(format!(\"SELECT {x}\")).load(c)",
        "fn texts(c: &mut C, sql: &str) { sql_query(sql) }",
        "c.batch_execute(&text)",
        "dsl::sql::<Text>(&format!(\"{x}\"))",
        "sql_query(SELECT.to_owned() + x)",
        "($text:expr) => { out.push_sql($text) }",
        "($text:literal) => { out.push_sql($text + x) }",
    ] {
        assert!(
            !put_together(&Source::new("x.rs", code)).is_empty(),
            "{code}"
        );
    }
    for code in [
        "sql_query(\"SELECT 1\").execute(c)",
        "c.batch_execute(SETTINGS)",
        "sql_query(\n    ADVISORY_LOCK,\n)",
        "fn texts(c: &mut C, sql: &'static str) { sql_query(sql) }",
        "// sql_query(format!())",
        "($text:literal) => { out.push_sql($text) }",
        "value.into_sql::<Text>()",
    ] {
        assert!(
            put_together(&Source::new("x.rs", code)).is_empty(),
            "{code}"
        );
    }
}
