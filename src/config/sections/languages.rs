//! The languages of the pages.

use std::path::Path;

use crate::{
    config::{
        ConfigError, SettingKey, Sources,
        setting_keys::{key, unset},
    },
    i18n::Languages,
};

pub(in crate::config) const KEYS: &[SettingKey] = &[
    key(
        "NARTHEX_LANGUAGE",
        "en",
        "Language of the pages for browsers that prefer no other one",
    ),
    unset(
        "NARTHEX_LANGUAGES_DIR",
        "Directory with more languages and other texts: fr.ftl, fr/*.ftl",
    ),
];

/// Reads `NARTHEX_LANGUAGES_DIR` and `NARTHEX_LANGUAGE`.
pub(in crate::config) fn read(sources: &Sources) -> Result<Languages, ConfigError> {
    let in_directory = |directory: &str| Languages::read(Path::new(directory));
    let languages = sources.find("NARTHEX_LANGUAGES_DIR", in_directory)?;
    let languages = languages.unwrap_or_default();
    sources.get("NARTHEX_LANGUAGE", |tag| languages.with_default(tag))
}
