//! A language that users are answered in.

use std::{
    fmt,
    sync::{Arc, LazyLock},
};

use super::catalog::{self, Catalog};

static ENGLISH: LazyLock<Language> =
    LazyLock::new(|| Language::new(Catalog::new("en", catalog::ENGLISH)));

static BUILT_IN: LazyLock<[Language; 2]> = LazyLock::new(|| {
    [
        Language::english().clone(),
        Language::new(Catalog::new("de", catalog::GERMAN)),
    ]
});

/// A language that users are answered in. A clone shares the catalogue.
#[derive(Clone)]
pub struct Language(Arc<Catalog>);

impl Language {
    fn new(catalog: Catalog) -> Self {
        Self(Arc::new(catalog))
    }

    /// Returns English: the language of the API, of the command line, and of a message that another
    /// language lacks.
    #[must_use]
    pub fn english() -> &'static Self {
        &ENGLISH
    }

    /// Returns the languages that are compiled in.
    #[must_use]
    pub fn built_in() -> &'static [Self] {
        &*BUILT_IN
    }

    /// Returns the language tag (RFC 5646).
    #[must_use]
    pub fn tag(&self) -> &str {
        self.0.tag()
    }

    pub(super) fn catalog(&self) -> &Catalog {
        &self.0
    }
}

impl fmt::Debug for Language {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.tag())
    }
}
