//! Confirming the password in a session, before something dangerous.

use super::secret::SessionSecret;
use crate::{
    app_state::AppState,
    audit::{self, Actor, EventKind, NewEvent},
    credentials::{Credential, Principal, store},
    crypto::secret::SecretString,
    db::AnyConnection,
    error::{Error, Result},
    passwords::verify::{authenticate_user, redeem_password_proof},
    types::{
        form::SENT_AGAIN_WITHIN,
        ids::{CredentialId, UserId},
    },
};

/// Confirms the password of the caller's session for `NARTHEX_CONFIRM_FOR`. The session gets a new
/// secret and the old one is dead, so that whoever had copied the cookie does not get the new
/// rights with it (ASVS 5.0, 7.2.4).
///
/// `form_key` is what the form carried. A second click shows the old secret too, and may be answered last. Let in
/// before the first one was done, it confirms nothing more and adds a secret to the session.
///
/// # Errors
/// [`Error::WrongPassword`].
pub async fn reauthenticate(
    context: &AppState,
    caller: &Principal,
    password: SecretString,
    form_key: Option<[u8; 16]>,
) -> Result<SessionSecret> {
    let actor = caller.actor();
    let proof = authenticate_user(context, caller, password).await?;
    let secret = SessionSecret::generate(context.random())?;
    let digest = secret.digest();
    let (user, session) = (caller.user.id, caller.credential.id);
    context
        .write(move |context, connection| {
            let begun = redeem_password_proof(context, connection, &proof, &actor);
            let earlier = match &form_key {
                Some(key) => store::by_form_key(connection, user, key)?,
                None => None,
            };
            if matches!(begun, Err(Error::NotSignedIn { .. }))
                && earlier == Some(session)
                && let Some(confirmed) = was_confirmed_by_form(context, connection, user, session)?
            {
                // The proof has to hold, whatever secret was shown.
                let stranger = Actor::stranger(actor.ip);
                redeem_password_proof(context, connection, &proof, &stranger)?;
                return Ok(store::insert_further_secret(
                    connection, &confirmed, digest,
                )?);
            }
            begun?;
            let form_key = form_key.as_ref().filter(|_| earlier.is_none());
            let now = context.now();
            let until = now.saturating_add(context.settings.confirm_for);
            let old = store::invalidate(context, connection, user, session)?;
            store::confirm(
                connection,
                old,
                session,
                until,
                form_key.map(<[u8; 16]>::as_slice),
            )?;
            store::delete_secrets(connection, old, session)?;
            store::insert_secret(connection, session, digest, "", now)?;
            let what = NewEvent::new(EventKind::PasswordConfirmed, "");
            audit::record(context, connection, user, &actor, what)?;
            Ok::<_, Error>(())
        })
        .await?;
    Ok(secret)
}

/// The session, if it lives and its password was confirmed a moment ago.
fn was_confirmed_by_form(
    context: &AppState,
    connection: &mut AnyConnection,
    user: UserId,
    session: CredentialId,
) -> Result<Option<Credential>> {
    let now = context.now();
    let since = now
        .saturating_sub(SENT_AGAIN_WITHIN)
        .saturating_add(context.settings.confirm_for);
    let found = store::find(connection, user, session)?;
    Ok(found.filter(|session| {
        session.is_active(now) && session.confirmed_until.is_some_and(|until| until > since)
    }))
}
