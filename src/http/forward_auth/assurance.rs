//! Step-up: the proof of the user that an app requires (RFC 9470).

use crate::{
    app_state::AppState, credential_cache::CredentialSnapshot, types::assurance::RequiredAssurance,
};

/// Returns whether the proof of the user has the required level and is recent enough. A token has
/// both from the session that created it.
#[must_use]
pub(super) fn is_met(
    required: RequiredAssurance,
    credential: &CredentialSnapshot,
    state: &AppState,
) -> bool {
    let needs_second_factor = required.needs_second_factor();
    if needs_second_factor && credential.methods.level() < 2 {
        return false;
    }
    let Some(max_age) = required.max_age else {
        return true;
    };
    let proved_at = if needs_second_factor {
        credential.authenticated_at
    } else {
        credential.confirmed_at(state.settings().sessions.confirm_for)
    };
    state.now() <= proved_at.saturating_add(max_age)
}
