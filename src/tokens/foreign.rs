//! Recognises the tokens of other systems, whose digests an import has stored.
//!
//! A text that no accepted system makes costs no lookup. A recognised text can be a guess, so a guess
//! costs a lookup. The randomness protects the tokens, not their form: each has at least 160 random
//! bits, and a token of Narthex has 178.

use crc::{CRC_32_BZIP2, Crc};
use sha2::{Digest as _, Sha512};

use super::presented::{PresentedToken, TokenScheme};
use crate::{
    config::{ForeignTokenFormat, ForeignTokens},
    crypto::digest::Digest,
    types::secret_form::SecretForm,
};

/// Parses a token of an accepted format. Returns `None` for any other text.
pub(super) fn parse(
    text: &str,
    scheme: TokenScheme,
    accepted: &ForeignTokens,
) -> Option<PresentedToken> {
    let sha_256 = |form, secret: &str| {
        let digest = Digest::of(secret.as_bytes());
        Some(PresentedToken { digest, form })
    };
    // The most specific formats come first. 40 hexadecimal digits, for example, are also 40 letters
    // and digits, but Sanctum makes no such token in practice.
    if accepted.accepts(ForeignTokenFormat::Drf) && is_drf(text) {
        return sha_256(SecretForm::Drf, text);
    }
    if accepted.accepts(ForeignTokenFormat::Knox) && is_knox(text) {
        // knox stores the SHA-512. Its digest is as long as all others, and an import can compute it.
        return Some(PresentedToken {
            digest: Digest::of(&Sha512::digest(text.as_bytes())),
            form: SecretForm::Knox,
        });
    }
    if scheme == TokenScheme::Token {
        return None;
    }
    if accepted.accepts(ForeignTokenFormat::BetterAuth) && is_better_auth(text) {
        return sha_256(SecretForm::BetterAuth, text);
    }
    let secret = sanctum_secret(text)?;
    if accepted.accepts(ForeignTokenFormat::Sanctum) && is_sanctum(secret)
        || accepted.accepts(ForeignTokenFormat::SanctumAny) && is_sanctum_any(secret)
    {
        return sha_256(SecretForm::Sanctum, secret);
    }
    None
}

/// Returns whether the text has the form of Django REST framework: 40 hexadecimal digits.
fn is_drf(text: &str) -> bool {
    text.len() == 40 && is_lower_hex(text)
}

/// Returns whether the text has the form of django-rest-knox: a prefix of at most 10 characters,
/// and 64 hexadecimal digits.
fn is_knox(text: &str) -> bool {
    const MAX_PREFIX: usize = 10;
    split_end(text, 64).is_some_and(|(prefix, random)| {
        let has_prefix = prefix.len() <= MAX_PREFIX && prefix.bytes().all(|b| b.is_ascii_graphic());
        has_prefix && is_lower_hex(random)
    })
}

/// Returns whether the text has the form of better-auth: a prefix, and 64 letters.
fn is_better_auth(text: &str) -> bool {
    split_end(text, 64).is_some_and(|(prefix, random)| {
        is_prefix(prefix) && random.bytes().all(|byte| byte.is_ascii_alphabetic())
    })
}

/// Returns the part of a Sanctum token that Sanctum hashes. The ID of the token and a bar can come
/// first. The ID is not compared, because it is no secret.
fn sanctum_secret(text: &str) -> Option<&str> {
    let Some((id, secret)) = text.split_once('|') else {
        return Some(text);
    };
    let is_id = (1..=36).contains(&id.len())
        && id
            .bytes()
            .all(|byte| byte.is_ascii_alphanumeric() || byte == b'-');
    is_id.then_some(secret)
}

/// Returns whether Sanctum can have generated the secret: 40 letters and digits (2.6 to 3.2.5), 80 of
/// them (before), or a prefix, 40 of them and their checksum (from 3.2.6).
fn is_sanctum(secret: &str) -> bool {
    const RANDOM: usize = 40;
    const CHECKSUM: usize = 8;
    if matches!(secret.len(), RANDOM | 80) && is_alphanumeric(secret) {
        return true;
    }
    let Some((rest, checksum)) = split_end(secret, CHECKSUM) else {
        return false;
    };
    split_end(rest, RANDOM).is_some_and(|(prefix, random)| {
        is_prefix(prefix) && is_alphanumeric(random) && has_checksum(random, checksum)
    })
}

/// Returns whether the secret has one of the checksums of PHP: `crc32b`, or `crc32` of Sanctum 3.2.6.
fn has_checksum(random: &str, checksum: &str) -> bool {
    let crc32b = crc32fast::hash(random.as_bytes());
    let crc32 = Crc::<u32>::new(&CRC_32_BZIP2).checksum(random.as_bytes());
    // PHP writes the bytes of `crc32` in the other order.
    [crc32b, crc32.swap_bytes()]
        .iter()
        .any(|expected| format!("{expected:08x}") == checksum)
}

/// Returns whether an app can have generated the secret of a Sanctum token.
fn is_sanctum_any(secret: &str) -> bool {
    (20..=255).contains(&secret.len()) && secret.bytes().all(|byte| byte.is_ascii_graphic())
}

