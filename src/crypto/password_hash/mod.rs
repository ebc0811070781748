//! Password hashing with Argon2id (RFC 9106) and bounded concurrency. Hashes of other systems are
//! verified as well ([`foreign`]).

mod argon2_hash;
mod dummy;
mod fair_queue;
pub mod foreign;
mod hash_pool;
mod scheme;

use argon2::{Algorithm, Argon2, Params, Version};

use self::{argon2_hash::Argon2Hash, foreign::ForeignHash};
pub use self::{
    hash_pool::{HashPermit, PasswordHasher},
    scheme::{Argon2Parameters, HashScheme},
};
use super::{
    argon2_buffer::hash_into,
    rng::{self, SystemRandom},
    secret::SecretString,
};

/// RFC 9106, section 3.1: 16 bytes are recommended for password hashing.
const SALT_BYTES: usize = 16;
/// RFC 9106, section 4: 256 bits.
const TAG_BYTES: usize = 32;
/// The reason why a password was not hashed or verified.
#[derive(Debug, thiserror::Error)]
pub enum HashError {
    /// Too many hashes are running. Retry in a second or two.
    #[error("password hashing is busy")]
    Busy,
    /// The algorithm or its thread failed.
    #[error("password hashing failed: {0}")]
    Failed(String),
}

/// A stored password hash: a PHC string (`$argon2id$v=19$m=…,t=…,p=…$salt$tag`), or a hash of another
/// system.
#[derive(Clone, PartialEq, Eq)]
pub struct StoredHash(String);

impl StoredHash {
    /// Wraps a hash that was read from storage.
    #[must_use]
    pub const fn from_stored(text: String) -> Self {
        Self(text)
    }

    /// Returns the value of an account without a password, which no password matches.
    #[must_use]
    pub const fn absent() -> Self {
        Self(String::new())
    }

    /// Accepts the hash of another system, if Narthex can verify it.
    ///
    /// # Errors
    /// Returns the reason, if the scheme is unknown or a verification would cost too much.
    pub fn parse_foreign(text: &str) -> Result<Self, UnusableHash> {
        let hash = Self(text.to_owned());
        hash.scheme()?;
        Ok(hash)
    }

    /// Returns the algorithm and its parameters.
    ///
    /// # Errors
    /// Returns the reason, if the scheme is unknown or a verification would cost too much.
    pub fn scheme(&self) -> Result<HashScheme, UnusableHash> {
        read(self).map(|hash| hash.scheme())
    }

    /// Returns whether the account has no password.
    #[must_use]
    pub const fn is_absent(&self) -> bool {
        self.0.is_empty()
    }

    /// Returns the stored text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// The reason why no password can be verified against a stored hash.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum UnusableHash {
    /// The text is not a hash of a known scheme.
    #[error("the scheme of the password hash is unknown")]
    Unknown,
    /// A verification would need too much memory or time.
    #[error("a password hash with {0} costs too much to verify")]
    OutOfBounds(HashScheme),
}

/// The result of a verification.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PasswordCheck {
    /// The password is right and the hash stays. It has the current scheme, or it does not depend
    /// on all bytes of this password.
    Valid,
    /// The password is right, but the hash should be replaced by one with the current scheme.
    ValidNeedsRehash,
    /// The password is wrong.
    Invalid,
    /// The stored string is malformed or its parameters exceed the bounds. No password matches it.
    MalformedHash,
}

impl PasswordCheck {
    /// Returns whether the password is right.
    #[must_use]
    pub const fn is_valid(self) -> bool {
        matches!(self, Self::Valid | Self::ValidNeedsRehash)
    }
}

fn hash_now(
    password: &SecretString,
    parameters: Argon2Parameters,
) -> Result<StoredHash, HashError> {
    let salt = random::<SALT_BYTES>()?;
    let mut tag = [0; TAG_BYTES];
    Params::try_from(parameters)
        .map(|params| Argon2::new(Algorithm::Argon2id, Version::V0x13, params))
        .and_then(|argon2| hash_into(&argon2, password.expose().as_bytes(), &salt, &mut tag))
        .map_err(|error| HashError::Failed(error.to_string()))?;
    Ok(parameters.hash_with(&salt, &tag))
}

fn random<const N: usize>() -> Result<[u8; N], HashError> {
    rng::bytes(&SystemRandom).map_err(|error| HashError::Failed(error.to_string()))
}

