//! Password hashing with Argon2id (RFC 9106) and bounded concurrency.

mod fair_queue;
mod hash_pool;

use argon2::{
    Algorithm, Argon2, Params, Version,
    password_hash::phc::{Output, PasswordHash},
};
use base64::{Engine as _, prelude::BASE64_STANDARD_NO_PAD};

pub use self::hash_pool::{HashPermit, PasswordHasher};
use super::{
    argon2_buffer::hash_into,
    rng::{self, SystemRandom},
    secret::SecretString,
};

/// 19 MiB a hash: OWASP's password storage sheet, first choice for Argon2id (19 456 KiB, t=2, p=1).
const MEMORY_KIB: u32 = 19_456;
/// Passes over that memory.
const PASSES: u32 = 2;
/// One lane, because other hashes need the other cores.
const LANES: u32 = 1;
/// RFC 9106, section 3.1: 16 bytes are recommended for password hashing.
const SALT_BYTES: usize = 16;
/// RFC 9106, section 4: 256 bits.
const TAG_BYTES: usize = 32;
/// Bounds of a stored hash that is verified. A stored string beyond them is refused before hashing,
/// because a corrupt row could otherwise exhaust the memory of the machine.
const MAX_MEMORY_KIB: u32 = 1 << 16;
const MAX_PASSES: u32 = 10;
const MAX_LANES: u32 = 8;

/// Why a password was not hashed or verified.
#[derive(Debug, thiserror::Error)]
pub enum HashError {
    /// Too many hashes are running. Retry in a second or two.
    #[error("password hashing is busy")]
    Busy,
    /// The algorithm or its thread failed.
    #[error("password hashing failed: {0}")]
    Failed(String),
}

/// A stored password hash: a PHC string (`$argon2id$v=19$m=…,t=…,p=…$salt$tag`).
#[derive(Clone, PartialEq, Eq)]
pub struct StoredHash(String);

impl StoredHash {
    /// Wraps a hash that was read from storage.
    #[must_use]
    pub const fn from_stored(phc: String) -> Self {
        Self(phc)
    }

    /// Returns the PHC string.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// The result of a verification.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PasswordCheck {
    /// The password is right and the hash has the current parameters.
    Valid,
    /// The password is right, but the hash should be replaced by one with the current parameters.
    ValidNeedsRehash,
    /// The password is wrong.
    Invalid,
    /// The stored string is malformed or its parameters exceed the bounds. No password matches it.
    MalformedHash,
}

/// Returns a hash that no password matches and that takes as long to verify as a real one. Salt and
/// tag are random. Hashing a password for it would delay each start by the time of a sign-in.
fn dummy() -> Result<StoredHash, HashError> {
    let (salt, tag) = (random::<SALT_BYTES>()?, random::<TAG_BYTES>()?);
    Ok(current_hash(&salt, &tag))
}

fn hash_now(password: &SecretString) -> Result<StoredHash, HashError> {
    let salt = random::<SALT_BYTES>()?;
    let mut tag = [0; TAG_BYTES];
    Params::new(MEMORY_KIB, PASSES, LANES, Some(TAG_BYTES))
        .map(|params| Argon2::new(Algorithm::Argon2id, Version::V0x13, params))
        .and_then(|argon2| hash_into(&argon2, password.expose().as_bytes(), &salt, &mut tag))
        .map_err(|error| HashError::Failed(error.to_string()))?;
    Ok(current_hash(&salt, &tag))
}

fn random<const N: usize>() -> Result<[u8; N], HashError> {
    rng::bytes(&SystemRandom).map_err(|error| HashError::Failed(error.to_string()))
}

/// Returns the PHC string of a hash with the current parameters.
fn current_hash(salt: &[u8], tag: &[u8]) -> StoredHash {
    let [salt, tag] = [salt, tag].map(|bytes| BASE64_STANDARD_NO_PAD.encode(bytes));
    let parameters = format!("m={MEMORY_KIB},t={PASSES},p={LANES}");
    StoredHash(format!("$argon2id$v=19${parameters}${salt}${tag}"))
}

fn verify_now(password: &SecretString, stored: &StoredHash) -> PasswordCheck {
    let Some((hash, params)) = read(stored) else {
        return PasswordCheck::MalformedHash;
    };
    let is_current = hash.algorithm.as_str() == "argon2id"
        && (params.m_cost(), params.t_cost(), params.p_cost()) == (MEMORY_KIB, PASSES, LANES);
    match (matches(password, &hash, params), is_current) {
        (Some(true), true) => PasswordCheck::Valid,
        (Some(true), false) => PasswordCheck::ValidNeedsRehash,
        _ => PasswordCheck::Invalid,
    }
}

