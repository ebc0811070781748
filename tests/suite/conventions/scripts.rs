//! Scripts must not write HTML, evaluate text, store data, send requests or prevent pasting.
//! Without these, text cannot inject anything into a script.

use super::source::Source;
use super::{Violation, expect_none, project_dir};

const FORBIDDEN: [(&[&str], &str); 5] = [
    (
        &[
            "innerHTML",
            "outerHTML",
            "insertAdjacentHTML",
            "document.write",
            "DOMParser",
        ],
        "writes text as HTML; set textContent",
    ),
    (
        &["eval(", "new Function", "import(", "setAttribute(\"on"],
        "evaluates text as code",
    ),
    (
        &[
            "localStorage",
            "sessionStorage",
            "indexedDB",
            "document.cookie",
            "caches.",
        ],
        "stores data in the browser; keep the state on the server",
    ),
    (
        &[
            "fetch(",
            "XMLHttpRequest",
            "sendBeacon",
            "WebSocket",
            "postMessage",
            "window.name",
        ],
        "sends a request or a message; use a form",
    ),
    (
        &["\"paste\"", "'paste'", "onpaste", "preventDefault"],
        "interferes with pasting or a default action",
    ),
];

/// A browser answers the challenge of a passkey to a script only, so this script asks for the
/// challenge and sends the answer. The other exception stops the second request of a double click.
fn may_use(path: &str, word: &str) -> bool {
    [("passkeys.js", "fetch("), ("controls.js", "preventDefault")].contains(&(path, word))
}

fn violations(file: &Source) -> Vec<Violation> {
    let find = |(words, message): &(&[&str], &str)| {
        let words = words.iter().filter(|word| !may_use(&file.path, word));
        let offsets = words.flat_map(|word| file.text.match_indices(word));
        let violations = offsets.map(|(offset, word)| Violation {
            file: format!("static/{}", file.path),
            line: file.line_at(offset),
            message: format!("`{word}` {message}"),
        });
        violations.collect::<Vec<_>>()
    };
    FORBIDDEN.iter().flat_map(find).collect()
}

#[test]
fn scripts_only_show_text() {
    let scripts = Source::all_below(&project_dir().join("static"), &["js", "mjs"]);
    assert!(!scripts.is_empty(), "no script was found");
    let found: Vec<_> = scripts.iter().flat_map(violations).collect();
    expect_none(&found);
}

/// The names of a module are local: no element of the page can shadow one.
#[test]
fn every_script_is_a_module() {
    let templates = Source::all_below(&project_dir().join("templates"), &["html"]);
    let tags = templates
        .iter()
        .flat_map(|file| file.text.split("<script").skip(1));
    let tags: Vec<&str> = tags.filter_map(|rest| rest.split('>').next()).collect();
    assert!(!tags.is_empty(), "no script was found");
    for tag in tags {
        assert!(tag.contains(" type=\"module\""), "<script{tag}>");
    }
}

#[test]
fn script_with_a_forbidden_call_is_found() {
    for code in [
        "hint.innerHTML = typed;",
        "eval(typed)",
        "localStorage.x = typed",
        "await fetch(\"/x\")",
        "field.addEventListener(\"paste\", stop)",
    ] {
        assert!(!violations(&Source::new("x.js", code)).is_empty(), "{code}");
    }
    let allowed = "hint.textContent = field.value; field.addEventListener(\"input\", say);";
    assert!(violations(&Source::new("x.js", allowed)).is_empty());
}