/// Verifies a password. A hash that does not have the `current` scheme needs a rehash.
fn verify_now(password: &SecretString, stored: &StoredHash, current: HashScheme) -> PasswordCheck {
    let Ok(hash) = read(stored) else {
        return PasswordCheck::MalformedHash;
    };
    let password = password.expose();
    let stays = hash.scheme() == current || !hash.is_exact(password);
    match (hash.matches(password), stays) {
        (Some(true), true) => PasswordCheck::Valid,
        (Some(true), false) => PasswordCheck::ValidNeedsRehash,
        _ => PasswordCheck::Invalid,
    }
}

/// A stored hash against which a password can be verified.
enum ReadHash {
    Argon2(Argon2Hash),
    Foreign(ForeignHash),
}

/// Parses a stored string. Fails if it is malformed or its parameters exceed the bounds.
fn read(stored: &StoredHash) -> Result<ReadHash, UnusableHash> {
    // Django writes the name of the algorithm before the PHC string.
    let phc = stored.0.strip_prefix("argon2").unwrap_or(&stored.0);
    if phc.starts_with("$argon2") {
        Argon2Hash::parse(phc).map(ReadHash::Argon2)
    } else {
        ForeignHash::parse(&stored.0).map(ReadHash::Foreign)
    }
}

impl ReadHash {
    const fn scheme(&self) -> HashScheme {
        match self {
            Self::Argon2(hash) => hash.scheme(),
            Self::Foreign(hash) => hash.scheme(),
        }
    }

    /// Returns whether the password has this hash. `None` if it cannot be computed.
    fn matches(&self, password: &str) -> Option<bool> {
        match self {
            Self::Argon2(hash) => hash.matches(password),
            Self::Foreign(hash) => hash.matches(password),
        }
    }

    /// Returns whether this password alone has the hash.
    fn is_exact(&self, password: &str) -> bool {
        match self {
            Self::Argon2(_) => true,
            Self::Foreign(hash) => hash.is_exact(password),
        }
    }
}

#[cfg(test)]
mod tests {
    use argon2::password_hash::PasswordHasher as _;

    use super::*;

    const CURRENT: HashScheme = HashScheme::Argon2id(Argon2Parameters::RECOMMENDED);

    fn secret(text: &str) -> SecretString {
        SecretString::new(text.to_owned())
    }

    #[test]
    fn password_is_verified_exactly_and_untruncated() {
        let long = "x".repeat(100);
        let stored = hash_now(&secret(&long), Argon2Parameters::RECOMMENDED).unwrap();
        assert_eq!(
            verify_now(&secret(&long), &stored, CURRENT),
            PasswordCheck::Valid
        );
        for wrong in [
            &"x".repeat(99),
            &"x".repeat(101),
            &format!("{long} "),
            &String::new(),
        ] {
            assert_eq!(
                verify_now(&secret(wrong), &stored, CURRENT),
                PasswordCheck::Invalid
            );
        }
    }

    #[test]
    fn malformed_or_excessive_hash_is_refused_unhashed() {
        let tag = "$c29tZXNhbHQxMjM0$AAAAAAAAAAAAAAAAAAAAAA";
        for phc in [
            String::new(),
            "$argon2id$".to_owned(),
            format!("$argon2id$v=19$m=4194304,t=2,p=1{tag}"),
            format!("$argon2id$v=19$m=19456,t=4000000000,p=1{tag}"),
            format!("$argon2id$v=19$m=19456,t=2,p=200{tag}"),
        ] {
            assert!(StoredHash(phc.clone()).scheme().is_err(), "{phc}");
        }
        assert!(
            StoredHash(format!("$argon2id$v=19$m=19456,t=2,p=1{tag}"))
                .scheme()
                .is_ok()
        );
    }

    #[test]
    fn hash_with_other_parameters_needs_a_rehash() {
        let params = Params::new(64, 1, 1, None).unwrap();
        let weak = Argon2::new(Algorithm::Argon2id, Version::V0x13, params);
        let stored = StoredHash(weak.hash_password(b"whatever").unwrap().to_string());
        assert_eq!(
            verify_now(&secret("whatever"), &stored, CURRENT),
            PasswordCheck::ValidNeedsRehash
        );
        assert_eq!(
            verify_now(&secret("other"), &stored, CURRENT),
            PasswordCheck::Invalid
        );
    }
}
