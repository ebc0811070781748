//! The secret of a token. It travels in `Authorization: Bearer`.
//!
//! `<prefix>_<30 base62 characters><6 base62 characters>`: 178 random bits, then the CRC-32 of
//! everything before it. The prefix of new secrets is a setting. Secrets with an older prefix stay
//! valid, so a secret is recognised by its form and its checksum. The checksum lets Narthex and
//! scanners of leaked files verify the form without a query. The protection is the randomness, not
//! the checksum.

use hkdf::Hkdf;
use sha2::Sha256;
use zeroize::Zeroizing;

use crate::{
    config::TokenPrefix,
    credentials::change::NewSecret,
    crypto::{
        digest::Digest,
        rng::{self, Random},
        secret::SecretString,
    },
    error::Result,
};

const ALPHABET: &[u8; 62] = b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
const RANDOM_CHARACTERS: usize = 30;
const CHECKSUM_CHARACTERS: usize = 6;
/// The number of random bytes for them. 8 of 256 values are not used, and more than half of 64
/// bytes would have to be such.
const BYTES: usize = 64;
/// The number of last characters that are stored as the hint.
const HINT_CHARACTERS: usize = 4;

/// The secret of a token. It is generated once and shown once.
#[derive(Clone)]
pub struct TokenSecret(SecretString);

impl TokenSecret {
    /// Generates a secret.
    ///
    /// # Errors
    /// Returns an error if the system provides no random bytes.
    pub fn generate(prefix: &TokenPrefix, random: &dyn Random) -> Result<Self> {
        loop {
            let bytes = Zeroizing::new(rng::bytes::<BYTES>(random)?);
            if let Some(secret) = Self::of(prefix, &bytes) {
                return Ok(secret);
            }
        }
    }

    /// Derives the secret for `key`, `salt` and `of`. The same inputs give the same secret. Without
    /// the key it cannot be distinguished from a random one. HKDF with SHA-256 (RFC 5869): `key` is
    /// the keying material, `of` is the context.
    ///
    /// Returns `None` for an improbable salt. Another salt works then.
    #[must_use]
    pub fn derive(prefix: &TokenPrefix, key: &[u8], salt: &[u8], of: &[&[u8]]) -> Option<Self> {
        let mut bytes = Zeroizing::new([0; BYTES]);
        let derived = Hkdf::<Sha256>::new(Some(salt), key);
        derived.expand_multi_info(of, bytes.as_mut_slice()).ok()?;
        Self::of(prefix, &bytes)
    }

    /// Encodes random bytes as a secret. Values from 248, the largest multiple of 62, are dropped,
    /// because otherwise the first characters of the alphabet would be more frequent. Returns
    /// `None` if too few bytes are left, which is too improbable to happen.
    fn of(prefix: &TokenPrefix, bytes: &[u8; BYTES]) -> Option<Self> {
        let mut text = format!("{}_", prefix.as_str());
        let wanted = text.len() + RANDOM_CHARACTERS;
        let unbiased = bytes.iter().filter(|byte| **byte < 248);
        text.extend(
            unbiased
                .map(|byte| char::from(character(usize::from(byte % 62))))
                .take(RANDOM_CHARACTERS),
        );
        if text.len() < wanted {
            return None;
        }
        text.extend(checksum(&text).map(char::from));
        Some(Self(SecretString::new(text)))
    }

    /// Parses the text of a client without a query. Returns `None` for a text with a
    /// [`TokenFormatError`].
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        Self::read(text).ok()
    }

    /// Parses a text for an operator, who wants to know the reason if it is no secret.
    ///
    /// # Errors
    /// The first error of the text.
    pub fn read(text: &str) -> Result<Self, TokenFormatError> {
        well_formed(text).map(|()| Self(SecretString::new(text.to_owned())))
    }

    /// Returns the digest of a client's text without a copy of the text. Returns `None` for a text
    /// with a [`TokenFormatError`].
    #[must_use]
    pub fn digest_of(text: &str) -> Option<Digest> {
        well_formed(text).ok()?;
        Some(Digest::of(text.as_bytes()))
    }

    /// Returns the digest that the database stores.
    #[must_use]
    pub fn digest(&self) -> Digest {
        self.0.digest()
    }

    /// Returns the last characters, by which the owner recognises the token.
    #[must_use]
    pub fn hint(&self) -> String {
        let text = self.0.expose();
        text.chars()
            .skip(text.len().saturating_sub(HINT_CHARACTERS))
            .collect()
    }

    /// Returns the parts that the database stores.
    pub(super) fn to_new(&self) -> NewSecret {
        NewSecret {
            digest: self.digest(),
            hint: self.hint(),
        }
    }

    /// Returns the text, which is shown to the owner once.
    #[must_use]
    pub fn expose(&self) -> &str {
        self.0.expose()
    }
}

