//! Re-authentication by a code, before a sensitive change.

use super::{reauthenticate::was_confirmed_by_form, secret::SessionSecret};
use crate::{
    app_state::AppState,
    audit::{self, EventKind, NewEvent},
    credentials::{
        Principal,
        change::{self, Reauthentication},
        revoke::begin_change_as,
        store,
    },
    error::{Error, Result},
    factors::{
        Code, CodeSource, RecoveryCode,
        verify::{self, wrong_code},
    },
    rate_limit::Attempt,
};

/// The result of a confirmation by a code.
pub struct ConfirmedByCode {
    /// The new secret of the session.
    pub secret: SessionSecret,
    /// The recovery code that replaces the used one. It is shown once.
    pub replacement: Option<RecoveryCode>,
}

/// Verifies a code of the caller and authorizes sensitive changes in its session for
/// `NARTHEX_CONFIRM_FOR`, those that need a second factor included. The session gets a new secret.
///
/// `form_key` is the key of the form, for a second click as in
/// [`reauthenticate`](super::reauthenticate()).
///
/// # Errors
/// [`Error::Invalid`] if the code is wrong; [`Error::Throttled`] after too many wrong codes and
/// passwords in this session.
pub async fn confirm_by_code(
    state: &AppState,
    caller: &Principal,
    code: Code,
    form_key: Option<[u8; 16]>,
) -> Result<ConfirmedByCode> {
    let (user, id, actor) = (caller.user().id, caller.credential().id, caller.actor());
    let attempt = Attempt::in_session(id);
    let counted = state
        .write({
            let code = code.clone();
            move |tx| verify::count(tx, user, &attempt, &code)
        })
        .await?;
    let source = CodeSource::of_form(state, user, form_key.as_ref(), actor.secret)?;
    let counted_attempt = counted.clone();
    let entered = code.clone();
    let proof = verify::verify(state, user, entered, Some(&source), actor, counted_attempt).await?;
    let secret = SessionSecret::generate(state.random())?;
    let digest = secret.digest();
    let caller = caller.clone();
    let replacement = proof
        .as_ref()
        .and_then(|proof| proof.replacement().cloned());
    let confirmed = state
        .write(move |tx| {
            // The first request of a second click has used the code and revoked the secret.
            let began = begin_change_as(tx, &caller);
            if (proof.is_none() || matches!(began, Err(Error::NotSignedIn { .. })))
                && let Some(key) = &form_key
                && store::by_form_key(tx.connection, user, key)? == Some(id)
                && let Some(confirmed) = was_confirmed_by_form(tx.state, tx.connection, user, id)?
                && let Some(repeated) = verify::repeated(tx, user, &code, &source)?
            {
                change::add_secret(tx, &confirmed, digest)?;
                return Ok(Some(repeated.replacement));
            }
            let session = began?;
            let Some(proof) = &proof else {
                verify::record_refusal(tx, user, &actor, &counted)?;
                return Ok(None);
            };
            verify::redeem(tx, proof, &actor)?;
            let form_key = store::FormKey::find(tx.connection, user, form_key.as_ref())?;
            let reauthentication = Reauthentication::by_code(tx, &session);
            change::record_reauthentication(
                tx,
                &session,
                digest,
                &reauthentication,
                form_key.unused(),
            )?;
            let event = NewEvent::new(EventKind::CodeConfirmed, "");
            audit::record(tx, user, &actor, event)?;
            Ok::<_, Error>(Some(replacement))
        })
        .await?;
    let replacement = confirmed.ok_or_else(wrong_code)?;
    Ok(ConfirmedByCode {
        secret,
        replacement,
    })
}
