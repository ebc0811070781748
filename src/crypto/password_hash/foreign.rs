//! Password hashes of other systems, which an import brings.
//!
//! Narthex verifies them and makes none. After the first sign-in, Argon2id replaces such a hash. A
//! hash whose verification would need too much memory or time is refused when it is read.

use argon2::password_hash::phc::Output;
use base64::{Engine as _, prelude::BASE64_STANDARD};
use bcrypt::HashParts;
use pbkdf2::{Algorithm, pbkdf2_hmac_with_params};
use unicode_normalization::{UnicodeNormalization as _, is_nfkc};
use zeroize::Zeroizing;

use super::{UnusableHash, scheme::HashScheme};
use crate::crypto::digest::Digest;

/// The beginnings of the hashes of Django.
pub(super) const BCRYPT: &str = "bcrypt$";
pub(super) const BCRYPT_SHA256: &str = "bcrypt_sha256$";
pub(super) const PBKDF2_SHA256: &str = "pbkdf2_sha256$";
pub(super) const SCRYPT: &str = "scrypt$";
/// The beginning of a hash of better-auth. An import adds it, because `salt:key` alone names no
/// scheme.
pub const BETTER_AUTH: &str = "better-auth$";

/// Each step of the cost doubles the time. Cost 15 takes about two seconds.
const MAX_BCRYPT_COST: u32 = 15;
const MIN_BCRYPT_COST: u32 = 4;
/// bcrypt ignores the bytes of a password after these.
const BCRYPT_BYTES: usize = 72;
/// Twice the default of Django 5.2.
const MAX_ITERATIONS: u32 = 2_000_000;
const MIN_ITERATIONS: u32 = pbkdf2::Params::MIN_ROUNDS;
/// The memory of one scrypt hash.
const MAX_SCRYPT_BYTES: u64 = 64 << 20;
const MAX_SCRYPT_PARALLELISM: u32 = 8;

/// A password hash of another system.
pub(super) enum ForeignHash {
    /// bcrypt. Django can use the SHA-256 of the password instead of the password.
    Bcrypt {
        text: String,
        cost: u32,
        is_of_sha256: bool,
    },
    /// PBKDF2 with HMAC-SHA-256.
    Pbkdf2Sha256 {
        iterations: u32,
        salt: String,
        tag: Output,
    },
    /// scrypt. better-auth normalises the password and has constant parameters.
    Scrypt {
        cost: ScryptCost,
        salt: String,
        tag: Output,
        is_better_auth: bool,
    },
}

/// The parameters of scrypt.
#[derive(Clone, Copy)]
pub(super) struct ScryptCost {
    log_n: u8,
    r: u32,
    p: u32,
}

/// The parameters of better-auth (`packages/better-auth/src/crypto/password.ts`).
const BETTER_AUTH_COST: ScryptCost = ScryptCost {
    log_n: 14,
    r: 16,
    p: 1,
};

impl ForeignHash {
    /// Parses a stored hash that is not one of Argon2.
    pub(super) fn parse(text: &str) -> Result<Self, UnusableHash> {
        let parsed = if let Some(rest) = text.strip_prefix(PBKDF2_SHA256) {
            pbkdf2_sha256(rest)
        } else if let Some(rest) = text.strip_prefix(SCRYPT) {
            scrypt(rest)
        } else if let Some(rest) = text.strip_prefix(BETTER_AUTH) {
            better_auth(rest)
        } else if let Some(rest) = text.strip_prefix(BCRYPT_SHA256) {
            bcrypt(rest, true)
        } else {
            bcrypt(text.strip_prefix(BCRYPT).unwrap_or(text), false)
        };
        let parsed = parsed.ok_or(UnusableHash::Unknown)?;
        if parsed.is_within_bounds() {
            Ok(parsed)
        } else {
            Err(UnusableHash::OutOfBounds(parsed.scheme()))
        }
    }

    fn is_within_bounds(&self) -> bool {
        match self {
            Self::Bcrypt { cost, .. } => (MIN_BCRYPT_COST..=MAX_BCRYPT_COST).contains(cost),
            Self::Pbkdf2Sha256 { iterations, .. } => {
                (MIN_ITERATIONS..=MAX_ITERATIONS).contains(iterations)
            }
            Self::Scrypt { cost, .. } => cost.is_within_bounds(),
        }
    }

    /// Returns the algorithm and its parameters.
    pub(super) const fn scheme(&self) -> HashScheme {
        match *self {
            Self::Bcrypt {
                cost,
                is_of_sha256: false,
                ..
            } => HashScheme::Bcrypt { cost },
            Self::Bcrypt { cost, .. } => HashScheme::BcryptSha256 { cost },
            Self::Pbkdf2Sha256 { iterations, .. } => HashScheme::Pbkdf2Sha256 { iterations },
            Self::Scrypt {
                is_better_auth: true,
                ..
            } => HashScheme::BetterAuth,
            Self::Scrypt {
                cost: ScryptCost { log_n, r, p },
                ..
            } => HashScheme::Scrypt { log_n, r, p },
        }
    }

