//! Abilities: the permissions of tokens.

use std::{collections::BTreeMap, fmt};

use serde::{Serialize, Serializer};

use super::message::{Message, Text, field, label};

/// The maximum number of abilities of one token. A longer list is a mistake or an attack.
pub const MAX_ABILITIES: usize = 100;

/// One ability: `resource:action`, `resource:*` (every action on it) or `*` (everything).
///
/// Resource and action are 1 to 40 characters of `a-z 0-9 - _ .`. These are a subset of the
/// characters of an OAuth scope (RFC 6749, section 3.3). A list of abilities can therefore be sent
/// as a scope.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Ability(String);

impl Ability {
    /// Returns the ability `*`, which grants everything.
    #[must_use]
    pub fn all() -> Self {
        Self("*".to_owned())
    }

    /// Parses one ability. Returns `None` for another form, and for upper case, because each
    /// ability has one spelling.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let is_valid = text == "*"
            || text.split_once(':').is_some_and(|(resource, action)| {
                is_word(resource) && (action == "*" || is_word(action))
            });
        is_valid.then(|| Self(text.to_owned()))
    }

    /// Returns the ability as text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Returns those of `names` that are not granted. A name that is not an ability is never
    /// granted.
    #[must_use]
    pub fn missing_among<'a>(names: &[&'a str], granted: impl Fn(&Self) -> bool) -> Vec<&'a str> {
        let is_granted = |name: &str| Self::parse(name).is_some_and(|ability| granted(&ability));
        let missing = names.iter().filter(|name| !is_granted(name));
        missing.copied().collect()
    }

    /// Returns whether this ability includes `wanted`.
    #[must_use]
    pub fn grants(&self, wanted: &Self) -> bool {
        self.0 == "*"
            || self == wanted
            || self
                .0
                .strip_suffix('*')
                .is_some_and(|resource| wanted.0.starts_with(resource))
    }
}

fn is_word(text: &str) -> bool {
    (1..=40).contains(&text.len())
        && text
            .bytes()
            .all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b"-_.".contains(&b))
}

impl fmt::Display for Ability {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl Serialize for Ability {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&self.0)
    }
}

/// A set of abilities. The empty set grants nothing.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Abilities(Vec<Ability>);

impl Abilities {
    /// Returns the abilities of a session: all.
    #[must_use]
    pub fn everything() -> Self {
        Self(vec![Ability::all()])
    }

    /// Parses the stored form, separated by spaces. A text that is not an ability is ignored and so
    /// grants nothing.
    #[must_use]
    pub fn from_stored(text: &str) -> Self {
        Self(text.split(' ').filter_map(Ability::parse).collect())
    }

    /// Returns the stored form, separated by spaces.
    #[must_use]
    pub fn to_stored(&self) -> String {
        let length = self.iter().map(|ability| ability.as_str().len() + 1).sum();
        let mut stored = String::with_capacity(length);
        for ability in self.iter() {
            if !stored.is_empty() {
                stored.push(' ');
            }
            stored.push_str(ability.as_str());
        }
        stored
    }

    /// Returns whether one of the abilities grants `wanted`.
    #[must_use]
    pub fn grant(&self, wanted: &Ability) -> bool {
        self.iter().any(|ability| ability.grants(wanted))
    }

    /// Returns the first of `others` that this set does not grant, or `None` if it grants all of
    /// them.
    #[must_use]
    pub fn first_not_granted<'a>(&self, others: &'a Self) -> Option<&'a Ability> {
        others.iter().find(|other| !self.grant(other))
    }

    /// Iterates over the abilities.
    pub fn iter(&self) -> impl Iterator<Item = &Ability> {
        self.0.iter()
    }

    /// Returns whether the set is empty.
    #[cfg(any(test, feature = "internals"))]
    #[must_use]
    pub const fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

impl FromIterator<Ability> for Abilities {
    fn from_iter<I: IntoIterator<Item = Ability>>(abilities: I) -> Self {
        Self(abilities.into_iter().collect())
    }
}

