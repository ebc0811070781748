//! Every message for users is used, and every message that is used has a text. The unit tests of
//! `src/i18n` compare the languages with each other and with `src/types/message`.

use std::collections::BTreeSet;

use narthex::{
    i18n::arguments::{Arguments, arguments},
    types::message,
};

use super::source::Source;
use super::{Violation, expect_none, project_dir, rust_files};

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

/// The messages that `src/i18n` itself formats.
const PARTS: [&str; 7] = [
    "language-name",
    "length-days",
    "length-hours",
    "length-minutes",
    "length-seconds",
    "list-pair",
    "list-middle",
];

/// A text that a template or a Rust source takes from the layout: `layout.text("id")` or
/// `layout.text_with("id", [("name", …)])`.
struct Use {
    line: usize,
    id: String,
    args: BTreeSet<String>,
}

fn uses(file: &Source) -> Vec<Use> {
    let calls = ["text(", "text_with("]
        .into_iter()
        .flat_map(|call| file.code.match_indices(call));
    let uses = calls.filter_map(|(offset, call)| {
        let receiver = file.code[..offset].trim_end().strip_suffix('.')?.trim_end();
        let is_of_layout = receiver.ends_with("layout") || receiver.ends_with("layout()");
        let in_parentheses = until_closed(&file.code[offset + call.len()..]);
        let (id, rest) = literal(in_parentheses.trim_start())?;
        is_of_layout.then(|| Use {
            line: file.line_at(offset),
            id: id.to_owned(),
            args: rest
                .split('(')
                .skip(1)
                .filter_map(|rest| literal(rest.trim_start()))
                .filter(|(_, rest)| rest.trim_start().starts_with(','))
                .map(|(name, _)| name.to_owned())
                .collect(),
        })
    });
    uses.collect()
}

/// The beginning of `text` up to the parenthesis that closes it.
fn until_closed(text: &str) -> &str {
    let mut depth = 0;
    let end = text.find(|c| {
        match c {
            '(' => depth += 1,
            ')' => depth -= 1,
            _ => {}
        }
        depth < 0
    });
    &text[..end.unwrap_or(text.len())]
}

/// The content of the literal that `text` begins with, and the rest.
fn literal(text: &str) -> Option<(&str, &str)> {
    text.strip_prefix('"')?.split_once('"')
}

fn without_text(file: &Source, catalogue: &Arguments) -> Vec<Violation> {
    let faults = uses(file).into_iter().filter_map(|used| {
        let message = match catalogue.get(&used.id) {
            None => format!("no catalogue has `{}`: add it to each", used.id),
            Some(args) if *args != used.args => format!(
                "the text of `{}` has the arguments {args:?}, not {:?}",
                used.id, used.args
            ),
            Some(_) => return None,
        };
        Some(Violation {
            file: file.path.clone(),
            line: used.line,
            message,
        })
    });
    faults.collect()
}

/// The templates and the sources that can write the text of an id.
fn writers() -> Vec<Source> {
    let mut writers = Source::all_below(&project_dir().join("templates"), &["html", "txt"]);
    writers.extend(Source::all_below(&project_dir().join("src/http"), &["rs"]));
    writers
}

fn english() -> (Vec<Source>, Arguments) {
    let files = Source::all_below(&project_dir().join("src/i18n/locales/en"), &["ftl"]);
    let catalogue = arguments(files.iter().map(|file| &*file.text));
    (files, catalogue)
}

#[test]
fn every_text_that_is_used_is_in_the_catalogue() {
    let (_, catalogue) = english();
    let found = writers()
        .into_iter()
        .flat_map(|file| without_text(&file, &catalogue));
    expect_none(&found.collect::<Vec<_>>());
}

#[test]
fn every_text_of_the_catalogue_is_used() {
    let (files, catalogue) = english();
    let mut used: BTreeSet<String> = PARTS.map(str::to_owned).into();
    let declared = message::ALL.iter().copied().flatten();
    used.extend(declared.map(|declared| declared.id.to_owned()));
    used.extend(writers().iter().flat_map(uses).map(|used| used.id));
    let references = catalogue.keys().filter(|id| {
        let reference = format!("{{ {id} }}");
        files.iter().any(|file| file.text.contains(&reference))
    });
    used.extend(references.cloned());
    let unused: Vec<_> = catalogue.keys().filter(|id| !used.contains(*id)).collect();
    assert!(
        unused.is_empty(),
        "no template or code uses {unused:?}: delete them"
    );
}

#[test]
fn text_without_a_catalogue_entry_is_found() {
    let catalogue = arguments(["a = A\nb = { $count } of { $all }"]);
    for (template, count) in [
        ("{{ layout.text(\"a\") }}", 0),
        (
            "{{ layout.text_with(\"b\", [(\"all\", (*all).into()), (\"count\", n(1).into())]) }}",
            0,
        ),
        ("{{ layout.text(\"c\") }}", 1),
        ("{{ layout.text(\"b\") }}", 1),
        ("{{ layout.text_with(\"b\", [(\"count\", 1.into())]) }}", 1),
        ("{{ layout.text_with(\"a\", [(\"count\", 1.into())]) }}", 1),
        ("user.layout()\n    .text(\"c\")", 1),
        ("fields.text(\"c\")", 0),
    ] {
        let found = without_text(&Source::new("x.html", template), &catalogue);
        assert_eq!(found.len(), count, "{template}: {found:?}");
    }
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
