//! What a script may not do: write HTML, evaluate text, keep anything, speak to anybody, get between a
//! person and what they paste. Without these there is nothing in a script that text could break out of.

use super::source::Source;
use super::{Breach, expect_none, project};

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
        "makes code of text",
    ),
    (
        &[
            "localStorage",
            "sessionStorage",
            "indexedDB",
            "document.cookie",
            "caches.",
        ],
        "keeps something in the browser; the server knows all there is to know",
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
        "speaks to somebody; forms do that",
    ),
    (
        &["\"paste\"", "'paste'", "onpaste", "preventDefault"],
        "gets between a person and what they do",
    ),
];

fn breaches(file: &Source) -> Vec<Breach> {
    let of_one = |(words, complaint): &(&[&str], &str)| {
        let places = words.iter().flat_map(|word| file.text.match_indices(word));
        let breaches = places.map(|(place, word)| Breach {
            file: format!("static/{}", file.path),
            line: file.line_at(place),
            complaint: format!("`{word}` {complaint}"),
        });
        breaches.collect::<Vec<_>>()
    };
    FORBIDDEN.iter().flat_map(of_one).collect()
}

#[test]
fn scripts_only_show_text() {
    let scripts = Source::all_below(&project().join("static"), &["js", "mjs"]);
    assert!(!scripts.is_empty(), "no script was found to look at");
    let broken: Vec<_> = scripts.iter().flat_map(breaches).collect();
    expect_none(&broken);
}

/// The names of a module are its own: no element of the page takes the place of one.
#[test]
fn every_script_is_a_module() {
    let templates = Source::all_below(&project().join("templates"), &["html"]);
    let tags = templates
        .iter()
        .flat_map(|file| file.text.split("<script").skip(1));
    let tags: Vec<&str> = tags.filter_map(|rest| rest.split('>').next()).collect();
    assert!(!tags.is_empty(), "no script was found to look at");
    for tag in tags {
        assert!(tag.contains(" type=\"module\""), "<script{tag}>");
    }
}

#[test]
fn a_script_that_does_more_is_noticed() {
    for code in [
        "hint.innerHTML = typed;",
        "eval(typed)",
        "localStorage.x = typed",
        "await fetch(\"/x\")",
        "field.addEventListener(\"paste\", stop)",
    ] {
        assert!(!breaches(&Source::new("x.js", code)).is_empty(), "{code}");
    }
    let harmless = "hint.textContent = field.value; field.addEventListener(\"input\", say);";
    assert!(breaches(&Source::new("x.js", harmless)).is_empty());
}
