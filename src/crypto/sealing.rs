//! Seals secrets that Narthex must read again: AES-256-GCM under a key that is derived from the
//! signing key (HKDF, RFC 5869). A thief of the database alone cannot read them.

use std::array;

use aes_gcm::{Aes256Gcm, Key, KeyInit as _, Nonce, aead::Aead as _, aead::Payload};
use hkdf::Hkdf;
use sha2::Sha256;
use zeroize::Zeroizing;

use super::{
    digest::Digest,
    rng::{self, Random, RngError},
};

/// NIST SP 800-38D, section 8.2: 96 bits.
const NONCE_BYTES: usize = 12;

/// The error of sealing or opening.
#[derive(Debug, thiserror::Error)]
pub enum SealingError {
    /// There is no randomness for a nonce.
    #[error(transparent)]
    Random(#[from] RngError),
    /// The cipher refused the input.
    #[error("a secret could not be sealed")]
    Cipher,
    /// No key of this process opens the value: its key was removed, or it was changed.
    #[error("no signing key opens a sealed secret")]
    Unopened,
}

/// Identifies a sealing key without revealing it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SealingKeyId([u8; 16]);

impl SealingKeyId {
    /// Returns the 16 bytes for the database.
    #[must_use]
    pub const fn as_bytes(&self) -> &[u8; 16] {
        &self.0
    }
}

/// The keys that seal secrets: the first one seals, all open. The type has no `Debug`.
pub struct SealingKeys {
    first: SealingKey,
    older: Vec<SealingKey>,
}

struct SealingKey {
    cipher: Aes256Gcm,
    id: SealingKeyId,
    /// The key of [`SealingKeys::seed`].
    seeds: Zeroizing<[u8; 32]>,
}

impl SealingKeys {
    /// Derives the keys from the signing keys. Returns `None` if the derivation fails, which no
    /// length of a signing key causes.
    #[must_use]
    pub fn derive<'a>(first: &[u8], older: impl Iterator<Item = &'a [u8]>) -> Option<Self> {
        Some(Self {
            first: SealingKey::derive(first)?,
            older: older.map(SealingKey::derive).collect::<Option<_>>()?,
        })
    }

    /// Returns the identifier of the key that seals.
    #[must_use]
    pub const fn current(&self) -> SealingKeyId {
        self.first.id
    }

    /// Returns a secret that depends on `info` and the first key alone. `None` if the derivation
    /// fails, which no short `info` causes.
    #[must_use]
    pub fn seed(&self, info: &[u8]) -> Option<Zeroizing<[u8; 32]>> {
        let mut seed = Zeroizing::new([0; 32]);
        let derived = Hkdf::<Sha256>::new(None, self.first.seeds.as_slice());
        derived.expand(info, &mut *seed).ok()?;
        Some(seed)
    }

    /// Seals `secret`. The result opens for the same `owner` only, so that a row that is copied to
    /// another user opens for none.
    ///
    /// # Errors
    /// Fails without randomness.
    pub fn seal(
        &self,
        random: &dyn Random,
        owner: &[u8],
        secret: &[u8],
    ) -> Result<Vec<u8>, SealingError> {
        let nonce = rng::bytes::<NONCE_BYTES>(random)?;
        let payload = Payload {
            msg: secret,
            aad: owner,
        };
        let sealed = self
            .first
            .cipher
            .encrypt(Nonce::from_slice(&nonce), payload)
            .map_err(|_| SealingError::Cipher)?;
        Ok([nonce.as_slice(), &sealed].concat())
    }

    /// Opens a value that [`SealingKeys::seal`] made for `owner`, under any of the keys.
    ///
    /// # Errors
    /// [`SealingError::Unopened`] if none of the keys opens it.
    pub fn open(&self, owner: &[u8], sealed: &[u8]) -> Result<Zeroizing<Vec<u8>>, SealingError> {
        let (nonce, sealed) = sealed
            .split_first_chunk::<NONCE_BYTES>()
            .ok_or(SealingError::Unopened)?;
        let keys = std::iter::once(&self.first).chain(&self.older);
        keys.into_iter()
            .find_map(|key| {
                let payload = Payload {
                    msg: sealed,
                    aad: owner,
                };
                key.cipher.decrypt(Nonce::from_slice(nonce), payload).ok()
            })
            .map(Zeroizing::new)
            .ok_or(SealingError::Unopened)
    }
}

