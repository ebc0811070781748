//! The key of a form: by it, a form that is sent twice is known.

use base64::{Engine as _, prelude::BASE64_URL_SAFE_NO_PAD};

use crate::{app_state::AppState, crypto::rng, error::Result};

/// Makes the key of a form that creates something.
///
/// # Errors
/// When the machine has no randomness.
pub fn new_form_key(context: &AppState) -> Result<String> {
    let key = rng::bytes::<16>(context.random())?;
    Ok(BASE64_URL_SAFE_NO_PAD.encode(key))
}

/// Reads the key of a form. A form without one, as a program sends, is a new form each time.
#[must_use]
pub fn form_key(text: &str) -> Option<[u8; 16]> {
    let bytes = BASE64_URL_SAFE_NO_PAD.decode(text).ok()?;
    bytes.try_into().ok()
}
