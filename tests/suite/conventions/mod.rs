//! The rules of the house that no compiler keeps: who may use whom, and what may be said where.
//!
//! Each rule is a function from a file to the lines that break it. Every rule is also shown a file
//! that breaks it, so that a rule which has gone blind is noticed.

use std::path::Path;

use self::source::Source;

mod asvs;
mod layers;
mod scripts;
mod source;
mod sql;
mod templates;
mod words;

/// A line that breaks a rule.
#[derive(Debug, PartialEq)]
struct Breach {
    file: String,
    line: usize,
    /// What is wrong, and what to do instead.
    complaint: String,
}

#[track_caller]
fn expect_none(breaches: &[Breach]) {
    let lines: Vec<_> = breaches.iter().map(ToString::to_string).collect();
    assert!(lines.is_empty(), "\n{}\n", lines.join("\n"));
}

impl std::fmt::Display for Breach {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Self {
            file,
            line,
            complaint,
        } = self;
        write!(out, "{file}:{line}: {complaint}")
    }
}

/// Every Rust file below one of the project's directories.
fn rust_files(directory: &str) -> Vec<Source> {
    let files = Source::all_below(&project().join(directory), &["rs"]);
    assert!(
        !files.is_empty(),
        "no file was found to look at in {directory}"
    );
    files
}

fn project() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}
