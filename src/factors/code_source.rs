//! The source of the digits of new recovery codes.
//!
//! A form that is sent twice must show the same codes twice, because the browser shows the second
//! answer. The database has hashes of the codes only. So both requests derive the codes from the
//! key of the form.

use hkdf::Hkdf;
use sha2::Sha256;
use zeroize::Zeroizing;

use super::RecoveryCode;
use crate::{
    app_state::AppState,
    crypto::{
        digest::Digest,
        rng::{Random, RngError},
    },
    error::Result,
    types::ids::UserId,
};

/// The source of the codes of one form.
#[derive(Clone)]
pub(crate) struct CodeSource(Option<Zeroizing<[u8; 32]>>);

impl CodeSource {
    /// The randomness of the system, for codes that no other request can make again.
    pub(crate) const RANDOM: Self = Self(None);

    /// Returns the source of a form. `secret` is that of the session or of the sign-in in which the
    /// form was sent. The change that the form makes replaces this secret, so a form that is sent
    /// again later makes other codes. Without a key or a secret it is [`Self::RANDOM`].
    ///
    /// # Errors
    /// Fails if the process has no signing keys.
    pub(crate) fn of_form(
        state: &AppState,
        user: UserId,
        form_key: Option<&[u8; 16]>,
        secret: Option<Digest>,
    ) -> Result<Self> {
        let (Some(form_key), Some(secret)) = (form_key, secret) else {
            return Ok(Self::RANDOM);
        };
        let info = [user.as_bytes(), form_key.as_slice(), secret.as_bytes()];
        let seed = state.sealing_keys()?.seed(&info.concat());
        Ok(Self(seed))
    }

    /// Returns whether another request of the form makes the same codes.
    pub(crate) const fn is_repeatable(&self) -> bool {
        self.0.is_some()
    }

    /// Makes the code for `purpose`.
    ///
    /// # Errors
    /// Returns an error if the system provides no random bytes.
    pub(crate) fn code(&self, state: &AppState, purpose: &[u8]) -> Result<RecoveryCode> {
        match &self.0 {
            None => RecoveryCode::generate(state.random()),
            Some(seed) => RecoveryCode::generate(&Derived { seed, purpose }),
        }
    }
}

/// Bytes that depend on the seed and the purpose alone (HKDF, RFC 5869).
struct Derived<'a> {
    seed: &'a Zeroizing<[u8; 32]>,
    purpose: &'a [u8],
}

impl Random for Derived<'_> {
    fn fill(&self, bytes: &mut [u8]) -> Result<(), RngError> {
        let derived = Hkdf::<Sha256>::new(None, self.seed.as_slice());
        let done = derived.expand(self.purpose, bytes);
        done.map_err(RngError::new)
    }
}
