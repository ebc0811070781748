//! Names of users, tokens and devices.

use std::fmt;

use super::message::{Message, field};
use crate::util::unicode::{has_invisible, is_blank, is_unprintable};

/// The maximum number of characters of a name.
pub const MAX_CHARACTERS: usize = 255;

/// A name of 1 to 255 characters, trimmed and without control characters. Each character is visible
/// or has a visible effect. Two different names therefore look different, except for letters that
/// are alike.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Name(String);

impl Name {
    /// Parses a typed name and trims it.
    ///
    /// # Errors
    /// Returns the message for the user who typed the name.
    pub fn parse(text: &str) -> Result<Self, Message> {
        let text = text.trim();
        if text.is_empty() {
            return Err(field::name_missing());
        }
        if text.chars().count() > MAX_CHARACTERS {
            return Err(field::name_too_long(MAX_CHARACTERS));
        }
        if text.chars().any(is_unprintable) {
            return Err(field::name_unprintable());
        }
        if is_blank(text) {
            return Err(field::name_blank());
        }
        if has_invisible(text) {
            return Err(field::name_invisible());
        }
        Ok(Self(text.to_owned()))
    }

    /// Returns the name as text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for Name {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl From<Name> for String {
    fn from(name: Name) -> Self {
        name.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn name_is_trimmed_and_otherwise_unchanged() {
        for (typed, name) in [
            (" Ada ", "Ada"),
            ("%253Cb%253E", "%253Cb%253E"),
            ("Zoë 🙂", "Zoë 🙂"),
        ] {
            assert_eq!(Name::parse(typed).unwrap().as_str(), name);
        }
        assert!(Name::parse(&"é".repeat(255)).is_ok());
    }

    #[test]
    fn empty_long_or_invisible_name_is_refused() {
        for typed in [
            "",
            "  ",
            "a\nb",
            "a\0b",
            "a\u{202E}b",
            "\u{200B}\u{3164}",
            "lap\u{200B}top",
            "lap\u{200D}top",
            &"é".repeat(256),
        ] {
            assert!(Name::parse(typed).is_err(), "{typed:?}");
        }
    }
}
