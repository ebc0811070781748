//! Recovery codes: look-up secrets (NIST SP 800-63B, 3.1.2) for a user without the authenticator
//! app.

use zeroize::Zeroizing;

use crate::{
    crypto::{
        rng::{self, Random},
        secret::SecretString,
    },
    error::Result,
};

/// The digits of Crockford's base32, without `I`, `L`, `O` and `U`.
const ALPHABET: &[u8; 32] = b"0123456789ABCDEFGHJKMNPQRSTVWXYZ";
const GROUPS: usize = 4;
const GROUP_LENGTH: usize = 5;
/// 100 bits. A thief of the hashes knows the first group, and 75 bits remain.
const LENGTH: usize = GROUPS * GROUP_LENGTH;

/// A recovery code: four groups of five characters.
#[derive(Clone)]
pub struct RecoveryCode(Zeroizing<String>);

impl RecoveryCode {
    /// Generates a code.
    ///
    /// # Errors
    /// Returns an error if the system provides no random bytes.
    pub fn generate(random: &dyn Random) -> Result<Self> {
        let bytes = Zeroizing::new(rng::bytes::<LENGTH>(random)?);
        // Five of eight bits of each byte choose a digit, so that all digits are equally likely.
        let digits = bytes
            .iter()
            .filter_map(|byte| ALPHABET.get(usize::from(byte & 31)));
        let text = digits.map(|digit| char::from(*digit)).collect();
        Ok(Self(Zeroizing::new(text)))
    }

    /// Parses a code as a person types it: in any case, and with `I`, `L` and `O` for the digits
    /// that look like them. `text` has neither spaces nor dashes any more.
    pub(super) fn parse(text: &str) -> Option<Self> {
        let digits: Option<String> = text.chars().map(digit_of).collect();
        let digits = digits.filter(|digits| digits.len() == LENGTH)?;
        Some(Self(Zeroizing::new(digits)))
    }

    /// Returns the first group, which is stored in the clear to find the code.
    #[must_use]
    pub fn locator(&self) -> &str {
        self.0.get(..GROUP_LENGTH).unwrap_or_default()
    }

    /// Returns the other groups, of which a hash is stored.
    #[must_use]
    pub fn secret(&self) -> SecretString {
        let secret = self.0.get(GROUP_LENGTH..).unwrap_or_default();
        SecretString::new(secret.to_owned())
    }

    /// Returns the code in groups, to show it.
    #[must_use]
    pub fn grouped(&self) -> SecretString {
        let groups = (0..GROUPS).filter_map(|group| {
            let start = group * GROUP_LENGTH;
            self.0.get(start..start + GROUP_LENGTH)
        });
        SecretString::new(groups.collect::<Vec<_>>().join("-"))
    }
}

/// Returns the digit that a typed character stands for.
fn digit_of(typed: char) -> Option<char> {
    let digit = match typed.to_ascii_uppercase() {
        'I' | 'L' => '1',
        'O' => '0',
        other => other,
    };
    let is_known = u8::try_from(digit).is_ok_and(|digit| ALPHABET.contains(&digit));
    is_known.then_some(digit)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::crypto::rng::SystemRandom;

    #[test]
    fn generated_code_is_read_back() {
        let code = RecoveryCode::generate(&SystemRandom).ok().unwrap();
        let shown = code.grouped().expose().to_owned();
        assert_eq!(shown.len(), LENGTH + GROUPS - 1);
        let typed = shown.to_lowercase().replace('-', "");
        let read = RecoveryCode::parse(&typed).unwrap();
        assert_eq!(read.locator(), code.locator());
        assert_eq!(read.secret().expose(), code.secret().expose());
    }

    #[test]
    fn similar_letters_count_as_digits() {
        let read = |text: &str| RecoveryCode::parse(text).map(|code| code.0.to_string());
        let digits = "01100ABCDEFGHJKMNPQR";
        assert_eq!(read("oIlO0abcdefghjkmnpqr").as_deref(), Some(digits));
        for other in [
            "",
            "01100ABCDEFGHJKMNPQ",
            "01100ABCDEFGHJKMNPQRS",
            "U1100ABCDEFGHJKMNPQR",
        ] {
            assert_eq!(read(other), None, "{other}");
        }
    }
}
