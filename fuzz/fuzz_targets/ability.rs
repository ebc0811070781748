//! Abilities, the operator's catalogue, and the ability list of a token. The first word of the
//! input is declared in the catalogue, the others are requested.
#![no_main]

use libfuzzer_sys::fuzz_target;
use narthex::types::ability::{Abilities, Ability, Catalogue, MAX_ABILITIES};

fuzz_target!(|text: &str| {
    let words: Vec<&str> = text.split(' ').collect();
    let parsed: Vec<Ability> = words.iter().copied().filter_map(parse).collect();
    for one in &parsed {
        for other in &parsed {
            assert_eq!(one.grants(other), grants(one.as_str(), other.as_str()));
        }
    }
    let (declared, requested) = words.split_first().expect("a split has a first part");
    match Catalogue::new([(*declared, "What it allows")]) {
        Ok(catalogue) => check_list(&catalogue, requested),
        Err(_) => check_list(&Catalogue::new([]).expect("an empty one"), requested),
    }
});

/// Parses an ability. A parsed ability prints as its text, and it is a valid OAuth scope.
fn parse(text: &str) -> Option<Ability> {
    let ability = Ability::parse(text)?;
    assert_eq!(ability.as_str(), text);
    assert_eq!(ability.to_string(), text);
    assert!((1..=81).contains(&text.len()));
    assert!(
        text.bytes()
            .all(|byte| byte.is_ascii_graphic() && !b"\"\\".contains(&byte))
    );
    assert!(ability.grants(&ability) && Ability::all().grants(&ability));
    Some(ability)
}

/// Checks a list that the catalogue accepts: it equals the request, each ability is known and
/// occurs once, and the list survives storage.
fn check_list(catalogue: &Catalogue, requested: &[&str]) {
    let Ok(list) = catalogue.parse(requested) else {
        return;
    };
    let names: Vec<&str> = list.iter().map(Ability::as_str).collect();
    assert_eq!(names, requested);
    assert!(requested.len() <= MAX_ABILITIES);
    for (place, ability) in list.iter().enumerate() {
        assert!(catalogue.knows(ability) && list.grant(ability));
        assert!(!requested[..place].contains(&ability.as_str()));
    }
    assert_eq!(Abilities::from_stored(&list.to_stored()), list);
    assert_eq!(Abilities::everything().first_not_granted(&list), None);
}

/// A second implementation of the rule: `*` grants everything, `resource:*` every action on exactly
/// that resource.
fn grants(has: &str, wanted: &str) -> bool {
    match (has.split_once(':'), wanted.split_once(':')) {
        (None, _) => true,
        (Some(_), None) => false,
        (Some((resource, action)), Some((of, to))) => {
            resource == of && (action == "*" || action == to)
        }
    }
}