fn is_lower_hex(text: &str) -> bool {
    text.bytes()
        .all(|byte| byte.is_ascii_digit() || (b'a'..=b'f').contains(&byte))
}

fn is_alphanumeric(text: &str) -> bool {
    text.bytes().all(|byte| byte.is_ascii_alphanumeric())
}

/// Returns whether the text can be the prefix that an operator has chosen for scanners of secrets.
fn is_prefix(text: &str) -> bool {
    let is_allowed = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-');
    text.len() <= 64 && text.bytes().all(is_allowed)
}

/// Splits off the last `length` bytes.
fn split_end(text: &str, length: usize) -> Option<(&str, &str)> {
    text.split_at_checked(text.len().checked_sub(length)?)
}

#[cfg(test)]
mod tests {
    use base64::{Engine as _, prelude::BASE64_URL_SAFE_NO_PAD};
    use proptest::prelude::*;
    use serde::Deserialize;

    use super::*;

    /// A token and the text that its system stores. The script beside each list made it.
    #[derive(Deserialize)]
    struct Sample {
        token: String,
        stored: String,
    }

    fn samples(list: &str) -> impl Iterator<Item = Sample> {
        list.lines().map(|line| serde_json::from_str(line).unwrap())
    }

    fn all() -> ForeignTokens {
        ForeignTokens::parse("sanctum,knox,drf,better-auth").unwrap()
    }

    fn expect_recognised(
        list: &str,
        form: SecretForm,
        scheme: TokenScheme,
        digest: fn(&str) -> Digest,
    ) {
        for Sample { token, stored } in samples(list) {
            let expected = PresentedToken {
                digest: digest(&stored),
                form,
            };
            assert_eq!(parse(&token, scheme, &all()), Some(expected), "{token}");
        }
    }

    fn from_hex(text: &str) -> Digest {
        Digest::from_stored(hex::decode(text).unwrap().try_into().unwrap())
    }

    #[test]
    fn digest_of_a_sanctum_token_is_the_stored_one() {
        let list = include_str!("../../tests/fixtures/tokens/sanctum.jsonl");
        expect_recognised(list, SecretForm::Sanctum, TokenScheme::Bearer, from_hex);
    }

    #[test]
    fn digest_of_a_knox_token_is_that_of_the_stored_one() {
        let list = include_str!("../../tests/fixtures/tokens/knox.jsonl");
        let digest = |stored: &str| Digest::of(&hex::decode(stored).unwrap());
        expect_recognised(list, SecretForm::Knox, TokenScheme::Token, digest);
    }

    #[test]
    fn digest_of_a_drf_token_is_that_of_the_stored_one() {
        let list = include_str!("../../tests/fixtures/tokens/drf.jsonl");
        let digest = |stored: &str| Digest::of(stored.as_bytes());
        expect_recognised(list, SecretForm::Drf, TokenScheme::Token, digest);
    }

    #[test]
    fn digest_of_a_better_auth_key_is_the_stored_one() {
        let list = include_str!("../../tests/fixtures/tokens/better-auth.jsonl");
        let digest = |stored: &str| {
            let bytes = BASE64_URL_SAFE_NO_PAD.decode(stored).unwrap();
            Digest::from_stored(bytes.try_into().unwrap())
        };
        expect_recognised(list, SecretForm::BetterAuth, TokenScheme::Bearer, digest);
    }

    #[test]
    fn both_checksums_of_php_are_accepted() {
        // PHP: hash('crc32', …) and hash('crc32b', …).
        let random = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcd";
        for checksum in ["66784729", "2cb8a58b"] {
            assert!(has_checksum(random, checksum), "{checksum}");
        }
        for checksum in ["66784728", "2CB8A58B", "29477866", ""] {
            assert!(!has_checksum(random, checksum), "{checksum}");
        }
    }

    #[test]
    fn scheme_token_is_for_the_systems_that_use_it() {
        for token in ["x".repeat(40), "x".repeat(64)] {
            assert!(parse(&token, TokenScheme::Bearer, &all()).is_some());
            assert!(parse(&token, TokenScheme::Token, &all()).is_none());
        }
    }

    #[test]
    fn sanctum_any_accepts_20_to_255_printable_characters() {
        let accepted = ForeignTokens::parse("sanctum-any").unwrap();
        let is_accepted = |text: &str| parse(text, TokenScheme::Bearer, &accepted).is_some();
        for secret in ["!".repeat(20), "~".repeat(255)] {
            assert!(is_accepted(&secret) && is_accepted(&format!("1|{secret}")));
        }
        for secret in [
            "!".repeat(19),
            "~".repeat(256),
            "é".repeat(20),
            " ".repeat(20),
        ] {
            assert!(!is_accepted(&secret) && !is_accepted(&format!("1|{secret}")));
        }
    }

    proptest! {
        #[test]
        fn recognizer_never_panics(text in ".*") {
            let accepted = ForeignTokens::parse("sanctum-any,sanctum,knox,drf,better-auth").unwrap();
            for scheme in [TokenScheme::Bearer, TokenScheme::Token] {
                let _ = parse(&text, scheme, &accepted);
            }
        }
    }
}
