//! Every test, file and heading that the documents name exists.
//!
//! `docs/security/asvs.md` gives the status of each requirement of OWASP ASVS 5.0 that applies,
//! with its tests. The other pages of `docs/security/` do the same for each promise.

use std::collections::BTreeSet;

use super::source::Source;
use super::{Violation, expect_none, project_dir};

const PAGES: &str = "docs/security";
const TABLE: &str = "docs/security/asvs.md";
const STATUSES: [&str; 3] = ["met", "not applicable", "not yet"];

/// A row: `| V6.2.1 | content | met | proof |`.
struct Row {
    line: usize,
    id: String,
    status: String,
    proof: String,
}

fn rows(text: &str) -> Vec<Row> {
    let rows = text.lines().enumerate().filter_map(|(at, line)| {
        let cells: Vec<&str> = line.strip_prefix("| V")?.split(" | ").collect();
        let [id, _content, status, proof] = cells.as_slice() else {
            return None;
        };
        Some(Row {
            line: at + 1,
            id: (*id).to_owned(),
            status: (*status).to_owned(),
            proof: proof.trim_end_matches(" |").to_owned(),
        })
    });
    rows.collect()
}

/// The tests of the project, as documents name them: `sessions/cookies::name`,
/// `src/types/name::name`.
fn tests() -> BTreeSet<String> {
    let suite = Source::all_below(&project_dir().join("tests/suite"), &["rs"]);
    let units = Source::all_below(&project_dir().join("src"), &["rs"]);
    let suite = suite.iter().flat_map(|file| tests_in(file, ""));
    suite
        .chain(units.iter().flat_map(|file| tests_in(file, "src/")))
        .collect()
}

fn tests_in(file: &Source, before: &str) -> Vec<String> {
    let module = file.path.trim_end_matches(".rs").trim_end_matches("/mod");
    let mut found = Vec::new();
    let mut is_a_test = false;
    for line in file.code.lines().map(str::trim) {
        let function = line.strip_prefix("async ").unwrap_or(line);
        if let Some(rest) = function.strip_prefix("fn ") {
            let name = rest.split(['(', '<']).next().unwrap_or_default();
            // A function that a macro turns into a test stands alone on a line of the macro call.
            let listed = file
                .code
                .lines()
                .any(|line| line.trim().trim_end_matches(';') == name);
            if is_a_test || listed {
                found.push(format!("{before}{module}::{name}"));
            }
        }
        is_a_test =
            line.starts_with("#[") && line.contains("test") || is_a_test && line.starts_with("#[");
    }
    found
}

/// The code spans that look like the name of a test.
fn named_tests(text: &str) -> impl Iterator<Item = &str> {
    let code = text.split('`').skip(1).step_by(2);
    code.filter(|code| {
        let name = code.split("::").last().unwrap_or_default();
        code.contains("::") && !code.contains([' ', '(', '<']) && name.contains('_')
    })
}

/// The targets of links to headings: `sessions.md#limits-of-a-session`.
fn linked_headings(text: &str) -> impl Iterator<Item = (&str, &str)> {
    let targets = text.split("](").skip(1);
    let targets = targets.filter_map(|rest| rest.split(')').next()?.split_once('#'));
    targets.filter(|(path, _)| !path.contains("://"))
}

/// The anchors of the headings, as GitHub derives them.
fn anchors(document: &str) -> Vec<String> {
    let headings = document.lines().filter(|line| line.starts_with('#'));
    let anchor = |line: &str| {
        let text = line.trim_start_matches('#').trim().to_lowercase();
        let kept = text
            .chars()
            .filter(|c| c.is_alphanumeric() || " -_".contains(*c));
        kept.map(|c| if c == ' ' { '-' } else { c }).collect()
    };
    headings.map(anchor).collect()
}

/// `SECURITY.md` and every page of `docs/security/`.
fn documents() -> Vec<String> {
    let entries = std::fs::read_dir(project_dir().join(PAGES)).expect("the folder of the pages");
    let pages = entries.filter_map(|entry| entry.ok()?.file_name().into_string().ok());
    let pages = pages.filter(|name| name.ends_with(".md"));
    let pages = pages.map(|name| format!("{PAGES}/{name}"));
    std::iter::once("SECURITY.md".to_owned())
        .chain(pages)
        .collect()
}

