//! An ability, the operator's catalogue of them, and the list that a token is to be given. The first
//! word of the input is declared, the others are asked for.
#![no_main]

use libfuzzer_sys::fuzz_target;
use narthex::types::ability::{Abilities, Ability, Catalogue, MOST};

fuzz_target!(|text: &str| {
    let words: Vec<&str> = text.split(' ').collect();
    let read: Vec<Ability> = words.iter().copied().filter_map(reads).collect();
    for one in &read {
        for other in &read {
            assert_eq!(one.grants(other), grants(one.as_str(), other.as_str()));
        }
    }
    let (declared, asked) = words.split_first().expect("a split has a first part");
    match Catalogue::new([(*declared, "What it allows")]) {
        Ok(catalogue) => is_given(&catalogue, asked),
        Err(_) => is_given(&Catalogue::new([]).expect("an empty one"), asked),
    }
});

/// What reads as an ability is its own name, and is a scope that OAuth can carry.
fn reads(text: &str) -> Option<Ability> {
    let ability = Ability::parse(text)?;
    assert_eq!(ability.as_str(), text);
    assert_eq!(ability.to_string(), text);
    assert!((1..=81).contains(&text.len()));
    assert!(
        text.bytes()
            .all(|byte| byte.is_ascii_graphic() && !b"\"\\".contains(&byte))
    );
    assert!(ability.grants(&ability) && Ability::everything().grants(&ability));
    Some(ability)
}

/// What is given is what was asked for, each known and once, and is the same when it was stored.
fn is_given(catalogue: &Catalogue, asked: &[&str]) {
    let Ok(given) = catalogue.parse(asked) else {
        return;
    };
    let names: Vec<&str> = given.iter().map(Ability::as_str).collect();
    assert_eq!(names, asked);
    assert!(asked.len() <= MOST);
    for (place, ability) in given.iter().enumerate() {
        assert!(catalogue.knows(ability) && given.grant(ability));
        assert!(!asked[..place].contains(&ability.as_str()));
    }
    assert_eq!(Abilities::from_stored(&given.to_stored()), given);
    assert_eq!(Abilities::everything().first_beyond(&given), None);
}

/// The rule once more: `*` is everything, `resource:*` every action on just that resource.
fn grants(has: &str, wanted: &str) -> bool {
    match (has.split_once(':'), wanted.split_once(':')) {
        (None, _) => true,
        (Some(_), None) => false,
        (Some((resource, action)), Some((of, to))) => {
            resource == of && (action == "*" || action == to)
        }
    }
}
