//! What processes on one database have to agree about, or a person would be signed out by every other
//! request.

use crate::{
    config::{SigningKeys, TokenPrefix},
    crypto::digest::Digest,
};

/// What one process goes by. Of keys it has digests only: they say which key it is, and no more.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NodeConfig {
    /// The key with which it signs.
    pub(super) signs_with: String,
    /// Every key that it takes, parted by spaces.
    pub(super) takes: String,
    /// How its tokens begin.
    pub(super) token_prefix: String,
}

impl NodeConfig {
    /// Those of these settings.
    #[must_use]
    pub fn new(keys: &SigningKeys, prefix: &TokenPrefix) -> Self {
        let name = |key: &[u8]| Digest::of(&[b"narthex key: ", key].concat()).base64url();
        let signs_with = name(keys.first());
        let takes: Vec<String> = std::iter::once(signs_with.clone())
            .chain(keys.older().map(name))
            .collect();
        Self {
            takes: takes.join(" "),
            signs_with,
            token_prefix: prefix.as_str().to_owned(),
        }
    }

    fn take(&self, key: &str) -> bool {
        self.takes.split(' ').any(|taken| taken == key)
    }

    /// Why this process cannot serve beside one that goes by `other`.
    pub(super) fn disagreement(&self, other: &Self) -> Option<&'static str> {
        if self.token_prefix != other.token_prefix {
            return Some(
                "another process on this database has another NARTHEX_TOKEN_PREFIX: set the same",
            );
        }
        if !self.take(&other.signs_with) || !other.take(&self.signs_with) {
            return Some(
                "another process on this database signs with a NARTHEX_SECRET_KEY that this one does \
                 not take, or does not take this one's: give all the same keys; add a new key last in \
                 the list everywhere before it comes first anywhere",
            );
        }
        None
    }
}
