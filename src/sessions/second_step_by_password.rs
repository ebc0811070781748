//! The second step of a sign-in by the password, after a passkey whose authenticator did not verify
//! the user.

use super::{
    second_step::{Completed, Step},
    secret::SessionSecret,
    sign_in::SignIn,
};
use crate::{
    app_state::AppState,
    audit::Actor,
    crypto::secret::SecretString,
    error::Result,
    factors::{passkeys::assertion, verify::missing_code},
    passwords::{
        proof::{PasswordProof, check_password_proof, record_success},
        second_step::authenticate_in_sign_in,
    },
    sign_in_attempts::{self, AttemptSecret},
    types::assurance::AuthenticationMethods,
};

/// Completes a sign-in with the password. Returns `None` if the attempt is over, as
/// [`complete_by_code`](super::complete_by_code) does.
///
/// # Errors
/// [`Error::WrongPassword`](crate::error::Error::WrongPassword);
/// [`Error::Invalid`](crate::error::Error::Invalid) if the attempt needs another second step;
/// [`Error::Throttled`](crate::error::Error::Throttled) after too many wrong passwords and codes.
pub async fn complete_by_password(
    state: &AppState,
    attempt: &AttemptSecret,
    password: SecretString,
    parameters: SignIn,
) -> Result<Option<Completed>> {
    let digest = attempt.digest();
    let actor = Actor::anonymous(parameters.ip);
    let found = state
        .read(move |state, connection| sign_in_attempts::find(connection, digest, state.now()))
        .await?;
    let Some(found) = found else {
        return Ok(None);
    };
    if found.passkey.is_none() {
        return Err(missing_code());
    }
    let secret = SessionSecret::generate(state.random())?;
    let completed = Completed {
        user: found.user,
        remember: found.remember,
        replacement: None,
        secret,
    };
    let step = Step::new(digest, &completed, actor, parameters);
    let proof = authenticate_in_sign_in(state, found.user, password, actor, move |tx| {
        if sign_in_attempts::count_try(tx.connection, digest)?.is_some() {
            return Ok(true);
        }
        // The password of a second click is verified as well. Otherwise a wrong password would have
        // the effect of the right one.
        let now = tx.now();
        let found = sign_in_attempts::find(tx.connection, digest, now)?;
        Ok(found.is_some_and(|found| found.session.is_some()))
    });
    let is_open = match proof.await? {
        Some(proof) => open(state, step, proof).await?,
        None => false,
    };
    Ok(is_open.then_some(completed))
}

/// Uses the proof and opens the session. Returns `false` if the attempt is over.
async fn open(state: &AppState, step: Step, proof: PasswordProof) -> Result<bool> {
    state
        .write(move |tx| {
            check_password_proof(tx, &proof, &step.actor)?;
            let (user, now) = (proof.user(), tx.now());
            let found = sign_in_attempts::find(tx.connection, step.attempt, now)?;
            let Some(found) = found.filter(|found| found.user == user) else {
                return Ok(false);
            };
            let Some(passkey) = found.passkey else {
                return Ok(false);
            };
            if found.session.is_some() {
                return step.add_secret(tx, &found);
            }
            let Some(used) = assertion::use_before_password(tx.connection, user, passkey)? else {
                return Ok(false);
            };
            let methods = AuthenticationMethods::PASSWORD.with_passkey(used);
            step.open_session(tx, &found, methods, |tx, _| record_success(tx, &proof))
        })
        .await
}
