//! The identity of a rotation request.

use std::time::Duration;

use crate::{config::SigningKeys, credentials::Principal, crypto::digest::Digest};

/// The period in which a client that repeats an `Idempotency-Key` gets the same secret again.
const IDEMPOTENCY_WINDOW: Duration = Duration::from_secs(10 * 60);

/// The identity of a rotation request, so that a repeated request rotates once.
///
/// It contains the server's keys, from which the new secret is derived.
#[derive(Clone)]
pub struct Request {
    key: Vec<u8>,
    /// The other parameters. The secret is derived from them as well, so that a repetition of the
    /// key with other parameters is detected.
    parameters: Vec<u8>,
    pub(super) repeatable_for: Option<Duration>,
    pub(super) keys: SigningKeys,
}

impl Request {
    /// Returns the request of a client, identified by its `Idempotency-Key`. `parameters` is the
    /// part of the body other than the grace period. It is empty if the body has nothing else.
    #[must_use]
    pub fn from_idempotency_key(keys: &SigningKeys, key: &str, parameters: &str) -> Self {
        Self {
            parameters: parameters.as_bytes().to_vec(),
            keys: keys.clone(),
            key: format!("Idempotency-Key: {key}").into_bytes(),
            repeatable_for: Some(IDEMPOTENCY_WINDOW),
        }
    }

    /// Returns the request of a form, identified by the key of the form. A form is the same request
    /// however late it is sent again.
    #[must_use]
    pub fn from_form(keys: &SigningKeys, key: &[u8; 16]) -> Self {
        Self {
            parameters: Vec::new(),
            keys: keys.clone(),
            key: [b"form: ", key.as_slice()].concat(),
            repeatable_for: None,
        }
    }
}

impl Request {
    /// Returns the input from which the secret is derived.
    pub(super) fn to_bytes(&self) -> Vec<u8> {
        [&*self.key, &*self.parameters].concat()
    }

    /// Returns the digest of the request. A client's key is distinct for each credential. A form's
    /// key is random, and the form may come from a later session.
    pub(super) fn digest(&self, caller: &Principal) -> Digest {
        let id = self
            .repeatable_for
            .map(|_| *caller.credential().id.as_bytes());
        let caller_id = id.as_ref().map_or(&[][..], <[u8; 16]>::as_slice);
        Digest::of(&[caller_id, &self.key].concat())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn client_key_never_equals_a_form_key() {
        let keys = "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8gISIjJCUmJygpKissLS4vMDEyMzQ1Njc4OTo7PD0+Pw==";
        let keys = SigningKeys::parse(keys).unwrap();
        let form = Request::from_form(&keys, b"0123456789abcdef");
        for key in ["0123456789abcdef", "form: 0123456789abcdef"] {
            assert_ne!(Request::from_idempotency_key(&keys, key, "").key, form.key);
        }
    }
}
