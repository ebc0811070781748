//! The second step of a sign-in: a code, after the password was right.

use super::{
    secret::SessionSecret,
    sign_in::{SignIn, find_by_form_key, new_session, open_session},
};
use crate::{
    app_state::{AppState, Transaction},
    audit::Actor,
    credentials::{change, revoke::lock_user_and_recheck_actor, store, trusted_browsers},
    crypto::digest::Digest,
    error::{Error, Result},
    factors::{
        self, Code, CodeProof, FactorMethod, RecoveryCode, Replacement,
        verify::{self, wrong_code},
    },
    passwords::verify::{attempt_with_code, current_hash},
    rate_limit::Counted,
    sign_in_attempts::{self, AttemptSecret, SignInAttempt},
    types::{assurance::AuthenticationMethods, ids::UserId},
};

/// The result of a completed sign-in.
pub struct Completed {
    /// The user.
    pub user: UserId,
    /// The secret of the session.
    pub secret: SessionSecret,
    /// Whether the user selected "Keep me signed in" in the first step.
    pub remember: bool,
    /// The recovery code that replaces the used one. It is shown once.
    pub replacement: Option<RecoveryCode>,
}

/// Returns the methods by which the sign-in with this secret can be completed. `None` if it does not
/// wait for a second step.
///
/// # Errors
/// Returns an error if the database fails.
pub async fn open_methods(
    context: &AppState,
    attempt: &AttemptSecret,
) -> Result<Option<Vec<FactorMethod>>> {
    let digest = attempt.digest();
    context
        .read(move |context, connection| {
            let found = sign_in_attempts::find(connection, digest, context.now())?;
            let open = found.filter(SignInAttempt::is_open);
            open.map(|open| factors::methods_of(connection, open.user))
                .transpose()
        })
        .await
}

/// Completes a sign-in with a code. Returns `None` if the attempt is over: it is too old, had too
/// many wrong codes, was completed or revoked, or the password has changed.
///
/// The code is counted before it is verified, for the attempt, the account, the client's network and
/// the authenticator app, in one commit. It is used in the transaction that opens the session.
///
/// # Errors
/// [`Error::Invalid`] if the code is wrong; [`Error::Throttled`] after too many wrong passwords and
/// codes.
pub async fn complete(
    context: &AppState,
    attempt: AttemptSecret,
    code: Code,
    parameters: SignIn,
) -> Result<Option<Completed>> {
    let digest = attempt.digest();
    let actor = Actor::anonymous(parameters.ip);
    let found = context
        .read(move |context, connection| {
            let Some(found) = sign_in_attempts::find(connection, digest, context.now())? else {
                return Ok(None);
            };
            let limit = attempt_with_code(context, connection, found.user, &actor)?;
            Ok(Some((found, limit)))
        })
        .await?;
    let Some((found, limit)) = found else {
        return Ok(None);
    };
    let user = found.user;
    let secret = SessionSecret::generate(context.random())?;
    let step = Step {
        attempt: digest,
        session: secret.digest(),
        actor,
        parameters: SignIn {
            remember: found.remember,
            ..parameters
        },
    };
    let remember = found.remember;
    let completed = |replacement: Option<RecoveryCode>| Completed {
        user,
        secret,
        remember,
        replacement,
    };
    let counted = context
        .write({
            let code = code.clone();
            move |tx| {
                if !sign_in_attempts::count_code(tx.connection, digest)? {
                    return Ok(None);
                }
                verify::count(tx, user, &limit, &code).map(Some)
            }
        })
        .await?;
    let Some(counted) = counted else {
        let is_repeated = step.repeat(context, found).await?;
        return Ok(is_repeated.then(|| completed(None)));
    };
    let proof = verify::verify(
        context,
        user,
        code,
        Replacement::Shown,
        actor,
        counted.clone(),
    )
    .await?;
    match proof {
        Some(proof) => {
            let replacement = proof.replacement().cloned();
            let is_open = step.open(context, proof).await?;
            Ok(is_open.then(|| completed(replacement)))
        }
        None if step.refuse(context, found, counted).await? => Ok(Some(completed(None))),
        None => Err(wrong_code()),
    }
}

/// The parts of the second step that its transactions need.
#[derive(Clone)]
pub(super) struct Step {
    pub(super) attempt: Digest,
    /// The digest of the secret of the session.
    pub(super) session: Digest,
    pub(super) actor: Actor,
    pub(super) parameters: SignIn,
}

