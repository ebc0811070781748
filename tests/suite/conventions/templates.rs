//! What a page's source may not have in it, so that a strict content security policy breaks nothing
//! and no other host ever learns of a visit.

use super::source::Source;
use super::{Breach, expect_none, project, rust_files};

const INLINE: &str = "is style or script in the page, which the policy forbids; put it into a file \
                      of its own that the page links to";
const FOREIGN: &str = "names another host; everything a page needs comes from Narthex itself";
const UNESCAPED: &str = "writes text as HTML without escaping; give the template the parts, and let \
                         it write the tags";

fn breaches(file: &Source) -> Vec<Breach> {
    let mut breaches = Vec::new();
    for (at, line) in file.text.lines().enumerate() {
        let lower = line.to_lowercase();
        let complaints = [
            (is_inline(&lower), INLINE),
            (is_foreign(&lower), FOREIGN),
            (is_unescaped(&lower), UNESCAPED),
        ];
        let complaints = complaints.iter().filter(|(broken, _)| *broken);
        breaches.extend(complaints.map(|(_, complaint)| Breach {
            file: file.path.clone(),
            line: at + 1,
            complaint: format!("`{}` {complaint}", line.trim()),
        }));
    }
    breaches
}

fn is_inline(line: &str) -> bool {
    let mut attributes = line.split([' ', '\t']).skip(1);
    let handler = |word: &str| {
        let name = word.split('=').next().unwrap_or_default();
        let on = name
            .strip_prefix("on")
            .is_some_and(|rest| rest.chars().all(char::is_alphabetic));
        word.contains('=') && (name == "style" || on && name.len() > 2)
    };
    let script = line.split("<script").skip(1).any(|rest| {
        let (attributes, content) = rest.split_once('>').unwrap_or((rest, ""));
        !attributes.contains(" src=") || !content.trim_start().starts_with("</script>")
    });
    script
        || line.contains("<style")
        || line.contains("javascript:")
        || line.trim_start().starts_with("style=")
        || attributes.any(handler)
}

fn is_foreign(line: &str) -> bool {
    [
        "http://", "https://", "=\"//", "='//", "url(//", "url(\"//", "@import",
    ]
    .iter()
    .any(|beginning| line.contains(beginning))
}

fn is_unescaped(line: &str) -> bool {
    line.split('|').skip(1).any(|filter| {
        let filter = filter.trim_start();
        let name_ends = filter.find(|c: char| !c.is_alphanumeric() && c != '_');
        &filter[..name_ends.unwrap_or(filter.len())] == "safe"
    }) || line.contains("escape none")
        || line.contains("escape \"none\"")
}

fn unescaped_in_code(file: &Source) -> Vec<Breach> {
    let ways = [
        "escape = \"none\"",
        "escape=\"none\"",
        "HtmlSafe",
        "filters::Safe",
    ];
    let places = ways.iter().flat_map(|way| file.text.match_indices(way));
    places
        .map(|(place, way)| Breach {
            file: format!("src/{}", file.path),
            line: file.line_at(place),
            complaint: format!("`{way}` {UNESCAPED}"),
        })
        .collect()
}

/// Templates whose forms a browser sends that is not signed in.
const SIGNED_OUT: [&str; 2] = ["register.html", "login.html"];

/// The forms of signed-in pages that do not name their user.
fn without_user(file: &Source) -> Vec<Breach> {
    if SIGNED_OUT.contains(&&*file.path) {
        return Vec::new();
    }
    let forms = file.text.match_indices("<form").filter_map(|(place, _)| {
        let form = file.text[place..].split("</form>").next()?;
        let sent = form.split('>').next()?.contains("method=\"post\"");
        (sent && !form.contains("form_user(frame.user_id)")).then_some(place)
    });
    forms
        .map(|place| Breach {
            file: file.path.clone(),
            line: file.line_at(place),
            complaint: "the form does not name its user; call parts::form_user in it".to_owned(),
        })
        .collect()
}

#[test]
fn every_form_of_a_signed_in_page_has_the_user_field() {
    let templates = Source::all_below(&project().join("templates"), &["html"]);
    let broken: Vec<_> = templates.iter().flat_map(without_user).collect();
    expect_none(&broken);
}

#[test]
fn pages_need_no_exception_from_a_strict_policy() {
    let templates = Source::all_below(&project().join("templates"), &["html", "txt", "svg"]);
    assert!(!templates.is_empty(), "no template was found to look at");
    let broken: Vec<_> = templates.iter().flat_map(breaches).collect();
    expect_none(&broken);
}

#[test]
fn nothing_is_written_into_a_page_unescaped() {
    let broken: Vec<_> = rust_files("src")
        .iter()
        .flat_map(unescaped_in_code)
        .collect();
    expect_none(&broken);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_strict_policy_forbids_is_noticed() {
        for line in [
            "<p style=\"color: red\">",
            "<style>p {}</style>",
            "<script>alert(1)</script>",
            "<script src=\"{{ x }}\">alert(1)</script>",
            "<button type=\"button\" onclick=\"x()\">",
            "<a href=\"javascript:x()\">",
            "<img src=\"https://example.com/x.png\">",
            "<script src=\"//cdn.example.com/x.js\"></script>",
            "{{ name|safe }}",
            "{{ name | safe }}",
        ] {
            let found = breaches(&Source::new("x.html", line));
            assert_eq!(found.len(), 1, "{line}: {found:?}");
        }
    }

    #[test]
    fn a_form_without_its_user_is_noticed() {
        let form = "<form class=\"x\" method=\"post\">\n<button>Go</button></form>";
        let with_user = format!(
            "<form method=\"get\"></form>{}",
            form.replace(
                "<button",
                "{% call form_user(frame.user_id) %}{% endcall %}<button"
            )
        );
        assert_eq!(without_user(&Source::new("x.html", form)).len(), 1);
        assert_eq!(without_user(&Source::new("x.html", &with_user)), []);
        assert_eq!(without_user(&Source::new("login.html", form)), []);
    }

    #[test]
    fn what_it_permits_is_not() {
        for line in [
            "<script src=\"{{ frame.script }}\" defer></script>",
            "<link rel=\"stylesheet\" href=\"{{ frame.style }}\">",
            "<p class=\"style\">Once only: on = off, in one safe place | safely</p>",
            "{{ name|lower }}",
        ] {
            assert_eq!(breaches(&Source::new("x.html", line)), [], "{line}");
        }
    }

    #[test]
    fn a_template_that_escapes_nothing_is_noticed() {
        let code = "#[derive(Template)]\n#[template(path = \"x.html\", escape = \"none\")]";
        assert_eq!(unescaped_in_code(&Source::new("x.rs", code))[0].line, 2);
    }
}
