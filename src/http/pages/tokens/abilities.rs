//! The abilities of a token as checkboxes.

use crate::{
    http::auth::BrowserUser,
    i18n,
    types::{ability::Catalogue, message::label},
};

/// A checkbox.
pub(super) struct AbilityBox {
    pub(super) name: String,
    pub(super) meaning: String,
    pub(super) ticked: bool,
}

/// Returns a checkbox for each ability of the catalogue, for `*`, and for each further ability in
/// `given`. A token may have `orders:*`, or an ability that the operator has removed from the
/// catalogue.
pub(super) fn boxes(user: &BrowserUser, current: &[String]) -> Vec<AbilityBox> {
    let catalogue: &Catalogue = &user.context.settings().tokens.catalogue;
    let language = user.language();
    let mut listed: Vec<(String, String)> = catalogue
        .iter()
        .map(|(ability, meaning)| (ability.to_string(), i18n::written(language, meaning)))
        .collect();
    listed.push((
        "*".to_owned(),
        i18n::text(language, &label::ability_everything()),
    ));
    for name in current {
        if !listed.iter().any(|(listed_name, _)| listed_name == name) {
            let meaning = match name.strip_suffix(":*") {
                Some(resource) => label::ability_resource(resource.to_owned()),
                None => label::ability_removed(),
            };
            listed.push((name.clone(), i18n::text(language, &meaning)));
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
