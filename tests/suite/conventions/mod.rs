//! Conventions that the compiler does not check: who may use what, and which words a file may
//! contain.
//!
//! Each rule is a function from a file to its violations. A test also gives every rule a file with
//! a violation, so that a rule that finds nothing any more is noticed.

use std::path::Path;

use self::source::Source;

mod asvs;
mod bare_text;
mod layers;
mod messages;
mod metrics;
mod scripts;
mod source;
mod sql;
mod styles;
mod templates;
mod words;

/// A line that violates a rule.
#[derive(Debug, PartialEq)]
struct Violation {
    file: String,
    line: usize,
    /// The problem, and what to do instead.
    message: String,
}

#[track_caller]
fn expect_none(violations: &[Violation]) {
    let lines: Vec<_> = violations.iter().map(ToString::to_string).collect();
    assert!(lines.is_empty(), "\n{}\n", lines.join("\n"));
}

impl std::fmt::Display for Violation {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Self {
            file,
            line,
            message,
        } = self;
        write!(out, "{file}:{line}: {message}")
    }
}

/// Every Rust file below one of the project's directories.
fn rust_files(directory: &str) -> Vec<Source> {
    let files = Source::all_below(&project_dir().join(directory), &["rs"]);
    assert!(!files.is_empty(), "no file was found in {directory}");
    files
}

fn project_dir() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}