/// Returns whether the password has this hash. `None` if it cannot be computed.
fn matches(password: &SecretString, hash: &PasswordHash, params: Params) -> Option<bool> {
    let algorithm = Algorithm::try_from(hash.algorithm.as_str()).ok()?;
    let version = hash.version.map(Version::try_from).transpose().ok()?;
    let argon2 = Argon2::new(algorithm, version.unwrap_or_default(), params);
    let (salt, expected) = (hash.salt.as_ref()?, hash.hash.as_ref()?);
    let mut buffer = [0; Output::MAX_LENGTH];
    let tag = buffer.get_mut(..expected.len())?;
    hash_into(&argon2, password.expose().as_bytes(), salt, tag).ok()?;
    // `Output` compares in constant time.
    Some(Output::new(tag).ok()? == *expected)
}

/// Parses a stored string. Returns `None` if it is malformed or its parameters exceed the bounds.
fn read(stored: &StoredHash) -> Option<(PasswordHash, Params)> {
    let hash = PasswordHash::new(&stored.0).ok()?;
    let params = Params::try_from(&hash).ok()?;
    let within_bounds = params.m_cost() <= MAX_MEMORY_KIB
        && params.t_cost() <= MAX_PASSES
        && params.p_cost() <= MAX_LANES;
    within_bounds.then_some((hash, params))
}

#[cfg(test)]
mod tests {
    use argon2::password_hash::PasswordHasher as _;

    use super::*;

    fn secret(text: &str) -> SecretString {
        SecretString::new(text.to_owned())
    }

    #[test]
    fn password_is_verified_exactly_and_untruncated() {
        let long = "x".repeat(100);
        let stored = hash_now(&secret(&long)).unwrap();
        assert_eq!(verify_now(&secret(&long), &stored), PasswordCheck::Valid);
        for wrong in [
            &"x".repeat(99),
            &"x".repeat(101),
            &format!("{long} "),
            &String::new(),
        ] {
            assert_eq!(verify_now(&secret(wrong), &stored), PasswordCheck::Invalid);
        }
    }

    #[test]
    fn malformed_or_excessive_hash_is_refused_unhashed() {
        let tag = "$c29tZXNhbHQxMjM0$Y29ycmVjdA";
        for phc in [
            String::new(),
            "$argon2id$".to_owned(),
            format!("$argon2id$v=19$m=4194304,t=2,p=1{tag}"),
            format!("$argon2id$v=19$m=19456,t=4000000000,p=1{tag}"),
            format!("$argon2id$v=19$m=19456,t=2,p=200{tag}"),
        ] {
            assert!(read(&StoredHash(phc.clone())).is_none(), "{phc}");
        }
    }

    #[test]
    fn dummy_hash_has_the_shape_of_a_real_one() {
        let (made, dummy) = (hash_now(&secret("whatever")).unwrap(), dummy().unwrap());
        let (made, parameters) = read(&made).unwrap();
        let (dummy_hash, dummy_params) = read(&dummy).unwrap();
        assert_eq!(dummy_hash.algorithm, made.algorithm);
        assert_eq!(dummy_hash.version, made.version);
        assert_eq!(dummy_params, parameters);
        let lengths = |hash: &PasswordHash| {
            let (salt, tag) = (hash.salt.as_ref().unwrap(), hash.hash.as_ref().unwrap());
            (salt.as_ref().len(), tag.as_bytes().len())
        };
        assert_eq!(lengths(&dummy_hash), lengths(&made));
        assert_eq!(
            verify_now(&secret("whatever"), &dummy),
            PasswordCheck::Invalid
        );
    }

    #[test]
    fn hash_with_other_parameters_needs_a_rehash() {
        let params = Params::new(64, 1, 1, None).unwrap();
        let weak = Argon2::new(Algorithm::Argon2id, Version::V0x13, params);
        let stored = StoredHash(weak.hash_password(b"whatever").unwrap().to_string());
        assert_eq!(
            verify_now(&secret("whatever"), &stored),
            PasswordCheck::ValidNeedsRehash
        );
        assert_eq!(
            verify_now(&secret("other"), &stored),
            PasswordCheck::Invalid
        );
    }
}
