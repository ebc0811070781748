//! The tag of a language (RFC 5646).

use std::fmt;

use unic_langid::LanguageIdentifier;

/// The tag of a language, such as `de` or `pt-BR`, in its canonical spelling. The default is `und`,
/// which names no language.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct LanguageTag(LanguageIdentifier);

impl LanguageTag {
    /// Parses a tag of language, script, region and variants. The spelling may differ from the
    /// canonical one in letter case.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let tag: LanguageIdentifier = text.parse().ok()?;
        // `und` names no language, and no registered subtag of a language is longer than 3 letters.
        let is_language = !tag.language.is_empty() && tag.language.as_str().len() <= 3;
        is_language.then_some(Self(tag))
    }

    /// Returns the parts of the tag.
    #[must_use]
    pub const fn identifier(&self) -> &LanguageIdentifier {
        &self.0
    }
}

impl fmt::Display for LanguageTag {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tag_has_one_spelling() {
        for (text, canonical) in [
            ("de", "de"),
            ("DE-at", "de-AT"),
            ("zh-hant-tw", "zh-Hant-TW"),
            ("pt_BR", "pt-BR"),
        ] {
            let tag = LanguageTag::parse(text).unwrap();
            assert_eq!(tag.to_string(), canonical);
        }
        for text in ["", "und", "*", "deutsch-german", "de/../en", "de-"] {
            assert_eq!(LanguageTag::parse(text), None, "{text}");
        }
    }
}
