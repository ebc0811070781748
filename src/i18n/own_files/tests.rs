use crate::i18n::{Languages, text};
use crate::types::message::{label, notice, problem};
use std::time::Duration;

use super::*;

/// Writes these files into a new directory and reads it.
fn read(files: &[(&str, &str)]) -> (tempfile::TempDir, Result<Languages, String>) {
    let directory = tempfile::tempdir().unwrap();
    for (name, content) in files {
        let path = directory.path().join(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, content).unwrap();
    }
    let languages = Languages::read(directory.path());
    (directory, languages)
}

#[test]
fn file_adds_a_language_and_replaces_messages() {
    let (_directory, languages) = read(&[
        ("de.ftl", "notice-saved = Gesichert."),
        ("en/mine.ftl", "notice-saved = Stored."),
        (
            "pt-br/a.ftl",
            "notice-saved = Salvo.\nlanguage-name = Português",
        ),
        ("pt-br/b.ftl", "label-revoked = { $tokens } tokens"),
        (".hidden/x.ftl", "?"),
        ("README.md", "These are ours."),
    ]);
    let languages = languages.unwrap();
    let tags: Vec<_> = languages
        .all()
        .iter()
        .map(|one| one.tag().to_string())
        .collect();
    assert_eq!(tags, ["en", "de", "pt-BR"]);
    let saved: Vec<_> = languages
        .all()
        .iter()
        .map(|one| text(one, &notice::saved()))
        .collect();
    assert_eq!(saved, ["Stored.", "Gesichert.", "Salvo."]);
    let portuguese = languages.all().last().unwrap();
    assert_eq!(portuguese.name(), "Português");
    assert_eq!(text(portuguese, &label::revoked(1, 2, 0)), "2 tokens");
    assert_eq!(text(portuguese, &label::kind_mobile()), "Phone");
    assert_eq!(Languages::missing_messages(portuguese), ENGLISH.len() - 3);
}

#[test]
fn form_of_a_length_is_an_argument() {
    let length = "length-minutes = { $count }\n    .genitive = { $count } (gen.)\n";
    let forms = "length-days = { $count }\n    .genitive = { $count }\n";
    let wait = "problem-wait = { $wait-genitive }";
    let (_directory, languages) = read(&[("fi.ftl", &format!("{length}{forms}{wait}"))]);
    let languages = languages.unwrap();
    let finnish = languages.all().last().unwrap();
    let message = problem::wait(Duration::from_secs(60));
    assert_eq!(text(finnish, &message), "1 (gen.)");
}

#[test]
fn fault_names_its_file_line_and_message() {
    for (name, content, expected) in [
        (
            "fr.ftl",
            "notice-saved = Enregistré.\n\nnotice-sved = x",
            "fr.ftl, line 3: notice-sved does not exist: remove it",
        ),
        (
            "fr/a.ftl",
            "# Deux\nnotice-saved = { $name }",
            "fr/a.ftl, line 2: notice-saved has no argument $name: it has no arguments",
        ),
        (
            "fr.ftl",
            "label-revoked = { $session }",
            "fr.ftl, line 1: label-revoked has no argument $session: its arguments are $browsers, $sessions, $tokens",
        ),
        (
            "fr.ftl",
            "time-ago = { $length-genitive }",
            "fr.ftl, line 1: time-ago has no argument $length-genitive: its arguments are $length",
        ),
        (
            "fr.ftl",
            "notice-saved = { notice-other }",
            "fr.ftl, line 1: notice-saved uses the message notice-other, which does not exist",
        ),
        (
            "fr.ftl",
            "notice-saved = Ok\nnotice-token-resumed = { $",
            "fr.ftl, line 2: notice-token-resumed is not written as Fluent: ",
        ),
        (
            "french.d/a.ftl",
            "",
            "french.d has no language tag as its name",
        ),
    ] {
        let (_directory, languages) = read(&[(name, content)]);
        let refused = languages.unwrap_err();
        assert!(refused.contains(expected), "{refused}");
    }
}
