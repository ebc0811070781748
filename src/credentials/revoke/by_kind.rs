//! What can be ended, each thing under its own name. All of it is one mechanism: [`end`].

use super::{Ending, end};
use crate::{
    app_state::Context,
    audit::Actor,
    credentials::{Reason, Receipt, Selection},
    error::Result,
    types::{
        credential_kind::{Class, Kind},
        ids::{CredentialId, UserId},
    },
};

async fn revoke(
    context: &Context,
    user: UserId,
    selection: Selection,
    actor: Actor,
) -> Result<Receipt> {
    end(context, user, Ending::of(selection, Reason::Revoked), actor).await
}

/// Ends one token.
///
/// # Errors
/// As [`end`].
pub async fn revoke_token(
    context: &Context,
    user: UserId,
    id: CredentialId,
    actor: Actor,
) -> Result<Receipt> {
    revoke(context, user, Selection::one(Class::Token, id), actor).await
}

/// Ends every token of one kind.
///
/// # Errors
/// As [`end`].
pub async fn revoke_tokens_of_kind(
    context: &Context,
    user: UserId,
    kind: Kind,
    actor: Actor,
) -> Result<Receipt> {
    let selection = Selection {
        class: vec![Class::Token],
        ..Selection::all_of_kind(kind)
    };
    revoke(context, user, selection, actor).await
}

/// Functions that end every credential of one kind of a user.
macro_rules! of_one_kind {
    ($($(#[$what:meta])* $name:ident = $kind:ident;)*) => {
        $(
            $(#[$what])*
            ///
            /// # Errors
            /// As [`end`].
            pub async fn $name(context: &Context, user: UserId, actor: Actor) -> Result<Receipt> {
                revoke(context, user, Selection::all_of_kind(Kind::$kind), actor).await
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
/// As [`end`].
pub async fn revoke_session(
    context: &Context,
    user: UserId,
    id: CredentialId,
    actor: Actor,
) -> Result<Receipt> {
    revoke(context, user, Selection::one(Class::Session, id), actor).await
}

/// Ends every session of one kind.
///
/// # Errors
/// As [`end`].
pub async fn revoke_sessions_of_kind(
    context: &Context,
    user: UserId,
    kind: Kind,
    actor: Actor,
) -> Result<Receipt> {
    let selection = Selection {
        class: vec![Class::Session],
        ..Selection::all_of_kind(kind)
    };
    revoke(context, user, selection, actor).await
}

/// Ends the credential `here` and nothing else.
///
/// # Errors
/// As [`end`].
pub async fn sign_out_here(
    context: &Context,
    user: UserId,
    here: CredentialId,
    actor: Actor,
) -> Result<Receipt> {
    let selection = Selection {
        id: vec![here],
        ..Selection::default()
    };
    end(
        context,
        user,
        Ending::of(selection, Reason::SignedOut),
        actor,
    )
    .await
}

/// Ends everything but the credential `here`.
///
/// # Errors
/// As [`end`].
pub async fn sign_out_others(
    context: &Context,
    user: UserId,
    here: CredentialId,
    actor: Actor,
) -> Result<Receipt> {
    end(
        context,
        user,
        Ending::of(Selection::all_but(here), Reason::SignedOut),
        actor,
    )
    .await
}

/// Ends everything.
///
/// # Errors
/// As [`end`].
pub async fn sign_out_everywhere(context: &Context, user: UserId, actor: Actor) -> Result<Receipt> {
    end(
        context,
        user,
        Ending::of(Selection::default(), Reason::SignedOut),
        actor,
    )
    .await
}
