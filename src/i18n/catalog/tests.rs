//! The catalogues against the messages that the code declares.

use std::collections::{BTreeMap, BTreeSet};

use super::*;
use crate::types::message::{self, field};

/// The messages that only the catalogue and this folder use, with their arguments.
const PARTS: &[(&str, &[&str])] = &[
    ("length-days", &["count"]),
    ("length-hours", &["count"]),
    ("length-minutes", &["count"]),
    ("length-seconds", &["count"]),
    ("list-pair", &["start", "end"]),
    ("list-middle", &["start", "next"]),
];

fn declared() -> BTreeMap<&'static str, BTreeSet<&'static str>> {
    let messages = message::ALL.iter().copied().flatten();
    let messages = messages.map(|message| (message.id, message.args));
    let mut declared = BTreeMap::new();
    for (id, args) in messages.chain(PARTS.iter().copied()) {
        let before = declared.insert(id, args.iter().copied().collect());
        assert_eq!(before, None, "{id} is declared twice");
    }
    declared
}

/// The ids of a catalogue with the arguments that each text names. An argument with an attribute of
/// a length, such as `longest-dative`, counts as the argument.
fn written(language: Language) -> BTreeMap<&'static str, BTreeSet<&'static str>> {
    let mut written: BTreeMap<_, BTreeSet<_>> = BTreeMap::new();
    let mut current = "";
    for line in source(language)
        .lines()
        .filter(|line| !line.starts_with('#'))
    {
        if line.starts_with(|c: char| c.is_ascii_alphabetic()) {
            current = line.split(' ').next().unwrap();
            let before = written.insert(current, BTreeSet::new());
            assert_eq!(before, None, "{current} is written twice in {language:?}");
        }
        let variables = line.split('$').skip(1).map(|rest| {
            let name = rest
                .split(|c: char| !c.is_ascii_alphanumeric() && c != '_')
                .next();
            name.unwrap()
        });
        if !current.is_empty() {
            written.get_mut(current).unwrap().extend(variables);
        }
    }
    add_arguments_of_references(language, &mut written);
    written
}

/// Adds the arguments of each message to those of the messages that refer to it, such as
/// `{ label-revoked }`.
fn add_arguments_of_references(
    language: Language,
    written: &mut BTreeMap<&'static str, BTreeSet<&'static str>>,
) {
    let mut current = "";
    for line in source(language)
        .lines()
        .filter(|line| !line.starts_with('#'))
    {
        if line.starts_with(|c: char| c.is_ascii_alphabetic()) {
            current = line.split(' ').next().unwrap();
        }
        for rest in line.split("{ ").skip(1) {
            let referenced = rest.split(' ').next().and_then(|id| written.get(id));
            if let Some(args) = referenced.cloned() {
                written.get_mut(current).unwrap().extend(args);
            }
        }
    }
}

#[test]
fn catalogues_have_the_declared_messages_with_their_arguments() {
    for language in Language::ALL {
        let (declared, written) = (declared(), written(*language));
        let ids = |messages: &BTreeMap<&'static str, _>| -> BTreeSet<&str> {
            messages.keys().copied().collect()
        };
        let (in_code, in_file) = (ids(&declared), ids(&written));
        let lacking: Vec<_> = in_code.difference(&in_file).collect();
        assert!(lacking.is_empty(), "{language:?} lacks {lacking:?}");
        let unused: Vec<_> = in_file.difference(&in_code).collect();
        assert!(unused.is_empty(), "{language:?} has unused {unused:?}");
        for (id, args) in declared {
            assert_eq!(
                written.get(id),
                Some(&args),
                "the arguments of {id} in {language:?}"
            );
        }
    }
}

#[test]
fn catalogues_have_no_faulty_entry() {
    for language in Language::ALL {
        let resource = FluentResource::try_new(source(*language).to_owned());
        let faults = resource.err().map(|(_, faults)| faults);
        assert!(faults.is_none(), "{language:?}: {faults:?}");
        for (id, args) in declared() {
            let mut values = FluentArgs::new();
            args.iter()
                .for_each(|name| values.set(*name, FluentValue::from(1)));
            let bundle = bundle(*language);
            let message = bundle.get_message(id).unwrap();
            let mut faults = Vec::new();
            let pattern = message.value().unwrap();
            let text = bundle.format_pattern(pattern, Some(&values), &mut faults);
            assert!(
                !text.contains('\n'),
                "{id} in {language:?} has a line break"
            );
            assert!(faults.is_empty(), "{id} in {language:?}: {faults:?}");
        }
    }
}

#[test]
fn arguments_are_written_as_english_has_them() {
    let english = |message| text(Language::English, &message);
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
        assert_eq!(join(Language::English, &texts), joined);
    }
}
