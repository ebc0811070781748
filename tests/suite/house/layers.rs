//! The direction of use: every file may use what is below it, and nothing above.

use super::paths::{module_of, named_in};
use super::source::Source;
use super::{Breach, expect_none, rust_files};

/// The layers, lowest first, and the files of each: a directory, a file, or the name of a file that
/// is of this layer in whatever directory it stands. Of several that fit, the longest counts, and a
/// file's own name before its directory.
const LAYERS: &[Layer] = &[
    layer("kit", &["kit/"]),
    layer(
        "the words that all speak",
        &[
            "ability.rs",
            "config/",
            "config.rs",
            "error/",
            "fields.rs",
            "ids.rs",
            "kind.rs",
            "last_use.rs",
            "name.rs",
            "schema.rs",
            "shapes.rs",
            "urls.rs",
        ],
    ),
    layer("known passes", &["known/"]),
    layer("nodes", &["nodes/"]),
    layer("context", &["context.rs"]),
    layer("web", &["web/"]),
    layer("activity, throttle", &["activity/", "throttle/"]).never_uses("web"),
    layer("credentials", &["credentials/"]).never_uses("web"),
    layer(
        "accounts, sessions, tokens",
        &["accounts/", "sessions/", "tokens/"],
    )
    .never_uses("web"),
    layer(
        "the session's cookie",
        &[
            "http/auth/session_cookie/mod.rs",
            "http/auth/session_cookie/request_header.rs",
            "http/auth/session_cookie/middleware.rs",
        ],
    ),
    layer("callers", &["callers/"]),
    layer(
        "pages, API and protocols",
        &[
            "*/pages.rs",
            "*/pages/",
            "*/page_*",
            "*/api.rs",
            "*/api/",
            "*/api_*",
            "protocols/",
        ],
    ),
    layer("routes", &["routes.rs"]),
    layer("the document of the API", &["openapi/"]),
    layer(
        "app",
        &[
            "app.rs",
            "background.rs",
            "listener.rs",
            "server.rs",
            "service_manager.rs",
        ],
    ),
    layer("commands", &["commands/"]),
    layer("main", &["main.rs", "lib.rs"]),
];

struct Layer {
    name: &'static str,
    files: &'static [&'static str],
    /// A layer that is lower and yet none of its business.
    never_uses: Option<&'static str>,
}

