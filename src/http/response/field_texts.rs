//! The problems of fields as a page or a problem shows them.

use crate::{
    i18n::{self, Language},
    types::fields::FieldErrors,
};

/// The fields that were refused, each with a sentence.
#[derive(Debug, Default)]
pub struct FieldTexts(Vec<(String, String)>);

impl FieldTexts {
    /// Writes `errors` in `language`.
    #[must_use]
    pub fn new(language: &Language, errors: &FieldErrors) -> Self {
        let texts = errors
            .iter()
            .map(|(field, message)| (field.to_owned(), i18n::text(language, message)));
        Self(texts.collect())
    }

    /// One field with its sentence.
    #[must_use]
    pub fn one(field: &str, text: String) -> Self {
        Self(vec![(field.to_owned(), text)])
    }

    /// The first sentence for `field`.
    #[must_use]
    pub fn get(&self, field: &str) -> Option<&str> {
        self.iter()
            .find(|(name, _)| *name == field)
            .map(|(_, text)| text)
    }

    /// All fields with their sentences.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &str)> {
        self.0.iter().map(|(field, text)| (&**field, &**text))
    }

    /// Whether no field was refused.
    #[must_use]
    pub const fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

/// All sentences in one line, each after its field.
impl std::fmt::Display for FieldTexts {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        for (index, (field, text)) in self.iter().enumerate() {
            let gap = if index == 0 { "" } else { " " };
            write!(f, "{gap}{field}: {text}")?;
        }
        Ok(())
    }
}