impl SealingKey {
    fn derive(signing_key: &[u8]) -> Option<Self> {
        let derived = Hkdf::<Sha256>::new(None, signing_key);
        let mut key = Zeroizing::new([0; 32]);
        derived.expand(b"narthex sealing key", &mut *key).ok()?;
        let digest = Digest::of(&[b"narthex sealing key id ", key.as_slice()].concat());
        let mut seeds = Zeroizing::new([0; 32]);
        derived.expand(b"narthex seeds", &mut *seeds).ok()?;
        let [id, _]: [[u8; 16]; 2] = halves(digest.as_bytes());
        Some(Self {
            cipher: Aes256Gcm::new(Key::<Aes256Gcm>::from_slice(key.as_slice())),
            id: SealingKeyId(id),
            seeds,
        })
    }
}

/// Splits a digest into two halves.
fn halves(bytes: &[u8; 32]) -> [[u8; 16]; 2] {
    let mut rest = bytes.iter().copied();
    array::from_fn(|_| array::from_fn(|_| rest.next().unwrap_or_default()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::crypto::rng::SystemRandom;

    const FIRST: [u8; 64] = [1; 64];
    const SECOND: [u8; 64] = [2; 64];

    fn keys(first: &[u8], older: &[&[u8]]) -> SealingKeys {
        SealingKeys::derive(first, older.iter().copied()).unwrap()
    }

    fn seal(keys: &SealingKeys, owner: &[u8], secret: &[u8]) -> Vec<u8> {
        keys.seal(&SystemRandom, owner, secret).unwrap()
    }

    #[test]
    fn sealed_secret_opens_for_its_owner_alone() {
        let keys = keys(&FIRST, &[]);
        let sealed = seal(&keys, b"ada", b"a secret");
        assert_eq!(keys.open(b"ada", &sealed).unwrap().as_slice(), b"a secret");
        assert!(keys.open(b"grace", &sealed).is_err());
    }

    #[test]
    fn equal_secrets_are_sealed_differently() {
        let keys = keys(&FIRST, &[]);
        assert_ne!(seal(&keys, b"ada", b"x"), seal(&keys, b"ada", b"x"));
    }

    #[test]
    fn seed_depends_on_the_key_and_the_info() {
        let seed = |key: &[u8], info: &[u8]| keys(key, &[]).seed(info).unwrap();
        assert_eq!(seed(&FIRST, b"a"), seed(&FIRST, b"a"));
        assert_ne!(seed(&FIRST, b"a"), seed(&FIRST, b"b"));
        assert_ne!(seed(&FIRST, b"a"), seed(&SECOND, b"a"));
    }

    #[test]
    fn changed_or_shortened_value_does_not_open() {
        let keys = keys(&FIRST, &[]);
        let sealed = seal(&keys, b"ada", b"a secret");
        for index in 0..sealed.len() {
            let mut changed = sealed.clone();
            changed[index] ^= 1;
            assert!(keys.open(b"ada", &changed).is_err(), "byte {index}");
            assert!(
                keys.open(b"ada", &sealed[..index]).is_err(),
                "{index} bytes"
            );
        }
    }

    #[test]
    fn older_key_opens_and_the_first_one_seals() {
        let (old, both) = (keys(&FIRST, &[]), keys(&SECOND, &[&FIRST]));
        let sealed = seal(&old, b"ada", b"a secret");
        assert!(both.open(b"ada", &sealed).is_ok());
        assert!(keys(&SECOND, &[]).open(b"ada", &sealed).is_err());
        assert!(old.open(b"ada", &seal(&both, b"ada", b"x")).is_err());
        assert_ne!(old.current(), both.current());
    }
}
