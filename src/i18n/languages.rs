//! The languages of an installation: those that are compiled in, and those of the operator.

use std::{
    collections::BTreeMap,
    path::Path,
    sync::{Arc, LazyLock},
};

use fluent_langneg::{NegotiationStrategy, negotiate_languages};
use unic_langid::LanguageIdentifier;

use super::{
    Language,
    catalog::{self, Catalog},
    own_files::{self, OwnFile},
};
use crate::types::language_tag::LanguageTag;

/// The languages that are compiled in. Each process parses them once.
static BUILT_IN: LazyLock<Languages> = LazyLock::new(|| {
    let english = Language::english();
    let [_english, others @ ..] = &catalog::BUILT_IN;
    let others = others
        .iter()
        .map(|(tag, files)| Language::new(Catalog::built_in(tag, files), Some(english.clone())));
    Languages {
        all: [english.clone()].into_iter().chain(others).collect(),
        default: english.clone(),
    }
});

/// The languages in which users can be answered. A clone shares them.
#[derive(Clone, Debug)]
pub struct Languages {
    /// English is the first one.
    all: Arc<[Language]>,
    default: Language,
}

impl Languages {
    /// Reads the operator's languages in `directory`, and adds them to those that are compiled in.
    /// The default is English.
    ///
    /// # Errors
    /// Returns the first fault. It is a file that cannot be read, a name that is no language tag,
    /// invalid Fluent, or a message that the pages do not have.
    pub fn read(directory: &Path) -> Result<Self, String> {
        let own = own_files::read(directory)?;
        if own.is_empty() {
            return Ok(Self::default());
        }
        Self::with(&own)
    }

    fn with(own: &BTreeMap<LanguageTag, Vec<OwnFile>>) -> Result<Self, String> {
        let files = |tag: &LanguageTag| own.get(tag).map(Vec::as_slice).unwrap_or_default();
        let mut all: Vec<Language> = Vec::new();
        for (tag, built_in) in catalog::BUILT_IN {
            let catalog = Catalog::built_in(tag, built_in);
            let own = files(catalog.tag()).to_owned();
            all.push(Language::new(catalog.with(&own)?, all.first().cloned()));
        }
        for (tag, files) in own {
            if all.iter().all(|known| known.tag() != tag) {
                let catalog = Catalog::new(tag.clone()).with(files)?;
                all.push(Language::new(catalog, all.first().cloned()));
            }
        }
        let default = all.first().unwrap_or(Language::english()).clone();
        Ok(Self {
            all: all.into(),
            default,
        })
    }

    /// Makes the language with this tag the default.
    ///
    /// # Errors
    /// Returns the languages that there are.
    pub fn with_default(mut self, tag: &str) -> Result<Self, String> {
        let found = LanguageTag::parse(tag).and_then(|tag| self.find(&tag).cloned());
        let Some(default) = found else {
            let tags: Vec<String> = self.all.iter().map(|one| one.tag().to_string()).collect();
            return Err(format!("give a language tag: one of {}", tags.join(", ")));
        };
        self.default = default;
        Ok(self)
    }

    /// Returns all languages, English first.
    #[must_use]
    pub fn all(&self) -> &[Language] {
        &self.all
    }

    /// Returns the language with this tag.
    #[must_use]
    pub fn find(&self, tag: &LanguageTag) -> Option<&Language> {
        self.all.iter().find(|language| language.tag() == tag)
    }

    /// Returns the language that a user chose, or the default.
    #[must_use]
    pub fn chosen(&self, tag: Option<&LanguageTag>) -> &Language {
        tag.and_then(|tag| self.find(tag)).unwrap_or(&self.default)
    }

    /// Returns the best language for a client that prefers these tags in this order (RFC 4647,
    /// section 3.4), or the default.
    #[must_use]
    pub fn lookup(&self, preferred: &[LanguageIdentifier]) -> &Language {
        let strategy = NegotiationStrategy::Lookup;
        let found = negotiate_languages(preferred, &self.all, Some(&self.default), strategy);
        found.first().copied().unwrap_or(&self.default)
    }

    /// Returns the number of messages that `language` lacks. English takes their place.
    #[must_use]
    pub fn missing_messages(language: &Language) -> usize {
        own_files::ENGLISH
            .keys()
            .filter(|id| !language.catalog().has(id))
            .count()
    }
}

/// The languages that are compiled in.
impl Default for Languages {
    fn default() -> Self {
        BUILT_IN.clone()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn lookup(default: &str, preferred: &[&str]) -> String {
        let languages = Languages::default().with_default(default).unwrap();
        let tags: Vec<_> = preferred.iter().map(|tag| tag.parse().unwrap()).collect();
        languages.lookup(&tags).tag().to_string()
    }

    #[test]
    fn first_language_that_exists_is_chosen() {
        for (default, preferred, found) in [
            ("en", &[][..], "en"),
            ("de", &[], "de"),
            ("en", &["de"], "de"),
            ("en", &["de-AT"], "de"),
            ("en", &["de-Latn-CH"], "de"),
            ("en", &["fr", "de-CH", "en"], "de"),
            ("de", &["fr", "en-GB", "de"], "en"),
            ("de", &["fr", "it"], "de"),
        ] {
            assert_eq!(lookup(default, preferred), found, "{preferred:?}");
        }
    }

    #[test]
    fn default_language_exists() {
        for tag in ["fr", "", "English"] {
            let refused = Languages::default().with_default(tag).unwrap_err();
            assert_eq!(refused, "give a language tag: one of en, de", "{tag}");
        }
    }

    #[test]
    fn built_in_languages_lack_no_message() {
        for language in Languages::default().all() {
            assert_eq!(Languages::missing_messages(language), 0, "{language:?}");
        }
    }
}
