//! Every metric has a help text and a row in docs/operations.md, and follows the naming conventions
//! of Prometheus.

use std::collections::BTreeSet;

use super::{project_dir, rust_files};

/// Returns the first string after each occurrence of one of these prefixes.
fn names_after(text: &str, prefixes: &[&str]) -> BTreeSet<String> {
    let name_in = |rest: &str| {
        let name = rest.trim_start().strip_prefix('"')?.split('"').next()?;
        name.starts_with("narthex_").then(|| name.to_owned())
    };
    let found = prefixes
        .iter()
        .flat_map(|prefix| text.split(*prefix).skip(1));
    found.filter_map(name_in).collect()
}

/// Returns the names of the metrics that `src` records through these macros.
fn recorded_by(macros: &[&str]) -> BTreeSet<String> {
    let files = rust_files("src");
    let names = files.iter().map(|file| names_after(&file.text, macros));
    names.flatten().collect()
}

#[test]
fn every_metric_is_described_and_documented() {
    let recorded = recorded_by(&["counter!(", "gauge!(", "histogram!("]);
    let files = rust_files("src");
    let described = files
        .iter()
        .find(|file| file.path == "http/server/metrics.rs");
    let described = names_after(&described.expect("the help texts").text, &["\n    ("]);
    assert_eq!(
        recorded, described,
        "help texts in src/http/server/metrics.rs"
    );
    let page = std::fs::read_to_string(project_dir().join("docs/operations.md")).unwrap();
    let rows = page.lines().filter(|line| line.starts_with("| `narthex_"));
    let cells = rows.map(|row| row.split('|').nth(1).unwrap());
    let documented: BTreeSet<String> = cells
        .flat_map(|cell| cell.split('`').filter(|part| part.starts_with("narthex_")))
        .map(ToOwned::to_owned)
        .collect();
    assert_eq!(recorded, documented, "docs/operations.md");
}

#[test]
fn names_of_metrics_end_with_their_unit() {
    for name in recorded_by(&["counter!("]) {
        assert!(name.ends_with("_total"), "{name} is a counter");
    }
    for name in recorded_by(&["histogram!("]) {
        assert!(name.ends_with("_seconds"), "{name} is a histogram of times");
    }
    for name in recorded_by(&["gauge!("]) {
        assert!(!name.ends_with("_total"), "{name} is a gauge");
    }
}
