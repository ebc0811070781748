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

/// The parts of a recovery code that are stored.
#[derive(Clone)]
pub(super) struct HashableCode {
    /// The first characters, which are stored in the clear to find the code.
    pub(super) locator: String,
    /// The rest, of which a hash is stored.
    pub(super) secret: SecretString,
}

/// A recovery code of another system: 20 letters and digits, with a dash in the middle in Laravel.
/// Case counts. A thief of the hashes knows five of the characters, and 89 bits remain.
#[derive(Clone)]
pub struct ImportedRecoveryCode(Zeroizing<String>);

impl ImportedRecoveryCode {
    /// Parses a code. Returns `None` for codes of another form, because the field refuses them.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let mut code = Zeroizing::new(text.to_owned());
        code.retain(|typed| !typed.is_whitespace() && typed != '-');
        let has_form =
            code.len() == LENGTH && code.bytes().all(|byte| byte.is_ascii_alphanumeric());
        has_form.then_some(Self(code))
    }

    pub(super) fn hashable(&self) -> HashableCode {
        let (locator, secret) = self.0.split_at_checked(GROUP_LENGTH).unwrap_or_default();
        HashableCode {
            // The sign distinguishes it from a code of Narthex with the same first group.
            locator: format!("={locator}"),
            secret: SecretString::new(secret.to_owned()),
        }
    }
}

/// A recovery code as a user entered it. It may have the form of Narthex, that of an imported code,
/// or both.
#[derive(Clone)]
pub struct EnteredRecoveryCode {
    own: Option<RecoveryCode>,
    imported: Option<ImportedRecoveryCode>,
}

impl EnteredRecoveryCode {
    /// Parses a code. `text` has neither spaces nor dashes any more.
    pub(super) fn parse(text: &str) -> Option<Self> {
        let (own, imported) = (RecoveryCode::parse(text), ImportedRecoveryCode::parse(text));
        (own.is_some() || imported.is_some()).then_some(Self { own, imported })
    }

    /// Returns what is stored of the codes that the text can be: one or two.
    pub(super) fn into_readings(self) -> Vec<HashableCode> {
        let own = self.own.map(|code| HashableCode {
            locator: code.locator().to_owned(),
            secret: code.secret(),
        });
        let imported = self.imported.map(|code| code.hashable());
        own.into_iter().chain(imported).collect()
    }
}

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
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
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
    fn case_counts_in_imported_codes_alone() {
        let locators = |text: &str| {
            let readings = EnteredRecoveryCode::parse(text).unwrap().into_readings();
            let parts = readings.iter();
            parts
                .map(|code| format!("{} {}", code.locator, code.secret.expose()))
                .collect::<Vec<_>>()
        };
        assert_eq!(
            locators("abcdefghjkmnpqrstvwx"),
            ["ABCDE FGHJKMNPQRSTVWX", "=abcde fghjkmnpqrstvwx"]
        );
        // Narthex has no U.
        assert_eq!(locators("UbCdEfghjkmnpqrstvwx"), ["=UbCdE fghjkmnpqrstvwx"]);
    }

    #[test]
    fn imported_code_has_20_letters_and_digits() {
        let locator =
            |text: &str| ImportedRecoveryCode::parse(text).map(|code| code.hashable().locator);
        let of_laravel = "aB3dEfGhIj-K1mNoPqRsT";
        assert_eq!(locator(of_laravel).as_deref(), Some("=aB3dE"));
        for other in [
            "",
            "aB3dEfGhIj",
            "aB3dEfGhIj-K1mNoPqRsTu",
            "äB3dEfGhIj-K1mNoPqRs",
        ] {
            assert_eq!(locator(other), None, "{other}");
        }
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
