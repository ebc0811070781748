//! A language that users are answered in.

use std::{
    fmt,
    sync::{Arc, LazyLock},
};

use fluent_bundle::FluentArgs;
use unic_langid::{CharacterDirection, LanguageIdentifier};

use super::catalog::{self, Catalog};
use crate::types::language_tag::LanguageTag;

static ENGLISH: LazyLock<Language> =
    LazyLock::new(|| Language::new(Catalog::built_in("en", catalog::ENGLISH), None));

/// The id of the name that a language has in itself.
const NAME: &str = "language-name";

/// A language that users are answered in. A clone shares the catalogue.
#[derive(Clone)]
pub struct Language(Arc<Inner>);

struct Inner {
    catalog: Catalog,
    /// The language of a message that the catalogue lacks.
    fallback: Option<Language>,
}

impl Language {
    pub(super) fn new(catalog: Catalog, fallback: Option<Self>) -> Self {
        Self(Arc::new(Inner { catalog, fallback }))
    }

    /// Returns English as it is compiled in: the language of the API and of the command line.
    #[must_use]
    pub fn english() -> &'static Self {
        &ENGLISH
    }

    /// Returns the tag.
    #[must_use]
    pub fn tag(&self) -> &LanguageTag {
        self.0.catalog.tag()
    }

    /// Returns the direction of the script, as the attribute `dir` has it.
    #[must_use]
    pub fn direction(&self) -> &'static str {
        match self.tag().identifier().character_direction() {
            CharacterDirection::RTL => "rtl",
            CharacterDirection::LTR | CharacterDirection::TTB => "ltr",
        }
    }

    /// Returns the name that the language has in itself, or its tag.
    #[must_use]
    pub fn name(&self) -> String {
        let name = self.0.catalog.format(NAME, None, &FluentArgs::new());
        name.unwrap_or_else(|| self.tag().to_string())
    }

    pub(super) fn catalog(&self) -> &Catalog {
        &self.0.catalog
    }

    pub(super) fn fallback(&self) -> Option<&Self> {
        self.0.fallback.as_ref()
    }
}

impl fmt::Debug for Language {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.tag().fmt(f)
    }
}

impl AsRef<LanguageIdentifier> for Language {
    fn as_ref(&self) -> &LanguageIdentifier {
        self.tag().identifier()
    }
}

/// Two languages are equal if they share the catalogue.
impl PartialEq for Language {
    fn eq(&self, other: &Self) -> bool {
        Arc::ptr_eq(&self.0, &other.0)
    }
}