const fn layer(name: &'static str, files: &'static [&'static str]) -> Layer {
    Layer {
        name,
        files,
        never_uses: None,
    }
}

impl Layer {
    const fn never_uses(self, name: &'static str) -> Self {
        Self {
            never_uses: Some(name),
            ..self
        }
    }

    /// How well a file fits: the more of its path is named, the better.
    fn fit(&self, path: &str) -> Option<usize> {
        let fits = |pattern: &&str| match pattern.strip_prefix("*/") {
            Some(name) => {
                let (_, inside) = path.split_once('/')?;
                let name = name.trim_end_matches('*');
                inside.starts_with(name).then_some(path.len() + name.len())
            }
            None if pattern.ends_with('/') => path.starts_with(*pattern).then_some(pattern.len()),
            None => (path == *pattern).then_some(pattern.len()),
        };
        self.files.iter().filter_map(fits).max()
    }
}

fn height_of(path: &str) -> Option<usize> {
    let fitting = LAYERS.iter().enumerate();
    let fitting = fitting.filter_map(|(height, layer)| Some((layer.fit(path)?, height)));
    fitting.max().map(|(_, height)| height)
}

fn breaches(files: &[Source]) -> Vec<Breach> {
    let modules: Vec<_> = files.iter().map(|file| module_of(&file.path)).collect();
    // The file that a path leads to: the longest part of the path that is a module.
    let file_of = |path: &[String]| {
        let lengths = (1..=path.len()).rev();
        let mut found = lengths.filter_map(|length| {
            let place = modules
                .iter()
                .position(|module| module[..] == path[..length])?;
            files.get(place)
        });
        found.next()
    };
    let mut breaches = Vec::new();
    for file in files {
        let Some(height) = height_of(&file.path) else {
            breaches.push(Breach {
                file: format!("src/{}", file.path),
                line: 1,
                complaint: "it has no layer; add it to LAYERS in tests/suite/house/layers.rs"
                    .to_owned(),
            });
            continue;
        };
        let user = &LAYERS[height];
        for named in named_in(file, &modules) {
            let Some((used_file, used_height)) =
                file_of(&named.path).and_then(|used| Some((used, height_of(&used.path)?)))
            else {
                continue;
            };
            let used = &LAYERS[used_height];
            if used_height > height || user.never_uses == Some(used.name) {
                breaches.push(Breach {
                    file: format!("src/{}", file.path),
                    line: named.line,
                    complaint: format!(
                        "{} ({}) must not use {} ({}); let the upper one hand down what the lower \
                         one needs, or move what both need below them",
                        file.path, user.name, used_file.path, used.name
                    ),
                });
            }
        }
    }
    breaches
}

#[test]
fn every_file_uses_only_what_is_below_it() {
    expect_none(&breaches(&rust_files("src")));
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What is complained of when that file says that, in a house with one file of each sort.
    fn complaints(path: &str, text: &str) -> Vec<String> {
        let mut house: Vec<_> = [
            "util/clock.rs",
            "error/mod.rs",
            "context.rs",
            "http/response/html.rs",
            "audit/mod.rs",
            "credentials/mod.rs",
            "credentials/store.rs",
            "accounts/mod.rs",
            "accounts/register.rs",
            "accounts/pages.rs",
            "http/auth/session_cookie/mod.rs",
            "tokens/api.rs",
            "http/auth/mod.rs",
            "routes.rs",
            "app.rs",
            "cli/serve.rs",
            "main.rs",
        ]
        .map(|known| Source::new(known, if known == path { text } else { "" }))
        .into();
        if !house.iter().any(|known| known.path == path) {
            house.push(Source::new(path, text));
        }
        breaches(&house).iter().map(ToString::to_string).collect()
    }

    #[test]
    fn using_what_is_above_is_a_breach() {
        for (path, text, used) in [
            ("util/clock.rs", "use crate::error::Error;", "error/mod.rs"),
            (
                "context.rs",
                "use crate::credentials::Kind;",
                "credentials/mod.rs",
            ),
            (
                "audit/mod.rs",
                "use crate::{error, credentials::{self}};",
                "credentials/mod.rs",
            ),
            (
                "credentials/store.rs",
                "crate::accounts::register();",
                "accounts/register.rs",
            ),
            (
                "accounts/register.rs",
                "use super::pages::Page;",
                "accounts/pages.rs",
            ),
            (
                "accounts/mod.rs",
                "pub use pages::Page;",
                "accounts/pages.rs",
            ),
            (
                "accounts/register.rs",
                "use crate::web::page::show;",
                "http/response/html.rs",
            ),
            (
                "accounts/register.rs",
                "use crate::sessions::cookie;",
                "http/auth/session_cookie/mod.rs",
            ),
            (
                "http/auth/mod.rs",
                "use crate::tokens::api::show;",
                "tokens/api.rs",
            ),
            ("accounts/pages.rs", "crate::routes::table()", "routes.rs"),
            ("routes.rs", "use crate::app;", "app.rs"),
            ("app.rs", "use crate::commands::serve;", "cli/serve.rs"),
        ] {
            let complaints = complaints(path, text);
            assert_eq!(complaints.len(), 1, "{path}: {text}");
            assert!(
                complaints[0].contains(&format!("must not use {used} ")),
                "{complaints:?}"
            );
        }
    }

    #[test]
    fn using_what_is_below_is_not() {
        for (path, text) in [
            ("main.rs", "use narthex::commands::serve;"),
            (
                "accounts/pages.rs",
                "use crate::{callers, web::page, tokens::api};",
            ),
            (
                "accounts/register.rs",
                "use crate::{kit::clock, error, credentials::store};",
            ),
            (
                "accounts/mod.rs",
                "pub mod pages; mod register; pub use register::Registration;",
            ),
            ("http/auth/session_cookie/mod.rs", "use crate::web::page;"),
            (
                "accounts/register.rs",
                "// crate::routes\nlet x = \"crate::routes::table\";",
            ),
        ] {
            assert_eq!(
                complaints(path, text),
                Vec::<String>::new(),
                "{path}: {text}"
            );
        }
    }

    #[test]
    fn a_file_without_a_layer_is_noticed() {
        let complaints = complaints("billing/mod.rs", "");
        assert!(
            complaints[0].contains("src/billing/mod.rs:1: it has no layer"),
            "{complaints:?}"
        );
    }
}
