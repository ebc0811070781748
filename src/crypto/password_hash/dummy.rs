//! Dummy hashes, which are verified if there is no account or no password.
//!
//! After an import, the hashes of several schemes are in the database, and their verifications take
//! different times. If each unknown address took the time of one scheme, another time would reveal
//! an account. So each address has a scheme of its own: the same one on each node and at each
//! attempt, and each scheme as often as among the accounts.

use std::{
    collections::BTreeMap,
    sync::{Arc, PoisonError, RwLock},
};

use hkdf::Hkdf;
use sha2::Sha256;
use zeroize::Zeroizing;

use super::{
    HashError, SALT_BYTES, StoredHash, random,
    scheme::{HashScheme, LONGEST_TAG},
};

/// The dummy hashes of all schemes in the database.
pub(super) struct DummyHashes {
    /// The hash with the parameters of new hashes.
    current: StoredHash,
    by_address: RwLock<Arc<ByAddress>>,
}

/// The choice of a scheme by an address.
#[derive(Clone, Default)]
struct ByAddress {
    /// A key that all nodes share. Without it, a client could compute the scheme of an address.
    key: Zeroizing<Vec<u8>>,
    /// Each scheme with its number of accounts.
    choices: Vec<(u64, StoredHash)>,
}

impl DummyHashes {
    /// Creates the dummy hashes. New hashes have this scheme.
    pub(super) fn new(current: HashScheme) -> Result<Self, HashError> {
        Ok(Self {
            current: dummy(current)?,
            by_address: RwLock::default(),
        })
    }

    /// Returns the dummy hash with the parameters of new hashes.
    pub(super) fn current(&self) -> StoredHash {
        self.current.clone()
    }

    /// Sets the key that all nodes share.
    pub(super) fn set_key(&self, key: &[u8]) {
        self.change(|by_address| by_address.key = Zeroizing::new(key.to_vec()));
    }

    /// Sets the number of accounts with each scheme.
    pub(super) fn set_schemes(&self, counts: &BTreeMap<HashScheme, u64>) -> Result<(), HashError> {
        let choices = counts
            .iter()
            .map(|(&scheme, &count)| Ok((count, dummy(scheme)?)))
            .collect::<Result<Vec<_>, HashError>>()?;
        self.change(|by_address| by_address.choices = choices);
        Ok(())
    }

    /// Returns the dummy hash of an address without an account.
    pub(super) fn of(&self, address: &str) -> StoredHash {
        let by_address = Arc::clone(
            &self
                .by_address
                .read()
                .unwrap_or_else(PoisonError::into_inner),
        );
        by_address.choose(address).unwrap_or(&self.current).clone()
    }

    fn change(&self, change: impl FnOnce(&mut ByAddress)) {
        let mut by_address = self
            .by_address
            .write()
            .unwrap_or_else(PoisonError::into_inner);
        change(Arc::make_mut(&mut by_address));
    }
}

impl ByAddress {
    /// Returns `None` if all accounts have the current scheme.
    fn choose(&self, address: &str) -> Option<&StoredHash> {
        let total: u64 = self.choices.iter().map(|(count, _)| count).sum();
        let mut number = [0; 8];
        Hkdf::<Sha256>::new(Some(&self.key), address.as_bytes())
            .expand(b"scheme of a dummy hash", &mut number)
            .ok()?;
        // The number is evenly distributed, so its product is a position among the accounts.
        let product = u128::from(u64::from_be_bytes(number)) * u128::from(total);
        let mut position = u64::try_from(product >> 64).ok()?;
        for (count, hash) in &self.choices {
            match position.checked_sub(*count) {
                Some(rest) => position = rest,
                None => return Some(hash),
            }
        }
        None
    }
}

/// Returns a hash that no password matches and that takes as long to verify as a real one. Salt and
/// tag are random. Hashing a password for it would delay each start by the time of a sign-in.
fn dummy(scheme: HashScheme) -> Result<StoredHash, HashError> {
    let (salt, tag) = (random::<SALT_BYTES>()?, random::<LONGEST_TAG>()?);
    Ok(scheme.hash_with(&salt, &tag))
}

#[cfg(test)]
mod tests {
    use super::super::{Argon2Parameters, PasswordCheck, hash_now, verify_now};
    use super::*;
    use crate::crypto::secret::SecretString;

    const CURRENT: HashScheme = HashScheme::Argon2id(Argon2Parameters::RECOMMENDED);
    const BCRYPT: HashScheme = HashScheme::Bcrypt { cost: 4 };

    fn dummies(key: &[u8], counts: &[(HashScheme, u64)]) -> DummyHashes {
        let dummies = DummyHashes::new(CURRENT).unwrap();
        dummies.set_key(key);
        dummies
            .set_schemes(&counts.iter().copied().collect())
            .unwrap();
        dummies
    }

    fn scheme_of(dummies: &DummyHashes, address: &str) -> HashScheme {
        dummies.of(address).scheme().unwrap()
    }

    #[test]
    fn dummy_hash_has_its_scheme_and_no_password() {
        let whatever = SecretString::new("whatever".to_owned());
        for scheme in [
            CURRENT,
            BCRYPT,
            HashScheme::BcryptSha256 { cost: 5 },
            HashScheme::Pbkdf2Sha256 { iterations: 1000 },
            HashScheme::Scrypt {
                log_n: 4,
                r: 8,
                p: 2,
            },
            HashScheme::BetterAuth,
        ] {
            let dummy = dummy(scheme).unwrap();
            assert_eq!(dummy.scheme(), Ok(scheme));
            assert_eq!(
                verify_now(&whatever, &dummy, CURRENT),
                PasswordCheck::Invalid
            );
        }
        let length = |hash: &StoredHash| hash.as_str().len();
        let made = hash_now(&whatever, Argon2Parameters::RECOMMENDED).unwrap();
        assert_eq!(length(&dummy(CURRENT).unwrap()), length(&made));
    }

    #[test]
    fn schemes_of_unknown_addresses_are_as_frequent_as_stored_ones() {
        let dummies = dummies(b"key", &[(CURRENT, 250), (BCRYPT, 750)]);
        let addresses = (0..1000).map(|number| format!("nobody-{number}@example.com"));
        let is_bcrypt = |address: &String| scheme_of(&dummies, address) == BCRYPT;
        let bcrypts = addresses.filter(is_bcrypt).count();
        // Six standard deviations of 1000 draws.
        assert!(bcrypts.abs_diff(750) < 82, "{bcrypts}");
    }

    #[test]
    fn unknown_address_has_the_same_scheme_on_each_node() {
        let counts = [(CURRENT, 500), (BCRYPT, 500)];
        let nodes = [dummies(b"key", &counts), dummies(b"key", &counts)];
        let with_another_key = dummies(b"another key", &counts);
        let mut differs = false;
        for number in 0..64 {
            let address = format!("nobody-{number}@example.com");
            let scheme = scheme_of(&nodes[0], &address);
            assert_eq!(scheme_of(&nodes[1], &address), scheme);
            differs |= scheme_of(&with_another_key, &address) != scheme;
        }
        assert!(differs, "the key decides");
    }

    #[test]
    fn dummy_hash_is_current_without_an_import() {
        for counts in [&[][..], &[(CURRENT, 0)]] {
            let scheme = scheme_of(&dummies(b"key", counts), "nobody@example.com");
            assert_eq!(scheme, CURRENT);
        }
    }
}
