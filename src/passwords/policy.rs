//! The requirements of a new password.

use super::strength::weakness;
use crate::{
    crypto::secret::SecretString,
    types::{
        email::Email,
        message::{Message, field},
        name::Name,
    },
};

/// The minimum number of characters (NIST SP 800-63B-4, section 3.1.1.2, for a password as the only
/// factor). Pages and messages use this constant.
pub const MIN_LENGTH: usize = 15;
/// The maximum number of characters, and of bytes. They bound the cost of hashing the password of
/// one request.
pub const MAX_LENGTH: usize = 128;
const MAX_BYTES: usize = 512;

/// A new password. It is used exactly as typed, never trimmed, truncated or folded. It is not
/// normalised either (ASVS 5.0, 6.2.8), so another Unicode composition is another password. NUL is
/// an ordinary character.
#[derive(Clone)]
pub struct NewPassword(SecretString);

impl NewPassword {
    /// Checks a new password for the user with this address and name. There are no rules about
    /// digits and symbols. Length makes a password strong (ASVS 5.0, 6.2.1 and 6.2.5), and it must
    /// not be among the first guesses (6.2.4, 6.2.11).
    ///
    /// # Errors
    /// Advice for the user.
    pub fn parse(
        text: SecretString,
        email: Option<&Email>,
        name: Option<&Name>,
    ) -> Result<Self, Message> {
        let typed = text.expose();
        let characters = typed.chars().count();
        if characters < MIN_LENGTH {
            return Err(field::password_too_short(MIN_LENGTH));
        }
        if !has_valid_length(&text) {
            return Err(field::password_too_long(MAX_LENGTH));
        }
        let user_words = [email.map(Email::as_str), name.map(Name::as_str)];
        let user_words: Vec<&str> = user_words.into_iter().flatten().collect();
        if let Some(advice) = weakness(typed, &user_words) {
            return Err(advice);
        }
        Ok(Self(text))
    }

    /// Returns the password for hashing.
    #[must_use]
    pub fn into_secret(self) -> SecretString {
        self.0
    }
}

/// Returns whether a password of this length can exist. Other texts are rejected without hashing.
pub(super) fn has_valid_length(text: &SecretString) -> bool {
    let typed = text.expose();
    !typed.is_empty() && typed.len() <= MAX_BYTES && typed.chars().count() <= MAX_LENGTH
}

#[cfg(test)]
mod tests {
    use super::*;

    fn is_accepted(text: &str) -> bool {
        NewPassword::parse(SecretString::new(text.to_owned()), None, None).is_ok()
    }

    #[test]
    fn any_text_of_valid_length_is_accepted() {
        assert!(is_accepted("correct horse b"));
        assert!(is_accepted("é and more of it"));
        let long: String = "a long one 🙂🙃☂".repeat(10).chars().take(128).collect();
        assert!(is_accepted(&long));
        assert!(is_accepted("nul\0 inside is fine"));
    }

    #[test]
    fn too_short_and_too_long_passwords_are_refused() {
        assert!(!is_accepted(""));
        assert!(!is_accepted(&"x".repeat(14)));
        assert!(!is_accepted(&"x".repeat(129)));
        assert!(!is_accepted(&"é".repeat(14)), "characters count, not bytes");
    }

    #[test]
    fn own_address_and_own_name_are_refused() {
        let email = Email::parse("ada.lovelace@example.com").unwrap();
        let name = Name::parse("Augusta Ada King").unwrap();
        for own in ["Ada.Lovelace@Example.com", "augusta ada king"] {
            let text = SecretString::new(own.to_owned());
            assert!(
                NewPassword::parse(text, Some(&email), Some(&name)).is_err(),
                "{own}"
            );
        }
    }
}
