//! The secret of a token, which travels in `Authorization: Bearer`.
//!
//! `<prefix>_<30 base62 characters><6 base62 characters>`: 178 bits of randomness, then the CRC-32 of
//! everything before it. What a new one begins with is a setting; one that was given out under another
//! prefix goes on working, so a secret is known by its form and its checksum. The checksum costs a scanner of leaked files, and us, nothing to verify;
//! it is no protection, the randomness is.

use hkdf::Hkdf;
use sha2::Sha256;
use zeroize::Zeroizing;

use crate::{
    config::TokenPrefix,
    crypto::{
        digest::Digest,
        rng::{self, Random},
        secret::SecretString,
    },
    error::Result,
    util::every_byte::every_byte,
};

const ALPHABET: &[u8; 62] = b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
const RANDOM_CHARACTERS: usize = 30;
const CHECKSUM_CHARACTERS: usize = 6;
/// How many random bytes are drawn for them: 8 of 256 values are no character, and of 64 bytes more
/// than half would have to be such.
const BYTES: usize = 64;
/// How many of the last characters are kept to tell tokens apart.
const HINT_CHARACTERS: usize = 4;

/// The secret of a token: made once, shown once.
#[derive(Clone)]
pub struct TokenSecret(SecretString);

impl TokenSecret {
    /// A new one.
    ///
    /// # Errors
    /// When the machine has no randomness.
    pub fn generate(prefix: &TokenPrefix, random: &dyn Random) -> Result<Self> {
        loop {
            let bytes = Zeroizing::new(rng::bytes::<BYTES>(random)?);
            if let Some(secret) = Self::of(prefix, &bytes) {
                return Ok(secret);
            }
        }
    }

    /// The one that belongs to `key`, `salt` and `of`, and to nothing else: made again from the same,
    /// it is the same; without the key it cannot be told from a random one. HKDF with SHA-256 (RFC
    /// 5869): `key` is the keying material, `of` says what for.
    ///
    /// `None` would need an improbable salt; another one would do then.
    #[must_use]
    pub fn derive(prefix: &TokenPrefix, key: &[u8], salt: &[u8], of: &[&[u8]]) -> Option<Self> {
        let mut bytes = Zeroizing::new([0; BYTES]);
        let derived = Hkdf::<Sha256>::new(Some(salt), key);
        derived.expand_multi_info(of, bytes.as_mut_slice()).ok()?;
        Self::of(prefix, &bytes)
    }

    /// Spells random bytes as a secret. Those past the last whole multiple of 62 are thrown away, or
    /// the first characters of the alphabet would come a little more often; `None` where too few are
    /// left, which happens once in more secrets than will ever be made.
    fn of(prefix: &TokenPrefix, bytes: &[u8; BYTES]) -> Option<Self> {
        let mut text = format!("{}_", prefix.as_str());
        let wanted = text.len() + RANDOM_CHARACTERS;
        let fair = bytes.iter().filter(|byte| **byte < 248);
        text.extend(
            fair.map(|byte| char::from(character(usize::from(byte % 62))))
                .take(RANDOM_CHARACTERS),
        );
        if text.len() < wanted {
            return None;
        }
        text.extend(checksum(&text).map(char::from));
        Some(Self(SecretString::new(text)))
    }

    /// Reads what a client sent: `None` where it has a [`TokenFormatError`], without looking anything up.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        Self::read(text).ok()
    }

    /// Reads what may be a secret, for somebody who wants to know why it is none.
    ///
    /// # Errors
    /// The first thing that is wrong with it.
    pub fn read(text: &str) -> Result<Self, TokenFormatError> {
        well_formed(text).map(|()| Self(SecretString::new(text.to_owned())))
    }

    /// What the database knows the secret by that a client sent, without a copy of it: `None` where it has
    /// a [`TokenFormatError`].
    #[must_use]
    pub fn digest_of(text: &str) -> Option<Digest> {
        well_formed(text).ok()?;
        Some(Digest::of(text.as_bytes()))
    }

    /// What the database knows it by.
    #[must_use]
    pub fn digest(&self) -> Digest {
        self.0.digest()
    }

    /// Its last characters, by which its owner tells it from others.
    #[must_use]
    pub fn hint(&self) -> String {
        let text = self.0.expose();
        text.chars()
            .skip(text.len().saturating_sub(HINT_CHARACTERS))
            .collect()
    }

    /// The text, to be shown once to its owner.
    #[must_use]
    pub fn expose(&self) -> &str {
        self.0.expose()
    }
}

/// Why a text is no secret of a token. Says nothing of what is in the text.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum TokenFormatError {
    /// It begins with something that is no prefix.
    #[error("it does not begin with 2 to 10 letters or digits and an underscore")]
    Prefix,
    /// There is something in it that no secret has.
    #[error("there is something else than letters and digits after the prefix")]
    Alphabet,
    /// So many characters come after the prefix.
    #[error("{0} characters come after the prefix, and a whole one has 36")]
    Length(usize),
    /// The last characters are not the checksum of all before.
    #[error("its checksum is wrong, so that something in it was changed")]
    Checksum,
}

fn well_formed(text: &str) -> Result<(), TokenFormatError> {
    let (_, tail) = text
        .split_once('_')
        .filter(|(prefix, _)| TokenPrefix::is_one(prefix))
        .ok_or(TokenFormatError::Prefix)?;
    if !every_byte(tail, |byte| byte.is_ascii_alphanumeric()) {
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
    let mut rest = crc32fast::hash(text.as_bytes()) as usize;
    let mut digits = [b'0'; CHECKSUM_CHARACTERS];
    for digit in digits.iter_mut().rev() {
        *digit = character(rest % 62);
        rest /= 62;
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
    fn the_checksum_is_the_one_that_anybody_can_compute() {
        // Python: zlib.crc32(b"nrx_000000000000000000000000000000") in base62.
        assert_eq!(checksum("nrx_000000000000000000000000000000"), *b"3l0xIt");
        assert_eq!(checksum(""), *b"000000");
    }

    #[test]
    fn no_two_secrets_are_the_same_and_each_reads_back() {
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
        fn one_changed_character_is_noticed(position in 4usize..40, replacement in "[0-9A-Za-z]") {
            let secret = TokenSecret::generate(&prefix(), &SystemRandom).unwrap();
            let mut text = secret.expose().to_owned();
            text.replace_range(position..=position, &replacement);
            prop_assume!(text != secret.expose());
            prop_assert!(TokenSecret::parse(&text).is_none());
        }

        #[test]
        fn no_text_makes_the_parser_panic(text in ".*") {
            let _ = TokenSecret::parse(&text);
        }
    }

    #[test]
    fn a_secret_is_known_by_its_form_whatever_its_prefix() {
        for prefix in ["nrx", "ac", "A1b2C3d4E5"] {
            let prefix = TokenPrefix::parse(prefix).unwrap();
            let secret = TokenSecret::generate(&prefix, &SystemRandom).unwrap();
            let digest = TokenSecret::digest_of(secret.expose()).unwrap();
            assert!(digest == secret.digest());
        }
        // The checksum is of the prefix, too.
        let secret = TokenSecret::generate(&prefix(), &SystemRandom).unwrap();
        let other = secret.expose().replacen("nrx", "acme", 1);
        assert!(matches!(
            TokenSecret::read(&other),
            Err(TokenFormatError::Checksum)
        ));
    }

    #[test]
    fn no_prefix_another_length_or_another_alphabet_is_refused() {
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