    /// Returns whether the password has this hash. `None` if it cannot be computed.
    pub(super) fn matches(&self, password: &str) -> Option<bool> {
        match self {
            Self::Bcrypt {
                text,
                is_of_sha256: false,
                ..
            } => {
                let is_equal = bcrypt::verify(password, text).ok()?;
                // PHP and Python refuse a NUL. Other libraries ignore all that follows it.
                Some(is_equal && !password.contains('\0'))
            }
            Self::Bcrypt { text, .. } => {
                let digest = Digest::of(password.as_bytes());
                let digest = Zeroizing::new(hex::encode(digest.as_bytes()));
                bcrypt::verify(digest.as_bytes(), text).ok()
            }
            Self::Pbkdf2Sha256 {
                iterations,
                salt,
                tag,
            } => is_tag(tag, |computed| {
                let params = pbkdf2::Params::new(*iterations).ok()?;
                let (password, salt) = (password.as_bytes(), salt.as_bytes());
                // Not `pbkdf2_hmac`, which is generic and so would be compiled here without
                // optimization in a debug build.
                let algorithm = Algorithm::Pbkdf2Sha256;
                pbkdf2_hmac_with_params(password, salt, algorithm, params, computed);
                Some(())
            }),
            Self::Scrypt {
                cost,
                salt,
                tag,
                is_better_auth,
            } => {
                let typed = || Zeroizing::new(password.to_owned());
                let normalized = || Zeroizing::new(password.nfkc().collect::<String>());
                let password = if *is_better_auth {
                    normalized()
                } else {
                    typed()
                };
                let params = cost.params()?;
                is_tag(tag, |computed| {
                    scrypt::scrypt(password.as_bytes(), salt.as_bytes(), &params, computed).ok()
                })
            }
        }
    }

    /// Returns whether this password alone has the hash. Otherwise similar passwords have it too, and
    /// a new hash would refuse them.
    pub(super) fn is_exact(&self, password: &str) -> bool {
        match self {
            Self::Bcrypt {
                is_of_sha256: false,
                ..
            } => password.len() <= BCRYPT_BYTES,
            Self::Scrypt {
                is_better_auth: true,
                ..
            } => is_nfkc(password),
            _ => true,
        }
    }
}

impl ScryptCost {
    fn is_within_bounds(self) -> bool {
        let memory = 1_u64
            .checked_shl(self.log_n.into())
            .and_then(|n| n.checked_mul(128 * u64::from(self.r)));
        memory.is_some_and(|memory| memory <= MAX_SCRYPT_BYTES)
            && self.p <= MAX_SCRYPT_PARALLELISM
            && self.params().is_some()
    }

    fn params(self) -> Option<scrypt::Params> {
        scrypt::Params::new(self.log_n, self.r, self.p).ok()
    }
}

/// Compares a tag with the one that `compute` writes.
fn is_tag(expected: &Output, compute: impl FnOnce(&mut [u8]) -> Option<()>) -> Option<bool> {
    let mut buffer = [0; Output::MAX_LENGTH];
    let computed = buffer.get_mut(..expected.len())?;
    compute(computed)?;
    // `Output` compares in constant time.
    Some(Output::new(computed).ok()? == *expected)
}

/// Parses `$2y$<cost>$<salt><tag>`. `$2x$` marks hashes of a PHP with an error, so it is not
/// accepted.
fn bcrypt(text: &str, is_of_sha256: bool) -> Option<ForeignHash> {
    let known = ["$2a$", "$2b$", "$2y$"];
    if !known.iter().any(|known| text.starts_with(known)) {
        return None;
    }
    let parts: HashParts = text.parse().ok()?;
    Some(ForeignHash::Bcrypt {
        text: text.to_owned(),
        cost: parts.get_cost(),
        is_of_sha256,
    })
}

/// Parses `<iterations>$<salt>$<tag>`.
fn pbkdf2_sha256(text: &str) -> Option<ForeignHash> {
    let [iterations, salt, tag] = parts(text, '$')?;
    Some(ForeignHash::Pbkdf2Sha256 {
        iterations: number(iterations)?,
        salt: salt.to_owned(),
        tag: tag_of::<32>(&BASE64_STANDARD.decode(tag).ok()?)?,
    })
}

/// Parses `<N>$<salt>$<r>$<p>$<tag>`.
fn scrypt(text: &str) -> Option<ForeignHash> {
    let [n, salt, r, p, tag] = parts(text, '$')?;
    let n = number(n)?;
    let log_n = u8::try_from(n.trailing_zeros()).ok()?;
    if n < 2 || !n.is_power_of_two() {
        return None;
    }
    Some(ForeignHash::Scrypt {
        cost: ScryptCost {
            log_n,
            r: number(r)?,
            p: number(p)?,
        },
        salt: salt.to_owned(),
        tag: tag_of::<64>(&BASE64_STANDARD.decode(tag).ok()?)?,
        is_better_auth: false,
    })
}

/// Parses `<salt>:<tag>`. The hexadecimal digits of the salt are used as text.
fn better_auth(text: &str) -> Option<ForeignHash> {
    let [salt, tag] = parts(text, ':')?;
    Some(ForeignHash::Scrypt {
        cost: BETTER_AUTH_COST,
        salt: salt.to_owned(),
        tag: tag_of::<64>(&hex::decode(tag).ok()?)?,
        is_better_auth: true,
    })
}

/// Splits a text into exactly `N` parts, none of which is empty.
fn parts<const N: usize>(text: &str, separator: char) -> Option<[&str; N]> {
    let parts: Vec<&str> = text.split(separator).collect();
    let parts = <[&str; N]>::try_from(parts).ok()?;
    (!parts.contains(&"")).then_some(parts)
}

/// Parses a decimal number without a sign.
fn number(text: &str) -> Option<u32> {
    let is_decimal = text.bytes().all(|byte| byte.is_ascii_digit());
    is_decimal.then(|| text.parse().ok()).flatten()
}

/// Returns a tag of exactly `N` bytes. A shorter one would be easier to guess, and a longer one would
/// need more time.
fn tag_of<const N: usize>(bytes: &[u8]) -> Option<Output> {
    Output::new(<&[u8; N]>::try_from(bytes).ok()?).ok()
}

#[cfg(test)]
mod tests;
