//! Text that must not be seen: no `Debug`, no `Display`, no `Serialize`, no comparison.

use serde::{Deserialize, Deserializer};
use zeroize::Zeroizing;

use super::digest::Digest;

/// A secret text, wiped from memory when dropped.
///
/// It can be shown to its owner, hashed, and nothing else: a log line, a page or an answer that
/// holds one by accident does not compile.
#[derive(Clone, Default)]
pub struct SecretString(Zeroizing<String>);

impl SecretString {
    /// Takes `text` as a secret.
    #[must_use]
    pub fn new(text: String) -> Self {
        Self(Zeroizing::new(text))
    }

    /// The text itself. Each call is a place to look at when asking where secrets go.
    #[must_use]
    pub fn expose(&self) -> &str {
        &self.0
    }

    /// The SHA-256 digest, which is what may be stored and looked up.
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
