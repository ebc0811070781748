//! Every test, file and heading that the documents name exists.
//!
//! `docs/security/asvs.md` gives the status of each requirement of OWASP ASVS 5.0 that applies, with its
//! tests. The other pages of `docs/security/` do the same for each promise.

use std::collections::BTreeSet;

use super::source::Source;
use super::{Breach, expect_none, project};

const PAGES: &str = "docs/security";
const TABLE: &str = "docs/security/asvs.md";
const STATUSES: [&str; 3] = ["met", "not applicable", "not yet"];

/// A row: `| V6.2.1 | what it asks | met | by what |`.
struct Row {
    line: usize,
    id: String,
    status: String,
    by: String,
}

fn rows(text: &str) -> Vec<Row> {
    let rows = text.lines().enumerate().filter_map(|(at, line)| {
        let cells: Vec<&str> = line.strip_prefix("| V")?.split(" | ").collect();
        let [id, _asks, status, by] = cells.as_slice() else {
            return None;
        };
        Some(Row {
            line: at + 1,
            id: (*id).to_owned(),
            status: (*status).to_owned(),
            by: by.trim_end_matches(" |").to_owned(),
        })
    });
    rows.collect()
}

/// The tests of the project, as documents name them: `cookies::a_name`, `src/types/name::a_name`.
fn tests() -> BTreeSet<String> {
    let suite = Source::all_below(&project().join("tests/suite"), &["rs"]);
    let units = Source::all_below(&project().join("src"), &["rs"]);
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
            // A rule that a macro makes a test of is named there by itself.
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

/// What stands between backticks and looks like a test's name.
fn named(text: &str) -> impl Iterator<Item = &str> {
    let code = text.split('`').skip(1).step_by(2);
    code.filter(|code| {
        let name = code.split("::").last().unwrap_or_default();
        code.contains("::") && !code.contains([' ', '(', '<']) && name.contains('_')
    })
}

/// The targets of links to headings: `sessions.md#limits-of-a-session`.
fn headings_linked(text: &str) -> impl Iterator<Item = (&str, &str)> {
    let targets = text.split("](").skip(1);
    let targets = targets.filter_map(|rest| rest.split(')').next()?.split_once('#'));
    targets.filter(|(path, _)| !path.contains("://"))
}

/// As GitHub makes an anchor of a heading.
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
    let entries = std::fs::read_dir(project().join(PAGES)).expect("the folder of the pages");
    let pages = entries.filter_map(|entry| entry.ok()?.file_name().into_string().ok());
    let pages = pages.filter(|name| name.ends_with(".md"));
    let pages = pages.map(|name| format!("{PAGES}/{name}"));
    std::iter::once("SECURITY.md".to_owned())
        .chain(pages)
        .collect()
}

fn read(path: &str) -> String {
    std::fs::read_to_string(project().join(path)).unwrap_or_default()
}

/// Every test and heading that a document names and that is not there.
fn named_in_vain(path: &str, text: &str, tests: &BTreeSet<String>) -> Vec<Breach> {
    let breach = |line: usize, complaint: String| Breach {
        file: path.to_owned(),
        line,
        complaint,
    };
    let directory = project().join(path);
    let directory = directory.parent().expect("a directory");
    let mut breaches = Vec::new();
    for (at, line) in text.lines().enumerate() {
        let gone = named(line).filter(|name| !tests.contains(*name));
        breaches.extend(gone.map(|name| breach(at + 1, format!("there is no test `{name}`"))));
        for (document, anchor) in headings_linked(line) {
            let target = match document {
                "" => text.to_owned(),
                other => std::fs::read_to_string(directory.join(other)).unwrap_or_default(),
            };
            if !anchors(&target).iter().any(|known| known == anchor) {
                breaches.push(breach(
                    at + 1,
                    format!("{document} has no heading #{anchor}"),
                ));
            }
        }
    }
    breaches
}

#[test]
fn every_test_and_heading_that_a_document_names_is_there() {
    let tests = tests();
    let mut count = 0;
    for path in documents() {
        let text = read(&path);
        count += named(&text).count();
        expect_none(&named_in_vain(&path, &text, &tests));
    }
    assert!(count > 200, "the documents name {count} tests");
}

#[test]
fn of_each_requirement_there_is_one_row_with_a_status_and_what_shows_it() {
    let text = read(TABLE);
    let rows = rows(&text);
    let mut breaches = Vec::new();
    let mut seen = BTreeSet::new();
    for row in &rows {
        let mut complain = |complaint: &str| {
            breaches.push(Breach {
                file: TABLE.to_owned(),
                line: row.line,
                complaint: format!("V{}: {complaint}", row.id),
            });
        };
        if !STATUSES.contains(&&*row.status) {
            complain("is met, not applicable or not yet");
        }
        let proofs = named(&row.by).count() + headings_linked(&row.by).count();
        if row.status == "met" && proofs == 0 {
            complain("names neither a test nor a heading that shows it");
        }
        if row.by.trim().len() < 5 {
            complain("says nothing of how or why");
        }
        if !seen.insert(&row.id) {
            complain("is there twice");
        }
    }
    expect_none(&breaches);
    let lines = text.lines().filter(|line| line.starts_with("| V"));
    assert_eq!(rows.len(), lines.count(), "a row that cannot be read");
    let order = |row: &Row| -> Vec<u32> {
        let parts = row.id.split('.').map(str::parse);
        parts.map(|part| part.expect("a number")).collect()
    };
    assert!(rows.is_sorted_by_key(order), "rows are in their order");
}

#[test]
fn the_table_counts_itself_rightly() {
    let text = read(TABLE);
    let rows = rows(&text);
    let [met, not_applicable, not_yet] =
        STATUSES.map(|status| rows.iter().filter(|row| row.status == status).count());
    let summary = format!(
        "Of {} requirements {met} are met, {not_applicable} do not apply and {not_yet} are not met yet.",
        rows.len()
    );
    assert!(text.contains(&summary), "it should say: {summary}");
}

#[test]
fn what_is_named_in_vain_is_noticed() {
    let tests = BTreeSet::from(["cookies::is_there".to_owned()]);
    let text = "## A Heading, here\n`cookies::is_there` [x](#a-heading-here) `std::fs`\n\
                `cookies::is_not` [x](#another)";
    let breaches = named_in_vain("x.md", text, &tests);
    assert_eq!(breaches.len(), 2, "{breaches:?}");
    assert!(breaches.iter().all(|breach| breach.line == 3));
}

#[test]
fn a_test_is_known_by_its_attribute_or_by_the_macro_that_lists_it() {
    let text = "rules! {\n    of:\n    a_rule\n    last_rule;\n}\nasync fn a_rule(x: X) {}\nfn last_rule() {}\n\
                #[test]\nfn a_test() {}\n#[tokio::test(flavor = \"x\")]\n#[should_panic]\nasync fn another() {}\n\
                fn helper() {}";
    let found = tests_in(&Source::new("pages/mod.rs", text), "");
    let names = ["a_rule", "last_rule", "a_test", "another"];
    assert_eq!(found, names.map(|name| format!("pages::{name}")));
}
