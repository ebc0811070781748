//! Templates must not contain anything that a strict Content-Security-Policy forbids or that loads
//! from another host, and no address without the mount.

use super::source::Source;
use super::{Violation, expect_none, project_dir, rust_files};

const INLINE: &str = "is inline style or script, which the policy forbids; put it into a file that \
                      the page links to";
const FOREIGN: &str = "names another host; a page loads everything from Narthex";
const UNESCAPED: &str = "writes text as HTML without escaping; pass the parts to the template, which \
                         writes the tags";

fn violations(file: &Source) -> Vec<Violation> {
    let mut violations = Vec::new();
    for (at, line) in file.text.lines().enumerate() {
        let lower = line.to_lowercase();
        let messages = [
            (is_inline(&lower), INLINE),
            (is_foreign(&lower), FOREIGN),
            (is_unescaped(&lower), UNESCAPED),
        ];
        let messages = messages.iter().filter(|(found, _)| *found);
        violations.extend(messages.map(|(_, message)| Violation {
            file: file.path.clone(),
            line: at + 1,
            message: format!("`{}` {message}", line.trim()),
        }));
    }
    violations
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

fn unescaped_in_code(file: &Source) -> Vec<Violation> {
    let patterns = [
        "escape = \"none\"",
        "escape=\"none\"",
        "HtmlSafe",
        "filters::Safe",
    ];
    let offsets = patterns
        .iter()
        .flat_map(|pattern| file.text.match_indices(pattern));
    offsets
        .map(|(offset, pattern)| Violation {
            file: format!("src/{}", file.path),
            line: file.line_at(offset),
            message: format!("`{pattern}` {UNESCAPED}"),
        })
        .collect()
}

/// Templates with forms for browsers that are not signed in.
const SIGNED_OUT: [&str; 8] = [
    "register.html",
    "login.html",
    "login_verify.html",
    "password/forgot.html",
    "password/reset.html",
    // The link decides whose address is verified.
    "verify_email/show.html",
    "email/link.html",
    "invitation.html",
];

/// The forms of signed-in pages that lack the user field.
fn without_user(file: &Source) -> Vec<Violation> {
    if SIGNED_OUT.contains(&&*file.path) {
        return Vec::new();
    }
    let forms = file.text.match_indices("<form").filter_map(|(offset, _)| {
        let form = file.text[offset..].split("</form>").next()?;
        let sent = form.split('>').next()?.contains("method=\"post\"");
        (sent && !form.contains("form_user(layout.user_id)")).then_some(offset)
    });
    forms
        .map(|offset| Violation {
            file: file.path.clone(),
            line: file.line_at(offset),
            message: "the form lacks the user field; call form_user in it".to_owned(),
        })
        .collect()
}

/// The addresses that the layout does not write.
fn without_mount(file: &Source) -> Vec<Violation> {
    let with_mount = [
        "#",
        "{{ layout.url(",
        "{{ layout.asset(",
        "{{ layout.home()",
        "{{ layout.here()",
        "{{ layout.onward(",
        "{{ layout.download(",
        "{{ layout.authenticator(",
    ];
    let addresses = [" href=\"", " src=\"", " action=\""]
        .into_iter()
        .flat_map(|attribute| file.text.match_indices(attribute))
        .filter(|(offset, attribute)| {
            let address = &file.text[offset + attribute.len()..];
            !with_mount.iter().any(|begin| address.starts_with(begin))
        });
    addresses
        .map(|(offset, _)| Violation {
            file: file.path.clone(),
            line: file.line_at(offset),
            message: "the address may lack the mount; write it with layout.url, layout.asset, \
                      layout.home, layout.here, layout.onward, layout.download or layout.authenticator"
                .to_owned(),
        })
        .collect()
}

/// The templates of pages. Mails have whole addresses, and inline styles, because mail programs
/// ignore stylesheets.
fn page_templates(extensions: &[&str]) -> Vec<Source> {
    let mut templates = Source::all_below(&project_dir().join("templates"), extensions);
    templates.retain(|template| !template.path.starts_with("mail/"));
    assert!(!templates.is_empty(), "no template was found");
    templates
}

#[test]
fn every_address_in_a_template_has_the_mount() {
    let templates = page_templates(&["html"]);
    let found: Vec<_> = templates.iter().flat_map(without_mount).collect();
    expect_none(&found);
}

#[test]
fn every_form_of_a_signed_in_page_has_the_user_field() {
    let templates = page_templates(&["html"]);
    let found: Vec<_> = templates.iter().flat_map(without_user).collect();
    expect_none(&found);
}

#[test]
fn templates_need_no_exception_from_a_strict_csp() {
    let templates = page_templates(&["html", "txt", "svg"]);
    let found: Vec<_> = templates.iter().flat_map(violations).collect();
    expect_none(&found);
}

#[test]
fn no_template_disables_escaping() {
    let found: Vec<_> = rust_files("src")
        .iter()
        .flat_map(unescaped_in_code)
        .collect();
    expect_none(&found);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn violation_of_a_strict_csp_is_found() {
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
            let found = violations(&Source::new("x.html", line));
            assert_eq!(found.len(), 1, "{line}: {found:?}");
        }
    }

    #[test]
    fn form_without_the_user_field_is_found() {
        let form = "<form class=\"x\" method=\"post\">\n<button>Go</button></form>";
        let with_user = format!(
            "<form method=\"get\"></form>{}",
            form.replace(
                "<button",
                "{% call form_user(layout.user_id) %}{% endcall %}<button"
            )
        );
        assert_eq!(without_user(&Source::new("x.html", form)).len(), 1);
        assert_eq!(without_user(&Source::new("x.html", &with_user)), []);
        assert_eq!(without_user(&Source::new("login.html", form)), []);
    }

    #[test]
    fn address_without_the_mount_is_found() {
        for line in [
            "<a href=\"/login\">",
            "<form method=\"post\" action=\"{{ row.revoke }}\">",
            "<script src=\"{{ script }}\"></script>",
            "<a href=\"{{ crate::http::paths::LOGIN }}\">",
        ] {
            let found = without_mount(&Source::new("x.html", line));
            assert_eq!(found.len(), 1, "{line}: {found:?}");
        }
        let allowed = "<a href=\"#main\"><a href=\"{{ layout.home() }}\">\
                       <form action=\"{{ layout.url(row.revoke) }}\">\
                       <script src=\"{{ layout.asset(\"x.js\") }}\"></script>";
        assert_eq!(without_mount(&Source::new("x.html", allowed)), []);
    }

    #[test]
    fn allowed_markup_is_not_found() {
        for line in [
            "<script src=\"{{ layout.script }}\" defer></script>",
            "<link rel=\"stylesheet\" href=\"{{ layout.style }}\">",
            "<p class=\"style\">Once only: on = off, in one safe place | safely</p>",
            "{{ name|lower }}",
        ] {
            assert_eq!(violations(&Source::new("x.html", line)), [], "{line}");
        }
    }

    #[test]
    fn template_without_escaping_is_found() {
        let code = "#[derive(Template)]\n#[template(path = \"x.html\", escape = \"none\")]";
        assert_eq!(unescaped_in_code(&Source::new("x.rs", code))[0].line, 2);
    }
}

#[test]
fn gallery_shows_every_component() {
    let folder = project_dir().join("templates/components");
    let gallery = std::fs::read_to_string(folder.join("gallery.html")).unwrap();
    let mut missing = Vec::new();
    for file in std::fs::read_dir(&folder).unwrap() {
        let name = file.unwrap().file_name().into_string().unwrap();
        if name != "gallery.html" && !shows(&gallery, &name) {
            missing.push(name);
        }
    }
    assert!(missing.is_empty(), "gallery.html must show {missing:?}");
    assert!(!shows(
        "{% import \"components/tile.html\" as tiles %}",
        "tile.html"
    ));
}

/// Whether a template imports the component in this file and calls a macro of it.
fn shows(template: &str, file: &str) -> bool {
    let import = format!("{{% import \"components/{file}\" as ");
    let alias = template.split_once(&import);
    let alias = alias.and_then(|(_, rest)| rest.split(' ').next());
    alias.is_some_and(|alias| template.contains(&format!(" {alias}::")))
}
