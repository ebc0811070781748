//! The abilities of a token as boxes to tick.

use crate::{app_state::AppState, types::ability::Catalogue};

/// One box.
pub(super) struct AbilityBox {
    pub(super) name: String,
    pub(super) meaning: String,
    pub(super) ticked: bool,
}

/// A box for each ability of the catalogue, for everything, and for what is `given` besides (a token
/// may have `orders:*`, or an ability that the operator has taken out of the catalogue since).
pub(super) fn boxes(context: &AppState, given: &[String]) -> Vec<AbilityBox> {
    let catalogue: &Catalogue = &context.settings.catalogue;
    let mut listed: Vec<(String, String)> = catalogue
        .iter()
        .map(|(ability, meaning)| (ability.to_string(), meaning.to_owned()))
        .collect();
    listed.push((
        "*".to_owned(),
        "Everything, also what is added later".to_owned(),
    ));
    for name in given {
        if !listed.iter().any(|(known, _)| known == name) {
            let meaning = match name.strip_suffix(":*") {
                Some(resource) => format!("Everything with {resource}"),
                None => "No longer offered".to_owned(),
            };
            listed.push((name.clone(), meaning));
        }
    }
    listed
        .into_iter()
        .map(|(name, meaning)| AbilityBox {
            ticked: given.contains(&name),
            name,
            meaning,
        })
        .collect()
}
