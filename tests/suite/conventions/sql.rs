//! No query is built from text: input reaches the database only as a bound value.

use super::source::Source;
use super::{Violation, expect_none, rust_files};

/// Functions and macros that take SQL as text.
const TAKES_SQL: [&str; 5] = [
    "sql_query",
    "batch_execute",
    "push_sql",
    "dsl::sql",
    "sql::<",
];

/// Calls of these functions whose argument is neither a literal nor a constant.
fn built_queries(file: &Source) -> Vec<Violation> {
    let calls = TAKES_SQL.iter().flat_map(|name| {
        let occurrences = file.code.match_indices(name);
        // `into_sql::<…>` binds a value.
        let occurrences = occurrences.filter(|(at, _)| !file.code[..*at].ends_with("into_"));
        occurrences.map(|(at, name)| at + name.len())
    });
    let calls = calls.filter(|after| {
        let Some(opens) = file.code[*after..].find('(').map(|at| after + at + 1) else {
            return false;
        };
        let argument = file.code[opens..].trim_start();
        let path: String = argument
            .chars()
            .take_while(|c| c.is_alphanumeric() || ['_', ':'].contains(c))
            .collect();
        let name = path.rsplit("::").next().unwrap_or(&path);
        let is_constant = name.len() > 1 && !name.contains(char::is_lowercase);
        // Or an argument of the function that can only be a literal.
        let is_static = file.code.contains(&format!(" {name}: &'static str"));
        // Or a macro argument that can only be a literal.
        let is_literal = argument.strip_prefix('$').is_some_and(|rest| {
            let name: String = rest.chars().take_while(|c| c.is_alphanumeric()).collect();
            file.code.contains(&format!("${name}:literal"))
                && !file.code.contains(&format!("${name}:expr"))
                && rest[name.len()..].trim_start().starts_with([')', ','])
        });
        let complete = argument[path.len()..].trim_start().starts_with([')', ',']);
        !(argument.starts_with('"') || is_literal || (is_constant || is_static) && complete)
    });
    let violations = calls.map(|offset| Violation {
        file: format!("src/{}", file.path),
        line: file.line_at(offset),
        message: "passes built text to the database; write it as a literal or a constant and \
                    bind the values"
            .to_owned(),
    });
    violations.collect()
}

#[test]
fn no_query_is_built_from_text() {
    let files = rust_files("src");
    let violations = files.iter().flat_map(built_queries);
    // Migrations are whole files that are compiled in. Their comments are text to SQLite.
    let (migrations, violations): (Vec<_>, Vec<_>) =
        violations.partition(|breach| breach.file == "src/db/migrations.rs");
    assert_eq!(migrations.len(), 2, "{migrations:?}");
    expect_none(&violations);
}

#[test]
fn query_built_from_text_is_found() {
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
            !built_queries(&Source::new("x.rs", code)).is_empty(),
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
            built_queries(&Source::new("x.rs", code)).is_empty(),
            "{code}"
        );
    }
}
