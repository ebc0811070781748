//! Revocations of one credential without a preview. Both call [`revoke`].

use super::{RevocationRequest, revoke};
use crate::{
    app_state::AppState,
    audit::Actor,
    credentials::{CredentialFilter, RevocationReason, RevocationReceipt},
    error::Result,
    types::{
        credential_kind::CredentialType,
        ids::{CredentialId, UserId},
    },
};

/// Revokes one token.
///
/// # Errors
/// Returns the errors of [`revoke`].
pub async fn revoke_token(
    state: &AppState,
    user: UserId,
    id: CredentialId,
    actor: Actor,
) -> Result<RevocationReceipt> {
    let filter = CredentialFilter::one(CredentialType::Token, id);
    let request = RevocationRequest::of(filter, RevocationReason::Revoked);
    revoke(state, user, request, actor).await
}

/// Revokes the credential `current` only.
///
/// # Errors
/// Returns the errors of [`revoke`].
pub async fn sign_out_here(
    state: &AppState,
    user: UserId,
    current: CredentialId,
    actor: Actor,
) -> Result<RevocationReceipt> {
    let filter = CredentialFilter {
        id: vec![current],
        ..CredentialFilter::default()
    };
    let request = RevocationRequest::of(filter, RevocationReason::SignedOut);
    revoke(state, user, request, actor).await
}
