//! Secret text without `Debug`, `Display`, `Serialize` or comparison.
//!
//! Secrets are not compared. The secret of a credential is looked up by its digest, and a password is
//! verified by `password_hash`.

use base64::{Engine as _, prelude::BASE64_URL_SAFE_NO_PAD};
use serde::{Deserialize, Deserializer};
use zeroize::Zeroizing;

use super::{
    digest::Digest,
    rng::{self, Random, RngError},
};

/// The length of 256 bits in unpadded base64url.
pub const LENGTH_256: usize = 43;

/// Returns a secret of 256 random bits, in unpadded base64url. ASVS 5.0, 7.2.3 requires 128.
///
/// # Errors
/// Fails if the source has no randomness.
pub fn random_256(random: &dyn Random) -> Result<SecretString, RngError> {
    let bytes = Zeroizing::new(rng::bytes::<32>(random)?);
    let text = BASE64_URL_SAFE_NO_PAD.encode(bytes.as_slice());
    Ok(SecretString::new(text))
}

/// A secret text, wiped from memory when dropped.
///
/// The type permits exposure to its owner and hashing only. A log line, a page or a response that
/// contains it by accident does not compile.
#[derive(Clone, Default)]
pub struct SecretString(Zeroizing<String>);

impl SecretString {
    /// Wraps `text` as a secret.
    #[must_use]
    pub fn new(text: String) -> Self {
        Self(Zeroizing::new(text))
    }

    /// Returns the text. An audit of secrets starts at the calls of this method.
    #[must_use]
    pub fn expose(&self) -> &str {
        &self.0
    }

    /// Returns the SHA-256 digest, which may be stored and looked up.
    #[must_use]
    pub fn digest(&self) -> Digest {
        Digest::of(self.0.as_bytes())
    }
}

impl<'de> Deserialize<'de> for SecretString {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer).map(Self::new)
    }
}
