//! Re-authentication by a passkey, before a sensitive change.

use serde_json::Value;

use super::secret::SessionSecret;
use crate::{
    app_state::AppState,
    audit::{self, EventKind, NewEvent},
    credentials::{
        Principal,
        change::{self, Reauthentication},
        revoke::{begin_change_as, lock_user_and_recheck_actor},
    },
    error::{Error, Result},
    factors::passkeys::{
        RelyingParty,
        assertion::{self, AssertionResponse},
        challenge::{self, Holder},
    },
    rate_limit::{self, Attempt},
};

/// Returns the options for `navigator.credentials.get()`, with a new challenge for the caller's
/// session.
///
/// # Errors
/// [`Error::NotFound`] if the settings allow no passkeys.
pub async fn confirmation_options(state: &AppState, caller: &Principal) -> Result<Value> {
    let (user, actor) = (caller.user().id, caller.actor());
    let holder = Holder::Confirmation(caller.credential().id);
    state
        .write(move |tx| {
            let party = RelyingParty::of(tx.state.settings()).ok_or(Error::NotFound)?;
            lock_user_and_recheck_actor(tx, user, &actor)?;
            let challenge = challenge::issue(tx, holder)?;
            assertion::request_options(tx.connection, &party, user, &challenge)
        })
        .await
}

/// Verifies a passkey of the caller and authorizes sensitive changes in its session for
/// `NARTHEX_CONFIRM_FOR`, those that need a second factor included. The session gets a new secret.
///
/// A passkey is a second factor if the authenticator has verified the user, or if a password has
/// proved the user of the session. Another answer is refused: the session would not reach two
/// factors by it.
///
/// # Errors
/// [`Error::Invalid`] if the answer is not accepted; [`Error::Throttled`] after too many wrong
/// answers, codes and passwords in this session.
pub async fn confirm_by_passkey(
    state: &AppState,
    caller: &Principal,
    response: AssertionResponse,
) -> Result<SessionSecret> {
    let (user, id, actor) = (caller.user().id, caller.credential().id, caller.actor());
    let client_data = &response.response.client_data_json;
    let challenge = challenge::consume(state, Holder::Confirmation(id), client_data).await?;
    let (counted, named) = state
        .write({
            let response = response.clone();
            move |tx| {
                let counted = rate_limit::record_attempt_in(tx, &Attempt::in_session(id))?;
                let named = assertion::named_of_user(tx.connection, user, &response)?;
                Ok::<_, Error>((counted, named))
            }
        })
        .await?;
    let attempt = counted.clone();
    let verify = |named| assertion::verify(state, named, &response, &challenge, attempt);
    let proof = named.and_then(verify);
    let secret = SessionSecret::generate(state.random())?;
    let digest = secret.digest();
    let caller = caller.clone();
    let is_confirmed = state
        .write(move |tx| {
            let session = begin_change_as(tx, &caller)?;
            let confirmed = proof.and_then(|proof| {
                let reauthentication = Reauthentication::by_passkey(tx, &session, proof.used());
                reauthentication.methods?;
                Some((proof, reauthentication))
            });
            let Some((proof, reauthentication)) = confirmed else {
                assertion::record_refusal(tx, user, &actor, &counted)?;
                return Ok(false);
            };
            assertion::redeem(tx, &proof, &actor)?;
            change::record_reauthentication(tx, &session, digest, &reauthentication, None)?;
            let event = NewEvent::new(EventKind::PasskeyConfirmed, "");
            audit::record(tx, user, &actor, event)?;
            Ok::<_, Error>(true)
        })
        .await?;
    if is_confirmed {
        Ok(secret)
    } else {
        Err(assertion::refused())
    }
}
