//! Every message for users that `src/types/message` declares is used. The unit tests of `src/i18n`
//! compare the declarations with the catalogues.

use super::source::Source;
use super::{Violation, expect_none, rust_files};

const MESSAGES: &str = "types/message/";

/// The declarations of a file, such as `name_missing = "field-name-missing";`, with their lines.
fn declared(file: &Source) -> Vec<(usize, String)> {
    let lines = file.text.lines().enumerate();
    lines
        .filter_map(|(index, line)| {
            let (declaration, _) = line.strip_prefix("    ")?.split_once(" = \"")?;
            let name = declaration.split('(').next()?;
            let is_name = name
                .bytes()
                .all(|byte| byte.is_ascii_lowercase() || byte == b'_');
            is_name.then(|| (index + 1, name.to_owned()))
        })
        .collect()
}

/// `field` of `types/message/field.rs`.
fn module_of(file: &Source) -> Option<&str> {
    file.path.strip_prefix(MESSAGES)?.strip_suffix(".rs")
}

fn unused(declarations: &Source, users: &[&Source]) -> Vec<Violation> {
    let Some(module) = module_of(declarations) else {
        return Vec::new();
    };
    declared(declarations)
        .into_iter()
        .filter(|(_, name)| {
            let used = format!("{module}::{name}");
            let ends = |rest: &str| !rest.starts_with(|c: char| c.is_alphanumeric() || c == '_');
            !users
                .iter()
                .any(|user| user.code.split(&used).skip(1).any(ends))
        })
        .map(|(line, name)| Violation {
            file: format!("src/{}", declarations.path),
            line,
            message: format!("no code uses `{module}::{name}`: delete it and its texts"),
        })
        .collect()
}

#[test]
fn every_message_is_used() {
    let files = rust_files("src");
    let (messages, users): (Vec<_>, Vec<_>) = files
        .iter()
        .partition(|file| file.path.starts_with(MESSAGES));
    let found = messages.iter().flat_map(|file| unused(file, &users));
    expect_none(&found.collect::<Vec<_>>());
}

#[test]
fn unused_message_is_found() {
    let text = "messages! {\n    name_missing = \"a\";\n    name_too_long(most: usize) = \"b\";\n}";
    let messages = Source::new("types/message/field.rs", text);
    let user = |code| Source::new("types/name.rs", code);
    for (code, count) in [
        ("field::name_missing(); field::name_too_long(255)", 0),
        (".ok_or_else(field::name_missing)", 1),
        ("// field::name_too_long\nfield::name_missing_here();", 2),
    ] {
        assert_eq!(unused(&messages, &[&user(code)]).len(), count, "{code}");
    }
}
