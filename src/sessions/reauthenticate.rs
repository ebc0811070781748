//! Re-authentication in a session, before a sensitive change.

use super::secret::SessionSecret;
use crate::{
    app_state::AppState,
    audit::{self, Actor, EventKind, NewEvent},
    credentials::{
        Credential, Principal,
        change::{self, Reauthentication},
        store,
    },
    crypto::secret::SecretString,
    db::AnyConnection,
    error::{Error, Result},
    passwords::{proof::redeem_password_proof, verify::authenticate_user},
    types::{
        form::RESUBMISSION_WINDOW,
        ids::{CredentialId, UserId},
    },
};

/// Verifies the caller's password and authorizes sensitive changes in its session for
/// `NARTHEX_CONFIRM_FOR`. The session gets a new secret and the old one is revoked. An attacker
/// with a copied cookie therefore does not gain the new rights (ASVS 5.0, 7.2.4).
///
/// `form_key` is the key of the form. A second click sends the old secret again, and its response
/// may arrive last. If the second request was authenticated before the first one committed, it does
/// not confirm again but adds a secret to the session.
///
/// # Errors
/// [`Error::WrongPassword`] if the password is wrong.
pub async fn reauthenticate(
    state: &AppState,
    caller: &Principal,
    password: SecretString,
    form_key: Option<[u8; 16]>,
) -> Result<SessionSecret> {
    let actor = caller.actor();
    let proof = authenticate_user(state, caller, password).await?;
    let secret = SessionSecret::generate(state.random())?;
    let digest = secret.digest();
    let (user, session) = (caller.user().id, caller.credential().id);
    state
        .write(move |tx| {
            let redeemed = redeem_password_proof(tx, &proof, &actor);
            let form_key = store::FormKey::find(tx.connection, user, form_key.as_ref())?;
            if matches!(redeemed, Err(Error::NotSignedIn { .. }))
                && form_key.credential == Some(session)
                && let Some(confirmed) =
                    was_confirmed_by_form(tx.state, tx.connection, user, session)?
            {
                // The proof must be valid whichever secret the request has presented.
                let anonymous = Actor::anonymous(actor.ip);
                redeem_password_proof(tx, &proof, &anonymous)?;
                return Ok(change::add_secret(tx, &confirmed, digest)?);
            }
            redeemed?;
            let found = store::find(tx.connection, user, session)?.ok_or(Error::NotFound)?;
            let reauthentication = Reauthentication::by_password(tx, &found);
            change::record_reauthentication(
                tx,
                &found,
                digest,
                &reauthentication,
                form_key.unused(),
            )?;
            let event = NewEvent::new(EventKind::PasswordConfirmed, "");
            audit::record(tx, user, &actor, event)?;
            Ok::<_, Error>(())
        })
        .await?;
    Ok(secret)
}

/// Returns the session if it is active and was confirmed within [`RESUBMISSION_WINDOW`].
pub(super) fn was_confirmed_by_form(
    state: &AppState,
    connection: &mut AnyConnection,
    user: UserId,
    session: CredentialId,
) -> Result<Option<Credential>> {
    let now = state.now();
    let since = now
        .saturating_sub(RESUBMISSION_WINDOW)
        .saturating_add(state.settings().sessions.confirm_for);
    let found = store::find(connection, user, session)?;
    Ok(found.filter(|session| {
        session.is_active(now) && session.confirmed_until.is_some_and(|until| until > since)
    }))
}