fn read(path: &str) -> String {
    std::fs::read_to_string(project_dir().join(path)).unwrap_or_default()
}

/// Every test and heading that a document names and that does not exist.
fn dead_references(path: &str, text: &str, tests: &BTreeSet<String>) -> Vec<Violation> {
    let violation = |line: usize, message: String| Violation {
        file: path.to_owned(),
        line,
        message,
    };
    let directory = project_dir().join(path);
    let directory = directory.parent().expect("a directory");
    let mut violations = Vec::new();
    for (at, line) in text.lines().enumerate() {
        let missing = named_tests(line).filter(|name| !tests.contains(*name));
        violations
            .extend(missing.map(|name| violation(at + 1, format!("there is no test `{name}`"))));
        for (document, anchor) in linked_headings(line) {
            let target = match document {
                "" => text.to_owned(),
                other => std::fs::read_to_string(directory.join(other)).unwrap_or_default(),
            };
            if !anchors(&target).iter().any(|known| known == anchor) {
                violations.push(violation(
                    at + 1,
                    format!("{document} has no heading #{anchor}"),
                ));
            }
        }
    }
    violations
}

#[test]
fn every_test_and_heading_in_a_document_exists() {
    let tests = tests();
    let mut count = 0;
    for path in documents() {
        let text = read(&path);
        count += named_tests(&text).count();
        expect_none(&dead_references(&path, &text, &tests));
    }
    assert!(count > 200, "the documents name {count} tests");
}

#[test]
fn each_requirement_has_one_row_with_a_status_and_a_proof() {
    let text = read(TABLE);
    let rows = rows(&text);
    let mut violations = Vec::new();
    let mut seen = BTreeSet::new();
    for row in &rows {
        let mut report = |message: &str| {
            violations.push(Violation {
                file: TABLE.to_owned(),
                line: row.line,
                message: format!("V{}: {message}", row.id),
            });
        };
        if !STATUSES.contains(&&*row.status) {
            report("has an unknown status");
        }
        let proofs = named_tests(&row.proof).count() + linked_headings(&row.proof).count();
        if row.status == "met" && proofs == 0 {
            report("names neither a test nor a heading as a proof");
        }
        if row.proof.trim().len() < 5 {
            report("has no proof and no reason");
        }
        if !seen.insert(&row.id) {
            report("occurs twice");
        }
    }
    expect_none(&violations);
    let lines = text.lines().filter(|line| line.starts_with("| V"));
    assert_eq!(rows.len(), lines.count(), "a row cannot be parsed");
    let order = |row: &Row| -> Vec<u32> {
        let parts = row.id.split('.').map(str::parse);
        parts.map(|part| part.expect("a number")).collect()
    };
    assert!(rows.is_sorted_by_key(order), "the rows are not sorted");
}

#[test]
fn dead_reference_is_found() {
    let tests = BTreeSet::from(["cookies::is_there".to_owned()]);
    let text = "## A Heading, here\n`cookies::is_there` [x](#a-heading-here) `std::fs`\n\
                `cookies::is_not` [x](#another)";
    let violations = dead_references("x.md", text, &tests);
    assert_eq!(violations.len(), 2, "{violations:?}");
    assert!(violations.iter().all(|violation| violation.line == 3));
}

#[test]
fn test_is_recognised_by_attribute_or_macro_call() {
    let text = "rules! {\n    of:\n    a_rule\n    last_rule;\n}\nasync fn a_rule(x: X) {}\nfn last_rule() {}\n\
                #[test]\nfn a_test() {}\n#[tokio::test(flavor = \"x\")]\n#[should_panic]\nasync fn another() {}\n\
                fn helper() {}";
    let found = tests_in(&Source::new("pages/mod.rs", text), "");
    let names = ["a_rule", "last_rule", "a_test", "another"];
    assert_eq!(found, names.map(|name| format!("pages::{name}")));
}
