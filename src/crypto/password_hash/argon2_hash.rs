//! Hashes of Argon2 (RFC 9106) as PHC strings.

use argon2::{
    Algorithm, Argon2, Params, Version,
    password_hash::phc::{Output, PasswordHash, Salt},
};

use super::{
    UnusableHash,
    scheme::{Argon2Parameters, HashScheme},
};
use crate::crypto::argon2_buffer::hash_into;

/// Bounds of a stored hash that is verified. A stored string beyond them is refused before hashing,
/// because a corrupt row could otherwise exhaust the memory of the machine. Django uses 100 MiB, and
/// Laravel 64 MiB.
const MAX_MEMORY_KIB: u32 = 1 << 17;
const MAX_PASSES: u32 = 10;
const MAX_LANES: u32 = 8;

/// A hash of Argon2id or Argon2i.
pub(super) struct Argon2Hash {
    scheme: HashScheme,
    argon2: Argon2<'static>,
    salt: Salt,
    tag: Output,
}

impl Argon2Hash {
    /// Parses a PHC string.
    pub(super) fn parse(phc: &str) -> Result<Self, UnusableHash> {
        let hash = Self::read(phc).ok_or(UnusableHash::Unknown)?;
        if is_within_bounds(hash.argon2.params()) {
            Ok(hash)
        } else {
            Err(UnusableHash::OutOfBounds(hash.scheme))
        }
    }

    fn read(phc: &str) -> Option<Self> {
        let hash = PasswordHash::new(phc).ok()?;
        let params = Params::try_from(&hash).ok()?;
        let parameters = Argon2Parameters::from(&params);
        let algorithm = Algorithm::try_from(hash.algorithm.as_str()).ok()?;
        let scheme = match algorithm {
            Algorithm::Argon2id => HashScheme::Argon2id(parameters),
            Algorithm::Argon2i => HashScheme::Argon2i(parameters),
            Algorithm::Argon2d => return None,
        };
        let version = hash.version.map(Version::try_from).transpose().ok()?;
        Some(Self {
            scheme,
            argon2: Argon2::new(algorithm, version.unwrap_or_default(), params),
            salt: hash.salt?,
            tag: hash.hash?,
        })
    }

    /// Returns the algorithm and its parameters.
    pub(super) const fn scheme(&self) -> HashScheme {
        self.scheme
    }

    /// Returns whether the password has this hash. `None` if it cannot be computed.
    pub(super) fn matches(&self, password: &str) -> Option<bool> {
        let mut buffer = [0; Output::MAX_LENGTH];
        let tag = buffer.get_mut(..self.tag.len())?;
        hash_into(&self.argon2, password.as_bytes(), self.salt.as_ref(), tag).ok()?;
        // `Output` compares in constant time.
        Some(Output::new(tag).ok()? == self.tag)
    }
}

fn is_within_bounds(params: &Params) -> bool {
    params.m_cost() <= MAX_MEMORY_KIB
        && params.t_cost() <= MAX_PASSES
        && params.p_cost() <= MAX_LANES
}
