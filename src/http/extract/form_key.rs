//! The form key. It identifies a form that is sent twice.

use base64::{Engine as _, prelude::BASE64_URL_SAFE_NO_PAD};

use crate::{app_state::AppState, crypto::rng, error::Result};

/// Generates the form key of a form that creates something.
///
/// # Errors
/// An error if the system has no randomness.
pub fn new_form_key(state: &AppState) -> Result<String> {
    let key = rng::bytes::<16>(state.random())?;
    Ok(BASE64_URL_SAFE_NO_PAD.encode(key))
}

/// Parses a form key. A form without a key, for example from a program, counts as a new form each
/// time.
#[must_use]
pub fn form_key(text: &str) -> Option<[u8; 16]> {
    let bytes = BASE64_URL_SAFE_NO_PAD.decode(text).ok()?;
    bytes.try_into().ok()
}
