//! `NARTHEX_FOREIGN_TOKENS`: the tokens of other systems that are accepted.

use std::collections::BTreeSet;

/// A format of tokens of another system.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum ForeignTokenFormat {
    /// Tokens that Laravel Sanctum generates.
    Sanctum,
    /// Tokens of an app that generates the tokens of Sanctum itself.
    SanctumAny,
    /// Tokens of django-rest-knox.
    Knox,
    /// Tokens of Django REST framework.
    Drf,
    /// API keys of better-auth.
    BetterAuth,
}

impl ForeignTokenFormat {
    const ALL: [Self; 5] = [
        Self::Sanctum,
        Self::SanctumAny,
        Self::Knox,
        Self::Drf,
        Self::BetterAuth,
    ];

    const fn name(self) -> &'static str {
        match self {
            Self::Sanctum => "sanctum",
            Self::SanctumAny => "sanctum-any",
            Self::Knox => "knox",
            Self::Drf => "drf",
            Self::BetterAuth => "better-auth",
        }
    }
}

/// The formats of tokens of other systems that are accepted. None by default.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ForeignTokens(BTreeSet<ForeignTokenFormat>);

impl ForeignTokens {
    /// Parses names that are separated by commas.
    ///
    /// # Errors
    /// Returns a description of a valid value.
    pub fn parse(text: &str) -> Result<Self, &'static str> {
        const REMEDY: &str = "give one or more of sanctum, sanctum-any, knox, drf and better-auth, separated by \
                              commas";
        let format = |name: &str| {
            let mut all = ForeignTokenFormat::ALL.into_iter();
            all.find(|format| format.name() == name.trim())
        };
        let formats: Option<BTreeSet<_>> = text.split(',').map(format).collect();
        formats.map(Self).ok_or(REMEDY)
    }

    /// Returns whether tokens of this format are accepted.
    #[must_use]
    pub fn accepts(&self, format: ForeignTokenFormat) -> bool {
        self.0.contains(&format)
    }

    /// Returns whether only tokens of Narthex are accepted.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Returns the names in a fixed order, separated by commas.
    #[must_use]
    pub fn to_text(&self) -> String {
        let names: Vec<&str> = self.0.iter().map(|format| format.name()).collect();
        names.join(",")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn order_of_formats_does_not_matter() {
        let parsed = ForeignTokens::parse("knox, sanctum,knox").unwrap();
        assert_eq!(parsed.to_text(), "sanctum,knox");
        assert_eq!(ForeignTokens::parse("sanctum,knox"), Ok(parsed));
    }

    #[test]
    fn unknown_format_is_refused() {
        for text in ["", "sanctum,", "Sanctum", "gitlab", "sanctum knox"] {
            assert!(ForeignTokens::parse(text).is_err(), "{text}");
        }
    }
}
