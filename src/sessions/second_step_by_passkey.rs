//! The second step of a sign-in by a passkey, after the password was right.

use serde_json::Value;

use super::{
    second_step::{Completed, Step, notify_of_last_refusal},
    secret::SessionSecret,
    sign_in::SignIn,
};
use crate::{
    app_state::AppState,
    audit::Actor,
    credentials::{revoke::lock_user_and_recheck_actor, store},
    error::{Error, Result},
    factors::passkeys::{
        RelyingParty,
        assertion::{self, AssertionResponse, PasskeyProof},
        challenge::{self, Holder},
    },
    passwords::verify::attempt_in_sign_in,
    rate_limit::{self, Counted},
    sign_in_attempts::{self, AttemptSecret, SignInAttempt},
    types::{assurance::AuthenticationMethods, ids::UserId},
};

/// Returns the options for `navigator.credentials.get()`, with a new challenge for a sign-in that
/// waits for its second step. Returns `None` if the attempt is over.
///
/// # Errors
/// [`Error::NotFound`] if the settings allow no passkeys.
pub async fn passkey_options(state: &AppState, attempt: &AttemptSecret) -> Result<Option<Value>> {
    let digest = attempt.digest();
    state
        .write(move |tx| {
            let party = RelyingParty::of(tx.state.settings()).ok_or(Error::NotFound)?;
            let now = tx.now();
            let found = sign_in_attempts::find(tx.connection, digest, now)?;
            let open = found.filter(SignInAttempt::is_open);
            let Some(found) = open.filter(takes_a_passkey) else {
                return Ok(None);
            };
            let challenge = challenge::issue(tx, Holder::SecondStep(digest))?;
            let connection = &mut *tx.connection;
            assertion::request_options(connection, &party, found.user, &challenge).map(Some)
        })
        .await
}

/// Completes a sign-in with a passkey. Returns `None` if the attempt is over. An answer is counted
/// as a code is, before it is verified.
///
/// # Errors
/// [`Error::Invalid`] if the answer is not accepted; [`Error::Throttled`] after too many wrong
/// passwords, codes and answers.
pub async fn complete_by_passkey(
    state: &AppState,
    attempt: &AttemptSecret,
    response: AssertionResponse,
    parameters: SignIn,
) -> Result<Option<Completed>> {
    let digest = attempt.digest();
    let actor = Actor::anonymous(parameters.ip);
    let holder = Holder::SecondStep(digest);
    let client_data = &response.response.client_data_json;
    let challenge = challenge::consume(state, holder, client_data).await?;
    let found = state
        .write({
            let response = response.clone();
            move |tx| {
                let now = tx.now();
                let found = sign_in_attempts::find(tx.connection, digest, now)?;
                let Some(found) = found.filter(takes_a_passkey) else {
                    return Ok(None);
                };
                let user = found.user;
                store::lock_user(tx.connection, user)?;
                let Some(is_last) = sign_in_attempts::count_try(tx.connection, digest)? else {
                    return Ok(None);
                };
                let limit = attempt_in_sign_in(tx.state, tx.connection, user, &actor)?;
                let counted = rate_limit::record_attempt_in(tx, &limit)?;
                let named = assertion::named_of_user(tx.connection, user, &response)?;
                Ok(Some((found, counted, named, is_last)))
            }
        })
        .await?;
    let Some((found, counted, named, is_last)) = found else {
        return Ok(None);
    };
    let user = found.user;
    let verify = |named| assertion::verify(state, named, &response, &challenge, counted.clone());
    let Some(proof) = named.and_then(verify) else {
        refuse(state, user, actor, counted, is_last).await?;
        return Err(assertion::refused());
    };
    let completed = Completed {
        user,
        secret: SessionSecret::generate(state.random())?,
        remember: found.remember,
        replacement: None,
    };
    let step = Step::new(digest, &completed, actor, parameters);
    let is_open = open(state, step, proof).await?;
    Ok(is_open.then_some(completed))
}

/// Records an answer that is not accepted.
async fn refuse(
    state: &AppState,
    user: UserId,
    actor: Actor,
    counted: Counted,
    is_last: bool,
) -> Result<()> {
    state
        .write(move |tx| {
            assertion::record_refusal(tx, user, &actor, &counted)?;
            notify_of_last_refusal(tx, user, &actor, is_last)
        })
        .await
}

/// Returns whether the first step was the password. After a passkey, the password is missing.
const fn takes_a_passkey(attempt: &SignInAttempt) -> bool {
    attempt.passkey.is_none()
}

/// Uses the proof and opens the session. Returns `false` if the attempt is over.
async fn open(state: &AppState, step: Step, proof: PasskeyProof) -> Result<bool> {
    state
        .write(move |tx| {
            match lock_user_and_recheck_actor(tx, proof.user(), &step.actor) {
                Err(Error::NotFound) => return Ok(false),
                other => other?,
            }
            let now = tx.now();
            let found = sign_in_attempts::find(tx.connection, step.attempt, now)?;
            let found = found.filter(|found| found.user == proof.user());
            let Some(found) = found.filter(|found| found.session.is_none()) else {
                return Ok(false);
            };
            let methods = AuthenticationMethods::PASSWORD.with_passkey(proof.used());
            step.open_session(tx, &found, methods, |tx, author| {
                assertion::redeem(tx, &proof, author)
            })
        })
        .await
}
