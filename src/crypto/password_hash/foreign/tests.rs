//! Tests with hashes that PHP, Django and Node made.

use std::collections::BTreeSet;

use serde::Deserialize;

use super::super::{Argon2Parameters, PasswordCheck, StoredHash, verify_now};
use super::*;
use crate::crypto::secret::SecretString;

/// A password and its hash. The script beside each list made it.
#[derive(Deserialize)]
struct Sample {
    password: String,
    hash: String,
}

const PHP: &str = include_str!("../../../../tests/fixtures/passwords/php.jsonl");
const DJANGO: &str = include_str!("../../../../tests/fixtures/passwords/django.jsonl");
const BETTER_AUTH: &str = include_str!("../../../../tests/fixtures/passwords/better-auth.jsonl");

fn samples(list: &str) -> Vec<Sample> {
    list.lines()
        .map(|line| serde_json::from_str(line).unwrap())
        .collect()
}

fn check(password: &str, hash: &str) -> PasswordCheck {
    let stored = StoredHash::from_stored(hash.to_owned());
    let current = HashScheme::Argon2id(Argon2Parameters::RECOMMENDED);
    verify_now(&SecretString::new(password.to_owned()), &stored, current)
}

/// Expects that the right passwords of a list match and that wrong ones do not, for these schemes.
fn expect_verified(list: &str, schemes: &[&str]) {
    let mut found = BTreeSet::new();
    for Sample { password, hash } in samples(list) {
        let right = check(&password, &hash);
        let is_right = matches!(
            right,
            PasswordCheck::Valid | PasswordCheck::ValidNeedsRehash
        );
        assert!(is_right, "{hash}: {right:?}");
        let scheme = StoredHash::parse_foreign(&hash).unwrap().scheme();
        if found.insert(scheme.unwrap().to_string()) {
            let wrong = format!("x{password}");
            assert_eq!(check(&wrong, &hash), PasswordCheck::Invalid, "{hash}");
        }
    }
    assert_eq!(found.iter().collect::<Vec<_>>(), schemes);
}

#[test]
fn hashes_of_php_are_verified() {
    let schemes = [
        "argon2i m=1024,t=2,p=2",
        "argon2id m=65536,t=4,p=1",
        "bcrypt 10",
        "bcrypt 12",
        "bcrypt 4",
    ];
    expect_verified(PHP, &schemes);
}

#[test]
fn hashes_of_django_are_verified() {
    let schemes = [
        "argon2id m=102400,t=2,p=8",
        "bcrypt 12",
        "bcrypt_sha256 12",
        "pbkdf2_sha256 1000000",
        "scrypt N=2^14,r=8,p=5",
    ];
    expect_verified(DJANGO, &schemes);
}

#[test]
fn hashes_of_better_auth_are_verified() {
    expect_verified(BETTER_AUTH, &["better-auth"]);
}

/// Returns the hash of the password of 80 characters.
fn hash_of_a_long_password(list: &str) -> String {
    let is_long = |sample: &Sample| sample.password.len() == 80;
    samples(list).into_iter().find(is_long).unwrap().hash
}

#[test]
fn bcrypt_of_a_password_over_72_bytes_stays() {
    let [bcrypt, bcrypt_sha256] = [PHP, DJANGO].map(hash_of_a_long_password);
    let first = |characters| {
        "0123456789"
            .repeat(8)
            .chars()
            .take(characters)
            .collect::<String>()
    };
    let (long, other_end) = (first(80), format!("{}x", first(79)));
    // bcrypt cannot tell which end is right, so a new hash would settle on a typing error.
    assert_eq!(check(&long, &bcrypt), PasswordCheck::Valid);
    assert_eq!(check(&other_end, &bcrypt), PasswordCheck::Valid);
    assert_eq!(check(&first(72), &bcrypt), PasswordCheck::ValidNeedsRehash);
    assert_eq!(check(&first(71), &bcrypt), PasswordCheck::Invalid);
    assert_eq!(
        check(&long, &bcrypt_sha256),
        PasswordCheck::ValidNeedsRehash
    );
    assert_eq!(check(&other_end, &bcrypt_sha256), PasswordCheck::Invalid);
}

