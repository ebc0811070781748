//! The abilities of a token as checkboxes.

use crate::{app_state::AppState, types::ability::Catalogue};

/// A checkbox.
pub(super) struct AbilityBox {
    pub(super) name: String,
    pub(super) meaning: String,
    pub(super) ticked: bool,
}

/// Returns a checkbox for each ability of the catalogue, for `*`, and for each further ability in
/// `given`. A token may have `orders:*`, or an ability that the operator has removed from the
/// catalogue.
pub(super) fn boxes(context: &AppState, current: &[String]) -> Vec<AbilityBox> {
    let catalogue: &Catalogue = &context.settings().tokens.catalogue;
    let mut listed: Vec<(String, String)> = catalogue
        .iter()
        .map(|(ability, meaning)| (ability.to_string(), meaning.to_owned()))
        .collect();
    listed.push((
        "*".to_owned(),
        "Everything, also what is added later".to_owned(),
    ));
    for name in current {
        if !listed.iter().any(|(listed_name, _)| listed_name == name) {
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
            ticked: current.contains(&name),
            name,
            meaning,
        })
        .collect()
}
