//! The choice of the language in the settings of an account.

use crate::{
    http::auth::BrowserUser,
    types::{
        fields::Fields,
        language_tag::LanguageTag,
        message::{Message, field},
    },
};

/// A language that the user can choose.
pub(super) struct LanguageChoice {
    /// The tag.
    pub(super) tag: String,
    /// The name that the language has in itself.
    pub(super) name: String,
    /// The direction of the name.
    pub(super) direction: &'static str,
}

/// The choice of the language: a list, and the chosen tag. An empty tag is the language of the
/// browser.
pub(super) struct LanguageField {
    pub(super) choices: Vec<LanguageChoice>,
    pub(super) chosen: String,
}

impl LanguageField {
    pub(super) fn of(user: &BrowserUser) -> Self {
        let languages = user.state.settings().languages.all().iter();
        Self {
            choices: languages
                .map(|language| LanguageChoice {
                    tag: language.tag().to_string(),
                    name: language.name(),
                    direction: language.direction(),
                })
                .collect(),
            chosen: current(user).map_or_else(String::new, |tag| tag.to_string()),
        }
    }
}

fn current(user: &BrowserUser) -> Option<LanguageTag> {
    user.principal.user().language.clone()
}

/// Parses the field `language`. A form without it leaves the choice as it is.
pub(super) fn read(
    user: &BrowserUser,
    fields: &mut Fields,
) -> Result<Option<LanguageTag>, Message> {
    let Some(text) = fields.one("language") else {
        return Ok(current(user));
    };
    if text.is_empty() {
        return Ok(None);
    }
    let languages = &user.state.settings().languages;
    let known = LanguageTag::parse(&text).filter(|tag| languages.find(tag).is_some());
    known.map(Some).ok_or_else(field::language_unknown)
}
