//! The secret of a session. It travels in the signed cookie.

use crate::{
    crypto::{
        digest::Digest,
        rng::Random,
        secret::{LENGTH_256, SecretString, random_256},
    },
    error::Result,
};

/// The secret of a session.
pub struct SessionSecret(SecretString);

impl SessionSecret {
    /// Generates a secret.
    ///
    /// # Errors
    /// Returns an error if the system provides no random bytes.
    pub fn generate(random: &dyn Random) -> Result<Self> {
        Ok(Self(random_256(random)?))
    }

    /// Parses a secret from a cookie with a valid signature.
    #[must_use]
    pub fn parse(text: String) -> Option<Self> {
        (text.len() == LENGTH_256).then(|| Self(SecretString::new(text)))
    }

    /// Returns the digest that the database stores.
    #[must_use]
    pub fn digest(&self) -> Digest {
        self.0.digest()
    }

    /// Returns the text for the cookie.
    pub(crate) fn expose(&self) -> &str {
        self.0.expose()
    }
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;
    use crate::crypto::rng::SystemRandom;

    #[test]
    fn concurrently_generated_secrets_share_no_beginning() {
        let make = || -> Vec<String> {
            let secrets = (0..5_000).map(|_| SessionSecret::generate(&SystemRandom).ok().unwrap());
            secrets.map(|secret| secret.expose().to_owned()).collect()
        };
        let threads: Vec<_> = (0..8).map(|_| std::thread::spawn(make)).collect();
        let secrets = threads.into_iter().flat_map(|one| one.join().unwrap());
        let secrets: Vec<String> = secrets.collect();
        assert!(secrets.iter().all(|secret| secret.len() == LENGTH_256));
        // 96 bits: two of 40,000 secrets would be equal once in 10^19 runs.
        let beginnings = secrets.iter().filter_map(|secret| secret.get(..16));
        assert_eq!(beginnings.collect::<HashSet<_>>().len(), secrets.len());
    }
}