impl Step {
    /// Uses the code and opens the session. Returns `false` if the attempt is over.
    async fn open(self, context: &AppState, proof: CodeProof) -> Result<bool> {
        context
            .write(move |tx| {
                match lock_user_and_recheck_actor(tx, proof.user(), &self.actor) {
                    Err(Error::NotFound) => return Ok(false),
                    other => other?,
                }
                let now = tx.now();
                let found = sign_in_attempts::find(tx.connection, self.attempt, now)?;
                let Some(found) = found.filter(|found| found.user == proof.user()) else {
                    return Ok(false);
                };
                if found.session.is_some() {
                    return self.add_secret(tx, &found);
                }
                let methods = AuthenticationMethods::PASSWORD_AND_CODE;
                self.open_session(tx, &found, methods, |tx, author| {
                    verify::redeem(tx, &proof, author)
                })
            })
            .await
    }

    /// Opens the session of an attempt that has none, under the lock of its user. `redeem` uses the
    /// proof. Then the browser is trusted if the user asked for it. Returns `false` if the password has changed since the first step.
    pub(super) fn open_session(
        self,
        tx: &mut Transaction<'_>,
        found: &SignInAttempt,
        methods: AuthenticationMethods,
        redeem: impl FnOnce(&mut Transaction<'_>, &Actor) -> Result<()>,
    ) -> Result<bool> {
        let hash = current_hash(tx.connection, found.user)?;
        if !hash.is_some_and(|hash| found.is_for(&hash)) {
            return Ok(false);
        }
        let session = new_session(tx.state, found.user, &self.parameters, methods)?;
        let trust = self.parameters.trust;
        let opened = open_session(tx, &session, self.session, self.parameters, false)?;
        // The session is the author, so that a mail about the second factor names its browser.
        let author = Actor {
            credential: Some(opened),
            ..self.actor
        };
        redeem(tx, &author)?;
        trusted_browsers::trust(tx, &session, trust, &author)?;
        Ok(sign_in_attempts::set_session(
            tx.connection,
            self.attempt,
            opened,
        )?)
    }

    /// Records a wrong code. Returns `true` if it is the code of a second click, whose first request
    /// has used it.
    async fn refuse(
        self,
        context: &AppState,
        found: SignInAttempt,
        counted: Counted,
    ) -> Result<bool> {
        context
            .write(move |tx| {
                if self.is_repeated(tx, &found)? {
                    return Ok(true);
                }
                verify::record_refusal(tx, found.user, &self.actor, &counted)?;
                Ok(false)
            })
            .await
    }

    /// Returns `true` if the request is a second click after the first request was completed.
    async fn repeat(self, context: &AppState, found: SignInAttempt) -> Result<bool> {
        context.write(move |tx| self.is_repeated(tx, &found)).await
    }

    fn is_repeated(&self, tx: &mut Transaction<'_>, found: &SignInAttempt) -> Result<bool> {
        match lock_user_and_recheck_actor(tx, found.user, &self.actor) {
            Err(Error::NotFound) => return Ok(false),
            other => other?,
        }
        let now = tx.now();
        match sign_in_attempts::find(tx.connection, self.attempt, now)? {
            Some(found) if found.session.is_some() => self.add_secret(tx, &found),
            _ => Ok(false),
        }
    }

    /// Adds a secret to the session that the attempt has opened, if the same form opened it a moment
    /// ago. The browser may discard the first response.
    fn add_secret(&self, tx: &mut Transaction<'_>, found: &SignInAttempt) -> Result<bool> {
        let Some(key) = &self.parameters.form_key else {
            return Ok(false);
        };
        let Some(id) = store::by_form_key(tx.connection, found.user, key)? else {
            return Ok(false);
        };
        let methods = AuthenticationMethods::PASSWORD_AND_CODE;
        let like = new_session(tx.state, found.user, &self.parameters, methods)?;
        let opened = find_by_form_key(tx.state, tx.connection, id, &like)?;
        match opened.filter(|opened| Some(opened.id) == found.session) {
            Some(opened) => {
                change::add_secret(tx, &opened, self.session)?;
                Ok(true)
            }
            None => Ok(false),
        }
    }
}