#[test]
fn password_with_a_nul_does_not_match_bcrypt() {
    let hash = bcrypt::hash_with_salt("whatever\0and more", 4, [7; 16]).unwrap();
    assert_eq!(
        check("whatever\0and more", &hash.to_string()),
        PasswordCheck::Invalid
    );
}

#[test]
fn better_auth_hash_of_a_composed_password_stays() {
    let is_composed = |sample: &Sample| sample.password.contains('№');
    let sample = samples(BETTER_AUTH).into_iter().find(is_composed).unwrap();
    assert_eq!(check(&sample.password, &sample.hash), PasswordCheck::Valid);
    assert_eq!(
        check("final exam No4", &sample.hash),
        PasswordCheck::ValidNeedsRehash
    );
}

const BCRYPT_REST: &str = "WQlwEKjjtAVkmhf.Zzippu0R7cG0g3EqvFo9o8DyaQoZPSd268RAq";

#[test]
fn hash_beyond_the_bounds_is_refused_unhashed() {
    let tag_32 = BASE64_STANDARD.encode([7; 32]);
    let tag_64 = BASE64_STANDARD.encode([7; 64]);
    for hash in [
        format!("$2y$16${BCRYPT_REST}"),
        format!("$2y$03${BCRYPT_REST}"),
        format!("bcrypt_sha256$$2b$31${BCRYPT_REST}"),
        format!("pbkdf2_sha256$2000001$salt${tag_32}"),
        format!("pbkdf2_sha256$1$salt${tag_32}"),
        format!("scrypt$131072$salt$8$1${tag_64}"),
        format!("scrypt$2147483648$salt$4294967295$1${tag_64}"),
        format!("scrypt$16384$salt$8$9${tag_64}"),
        format!("scrypt$16384$salt$0$1${tag_64}"),
        "$argon2id$v=19$m=131073,t=2,p=1$c29tZXNhbHQxMjM0$AAAAAAAAAAAAAAAAAAAAAA".to_owned(),
        "argon2$argon2i$v=19$m=64,t=11,p=1$c29tZXNhbHQxMjM0$AAAAAAAAAAAAAAAAAAAAAA".to_owned(),
    ] {
        let refused = StoredHash::parse_foreign(&hash).err();
        assert!(
            matches!(refused, Some(UnusableHash::OutOfBounds(_))),
            "{hash}"
        );
        assert_eq!(check("whatever", &hash), PasswordCheck::MalformedHash);
    }
}

#[test]
fn text_of_an_unknown_scheme_is_refused() {
    let tag_32 = BASE64_STANDARD.encode([7; 32]);
    for hash in [
        "",
        "!unusable",
        "md5$salt$5f4dcc3b5aa765d61d8327deb882cf99",
        "sha1$salt$5baa61e4c9b93f3f0682250b6cf8331b7ee68fd8",
        "5f4dcc3b5aa765d61d8327deb882cf99",
        "abJnggxhB/yWI",
        "$1$salt$qJH7.N4xYta3aEG/dfqo/0",
        "$argon2d$v=19$m=64,t=2,p=1$c29tZXNhbHQxMjM0$AAAAAAAAAAAAAAAAAAAAAA",
        "$argon2id$v=19$m=64,t=2,p=1$c29tZXNhbHQxMjM0",
        &format!("$2x$10${BCRYPT_REST}"),
        &format!("$2y$10${BCRYPT_REST}x"),
        &format!("$2y$10${}", BCRYPT_REST.replacen("WQ", "é", 1)),
        &format!("pbkdf2_sha1$1000000$salt${tag_32}"),
        &format!("pbkdf2_sha256$+1000$salt${tag_32}"),
        &format!("pbkdf2_sha256$1000000$${tag_32}"),
        "pbkdf2_sha256$1000000$salt$c2hvcnQ=",
        &format!("scrypt$16383$salt$8$1${tag_32}{tag_32}"),
        "better-auth$salt:zz",
        "better-auth$salt",
    ] {
        let refused = StoredHash::parse_foreign(hash).err();
        assert_eq!(refused, Some(UnusableHash::Unknown), "{hash}");
    }
}
