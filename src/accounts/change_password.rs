//! Changing the password, and ending what should not outlive it.

use super::{authenticate::begin_sign_in, authenticate_user, password::NewPassword, store};
use crate::{
    activity::{self, EventKind, What},
    context::Context,
    credentials::{
        Caller, Class, Reason, Receipt, Selection,
        sign_out::{self, Ending},
        store as secrets,
    },
    error::{Error, Result},
    fields::FieldErrors,
    kit::{digest::Digest, secret::SecretText},
};

/// A new password, and what it ends.
pub struct PasswordChange {
    /// The password as it was.
    pub current: SecretText,
    /// The password as it shall be.
    pub new: NewPassword,
    /// Ends all other sessions.
    pub end_sessions: bool,
    /// Ends all tokens.
    pub end_tokens: bool,
    /// Of the secret that the caller's session has from then on.
    pub renewed: Digest,
}

/// Changes the password of the caller's account and ends what was asked for, both or neither. The
/// caller's own session stays and gets a new secret: whoever had copied its cookie is out, too (ASVS
/// 5.0, 7.2.4).
///
/// # Errors
/// [`Error::Invalid`] where the current password is wrong.
pub async fn change_password(
    context: &Context,
    caller: &Caller,
    change: PasswordChange,
) -> Result<Option<Receipt>> {
    let (user, actor, here) = (caller.user.id, caller.actor(), caller.credential.id);
    let proof = authenticate_user(context, caller, change.current)
        .await
        .map_err(wrong_password)?;
    let hash = context
        .hasher
        .hash(change.new.into_secret(), caller.ip)
        .await?;
    let classes: Vec<Class> = [
        (change.end_sessions, Class::Session),
        (change.end_tokens, Class::Token),
    ]
    .into_iter()
    .filter_map(|(asked, class)| asked.then_some(class))
    .collect();
    context
        .write(move |context, connection| {
            begin_sign_in(context, connection, &proof, &actor)?;
            store::set_password(connection, user, &hash)?;
            let what = What::new(EventKind::PasswordChanged, "");
            activity::record(context, connection, user, &actor, what)?;
            secrets::delete_secrets(connection, context.makes_old(user), here)?;
            secrets::insert_secret(connection, here, change.renewed, "", context.now())?;
            if classes.is_empty() {
                return Ok(None);
            }
            let selection = Selection {
                class: classes,
                ..Selection::all_but(here)
            };
            let ending = Ending::of(selection, Reason::PasswordChanged);
            sign_out::end_within(context, connection, user, &ending, &actor).map(Some)
        })
        .await
}

/// To somebody who is signed in, a wrong password is a field to correct.
pub(super) fn wrong_password(error: Error) -> Error {
    match error {
        Error::WrongPassword => {
            FieldErrors::one("current_password", "This is not your password.").into()
        }
        other => other,
    }
}
