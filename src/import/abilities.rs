//! The abilities of another system, and those that they become here.

use std::collections::BTreeMap;

use crate::types::ability::{Abilities, Ability, Catalogue};

/// The name for all abilities in Sanctum.
const EVERYTHING: &str = "*";
/// The key of the map for tokens of systems without abilities.
const WITHOUT_ABILITIES: &str = "";

/// The abilities that each name of the source becomes.
#[derive(Clone, Debug)]
pub struct AbilityMap {
    given: BTreeMap<String, Vec<Ability>>,
    declared: Vec<Ability>,
}

impl AbilityMap {
    /// Returns the map without an entry of the operator: a declared ability stays the same, and
    /// `*` becomes all declared abilities. A name that equals one of Narthex's own abilities is
    /// unknown, because no token of the source could create tokens or sign a user out.
    #[must_use]
    pub fn new(catalogue: &Catalogue) -> Self {
        Self {
            given: BTreeMap::new(),
            declared: catalogue.declared().cloned().collect(),
        }
    }

    /// Adds an entry of the operator.
    ///
    /// # Errors
    /// Returns the first of `becomes` that no token can have.
    pub fn add(
        &mut self,
        catalogue: &Catalogue,
        name: String,
        becomes: &[String],
    ) -> Result<(), String> {
        let parse = |text: &String| {
            Ability::parse(text)
                .filter(|ability| catalogue.knows(ability))
                .ok_or_else(|| text.clone())
        };
        let becomes = becomes.iter().map(parse).collect::<Result<_, _>>()?;
        self.given.insert(name, becomes);
        Ok(())
    }

    /// Returns the abilities that a name of the source becomes. `None` if the name is unknown. A
    /// wildcard other than `*` is unknown, because here it would grant more than in the source.
    #[must_use]
    pub fn get(&self, name: &str) -> Option<Vec<Ability>> {
        if let Some(given) = self.given.get(name) {
            return Some(given.clone());
        }
        if name == EVERYTHING {
            return Some(self.declared.clone());
        }
        let same = self.declared.iter().find(|known| known.as_str() == name);
        same.map(|ability| vec![ability.clone()])
    }

    /// Returns the abilities of a token. `names` is `None` for a token of a system without
    /// abilities.
    ///
    /// # Errors
    /// Returns the first unknown name.
    pub(super) fn of_token(&self, names: Option<&[String]>) -> Result<Abilities, String> {
        let without = [WITHOUT_ABILITIES.to_owned()];
        let names = match names {
            Some(names) => names,
            None if self.given.contains_key(WITHOUT_ABILITIES) => &without,
            None => &[],
        };
        let mut all = Vec::new();
        for name in names {
            for ability in self.get(name).ok_or_else(|| name.clone())? {
                if !all.contains(&ability) {
                    all.push(ability);
                }
            }
        }
        Ok(Abilities::from_iter(all))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn stored(map: &AbilityMap, names: &[&str]) -> Result<String, String> {
        let names: Vec<String> = names.iter().map(|&name| name.to_owned()).collect();
        map.of_token(Some(&names)).map(|found| found.to_stored())
    }

    #[test]
    fn unmapped_names_grant_only_declared_abilities() {
        let catalogue =
            Catalogue::new([("orders:read", "Read"), ("orders:write", "Write")]).unwrap();
        let map = AbilityMap::new(&catalogue);
        assert_eq!(stored(&map, &["*"]).unwrap(), "orders:read orders:write");
        assert_eq!(stored(&map, &["orders:read"]).unwrap(), "orders:read");
        assert_eq!(stored(&map, &[]).unwrap(), "");
        for unknown in ["orders:*", "tokens:write", "account:read", "read", ""] {
            assert_eq!(stored(&map, &[unknown]), Err(unknown.to_owned()));
        }
        assert!(map.of_token(None).unwrap().is_empty());
    }

    #[test]
    fn entry_of_the_operator_replaces_the_rule() {
        let catalogue = Catalogue::new([("orders:read", "Read")]).unwrap();
        let mut map = AbilityMap::new(&catalogue);
        let entry = |text: &[&str]| text.iter().map(|&one| one.to_owned()).collect::<Vec<_>>();
        map.add(&catalogue, "read".to_owned(), &entry(&["orders:read"]))
            .unwrap();
        map.add(&catalogue, "*".to_owned(), &entry(&["account:read"]))
            .unwrap();
        map.add(&catalogue, "legacy".to_owned(), &[]).unwrap();
        map.add(&catalogue, String::new(), &entry(&["orders:read"]))
            .unwrap();
        let names = ["read", "orders:read", "legacy", "*"];
        assert_eq!(stored(&map, &names).unwrap(), "orders:read account:read");
        assert_eq!(map.of_token(None).unwrap().to_stored(), "orders:read");
        let unknown = map.add(&catalogue, "x".to_owned(), &entry(&["orders:write"]));
        assert_eq!(unknown, Err("orders:write".to_owned()));
    }
}
