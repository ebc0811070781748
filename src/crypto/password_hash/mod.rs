//! Password hashing with Argon2id (RFC 9106), bounded in how much of it happens at once.

mod fair_queue;
mod hash_pool;

use argon2::{
    Params,
    password_hash::{PasswordHasher as _, PasswordVerifier as _, phc::PasswordHash},
};

use base64::{Engine as _, prelude::BASE64_STANDARD_NO_PAD};

pub use self::hash_pool::{HashPermit, PasswordHasher};
use super::{
    argon2_buffer::BufferedArgon2,
    rng::{self, SystemRandom},
    secret::SecretString,
};

/// 19 MiB a hash: OWASP's password storage sheet, first choice for Argon2id (19 456 KiB, t=2, p=1).
const MEMORY_KIB: u32 = 19_456;
/// Passes over that memory.
const PASSES: u32 = 2;
/// Lanes. One: the cores are needed by other callers' hashes.
const LANES: u32 = 1;
/// RFC 9106, section 3.1: 16 bytes are recommended for password hashing.
const SALT_BYTES: usize = 16;
/// RFC 9106, section 4: 256 bits.
const TAG_BYTES: usize = 32;
/// The costliest stored hash that is verified; a stored string that asks for more is refused
/// unread, for it would let a broken row take the machine's memory.
const MOST_MEMORY_KIB: u32 = 1 << 16;
const MOST_PASSES: u32 = 10;
const MOST_LANES: u32 = 8;

/// Why a password was not hashed or verified.
#[derive(Debug, thiserror::Error)]
pub enum HashError {
    /// Too many hashes are under way. Ask again in a second or two.
    #[error("password hashing is busy")]
    Busy,
    /// The algorithm or its thread failed.
    #[error("password hashing failed: {0}")]
    Failed(String),
}

/// A password hash as stored: a PHC string (`$argon2id$v=19$m=…,t=…,p=…$salt$tag`).
#[derive(Clone, PartialEq, Eq)]
pub struct StoredHash(String);

impl StoredHash {
    /// A hash that was stored before.
    #[must_use]
    pub const fn from_stored(phc: String) -> Self {
        Self(phc)
    }

    /// The PHC string.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// What a verification found.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PasswordCheck {
    /// The password is right and the hash as strong as we make them today.
    Valid,
    /// The password is right, but the hash should be made anew.
    ValidNeedsRehash,
    /// The password is wrong.
    Invalid,
    /// The stored string is broken, or asks for more than is sane: no password is right.
    MalformedHash,
}

/// A hash of no password, which takes as long to verify as one of ours: a random salt and a random tag.
/// (To hash something for it would hold up every start by a sign-in's time.)
fn dummy() -> Result<StoredHash, HashError> {
    let random = rng::bytes::<{ SALT_BYTES + TAG_BYTES }>(&SystemRandom)
        .map_err(|error| HashError::Failed(error.to_string()))?;
    let (salt, tag) = random.split_at(SALT_BYTES);
    let [salt, tag] = [salt, tag].map(|bytes| BASE64_STANDARD_NO_PAD.encode(bytes));
    let parameters = format!("m={MEMORY_KIB},t={PASSES},p={LANES}");
    Ok(StoredHash(format!(
        "$argon2id$v=19${parameters}${salt}${tag}"
    )))
}

fn argon2() -> Result<BufferedArgon2, HashError> {
    let params = Params::new(MEMORY_KIB, PASSES, LANES, None)
        .map_err(|error| HashError::Failed(error.to_string()))?;
    Ok(BufferedArgon2(params))
}

fn hash_now(password: &SecretString) -> Result<StoredHash, HashError> {
    let salt = rng::bytes::<SALT_BYTES>(&SystemRandom)
        .map_err(|error| HashError::Failed(error.to_string()))?;
    argon2()?
        .hash_password_with_salt(password.expose().as_bytes(), &salt)
        .map(|hash| StoredHash(hash.to_string()))
        .map_err(|error| HashError::Failed(error.to_string()))
}

fn verify_now(password: &SecretString, stored: &StoredHash) -> PasswordCheck {
    let Some((hash, params)) = read(stored) else {
        return PasswordCheck::MalformedHash;
    };
    let right = argon2().is_ok_and(|argon2| {
        argon2
            .verify_password(password.expose().as_bytes(), &hash)
            .is_ok()
    });
    let fresh = hash.algorithm.as_str() == "argon2id"
        && (params.m_cost(), params.t_cost(), params.p_cost()) == (MEMORY_KIB, PASSES, LANES);
    match (right, fresh) {
        (true, true) => PasswordCheck::Valid,
        (true, false) => PasswordCheck::ValidNeedsRehash,
        (false, _) => PasswordCheck::Invalid,
    }
}

/// The stored string, where it is one of ours and does not ask for absurd amounts.
fn read(stored: &StoredHash) -> Option<(PasswordHash, Params)> {
    let hash = PasswordHash::new(&stored.0).ok()?;
    let params = Params::try_from(&hash).ok()?;
    let sane = params.m_cost() <= MOST_MEMORY_KIB
        && params.t_cost() <= MOST_PASSES
        && params.p_cost() <= MOST_LANES;
    sane.then_some((hash, params))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn secret(text: &str) -> SecretString {
        SecretString::new(text.to_owned())
    }

    #[test]
    fn a_password_is_verified_whole_and_exactly() {
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
    fn a_stored_string_that_is_broken_or_absurd_is_refused_without_hashing() {
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
    fn the_hash_of_no_password_is_verified_like_any_other() {
        let (made, dummy) = (hash_now(&secret("whatever")).unwrap(), dummy().unwrap());
        let (made, parameters) = read(&made).unwrap();
        let (of_nobody, same) = read(&dummy).unwrap();
        assert_eq!(of_nobody.algorithm, made.algorithm);
        assert_eq!(of_nobody.version, made.version);
        assert_eq!(same, parameters);
        let lengths = |hash: &PasswordHash| {
            let (salt, tag) = (hash.salt.as_ref().unwrap(), hash.hash.as_ref().unwrap());
            (salt.as_ref().len(), tag.as_bytes().len())
        };
        assert_eq!(lengths(&of_nobody), lengths(&made));
        assert_eq!(
            verify_now(&secret("whatever"), &dummy),
            PasswordCheck::Invalid
        );
    }

    #[test]
    fn a_hash_with_other_parameters_is_right_but_stale() {
        let params = Params::new(64, 1, 1, None).unwrap();
        let weak = argon2::Argon2::new(argon2::Algorithm::Argon2id, argon2::Version::V0x13, params);
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
