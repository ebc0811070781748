//! The schemes of password hashes: an algorithm and its parameters.

use std::fmt;

use argon2::{Error, Params};
use base64::{
    Engine as _,
    prelude::{BASE64_STANDARD, BASE64_STANDARD_NO_PAD},
};

use super::{
    SALT_BYTES, StoredHash, TAG_BYTES,
    foreign::{BCRYPT_SHA256, BETTER_AUTH, PBKDF2_SHA256, SCRYPT},
};

/// The number of bytes of the longest tag, that of scrypt.
pub(super) const LONGEST_TAG: usize = 64;
/// bcrypt drops the last of its 24 bytes.
const BCRYPT_TAG: usize = 23;

/// The algorithm and the parameters of a password hash. They decide the time of one verification.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum HashScheme {
    /// Argon2id, which Narthex makes, and Laravel and Django can make.
    Argon2id(Argon2Parameters),
    /// Argon2i of Laravel.
    Argon2i(Argon2Parameters),
    /// bcrypt of Laravel, Devise and Django.
    Bcrypt {
        /// The binary logarithm of the number of rounds.
        cost: u32,
    },
    /// bcrypt of the SHA-256 of the password, of Django.
    BcryptSha256 {
        /// The binary logarithm of the number of rounds.
        cost: u32,
    },
    /// PBKDF2 with HMAC-SHA-256, of Django.
    Pbkdf2Sha256 {
        /// The number of iterations.
        iterations: u32,
    },
    /// scrypt of Django.
    Scrypt {
        /// The binary logarithm of N.
        log_n: u8,
        /// The size of a block.
        r: u32,
        /// The parallelism.
        p: u32,
    },
    /// scrypt of better-auth, whose parameters are constants.
    BetterAuth,
}

/// The parameters of Argon2.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Argon2Parameters {
    /// The memory in KiB.
    pub memory_kib: u32,
    /// The number of passes over the memory.
    pub passes: u32,
    /// The number of lanes.
    pub lanes: u32,
}

impl Argon2Parameters {
    /// OWASP's password storage sheet, first choice for Argon2id: 19 MiB a hash and two passes. One
    /// lane, because other hashes need the other cores.
    pub const RECOMMENDED: Self = Self {
        memory_kib: 19_456,
        passes: 2,
        lanes: 1,
    };

    /// Returns the `LIKE` pattern of the hashes of Argon2id with these parameters.
    #[must_use]
    pub fn pattern(self) -> String {
        format!("$argon2id$v=19${self}$%")
    }

    /// Returns a hash of Argon2id with this salt and this tag.
    pub(super) fn hash_with(self, salt: &[u8; SALT_BYTES], tag: &[u8; TAG_BYTES]) -> StoredHash {
        StoredHash(phc("argon2id", self, salt, tag))
    }
}

impl TryFrom<Argon2Parameters> for Params {
    type Error = Error;

    fn try_from(parameters: Argon2Parameters) -> Result<Self, Error> {
        let Argon2Parameters {
            memory_kib,
            passes,
            lanes,
        } = parameters;
        Self::new(memory_kib, passes, lanes, Some(TAG_BYTES))
    }
}

impl From<&Params> for Argon2Parameters {
    fn from(params: &Params) -> Self {
        Self {
            memory_kib: params.m_cost(),
            passes: params.t_cost(),
            lanes: params.p_cost(),
        }
    }
}

impl fmt::Display for Argon2Parameters {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "m={},t={},p={}",
            self.memory_kib, self.passes, self.lanes
        )
    }
}

/// Writes the scheme as reports show it, such as `bcrypt 12`.
impl fmt::Display for HashScheme {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Argon2id(parameters) => write!(f, "argon2id {parameters}"),
            Self::Argon2i(parameters) => write!(f, "argon2i {parameters}"),
            Self::Bcrypt { cost } => write!(f, "bcrypt {cost}"),
            Self::BcryptSha256 { cost } => write!(f, "bcrypt_sha256 {cost}"),
            Self::Pbkdf2Sha256 { iterations } => write!(f, "pbkdf2_sha256 {iterations}"),
            Self::Scrypt { log_n, r, p } => write!(f, "scrypt N=2^{log_n},r={r},p={p}"),
            Self::BetterAuth => f.write_str("better-auth"),
        }
    }
}

impl HashScheme {
    /// Returns a hash of this scheme with this salt and a part of this tag.
    pub(super) fn hash_with(self, salt: &[u8; SALT_BYTES], tag: &[u8; LONGEST_TAG]) -> StoredHash {
        let salt_text = BASE64_STANDARD_NO_PAD.encode(salt);
        StoredHash(match self {
            Self::Argon2id(parameters) => {
                phc("argon2id", parameters, salt, first::<TAG_BYTES>(tag))
            }
            Self::Argon2i(parameters) => phc("argon2i", parameters, salt, first::<TAG_BYTES>(tag)),
            Self::Bcrypt { cost } => bcrypt_hash(cost, salt, tag),
            Self::BcryptSha256 { cost } => {
                format!("{BCRYPT_SHA256}{}", bcrypt_hash(cost, salt, tag))
            }
            Self::Pbkdf2Sha256 { iterations } => {
                let tag = BASE64_STANDARD.encode(first::<TAG_BYTES>(tag));
                format!("{PBKDF2_SHA256}{iterations}${salt_text}${tag}")
            }
            Self::Scrypt { log_n, r, p } => {
                let (n, tag) = (1_u64 << log_n.min(63), BASE64_STANDARD.encode(tag));
                format!("{SCRYPT}{n}${salt_text}${r}${p}${tag}")
            }
            Self::BetterAuth => format!("{BETTER_AUTH}{}:{}", hex::encode(salt), hex::encode(tag)),
        })
    }
}

fn phc(name: &str, parameters: Argon2Parameters, salt: &[u8], tag: &[u8]) -> String {
    let [salt, tag] = [salt, tag].map(|bytes| BASE64_STANDARD_NO_PAD.encode(bytes));
    format!("${name}$v=19${parameters}${salt}${tag}")
}

fn bcrypt_hash(cost: u32, salt: &[u8; SALT_BYTES], tag: &[u8; LONGEST_TAG]) -> String {
    let [salt, tag] =
        [salt.as_slice(), first::<BCRYPT_TAG>(tag)].map(|bytes| bcrypt::BASE_64.encode(bytes));
    format!("$2b${cost:02}${salt}{tag}")
}

/// Returns the first `N` bytes.
fn first<const N: usize>(tag: &[u8; LONGEST_TAG]) -> &[u8] {
    tag.first_chunk::<N>().map_or(tag, <[u8; N]>::as_slice)
}
