//! What a new password must be.

use super::strength::weakness;
use crate::{
    crypto::secret::SecretString,
    types::{email::Email, name::Name},
};

/// The least number of characters (NIST SP 800-63B-4, section 3.1.1.2, where it is the only factor). The
/// one place that says it: pages and messages take it from here.
pub const MIN_LENGTH: usize = 15;
/// The most characters, and the most bytes: bounds what one sign-in can make us hash.
pub const MAX_LENGTH: usize = 128;
const MOST_BYTES: usize = 512;

/// A password to be set: taken exactly as typed, never trimmed, cut or folded. Not normalised either
/// (ASVS 5.0, 6.2.8): what a keyboard composes another way is another password. NUL is a character
/// like any other.
#[derive(Clone)]
pub struct NewPassword(SecretString);

impl NewPassword {
    /// Takes a new password for the person with this address and name. There are no rules about
    /// digits and signs: length is what helps (ASVS 5.0, 6.2.1 and 6.2.5), and not to be what is tried
    /// first (6.2.4, 6.2.11).
    ///
    /// # Errors
    /// What to do about it, for the person who typed it.
    pub fn parse(
        text: SecretString,
        email: Option<&Email>,
        name: Option<&Name>,
    ) -> Result<Self, String> {
        let typed = text.expose();
        let characters = typed.chars().count();
        if characters < MIN_LENGTH {
            return Err(format!(
                "Use at least {MIN_LENGTH} characters. A few words in a row are fine."
            ));
        }
        if !has_valid_length(&text) {
            return Err(format!("Use at most {MAX_LENGTH} characters."));
        }
        let own = [email.map(Email::as_str), name.map(Name::as_str)];
        let own: Vec<&str> = own.into_iter().flatten().collect();
        if let Some(why) = weakness(typed, &own) {
            return Err(why.to_owned());
        }
        Ok(Self(text))
    }

    /// The password, for hashing.
    #[must_use]
    pub fn into_secret(self) -> SecretString {
        self.0
    }
}

/// Whether this could be anybody's password: what cannot is refused without hashing it.
pub(super) fn has_valid_length(text: &SecretString) -> bool {
    let typed = text.expose();
    !typed.is_empty() && typed.len() <= MOST_BYTES && typed.chars().count() <= MAX_LENGTH
}

#[cfg(test)]
mod tests {
    use super::*;

    fn taken(text: &str) -> bool {
        NewPassword::parse(SecretString::new(text.to_owned()), None, None).is_ok()
    }

    #[test]
    fn any_text_of_the_right_length_is_a_password() {
        assert!(taken("correct horse b"));
        assert!(taken("é and more of it"));
        let long: String = "a long one 🙂🙃☂".repeat(10).chars().take(128).collect();
        assert!(taken(&long));
        assert!(taken("nul\0 inside is fine"));
    }

    #[test]
    fn what_is_too_short_or_too_long_is_refused() {
        assert!(!taken(""));
        assert!(!taken(&"x".repeat(14)));
        assert!(!taken(&"x".repeat(129)));
        assert!(!taken(&"é".repeat(14)), "characters count, not bytes");
    }

    #[test]
    fn ones_own_address_or_name_is_refused() {
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
