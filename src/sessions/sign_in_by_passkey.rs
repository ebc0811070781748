//! Signs in with a passkey alone. The answer of the passkey names the user.

use std::net::IpAddr;

use serde_json::Value;

use super::{
    secret::SessionSecret,
    sign_in::{SignIn, SignedIn, open_with_proof},
};
use crate::{
    app_state::{AppState, Transaction},
    audit::Actor,
    credentials::revoke::lock_user_and_recheck_actor,
    crypto::digest::Digest,
    error::{Error, Result},
    factors::passkeys::{
        assertion::{self, AssertionResponse, NamedPasskey, PasskeyProof},
        challenge::{self, Holder},
    },
    passwords::{proof::current_hash, unverified::unverified_address, verify::attempt_in_sign_in},
    rate_limit::{self, Attempt, Counted},
    sign_in_attempts::{self, AttemptSecret, FirstStep},
    types::assurance::AuthenticationMethods,
};

/// Returns the options for `navigator.credentials.get()`, with a new challenge for the browser
/// whose cookie has the secret `browser`. They are the same for every user. The challenges of a
/// client network are limited, because a client can have any number of cookies.
///
/// # Errors
/// [`Error::NotFound`] if the settings allow no passkeys; [`Error::Throttled`] after too many
/// challenges.
pub async fn begin_by_passkey(
    state: &AppState,
    browser: &AttemptSecret,
    ip: Option<IpAddr>,
) -> Result<Value> {
    let holder = Holder::SignIn(browser.digest());
    let request = Attempt::to_get_challenge(state, ip);
    state
        .write(move |tx| {
            rate_limit::record_attempt_in(tx, &request)?;
            let challenge = challenge::issue(tx, holder)?;
            assertion::sign_in_options(tx.state, &challenge)
        })
        .await
}

/// Opens a session for the owner of a passkey, if its authenticator has verified the user. Otherwise
/// begins an attempt, which needs the password.
///
/// An answer is counted for the account and the client's network like a wrong password, before it is
/// verified.
///
/// # Errors
/// [`Error::UnknownPasskey`]; [`Error::Invalid`] if the answer is not accepted, or if the account is
/// disabled; [`Error::Throttled`] after too many wrong passwords, codes and answers.
pub async fn sign_in_by_passkey(
    state: &AppState,
    browser: &AttemptSecret,
    response: AssertionResponse,
    parameters: SignIn,
) -> Result<SignedIn> {
    let actor = Actor::anonymous(parameters.ip);
    let holder = Holder::SignIn(browser.digest());
    let client_data = &response.response.client_data_json;
    let challenge = challenge::consume(state, holder, client_data).await?;
    if !challenge.is_open {
        return Err(assertion::refused());
    }
    let (named, counted) = count(state, &response, actor).await?;
    let user = named.user();
    let verified = assertion::verify_or_refuse(
        state,
        user,
        Some(named),
        &response,
        &challenge,
        counted,
        actor,
    );
    let proof = verified.await?;
    let secret = SessionSecret::generate(state.random())?;
    let attempt = AttemptSecret::generate(state.random())?;
    let (session, waiting) = (secret.digest(), attempt.digest());
    let outcome = state
        .write(move |tx| use_proof(tx, &proof, session, waiting, parameters))
        .await??;
    Ok(match outcome {
        PasskeySignIn::Open => SignedIn::Session(secret),
        PasskeySignIn::NeedsPassword => SignedIn::SecondFactorMissing(attempt),
        PasskeySignIn::Unverified(email) => SignedIn::AddressUnverified(email),
    })
}

/// Finds the passkey of an answer, and counts the answer for the account of its owner.
async fn count(
    state: &AppState,
    response: &AssertionResponse,
    actor: Actor,
) -> Result<(NamedPasskey, Counted)> {
    let response = response.clone();
    state
        .write(move |tx| {
            let named = assertion::named(tx.connection, &response)?;
            let named = named.ok_or(Error::UnknownPasskey)?;
            let limit = attempt_in_sign_in(tx.state, tx.connection, named.user(), &actor)?;
            let counted = rate_limit::record_attempt_in(tx, &limit)?;
            Ok((named, counted))
        })
        .await
}

/// The effect of a passkey that was accepted.
enum PasskeySignIn {
    Open,
    NeedsPassword,
    Unverified(String),
}

/// Uses the proof. The inner error is that of a proof without effect, whose transaction commits.
fn use_proof(
    tx: &mut Transaction<'_>,
    proof: &PasskeyProof,
    session: Digest,
    waiting: Digest,
    parameters: SignIn,
) -> Result<Result<PasskeySignIn>> {
    let (user, actor) = (proof.user(), Actor::anonymous(parameters.ip));
    match lock_user_and_recheck_actor(tx, user, &actor) {
        Err(Error::NotFound) => return Ok(Err(assertion::refused())),
        other => other?,
    }
    let Some(hash) = current_hash(tx.connection, user)? else {
        // The account is disabled.
        assertion::record_refusal(tx, user, &actor, proof.attempt())?;
        return Ok(Err(assertion::refused()));
    };
    if let Some(address) = unverified_address(tx, user)? {
        assertion::redeem_first_step(tx, proof, &actor)?;
        return Ok(Ok(PasskeySignIn::Unverified(address)));
    }
    let used = proof.used();
    if used.is_user_verified {
        let methods = AuthenticationMethods::NONE.with_passkey(used);
        open_with_proof(tx, user, session, parameters, methods, |tx, author| {
            assertion::redeem(tx, proof, author)
        })?;
        return Ok(Ok(PasskeySignIn::Open));
    }
    assertion::redeem_first_step(tx, proof, &actor)?;
    if hash.is_absent() {
        // No password could follow. The answer was right, so it counts as no failure.
        return Ok(Err(assertion::unverified()));
    }
    let first = FirstStep {
        user,
        hash: &hash,
        passkey: Some(proof.passkey()),
        remember: parameters.remember,
    };
    sign_in_attempts::begin(tx, waiting, &first)?;
    Ok(Ok(PasskeySignIn::NeedsPassword))
}
