//! The settings that all nodes on one database must share. Otherwise a user would be signed out by
//! every other request.

use crate::{
    config::{SigningKeys, Tokens},
    crypto::digest::Digest,
};

/// The shared settings of one node. Keys are present as digests only, which identify a key and
/// reveal nothing else.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NodeConfig {
    /// The digest of the key that signs.
    pub(super) signing_key_digest: String,
    /// The digests of all accepted keys, separated by spaces.
    pub(super) accepted_key_digests: String,
    /// The prefix of new tokens.
    pub(super) token_prefix: String,
    /// The accepted formats of tokens of other systems, separated by commas.
    pub(super) foreign_tokens: String,
}

impl NodeConfig {
    /// Creates the value from settings.
    #[must_use]
    pub fn new(keys: &SigningKeys, tokens: &Tokens) -> Self {
        let name = |key: &[u8]| Digest::of(&[b"narthex key: ", key].concat()).base64url();
        let signing_key_digest = name(keys.first());
        let accepted: Vec<String> = std::iter::once(signing_key_digest.clone())
            .chain(keys.older().map(name))
            .collect();
        Self {
            accepted_key_digests: accepted.join(" "),
            signing_key_digest,
            token_prefix: tokens.prefix.as_str().to_owned(),
            foreign_tokens: tokens.foreign.to_text(),
        }
    }

    fn accepts(&self, key: &str) -> bool {
        self.accepted_key_digests
            .split(' ')
            .any(|accepted| accepted == key)
    }

    /// Returns the reason why this node cannot serve together with a node that has `other`.
    pub(super) fn mismatch(&self, other: &Self) -> Option<&'static str> {
        if self.token_prefix != other.token_prefix {
            return Some(
                "another process on this database has another NARTHEX_TOKEN_PREFIX: set the same",
            );
        }
        if self.foreign_tokens != other.foreign_tokens {
            return Some(
                "another process on this database has another NARTHEX_FOREIGN_TOKENS: set the same",
            );
        }
        if !self.accepts(&other.signing_key_digest) || !other.accepts(&self.signing_key_digest) {
            return Some(
                "another process on this database signs with a NARTHEX_SECRET_KEY that this process \
                 does not accept, or does not accept the key of this process: give all processes the \
                 same keys; add a new key as the last of every list before it becomes the first of any",
            );
        }
        None
    }
}
