//! The catalogues against each other, and against the messages that the code declares.
//! `tests/suite/conventions/messages.rs` compares them with the templates.

use std::collections::BTreeSet;

use super::*;
use crate::{
    i18n::{
        Languages,
        arguments::{Arguments, arguments},
    },
    types::message::{self, field, notice},
};

fn texts(files: &'static [File]) -> Arguments {
    arguments(files.iter().map(|(_, text)| *text))
}

#[test]
fn catalogues_have_the_declared_messages_with_their_arguments() {
    let english = texts(ENGLISH);
    for declared in message::ALL.iter().copied().flatten() {
        let args: BTreeSet<_> = declared.args.iter().copied().map(str::to_owned).collect();
        assert_eq!(english.get(declared.id), Some(&args), "{}", declared.id);
    }
}

#[test]
fn languages_have_the_same_messages_with_the_same_arguments() {
    let english = texts(ENGLISH);
    for (tag, files) in BUILT_IN {
        let texts = texts(files);
        for (id, args) in &english {
            assert_eq!(texts.get(id), Some(args), "{id} in {tag}");
        }
        let more: Vec<_> = texts
            .keys()
            .filter(|id| !english.contains_key(*id))
            .collect();
        assert!(more.is_empty(), "{tag} has {more:?}, which English lacks");
    }
}

#[test]
fn message_is_written_once_in_a_language() {
    for (tag, files) in BUILT_IN {
        let mut ids = BTreeSet::new();
        for line in files.iter().flat_map(|(_, text)| text.lines()) {
            if line.starts_with(|c: char| c.is_ascii_alphabetic()) {
                let id = line.split(' ').next().unwrap();
                assert!(ids.insert(id), "{id} is written twice in {tag}");
            }
        }
    }
}

#[test]
fn catalogues_have_no_faulty_entry() {
    let languages = Languages::default();
    for ((tag, files), language) in BUILT_IN.into_iter().zip(languages.all()) {
        assert_eq!(tag, language.tag().to_string());
        for (file, text) in files {
            let resource = FluentResource::try_new((*text).to_owned());
            let faults = resource.err().map(|(_, faults)| faults);
            assert!(faults.is_none(), "{file}: {faults:?}");
        }
        for (id, args) in texts(files) {
            let mut values = FluentArgs::new();
            let forms = ["", "-dative"];
            let names = forms
                .iter()
                .flat_map(|form| args.iter().map(move |name| format!("{name}{form}")));
            names.for_each(|name| values.set(name, FluentValue::from(1)));
            let bundle = &language.catalog().bundle;
            let mut faults = Vec::new();
            let pattern = bundle.get_message(&id).unwrap().value().unwrap();
            let text = bundle.format_pattern(pattern, Some(&values), &mut faults);
            assert!(!text.contains('\n'), "{id} in {tag} has a line break");
            assert!(faults.is_empty(), "{id} in {tag}: {faults:?}");
        }
    }
}

#[test]
fn arguments_are_written_as_english_has_them() {
    let english = |message| text(Language::english(), &message);
    let days = |days: u64| Duration::from_secs(days * 24 * 3600);
    assert_eq!(
        english(field::expiry_too_late(days(1))),
        "A token can be valid for at most 1 day here. Choose an earlier time."
    );
    assert_eq!(
        english(field::expiry_too_many_seconds(3_153_600_000)),
        "Enter at most 3153600000 seconds, or null for no expiry."
    );
    assert_eq!(
        english(field::ability_unknown("{ $x } <b>".to_owned())),
        "There is no permission “{ $x } <b>”."
    );
}

#[test]
fn lists_are_joined_with_commas_and_a_last_word() {
    for (texts, joined) in [
        (&[][..], ""),
        (&["a"], "a"),
        (&["a", "b"], "a and b"),
        (&["a", "b", "c", "d"], "a, b, c and d"),
    ] {
        let texts: Vec<_> = texts.iter().map(|text| (*text).to_owned()).collect();
        assert_eq!(join(Language::english(), &texts), joined);
    }
}

#[test]
fn right_to_left_argument_is_isolated() {
    let written = |name: &str| text(Language::english(), &notice::token_revoked(name.to_owned()));
    assert_eq!(
        written("خدمة (prod)"),
        "Token revoked: \u{2068}خدمة (prod)\u{2069}."
    );
    for name in ["CI (prod)", "Żółw 🐢", "日本"] {
        assert_eq!(written(name), format!("Token revoked: {name}."));
    }
}
