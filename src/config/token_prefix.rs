//! `NARTHEX_TOKEN_PREFIX`: the prefix of the secrets of new tokens.

/// The prefix of the secrets of new tokens.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TokenPrefix(String);

impl TokenPrefix {
    /// Accepts 2 to 10 letters or digits.
    ///
    /// # Errors
    /// Returns a description of a valid value.
    pub fn parse(text: &str) -> Result<Self, &'static str> {
        if Self::is_valid(text) {
            Ok(Self(text.to_owned()))
        } else {
            Err("give 2 to 10 letters or digits, such as nrx")
        }
    }

    /// Returns whether `text` is a valid prefix, independent of the present setting.
    #[must_use]
    pub fn is_valid(text: &str) -> bool {
        (2..=10).contains(&text.len()) && text.bytes().all(|b| b.is_ascii_alphanumeric())
    }

    /// Returns the prefix as text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}
