//! The layers: a file uses its own layer and the layers below it.

use super::source::Source;
use super::{Violation, expect_none, rust_files};

/// The folders and files below `src`, the lowest layer first.
const LAYERS: &[&[&str]] = &[
    &[
        "config",
        "crypto",
        "db",
        "error",
        "schema",
        "telemetry",
        "types",
        "util",
    ],
    &[
        "accounts",
        "app_state",
        "audit",
        "cluster",
        "credential_cache",
        "credentials",
        "passwords",
        "rate_limit",
        "restore_detection",
        "sessions",
        "tokens",
    ],
    &["i18n"],
    &["http"],
    &["cli"],
    &["lib", "main"],
];

fn layer_of(folder: &str) -> Option<usize> {
    LAYERS.iter().position(|folders| folders.contains(&folder))
}

/// The first part of a path: `accounts` of `accounts/store.rs`.
fn folder_of(path: &str) -> &str {
    path.split(['/', '.']).next().unwrap_or_default()
}

/// The folders that a line names: after `crate::`, and at the start of a line in `use crate::{ …
/// }`, where rustfmt puts each folder on its own line.
fn folders_in<'a>(line: &'a str, listed: bool) -> Vec<&'a str> {
    let word = |text: &'a str| {
        text.split(|c: char| !c.is_alphanumeric() && c != '_')
            .next()
    };
    let direct = line.split("crate::").skip(1);
    let inline = line.trim_start().strip_prefix("use crate::{");
    let inline = inline.into_iter().flat_map(|names| names.split(", "));
    let nested = listed.then(|| line.strip_prefix("    ")).flatten();
    direct
        .chain(inline)
        .chain(nested)
        .filter_map(word)
        .collect()
}

fn violations(file: &Source) -> Vec<Violation> {
    let violation = |line, message: String| Violation {
        file: format!("src/{}", file.path),
        line,
        message,
    };
    let Some(layer) = layer_of(folder_of(&file.path)) else {
        let message = "has no layer: add its folder to LAYERS in tests/suite/conventions/layers.rs";
        return vec![violation(1, message.to_owned())];
    };
    let (mut found, mut listed) = (Vec::new(), false);
    for (number, line) in file.code.lines().enumerate() {
        for folder in folders_in(line, listed) {
            if layer_of(folder).is_some_and(|used| used > layer) {
                found.push(violation(
                    number + 1,
                    format!("must not use `{folder}`, a higher layer"),
                ));
            }
        }
        listed = match line {
            "use crate::{" | "pub use crate::{" | "pub(crate) use crate::{" => true,
            "};" => false,
            _ => listed,
        };
    }
    found
}

#[test]
fn no_file_uses_a_higher_layer() {
    let found: Vec<_> = rust_files("src").iter().flat_map(violations).collect();
    expect_none(&found);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn use_of_a_higher_layer_is_found() {
        for (path, text) in [
            ("util/clock.rs", "use crate::accounts::Account;"),
            (
                "accounts/register.rs",
                "use crate::{\n    error::Error,\n    http::paths,\n};",
            ),
            ("tokens/mod.rs", "use crate::{error, http};"),
            (
                "credentials/filter.rs",
                "let page = crate::http::paths::LOGIN;",
            ),
            ("http/routes.rs", "pub use crate::cli;"),
            ("mail/mod.rs", ""),
        ] {
            assert_eq!(
                violations(&Source::new(path, text)).len(),
                1,
                "{path}: {text}"
            );
        }
    }

    #[test]
    fn use_of_the_same_or_a_lower_layer_is_not_found() {
        for (path, text) in [
            ("cli/serve.rs", "use crate::http::server::Server;"),
            (
                "accounts/register.rs",
                "use crate::{\n    tokens,\n    util::clock,\n};\nfn http() {}",
            ),
            (
                "accounts/register.rs",
                "// crate::http\nlet text = \"crate::http\";",
            ),
        ] {
            assert_eq!(violations(&Source::new(path, text)), [], "{path}: {text}");
        }
    }
}
