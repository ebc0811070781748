//! The layers: a file uses its own layer and the layers below it.

use super::source::Source;
use super::{Breach, expect_none, rust_files};

/// The folders and files below `src`, the lowest layer first.
const LAYERS: &[&[&str]] = &[
    &[
        "config",
        "crypto",
        "db",
        "error",
        "i18n",
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
    &["http"],
    &["cli"],
    &["lib", "main"],
];

fn layer_of(room: &str) -> Option<usize> {
    LAYERS.iter().position(|rooms| rooms.contains(&room))
}

/// The first part of a path: `accounts` of `accounts/store.rs`.
fn room_of(path: &str) -> &str {
    path.split(['/', '.']).next().unwrap_or_default()
}

/// The rooms that a line names: after `crate::`, and at the beginning of a line in `use crate::{ … }`,
/// where rustfmt puts each room on a line of its own.
fn rooms_in<'a>(line: &'a str, listed: bool) -> Vec<&'a str> {
    let word = |text: &'a str| {
        text.split(|c: char| !c.is_alphanumeric() && c != '_')
            .next()
    };
    let direct = line.split("crate::").skip(1);
    let inline = line.trim_start().strip_prefix("use crate::{");
    let inline = inline.into_iter().flat_map(|names| names.split(", "));
    let own = listed.then(|| line.strip_prefix("    ")).flatten();
    direct.chain(inline).chain(own).filter_map(word).collect()
}

fn breaches(file: &Source) -> Vec<Breach> {
    let breach = |line, complaint: String| Breach {
        file: format!("src/{}", file.path),
        line,
        complaint,
    };
    let Some(layer) = layer_of(room_of(&file.path)) else {
        let complaint =
            "has no layer: add its folder to LAYERS in tests/suite/conventions/layers.rs";
        return vec![breach(1, complaint.to_owned())];
    };
    let (mut found, mut listed) = (Vec::new(), false);
    for (number, line) in file.code.lines().enumerate() {
        for room in rooms_in(line, listed) {
            if layer_of(room).is_some_and(|used| used > layer) {
                found.push(breach(
                    number + 1,
                    format!("must not use `{room}`, a higher layer"),
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
    let found: Vec<_> = rust_files("src").iter().flat_map(breaches).collect();
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
                breaches(&Source::new(path, text)).len(),
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
            assert_eq!(breaches(&Source::new(path, text)), [], "{path}: {text}");
        }
    }
}
