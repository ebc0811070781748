//! A cache of cookies whose signature was verified, so that a cookie is verified once and not at
//! each request.
//!
//! The key is the digest of the cookie's value, and the entry is the digest of the secret in it.
//! Neither can be used to authenticate. A signature stays valid while the keys stay the same, so
//! entries need no invalidation. The authentication checks afterwards whether the session is
//! active.

use crate::{crypto::digest::Digest, util::bounded_memo::Memo};

/// The largest number of entries of each worker: about 300 KiB.
const MAX_ENTRIES: usize = 4096;

/// [`Memo`] hashes its keys with a random key. A map with the digests themselves as hashes would be
/// attackable, because a client can try many spellings of one valid cookie.
#[derive(Default)]
pub(super) struct Verified(Memo<Digest, Digest, MAX_ENTRIES>);

impl Verified {
    /// Returns the digest of the secret in a cookie with this value, from the cache or from
    /// `verify`.
    pub(super) fn secret_in(
        &self,
        value: &[u8],
        verify: impl FnOnce() -> Option<Digest>,
    ) -> Option<Digest> {
        let key = Digest::of(value);
        self.0.get_or(&key, || verify().ok_or(())).ok()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_valid_cookies_are_cached() {
        let (verified, secret) = (Verified::default(), Digest::of(b"secret"));
        assert_eq!(verified.secret_in(b"good", || Some(secret)), Some(secret));
        assert_eq!(verified.secret_in(b"good", || None), Some(secret));
        assert_eq!(verified.secret_in(b"bad", || None), None);
        assert_eq!(verified.secret_in(b"bad", || Some(secret)), Some(secret));
    }

    #[test]
    fn number_of_entries_is_bounded() {
        let verified = Verified::default();
        for number in 0..=MAX_ENTRIES {
            let value = number.to_string();
            assert!(
                verified
                    .secret_in(value.as_bytes(), || Some(Digest::of(b"")))
                    .is_some()
            );
        }
        assert!(verified.0.keys().len() <= MAX_ENTRIES);
    }
}
