//! The second step by a code, after the password was right.

use super::{
    second_step::{Completed, Step, notify_of_last_refusal},
    secret::SessionSecret,
    sign_in::SignIn,
};
use crate::{
    app_state::{AppState, Transaction},
    audit::Actor,
    credentials::{change, store},
    crypto::digest::Digest,
    error::Result,
    factors::{
        Code, CodeProof, CodeSource,
        verify::{self, Repeated, wrong_code},
    },
    passwords::verify::{attempt_in_sign_in, missing_password},
    rate_limit::{Attempt, Counted},
    sign_in_attempts::{self, AttemptSecret, SignInAttempt},
    types::{assurance::AuthenticationMethods, ids::UserId},
};

/// Completes a sign-in with a code. Returns `None` if the attempt is over: it is too old, had too
/// many wrong codes, was completed or revoked, or the password has changed.
///
/// The code is counted before it is verified, for the attempt, the account, the client's network and
/// the authenticator app, in one commit. It is used in the transaction that opens the session.
///
/// # Errors
/// [`crate::error::Error::Invalid`] if the code is wrong or the attempt needs the password;
/// [`crate::error::Error::Throttled`] after too many wrong passwords and codes.
pub async fn complete_by_code(
    state: &AppState,
    attempt: AttemptSecret,
    code: Code,
    parameters: SignIn,
) -> Result<Option<Completed>> {
    let digest = attempt.digest();
    let actor = Actor::anonymous(parameters.ip);
    let found = state
        .read(move |state, connection| {
            let Some(found) = sign_in_attempts::find(connection, digest, state.now())? else {
                return Ok(None);
            };
            let limit = attempt_in_sign_in(state, connection, found.user, &actor)?;
            Ok(Some((found, limit)))
        })
        .await?;
    let Some((found, limit)) = found else {
        return Ok(None);
    };
    // A code and a passkey would be two proofs of possession.
    if found.passkey.is_some() {
        return Err(missing_password());
    }
    let user = found.user;
    let source = CodeSource::of_form(state, user, parameters.form_key.as_ref(), Some(digest))?;
    let completed = Completed {
        user,
        secret: SessionSecret::generate(state.random())?,
        remember: found.remember,
        replacement: None,
    };
    let step = CodeStep {
        step: Step::new(digest, &completed, actor, parameters),
        code: code.clone(),
        source: source.clone(),
    };
    let completed = |opened: Repeated| Completed {
        replacement: opened.replacement,
        ..completed
    };
    let Some((counted, is_last)) = count(state, digest, user, limit, &code).await? else {
        return Ok(step.repeat(state, found).await?.map(completed));
    };
    let proof = verify::verify(state, user, code, Some(&source), actor, counted.clone()).await?;
    match proof {
        Some(proof) => Ok(step.open(state, proof).await?.map(completed)),
        None => {
            let repeated = step.refuse(state, found, counted, is_last).await?;
            repeated.map(completed).map(Some).ok_or_else(wrong_code)
        }
    }
}

/// Counts the code in a commit of its own. Returns the counted attempt, and whether the sign-in
/// takes no further code. `None` if the sign-in does not wait for one.
async fn count(
    state: &AppState,
    sign_in: Digest,
    user: UserId,
    limit: Attempt,
    code: &Code,
) -> Result<Option<(Counted, bool)>> {
    let code = code.clone();
    state
        .write(move |tx| {
            store::lock_user(tx.connection, user)?;
            let Some(is_last) = sign_in_attempts::count_try(tx.connection, sign_in)? else {
                return Ok(None);
            };
            let counted = verify::count(tx, user, &limit, &code)?;
            Ok(Some((counted, is_last)))
        })
        .await
}

/// The second step by a code. Each function returns `None` if it opens no session.
#[derive(Clone)]
struct CodeStep {
    step: Step,
    code: Code,
    /// The source of the code that replaces a used recovery code.
    source: CodeSource,
}

impl CodeStep {
    /// Uses the code and opens the session.
    async fn open(self, state: &AppState, proof: CodeProof) -> Result<Option<Repeated>> {
        state
            .write(move |tx| {
                let found = self.step.find(tx, proof.user())?;
                let Some(found) = found.filter(|found| found.user == proof.user()) else {
                    return Ok(None);
                };
                if found.session.is_some() {
                    return self.add_secret(tx, &found);
                }
                let methods = AuthenticationMethods::PASSWORD_AND_CODE;
                let redeem =
                    |tx: &mut Transaction<'_>, author: &Actor| verify::redeem(tx, &proof, author);
                let is_open = self.step.open_session(tx, &found, methods, redeem)?;
                let replacement = proof.replacement().cloned();
                Ok(is_open.then_some(Repeated { replacement }))
            })
            .await
    }

    /// Records a wrong code, unless it is the code of a second click, whose first request has used
    /// it.
    async fn refuse(
        self,
        state: &AppState,
        found: SignInAttempt,
        counted: Counted,
        is_last: bool,
    ) -> Result<Option<Repeated>> {
        state
            .write(move |tx| {
                let repeated = self.repeated(tx, &found)?;
                if repeated.is_none() {
                    let actor = &self.step.actor;
                    verify::record_refusal(tx, found.user, actor, &counted)?;
                    notify_of_last_refusal(tx, found.user, actor, is_last)?;
                }
                Ok(repeated)
            })
            .await
    }

    /// Answers a second click after the first request was completed.
    async fn repeat(self, state: &AppState, found: SignInAttempt) -> Result<Option<Repeated>> {
        state.write(move |tx| self.repeated(tx, &found)).await
    }

    fn repeated(
        &self,
        tx: &mut Transaction<'_>,
        found: &SignInAttempt,
    ) -> Result<Option<Repeated>> {
        match self.step.find(tx, found.user)? {
            Some(found) if found.session.is_some() => self.add_secret(tx, &found),
            _ => Ok(None),
        }
    }

    /// Adds a secret to the session that the attempt has opened, if the same form opened it with the
    /// same code a moment ago. The browser may discard the first response.
    fn add_secret(
        &self,
        tx: &mut Transaction<'_>,
        found: &SignInAttempt,
    ) -> Result<Option<Repeated>> {
        let Some(opened) = self.step.opened_before(tx, found)? else {
            return Ok(None);
        };
        let repeated = verify::repeated(tx, found.user, &self.code, &self.source)?;
        if repeated.is_some() {
            change::add_secret(tx, &opened, self.step.session)?;
        }
        Ok(repeated)
    }
}
