//! Templates have no text of their own: the catalogues have the texts, in each language.

use super::source::Source;
use super::{Violation, expect_none, project_dir};

const BARE: &str = "is text in one language; put it into the catalogues and write layout.text";

const COMMENT: (&str, &str) = ("{#", "#}");
const CODE: [(&str, &str); 2] = [("{{", "}}"), ("{%", "%}")];

/// The attributes that people read or hear.
const READ: [&str; 9] = [
    "alt",
    "aria-label",
    "data-count",
    "data-done",
    "data-hide",
    "data-over",
    "data-text",
    "placeholder",
    "title",
];

/// `text` with blanks in place of what stands between these marks, so that offsets stay the same.
fn blanked(text: &str, (start, end): (&str, &str)) -> String {
    let mut text = text.to_owned();
    let mut from = 0;
    while let Some(begin) = text[from..].find(start).map(|at| from + at) {
        let Some(length) = text[begin..].find(end) else {
            break;
        };
        from = begin + length + end.len();
        let blank = |byte| if byte == b'\n' { '\n' } else { ' ' };
        let blanks: String = text[begin..from].bytes().map(blank).collect();
        text.replace_range(begin..from, &blanks);
    }
    text
}

fn has_words(text: &str) -> bool {
    text.contains(char::is_alphabetic)
}

/// The content between tags without attributes, which a block or a macro adds to the tag of another
/// template.
fn without_attributes(content: &str) -> String {
    let mut kept = String::new();
    let mut rest = content;
    while let Some((before, after)) = rest.split_once("=\"") {
        let name = before.rfind(char::is_whitespace).map_or(0, |at| at + 1);
        kept += &before[..name];
        rest = after.split_once('"').map_or("", |(_, rest)| rest);
    }
    kept + rest
}

/// The values of the attributes that people read.
fn read_values(tag: &str) -> impl Iterator<Item = &str> {
    READ.iter().filter_map(move |name| {
        let (_, value) = tag.split_once(&format!(" {name}=\""))?;
        value.split('"').next()
    })
}

/// The literals in the code of a template that begin like a sentence. An id, a class or a name begins
/// with a small letter.
fn sentences(template: &str) -> impl Iterator<Item = usize> {
    CODE.iter().flat_map(move |(start, end)| {
        template
            .match_indices(*start)
            .filter_map(move |(begin, _)| {
                let length = template[begin..].find(*end)?;
                let code = &template[begin..begin + length];
                let literal = code.match_indices('"').find(|(at, _)| {
                    let is_opening = code[..*at].matches('"').count().is_multiple_of(2);
                    is_opening && code[at + 1..].starts_with(char::is_uppercase)
                });
                literal.map(|(at, _)| begin + at)
            })
    })
}

fn violations(file: &Source) -> Vec<Violation> {
    let template = blanked(&file.text, COMMENT);
    let html = CODE
        .iter()
        .fold(template.clone(), |html, marks| blanked(&html, *marks));
    let mut found: Vec<usize> = sentences(&template).collect();
    let mut at = 0;
    for part in html.split('<') {
        let (tag, content) = part.split_once('>').unwrap_or(("", part));
        if has_words(&without_attributes(content)) && !is_skipped(tag) {
            let blank = content.len() - content.trim_start().len();
            found.push(at + part.len() - content.len() + blank);
        }
        if read_values(tag).any(has_words) {
            found.push(at);
        }
        at += part.len() + 1;
    }
    let violation = |at| {
        let line = file.line_at(at);
        let text = file.text.lines().nth(line - 1).unwrap_or_default().trim();
        Violation {
            file: file.path.clone(),
            line,
            message: format!("`{text}` {BARE}"),
        }
    };
    found.into_iter().map(violation).collect()
}

fn is_skipped(tag: &str) -> bool {
    tag.starts_with("style") || tag.starts_with("!doctype")
}

#[test]
fn templates_have_no_text_of_their_own() {
    let templates = Source::all_below(&project_dir().join("templates"), &["html"]);
    assert!(!templates.is_empty(), "no template was found");
    let found: Vec<_> = templates.iter().flat_map(violations).collect();
    expect_none(&found);
}

#[test]
fn text_of_a_template_is_found() {
    for template in [
        "<p>Created {{ layout.text(\"a\") }}</p>",
        "<p>{{ name }}\n by {{ maker }}</p>",
        "<input aria-label=\"Date\">",
        "<a title=\"{{ at }} in UTC\">",
        "{% if paused %}paused{% endif %}",
        "{{ badges::badge(\"Paused\", \"amber\") }}",
        "{% let label = \"Full access\" %}",
    ] {
        let found = violations(&Source::new("x.html", template));
        assert_eq!(found.len(), 1, "{template}: {found:?}");
    }
    for template in [
        "{# A comment with \"Words\". #}<p class=\"title\">{{ layout.text(\"a\") }} · {{ n }}</p>",
        "{% block width %} class=\"form\"{% endblock %}",
        "{{ buttons::link(layout, path, layout.text(\"b\"), \"quiet danger\") }}",
        "<!doctype html>\n<style>p { color: red }</style>",
    ] {
        let found = violations(&Source::new("x.html", template));
        assert_eq!(found, [], "{template}");
    }
}