/// The reason why a text is no secret of a token. It contains no part of the text.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum TokenFormatError {
    /// The text does not begin with a prefix.
    #[error("it does not begin with 2 to 10 letters or digits and an underscore")]
    Prefix,
    /// The text has a character that no secret has.
    #[error("it has other characters than letters and digits after the prefix")]
    Alphabet,
    /// The number of characters after the prefix is wrong.
    #[error("{0} characters come after the prefix, and a secret has 36")]
    Length(usize),
    /// The last characters are not the checksum of the others.
    #[error("its checksum is wrong, so a character was changed or is missing")]
    Checksum,
}

fn well_formed(text: &str) -> Result<(), TokenFormatError> {
    let (_, tail) = text
        .split_once('_')
        .filter(|(prefix, _)| TokenPrefix::is_valid(prefix))
        .ok_or(TokenFormatError::Prefix)?;
    if !tail.bytes().all(|byte| byte.is_ascii_alphanumeric()) {
        return Err(TokenFormatError::Alphabet);
    }
    if tail.len() != RANDOM_CHARACTERS + CHECKSUM_CHARACTERS {
        return Err(TokenFormatError::Length(tail.len()));
    }
    let parts = text.split_at_checked(text.len() - CHECKSUM_CHARACTERS);
    parts
        .filter(|(body, sum)| checksum(body) == sum.as_bytes())
        .map(drop)
        .ok_or(TokenFormatError::Checksum)
}

fn character(value: usize) -> u8 {
    ALPHABET.get(value).copied().unwrap_or(b'0')
}

/// CRC-32 (IEEE 802.3) in base62, padded with `0` on the left to six characters.
fn checksum(text: &str) -> [u8; CHECKSUM_CHARACTERS] {
    let mut remaining = crc32fast::hash(text.as_bytes()) as usize;
    let mut digits = [b'0'; CHECKSUM_CHARACTERS];
    for digit in digits.iter_mut().rev() {
        *digit = character(remaining % 62);
        remaining /= 62;
    }
    digits
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::crypto::rng::SystemRandom;

    fn prefix() -> TokenPrefix {
        TokenPrefix::parse("nrx").unwrap()
    }

    #[test]
    fn checksum_matches_an_independent_implementation() {
        // Python: zlib.crc32(b"nrx_000000000000000000000000000000") in base62.
        assert_eq!(checksum("nrx_000000000000000000000000000000"), *b"3l0xIt");
        assert_eq!(checksum(""), *b"000000");
    }

    #[test]
    fn generated_secrets_differ_and_parse() {
        let mut seen = std::collections::HashSet::new();
        for _ in 0..1_000 {
            let secret = TokenSecret::generate(&prefix(), &SystemRandom).unwrap();
            assert_eq!(secret.expose().len(), 40);
            assert!(secret.expose().ends_with(&secret.hint()));
            assert!(TokenSecret::parse(secret.expose()).is_some());
            assert!(seen.insert(secret.expose().to_owned()));
        }
    }

    proptest! {
        #[test]
        fn changed_character_is_detected(position in 4usize..40, replacement in "[0-9A-Za-z]") {
            let secret = TokenSecret::generate(&prefix(), &SystemRandom).unwrap();
            let mut text = secret.expose().to_owned();
            text.replace_range(position..=position, &replacement);
            prop_assume!(text != secret.expose());
            prop_assert!(TokenSecret::parse(&text).is_none());
        }

        #[test]
        fn parser_never_panics(text in ".*") {
            let _ = TokenSecret::parse(&text);
        }
    }

    #[test]
    fn secret_with_any_prefix_is_recognised() {
        for prefix in ["nrx", "ac", "A1b2C3d4E5"] {
            let prefix = TokenPrefix::parse(prefix).unwrap();
            let secret = TokenSecret::generate(&prefix, &SystemRandom).unwrap();
            let digest = TokenSecret::digest_of(secret.expose()).unwrap();
            assert!(digest == secret.digest());
        }
        // The checksum includes the prefix.
        let secret = TokenSecret::generate(&prefix(), &SystemRandom).unwrap();
        let other = secret.expose().replacen("nrx", "acme", 1);
        assert!(matches!(
            TokenSecret::read(&other),
            Err(TokenFormatError::Checksum)
        ));
    }

    #[test]
    fn malformed_secrets_are_refused() {
        let secret = TokenSecret::generate(&prefix(), &SystemRandom).unwrap();
        let text = secret.expose();
        for wrong in [
            &format!("{text}0"),
            text.trim_start_matches("nrx"),
            text.trim_start_matches("nr"),
            text.trim_start_matches("nrx_"),
            &text.replace("nrx", "abcdefghijk"),
            &text.replace("nrx", "n-x"),
            &text.replace("nrx", "n\u{e9}x"),
            text.split_at(39).0,
            "",
            "_",
            "nrx_",
            &text.replace('_', "-"),
            &text.replace('_', "__"),
        ] {
            assert!(TokenSecret::parse(wrong).is_none(), "{wrong}");
        }
    }
}
