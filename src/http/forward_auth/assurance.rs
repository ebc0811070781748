//! The proof of the user that an app requires (RFC 9470).

use crate::{
    app_state::AppState, credential_cache::CredentialSnapshot, types::assurance::RequiredAssurance,
    util::clock::Timestamp,
};

/// Returns whether the proof of the user has the required level and is recent enough. A token has
/// both from the session that created it.
#[must_use]
pub(super) fn is_met(
    required: RequiredAssurance,
    credential: &CredentialSnapshot,
    context: &AppState,
) -> bool {
    let needs_second_factor = required.needs_second_factor();
    if needs_second_factor && credential.methods.level() < 2 {
        return false;
    }
    let Some(max_age) = required.max_age else {
        return true;
    };
    let proved_at = if needs_second_factor {
        second_factor_at(credential, context)
    } else {
        credential.authenticated_at
    };
    context.now() <= proved_at.saturating_add(max_age)
}

/// Returns the time of the last proof by a second factor. A password that was confirmed later proves
/// one factor only.
fn second_factor_at(credential: &CredentialSnapshot, context: &AppState) -> Timestamp {
    let confirmed = credential
        .second_factor_until
        .map(|until| until.saturating_sub(context.settings().sessions.confirm_for));
    // A session that was confirmed under a longer `NARTHEX_CONFIRM_FOR` has a later end.
    confirmed.map_or(credential.authenticated_at, |confirmed| {
        confirmed.min(credential.authenticated_at)
    })
}
