//! What can be ended, each thing under its own name. All of it is one mechanism: [`revoke`].

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
    selection: CredentialFilter,
    actor: Actor,
) -> Result<RevocationReceipt> {
    revoke(
        context,
        user,
        RevocationRequest::of(selection, RevocationReason::Revoked),
        actor,
    )
    .await
}

/// Ends one token.
///
/// # Errors
/// As [`revoke`].
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

/// Ends every token of one kind.
///
/// # Errors
/// As [`revoke`].
pub async fn revoke_tokens_of_kind(
    context: &AppState,
    user: UserId,
    kind: CredentialKind,
    actor: Actor,
) -> Result<RevocationReceipt> {
    let selection = CredentialFilter {
        class: vec![CredentialType::Token],
        ..CredentialFilter::all_of_kind(kind)
    };
    revoke_selected(context, user, selection, actor).await
}

/// Functions that end every credential of one kind of a user.
macro_rules! of_one_kind {
    ($($(#[$what:meta])* $name:ident = $kind:ident;)*) => {
        $(
            $(#[$what])*
            ///
            /// # Errors
            /// As [`revoke`].
            pub async fn $name(context: &AppState, user: UserId, actor: Actor) -> Result<RevocationReceipt> {
                revoke_selected(context, user, CredentialFilter::all_of_kind(CredentialKind::$kind), actor).await
            }
        )*
    };
}

of_one_kind! {
    /// Ends every token that the user made.
    revoke_personal_tokens = Personal;
    /// Ends every token of an app or command line that signed in with the password.
    revoke_device_tokens = Device;
    /// Ends every token that an operator made for a machine.
    revoke_service_tokens = Service;
    /// Ends every session on a computer.
    revoke_desktop_sessions = Desktop;
    /// Ends every session on a phone.
    revoke_mobile_sessions = Mobile;
    /// Ends every session on a tablet.
    revoke_tablet_sessions = Tablet;
    /// Ends every session of what is no browser that is known.
    revoke_other_sessions = Other;
}

/// Ends one session.
///
/// # Errors
/// As [`revoke`].
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

/// Ends every session of one kind.
///
/// # Errors
/// As [`revoke`].
pub async fn revoke_sessions_of_kind(
    context: &AppState,
    user: UserId,
    kind: CredentialKind,
    actor: Actor,
) -> Result<RevocationReceipt> {
    let selection = CredentialFilter {
        class: vec![CredentialType::Session],
        ..CredentialFilter::all_of_kind(kind)
    };
    revoke_selected(context, user, selection, actor).await
}

/// Ends the credential `here` and nothing else.
///
/// # Errors
/// As [`revoke`].
pub async fn sign_out_here(
    context: &AppState,
    user: UserId,
    here: CredentialId,
    actor: Actor,
) -> Result<RevocationReceipt> {
    let selection = CredentialFilter {
        id: vec![here],
        ..CredentialFilter::default()
    };
    revoke(
        context,
        user,
        RevocationRequest::of(selection, RevocationReason::SignedOut),
        actor,
    )
    .await
}

/// Ends everything but the credential `here`.
///
/// # Errors
/// As [`revoke`].
pub async fn sign_out_others(
    context: &AppState,
    user: UserId,
    here: CredentialId,
    actor: Actor,
) -> Result<RevocationReceipt> {
    revoke(
        context,
        user,
        RevocationRequest::of(CredentialFilter::all_but(here), RevocationReason::SignedOut),
        actor,
    )
    .await
}

/// Ends everything.
///
/// # Errors
/// As [`revoke`].
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
