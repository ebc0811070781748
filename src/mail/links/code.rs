//! The code of a verification, for a person who types it.

use hkdf::Hkdf;
use sha2::Sha256;
use zeroize::Zeroizing;

use crate::{
    crypto::secret::SecretString,
    error::{Error, Result},
    types::ids::LinkId,
};

/// Letters that are hard to confuse and form no words (RFC 8628, section 6.1).
const LETTERS: &[u8; 20] = b"BCDFGHJKLMNPQRSTVWXZ";
/// The number of letters: 34 bits. Three attempts in ten minutes guess one of eight thousand million.
const LENGTH: usize = 8;
/// The largest multiple of 20. Larger bytes are dropped, so that each letter is equally frequent.
const UNBIASED: u8 = 240;

/// A code of eight letters, in two groups: `WDJB-MJHT`.
#[derive(Clone)]
pub struct LinkCode(SecretString);

impl LinkCode {
    /// Derives the code of a link with HKDF. It is stored nowhere, because the digest of so short a
    /// text would reveal it.
    pub(super) fn derive(key: &[u8], id: LinkId, salt: &[u8]) -> Result<Self> {
        let mut bytes = Zeroizing::new([0; 64]);
        let info: [&[u8]; 2] = [b"narthex code ", id.as_bytes()];
        Hkdf::<Sha256>::new(Some(salt), key)
            .expand_multi_info(&info, bytes.as_mut_slice())
            .map_err(Error::internal)?;
        let letters: String = bytes
            .iter()
            .filter(|byte| **byte < UNBIASED)
            .filter_map(|byte| LETTERS.get(usize::from(byte % 20)))
            .map(|letter| char::from(*letter))
            .take(LENGTH)
            .collect();
        Self::parse(&letters).ok_or_else(|| Error::internal("too few letters for a code"))
    }

    /// Parses a typed code. Case, spaces and hyphens do not matter. Returns `None` for a text that
    /// cannot be a code.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let letters: String = text
            .chars()
            .filter(|c| !c.is_whitespace() && *c != '-')
            .map(|c| c.to_ascii_uppercase())
            .take(LENGTH + 1)
            .collect();
        let is_code =
            letters.len() == LENGTH && letters.bytes().all(|byte| LETTERS.contains(&byte));
        is_code.then(|| Self(SecretString::new(letters)))
    }

    /// Returns whether two codes are equal, in constant time: their digests are compared.
    pub(super) fn matches(&self, other: &Self) -> bool {
        self.0.digest() == other.0.digest()
    }

    /// Returns the code in two groups, for the mail.
    #[must_use]
    pub fn expose(&self) -> String {
        let (first, second) = self
            .0
            .expose()
            .split_at_checked(LENGTH / 2)
            .unwrap_or_default();
        format!("{first}-{second}")
    }
}

#[cfg(test)]
mod tests {
    use uuid::Uuid;

    use super::*;

    #[test]
    fn code_has_two_groups_of_the_letters_of_rfc_8628() {
        for number in 0..500 {
            let id = LinkId::from_uuid(Uuid::from_u128(number));
            let code = LinkCode::derive(b"key", id, b"salt").unwrap().expose();
            assert_eq!(code.len(), 9, "{code}");
            assert_eq!(code.find('-'), Some(4), "{code}");
            assert!(LinkCode::parse(&code).is_some(), "{code}");
        }
    }

    #[test]
    fn typed_code_is_accepted_in_any_case_and_grouping() {
        let code = LinkCode::parse("WDJBMJHT").unwrap();
        for typed in ["wdjb-mjht", " WDJB MJHT ", "wd-jb-mj-ht"] {
            assert!(code.matches(&LinkCode::parse(typed).unwrap()), "{typed}");
        }
        assert!(!code.matches(&LinkCode::parse("WDJBMJHS").unwrap()));
        for wrong in [
            "",
            "WDJBMJH",
            "WDJBMJHTT",
            "ADJBMJHT",
            "WDJB_MJHT",
            "ＷDJBMJHT",
        ] {
            assert!(LinkCode::parse(wrong).is_none(), "{wrong}");
        }
    }
}
