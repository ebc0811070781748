//! The secret of a link.

use base64::{Engine as _, prelude::BASE64_URL_SAFE_NO_PAD};
use hkdf::Hkdf;
use sha2::Sha256;
use zeroize::Zeroizing;

use super::Purpose;
use crate::{
    crypto::{
        digest::Digest,
        secret::{LENGTH_256, SecretString},
    },
    error::{Error, Result},
    types::ids::LinkId,
};

/// The secret of a link: 256 bits in base64url without padding.
#[derive(Clone)]
pub struct LinkSecret(SecretString);

impl LinkSecret {
    /// Derives the secret with HKDF (RFC 5869, SHA-256). The same inputs give the same secret.
    /// Without the key, it cannot be distinguished from a random one.
    pub(super) fn derive(key: &[u8], id: LinkId, purpose: Purpose, salt: &[u8]) -> Result<Self> {
        let mut bytes = Zeroizing::new([0; 32]);
        let info: [&[u8]; 3] = [b"narthex link ", purpose.as_str().as_bytes(), id.as_bytes()];
        Hkdf::<Sha256>::new(Some(salt), key)
            .expand_multi_info(&info, bytes.as_mut_slice())
            .map_err(Error::internal)?;
        let text = BASE64_URL_SAFE_NO_PAD.encode(bytes.as_slice());
        Ok(Self(SecretString::new(text)))
    }

    /// Parses the text of a client. Returns `None` for a text that cannot be a secret.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let is_base64url = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_');
        (text.len() == LENGTH_256 && text.bytes().all(is_base64url))
            .then(|| Self(SecretString::new(text.to_owned())))
    }

    /// Returns the digest that the database stores.
    #[must_use]
    pub fn digest(&self) -> Digest {
        self.0.digest()
    }

    /// Returns the name of the link in a form. It tells two links apart, and neither the secret nor
    /// the stored digest can be computed from it.
    #[must_use]
    pub fn form_name(&self) -> String {
        Digest::of(self.digest().as_bytes()).base64url()
    }

    /// Returns the text, for the mail.
    #[must_use]
    pub fn expose(&self) -> &str {
        self.0.expose()
    }
}

#[cfg(test)]
mod tests {
    use uuid::Uuid;

    use super::*;

    fn derived(key: &[u8], id: u128, purpose: Purpose, salt: &[u8]) -> String {
        let id = LinkId::from_uuid(Uuid::from_u128(id));
        let secret = LinkSecret::derive(key, id, purpose, salt).unwrap();
        secret.expose().to_owned()
    }

    #[test]
    fn secret_depends_on_key_id_purpose_and_salt() {
        let made = derived(b"key", 1, Purpose::VerifyEmail, b"salt");
        assert_eq!(derived(b"key", 1, Purpose::VerifyEmail, b"salt"), made);
        for different in [
            derived(b"another", 1, Purpose::VerifyEmail, b"salt"),
            derived(b"key", 2, Purpose::VerifyEmail, b"salt"),
            derived(b"key", 1, Purpose::ResetPassword, b"salt"),
            derived(b"key", 1, Purpose::VerifyEmail, b"another"),
        ] {
            assert_ne!(different, made);
        }
    }

    /// A version that derives another secret would send mails with links that do not work.
    #[test]
    fn secret_matches_an_independent_implementation() {
        // Python: HKDF by `hmac`, with the information `narthex link verify-email` and the ID.
        let made = derived(b"key", 1, Purpose::VerifyEmail, b"salt");
        assert_eq!(made, "7nnR6SelCgqlgp6Z1G9PzxUNIblrPmE3els1-Iikfig");
    }

    #[test]
    fn derived_secret_is_parsed_and_other_texts_are_not() {
        let text = derived(b"key", 1, Purpose::VerifyEmail, b"salt");
        let parsed = LinkSecret::parse(&text).unwrap();
        assert_eq!(parsed.expose(), text);
        for wrong in [
            "",
            text.trim_start_matches('7'),
            &format!("{text}A"),
            &text.replace('7', "/"),
        ] {
            assert!(LinkSecret::parse(wrong).is_none(), "{wrong}");
        }
    }
}