/// The name of an ability, and its description.
type OwnAbility = (&'static str, fn() -> Message);

/// Narthex's own abilities, which are part of every catalogue.
const OWN: [OwnAbility; 6] = [
    ("account:read", label::ability_account_read),
    ("tokens:read", label::ability_tokens_read),
    ("tokens:write", label::ability_tokens_write),
    ("sessions:read", label::ability_sessions_read),
    ("sessions:write", label::ability_sessions_write),
    ("tokens:introspect", label::ability_tokens_introspect),
];

/// The abilities that a token can have, each with a description.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Catalogue(BTreeMap<Ability, Text>);

impl Catalogue {
    /// Creates a catalogue of Narthex's own abilities and the `declared` ones.
    ///
    /// # Errors
    /// Returns what is wrong with the first invalid one of `declared`.
    pub fn new<'a>(declared: impl IntoIterator<Item = (&'a str, &'a str)>) -> Result<Self, String> {
        let mut all = BTreeMap::new();
        for (name, meaning) in OWN {
            all.insert(Ability(name.to_owned()), Text::Message(meaning()));
        }
        for (name, meaning) in declared {
            let ability = Ability::parse(name)
                .filter(|ability| !ability.0.contains('*'))
                .ok_or("name it resource:action in small letters, such as orders:read")?;
            let meaning = Text::Verbatim(meaning.to_owned());
            if all.insert(ability, meaning).is_some() {
                return Err("it is there already; leave it out".to_owned());
            }
        }
        Ok(Self(all))
    }

    /// Returns whether `name` is one of Narthex's own abilities.
    #[must_use]
    pub fn is_own(name: &str) -> bool {
        OWN.iter().any(|(own, _)| *own == name)
    }

    /// Returns whether a token can have `ability`: it is listed, it is `*`, or it is `resource:*`
    /// of a listed resource.
    #[must_use]
    pub fn knows(&self, ability: &Ability) -> bool {
        self.0.contains_key(ability)
            || (ability.0.ends_with('*') && self.0.keys().any(|known| ability.grants(known)))
    }

    /// Parses the abilities of a new token.
    ///
    /// # Errors
    /// Returns the error of the first unknown or repeated ability, or of a list that is too long.
    pub fn parse(&self, texts: &[impl AsRef<str>]) -> Result<Abilities, Message> {
        if texts.len() > MAX_ABILITIES {
            return Err(field::abilities_too_many(MAX_ABILITIES));
        }
        let mut abilities = Vec::new();
        for text in texts {
            let text = text.as_ref();
            let Some(ability) = Ability::parse(text).filter(|ability| self.knows(ability)) else {
                let shown: String = text.chars().take(80).collect();
                return Err(field::ability_unknown(shown));
            };
            if abilities.contains(&ability) {
                return Err(field::ability_repeated(ability.to_string()));
            }
            abilities.push(ability);
        }
        Ok(Abilities(abilities))
    }

    /// Iterates over the abilities that the operator declared.
    pub fn declared(&self) -> impl Iterator<Item = &Ability> {
        let is_own = |ability: &Ability| OWN.iter().any(|(name, _)| *name == ability.0);
        self.0.keys().filter(move |ability| !is_own(ability))
    }

    /// Iterates over the listed abilities and their descriptions, sorted by name.
    pub fn iter(&self) -> impl Iterator<Item = (&Ability, &Text)> {
        self.0.iter()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ability(text: &str) -> Ability {
        Ability::parse(text).unwrap()
    }

    #[test]
    fn ability_grants_itself_and_a_wildcard_its_resource() {
        for (held, wanted, granted) in [
            ("orders:read", "orders:read", true),
            ("orders:read", "orders:write", false),
            ("orders:read", "orders:*", false),
            ("orders:*", "orders:read", true),
            ("orders:*", "orders:*", true),
            ("orders:*", "orders2:read", false),
            ("orders:*", "*", false),
            ("*", "orders:*", true),
            ("*", "*", true),
        ] {
            assert_eq!(
                ability(held).grants(&ability(wanted)),
                granted,
                "{held} → {wanted}"
            );
        }
    }

    #[test]
    fn malformed_ability_is_refused() {
        for text in [
            "", ":", "a:", ":b", "a", "a:b:c", "A:b", "a:B", "a b:c", "*:a", "**", "a:**", "é:a",
        ] {
            assert_eq!(Ability::parse(text), None, "{text}");
        }
    }

    #[test]
    fn catalogue_contains_its_abilities_and_their_wildcards() {
        let catalogue = Catalogue::new([("orders:read", "Read your orders")]).unwrap();
        for (text, known) in [
            ("orders:read", true),
            ("orders:*", true),
            ("*", true),
            ("tokens:write", true),
            ("orders:write", false),
            ("invoices:*", false),
        ] {
            assert_eq!(catalogue.knows(&ability(text)), known, "{text}");
        }
    }

    #[test]
    fn catalogue_refuses_wildcards_duplicates_and_bad_names() {
        for name in ["orders:*", "*", "Orders:read", "tokens:read", "orders"] {
            assert!(Catalogue::new([(name, "x")]).is_err(), "{name}");
        }
    }

    #[test]
    fn unknown_repeated_or_too_many_abilities_are_refused() {
        let catalogue = Catalogue::new([]).unwrap();
        assert!(catalogue.parse(&["account:read", "tokens:*"]).is_ok());
        assert!(
            catalogue
                .parse(&[] as &[&str])
                .is_ok_and(|none| none.is_empty())
        );
        assert!(catalogue.parse(&["orders:read"]).is_err());
        assert!(catalogue.parse(&["*", "*"]).is_err());
        assert!(catalogue.parse(&vec!["*"; MAX_ABILITIES + 1]).is_err());
    }

    #[test]
    fn empty_set_grants_nothing() {
        assert!(!Abilities::default().grant(&ability("account:read")));
        assert!(Abilities::from_stored("").is_empty());
    }
}
