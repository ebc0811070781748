//! The order of the folders. A folder uses only folders before it, so no two folders use each
//! other.

use super::source::Source;
use super::{Violation, expect_none, rust_files};

/// The folders and files below `src`. Each one comes after all that it uses.
const ORDER: &[&str] = &[
    // Types and tools.
    "util",
    "schema",
    "telemetry",
    "crypto",
    "types",
    "i18n",
    "db",
    "error",
    "config",
    // Domain.
    "restore_detection",
    "credential_cache",
    "cluster",
    "account_changes",
    "app_state",
    "database_copy",
    "rate_limit",
    "audit",
    "jobs",
    "mail",
    "sign_in_attempts",
    "credentials",
    "factors",
    "passwords",
    "accounts",
    "sessions",
    "tokens",
    "import",
    // HTTP, and the programs.
    "http",
    "cli",
    "lib",
    "main",
];

fn position(folder: &str) -> Option<usize> {
    ORDER.iter().position(|known| *known == folder)
}

/// The first part of a path: `accounts` of `accounts/store.rs` or of `accounts::store`.
fn first_part(path: &str) -> &str {
    let in_name = |c: char| c.is_alphanumeric() || c == '_';
    path.split(|c| !in_name(c)).next().unwrap_or_default()
}

fn violations(file: &Source) -> Vec<Violation> {
    let violation = |line: usize, message: String| Violation {
        file: format!("src/{}", file.path),
        line,
        message,
    };
    let Some(own) = position(first_part(&file.path)) else {
        let message = "has no place: add its folder to ORDER in tests/suite/conventions/layers.rs";
        return vec![violation(1, message.to_owned())];
    };
    let (mut found, mut in_list) = (Vec::new(), false);
    for (number, line) in (1..).zip(file.code.lines()) {
        // In `use crate::{ … }`, rustfmt puts each folder at the start of a line, unless the whole
        // list is one line.
        let one_line = line
            .split("use crate::{")
            .skip(1)
            .flat_map(|list| list.split(", "));
        let listed = line.strip_prefix("    ").filter(|_| in_list);
        let used = line.split("crate::").skip(1).chain(one_line).chain(listed);
        for folder in used.map(first_part) {
            if position(folder).is_some_and(|used| used > own) {
                let message = format!("must not use `{folder}`, which comes later in ORDER");
                found.push(violation(number, message));
            }
        }
        in_list = line.ends_with("use crate::{") || in_list && line != "};";
    }
    found
}

#[test]
fn each_folder_uses_only_folders_before_it() {
    let found: Vec<_> = rust_files("src").iter().flat_map(violations).collect();
    expect_none(&found);
}

#[test]
fn use_of_a_later_folder_is_found() {
    for (count, path, text) in [
        (1, "util/clock.rs", "use crate::accounts::Account;"),
        (
            1,
            "crypto/rng.rs",
            "use crate::{\n    util,\n    types::id::Id,\n};",
        ),
        (1, "tokens/mod.rs", "use crate::{error, http};"),
        (1, "tokens/mod.rs", "let page = crate::http::paths::LOGIN;"),
        (1, "http/routes.rs", "pub use crate::cli;"),
        (1, "unknown/mod.rs", ""),
        (0, "cli/serve.rs", "use crate::http::server::Server;"),
        (
            0,
            "error.rs",
            "use crate::{\n    util,\n};\nfn f() {\n    http();\n}",
        ),
        (0, "error.rs", "// crate::http"),
    ] {
        let found = violations(&Source::new(path, text));
        assert_eq!(found.len(), count, "{path}: {text}");
    }
}
