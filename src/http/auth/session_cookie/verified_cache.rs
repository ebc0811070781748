//! Cookies whose signature was verified before, so that it is done once and not at each request.
//!
//! Known by the digest of all that the browser sent, and leading to the digest of the secret in it:
//! neither is of use to whoever reads it. A signature stays right for as long as the keys are the same,
//! so nothing is ever to be forgotten; whether the session lives is the gate's question.

use crate::{crypto::digest::Digest, util::bounded_memo::Memo};

/// How many are known at most, for each worker: some 300 KiB.
const MAX_ENTRIES: usize = 4096;

/// Not a map by the digests themselves: of one good cookie there are as many spellings as somebody cares to
/// try.
#[derive(Default)]
pub(super) struct Verified(Memo<Digest, Digest, MAX_ENTRIES>);

impl Verified {
    /// The digest of the secret in the cookie with this value: known, or what `verify` finds.
    pub(super) fn secret_in(
        &self,
        value: &[u8],
        verify: impl FnOnce() -> Option<Digest>,
    ) -> Option<Digest> {
        let sent = Digest::of(value);
        self.0.get_or(&sent, || verify().ok_or(())).ok()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_good_cookie_is_verified_once_and_a_bad_one_each_time() {
        let (verified, secret) = (Verified::default(), Digest::of(b"secret"));
        assert_eq!(verified.secret_in(b"good", || Some(secret)), Some(secret));
        assert_eq!(verified.secret_in(b"good", || None), Some(secret));
        assert_eq!(verified.secret_in(b"bad", || None), None);
        assert_eq!(verified.secret_in(b"bad", || Some(secret)), Some(secret));
    }

    #[test]
    fn what_is_kept_is_bounded() {
        let verified = Verified::default();
        for number in 0..=MAX_ENTRIES {
            let value = number.to_string();
            assert!(
                verified
                    .secret_in(value.as_bytes(), || Some(Digest::of(b"")))
                    .is_some()
            );
        }
        assert!(verified.0.asked().len() <= MAX_ENTRIES);
    }
}
