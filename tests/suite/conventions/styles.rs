//! The stylesheet defines the classes of the templates, and no other.

use std::collections::BTreeSet;

use super::source::Source;
use super::{Violation, expect_none, project_dir};

/// The classes that the stylesheet names.
fn defined(sheet: &str) -> BTreeSet<&str> {
    let without_comments = sheet.split("/*").enumerate().map(|(index, part)| {
        if index == 0 {
            part
        } else {
            part.split_once("*/").map_or("", |(_, rest)| rest)
        }
    });
    // The text before each block, and not what the block declares.
    let selectors = without_comments.flat_map(|part| part.split('{'));
    let selectors = selectors.filter_map(|part| part.rsplit(['}', ';']).next());
    selectors
        .flat_map(|selector| selector.split('.').skip(1))
        .map(|rest| &rest[..rest.find(|c| !is_of_name(c)).unwrap_or(rest.len())])
        .filter(|name| name.starts_with(|c: char| c.is_ascii_lowercase()))
        .collect()
}

const fn is_of_name(c: char) -> bool {
    c.is_ascii_alphanumeric() || c == '-' || c == '_'
}

/// The template without its tags and expressions. A class in a condition stays.
fn without_tags(text: &str) -> String {
    let mut plain = String::new();
    let mut rest = text;
    while let Some(start) = rest.find("{%").into_iter().chain(rest.find("{{")).min() {
        plain.push_str(&rest[..start]);
        plain.push(' ');
        let closing = if rest[start..].starts_with("{%") {
            "%}"
        } else {
            "}}"
        };
        rest = rest[start..]
            .split_once(closing)
            .map_or("", |(_, rest)| rest);
    }
    plain + rest
}

/// The classes that a template has in its text, with their lines.
fn used(template: &Source) -> Vec<(usize, String)> {
    let lines = template.text.lines().enumerate();
    let uses = lines.flat_map(|(index, line)| {
        let plain = without_tags(line);
        let attributes = plain.split("class=\"").skip(1);
        let names = attributes.filter_map(|rest| rest.split('"').next());
        let names = names.flat_map(str::split_whitespace);
        let names: Vec<String> = names.map(str::to_owned).collect();
        names.into_iter().map(move |name| (index + 1, name))
    });
    uses.collect()
}

fn undefined(template: &Source, sheet: &str) -> Vec<Violation> {
    let defined = defined(sheet);
    let undefined = used(template)
        .into_iter()
        .filter(|(_, name)| !defined.contains(&**name));
    undefined
        .map(|(line, name)| Violation {
            file: template.path.clone(),
            line,
            message: format!("the stylesheet has no class `{name}`: define it, or remove it"),
        })
        .collect()
}

/// A class can also be a parameter of a macro, a value of the code, or a word of a script.
fn unused(sheet: &Source, writers: &[Source]) -> Vec<Violation> {
    let mentioned: BTreeSet<&str> = writers
        .iter()
        .flat_map(|writer| writer.code.split(['"', '\'', '`']))
        .flat_map(|text| text.split(|c| !is_of_name(c)))
        .collect();
    let unused = defined(&sheet.text).into_iter();
    unused
        .filter(|name| !mentioned.contains(name))
        .map(|name| Violation {
            file: sheet.path.clone(),
            line: sheet.line_at(sheet.text.find(&format!(".{name}")).unwrap_or(0)),
            message: format!("no page has the class `{name}`: delete its rules"),
        })
        .collect()
}

fn sheet() -> Source {
    let path = project_dir().join("static/narthex.css");
    let text = std::fs::read_to_string(path).expect("a stylesheet");
    Source::new("static/narthex.css", &text)
}

fn templates() -> Vec<Source> {
    Source::all_below(&project_dir().join("templates"), &["html"])
}

#[test]
fn stylesheet_defines_every_class_of_the_templates() {
    let sheet = sheet();
    // A mail has its own styles.
    let pages = templates();
    let pages = pages.iter().filter(|page| !page.path.starts_with("mail/"));
    let found: Vec<_> = pages
        .flat_map(|page| undefined(page, &sheet.text))
        .collect();
    expect_none(&found);
}

#[test]
fn stylesheet_has_no_class_without_a_use() {
    let mut writers = templates();
    writers.extend(Source::all_below(&project_dir().join("static"), &["js"]));
    writers.extend(Source::all_below(&project_dir().join("src/http"), &["rs"]));
    expect_none(&unused(&sheet(), &writers));
}

#[test]
fn style_rules_find_violations() {
    let sheet = Source::new(
        "a.css",
        "/* .no */\n.card, .row.ticked > .icon { top: .5rem; }\n",
    );
    let page = Source::new(
        "a.html",
        "<p class=\"card {% if x %}gone{% endif %} {{ colour }}\">{{ icon(\"ticked\") }}\n<p class=\"icon\">",
    );
    let names: Vec<_> = defined(&sheet.text).into_iter().collect();
    assert_eq!(names, ["card", "icon", "row", "ticked"]);
    let found = undefined(&page, &sheet.text);
    assert_eq!(found.len(), 1, "{found:#?}");
    assert_eq!(
        (found[0].line, found[0].message.contains("`gone`")),
        (1, true)
    );
    let found = unused(&sheet, &[page]);
    assert_eq!(found.len(), 1, "{found:#?}");
    assert_eq!(
        (found[0].line, found[0].message.contains("`row`")),
        (2, true)
    );
}
