//! Revocations with a name of their own. All of them call [`revoke`].

use super::{RevocationRequest, revoke};
use crate::{
    app_state::AppState,
    audit::Actor,
    credentials::{CredentialFilter, RevocationReason, RevocationReceipt},
    error::Result,
    types::{
        credential_kind::{CredentialKind, CredentialType},
        ids::{CredentialId, UserId},
    },
};

async fn revoke_selected(
    context: &AppState,
    user: UserId,
    filter: CredentialFilter,
    actor: Actor,
) -> Result<RevocationReceipt> {
    revoke(
        context,
        user,
        RevocationRequest::of(filter, RevocationReason::Revoked),
        actor,
    )
    .await
}

/// Revokes one token.
///
/// # Errors
/// Returns the errors of [`revoke`].
pub async fn revoke_token(
    context: &AppState,
    user: UserId,
    id: CredentialId,
    actor: Actor,
) -> Result<RevocationReceipt> {
    revoke_selected(
        context,
        user,
        CredentialFilter::one(CredentialType::Token, id),
        actor,
    )
    .await
}

/// Revokes every token of one kind.
///
/// # Errors
/// Returns the errors of [`revoke`].
pub async fn revoke_tokens_of_kind(
    context: &AppState,
    user: UserId,
    kind: CredentialKind,
    actor: Actor,
) -> Result<RevocationReceipt> {
    let filter = CredentialFilter {
        class: vec![CredentialType::Token],
        ..CredentialFilter::all_of_kind(kind)
    };
    revoke_selected(context, user, filter, actor).await
}

/// Defines functions that revoke every credential of one kind of a user.
macro_rules! of_one_kind {
    ($($(#[$doc:meta])* $name:ident = $kind:ident;)*) => {
        $(
            $(#[$doc])*
            ///
            /// # Errors
            /// Returns the errors of [`revoke`].
            pub async fn $name(context: &AppState, user: UserId, actor: Actor) -> Result<RevocationReceipt> {
                revoke_selected(context, user, CredentialFilter::all_of_kind(CredentialKind::$kind), actor).await
            }
        )*
    };
}

of_one_kind! {
    /// Revokes every token that the user created.
    revoke_personal_tokens = Personal;
    /// Revokes every token of an app or a command line that signed in with the password.
    revoke_device_tokens = Device;
    /// Revokes every token that an operator created for a machine.
    revoke_service_tokens = Service;
    /// Revokes every session on a computer.
    revoke_desktop_sessions = Desktop;
    /// Revokes every session on a phone.
    revoke_mobile_sessions = Mobile;
    /// Revokes every session on a tablet.
    revoke_tablet_sessions = Tablet;
    /// Revokes every session of an unknown device.
    revoke_other_sessions = Other;
}

/// Revokes one session.
///
/// # Errors
/// Returns the errors of [`revoke`].
pub async fn revoke_session(
    context: &AppState,
    user: UserId,
    id: CredentialId,
    actor: Actor,
) -> Result<RevocationReceipt> {
    revoke_selected(
        context,
        user,
        CredentialFilter::one(CredentialType::Session, id),
        actor,
    )
    .await
}

/// Revokes every session of one kind.
///
/// # Errors
/// Returns the errors of [`revoke`].
pub async fn revoke_sessions_of_kind(
    context: &AppState,
    user: UserId,
    kind: CredentialKind,
    actor: Actor,
) -> Result<RevocationReceipt> {
    let filter = CredentialFilter {
        class: vec![CredentialType::Session],
        ..CredentialFilter::all_of_kind(kind)
    };
    revoke_selected(context, user, filter, actor).await
}

/// Revokes the credential `current` only.
///
/// # Errors
/// Returns the errors of [`revoke`].
pub async fn sign_out_here(
    context: &AppState,
    user: UserId,
    current: CredentialId,
    actor: Actor,
) -> Result<RevocationReceipt> {
    let filter = CredentialFilter {
        id: vec![current],
        ..CredentialFilter::default()
    };
    revoke(
        context,
        user,
        RevocationRequest::of(filter, RevocationReason::SignedOut),
        actor,
    )
    .await
}

/// Revokes all credentials of the user except `current`.
///
/// # Errors
/// Returns the errors of [`revoke`].
pub async fn sign_out_others(
    context: &AppState,
    user: UserId,
    current: CredentialId,
    actor: Actor,
) -> Result<RevocationReceipt> {
    revoke(
        context,
        user,
        RevocationRequest::of(
            CredentialFilter::all_but(current),
            RevocationReason::SignedOut,
        ),
        actor,
    )
    .await
}

/// Revokes all credentials of the user.
///
/// # Errors
/// Returns the errors of [`revoke`].
pub async fn sign_out_everywhere(
    context: &AppState,
    user: UserId,
    actor: Actor,
) -> Result<RevocationReceipt> {
    revoke(
        context,
        user,
        RevocationRequest::of(CredentialFilter::default(), RevocationReason::SignedOut),
        actor,
    )
    .await
}
