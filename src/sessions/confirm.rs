//! Confirming the password in a session, before something dangerous.

use super::secret::SessionSecret;
use crate::{
    accounts::{authenticate_user, begin_sign_in},
    activity::{self, EventKind, What},
    context::Context,
    credentials::{Caller, store},
    error::{Error, Result},
    kit::secret::SecretText,
};

/// Confirms the password of the caller's session for `NARTHEX_CONFIRM_FOR`. The session gets a new
/// secret and the old one is dead, so that whoever had copied the cookie does not get the new
/// rights with it (ASVS 5.0, 7.2.4).
///
/// # Errors
/// [`Error::WrongPassword`].
pub async fn confirm(
    context: &Context,
    caller: &Caller,
    password: SecretText,
) -> Result<SessionSecret> {
    let actor = caller.actor();
    let proof = authenticate_user(context, caller, password).await?;
    let secret = SessionSecret::generate(context.random())?;
    let digest = secret.digest();
    let (user, session) = (caller.user.id, caller.credential.id);
    context
        .write(move |context, connection| {
            begin_sign_in(context, connection, &proof, &actor)?;
            let now = context.now();
            let until = now.plus(context.settings.confirm_for);
            let old = store::makes_old(context, connection, user, session)?;
            store::confirm(connection, old, session, until)?;
            store::delete_secrets(connection, old, session)?;
            store::insert_secret(connection, session, digest, "", now)?;
            let what = What::new(EventKind::PasswordConfirmed, "");
            activity::record(context, connection, user, &actor, what)?;
            Ok::<_, Error>(())
        })
        .await?;
    Ok(secret)
}
