//! The second step of a sign-in: which proof it takes, and a code after the password was right.

use super::{
    secret::SessionSecret,
    sign_in::{SignIn, find_by_form_key, new_session, open_with_proof},
};
use crate::{
    app_state::{AppState, Transaction},
    audit::Actor,
    credentials::{change, revoke::lock_user_and_recheck_actor, store},
    crypto::digest::Digest,
    error::{Error, Result},
    factors::{
        self, Code, CodeProof, FactorMethod, RecoveryCode, Replacement,
        verify::{self, wrong_code},
    },
    passwords::verify::{attempt_in_sign_in, current_hash, missing_password},
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

/// The proof that a second step takes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum SecondStep {
    /// The password, after a passkey.
    Password,
    /// One of these second factors, after the password.
    SecondFactor(Vec<FactorMethod>),
}

/// Returns the proof by which the sign-in with this secret can be completed. `None` if it does not wait
/// for a second step.
///
/// # Errors
/// Returns an error if the database fails.
pub async fn open_step(context: &AppState, attempt: &AttemptSecret) -> Result<Option<SecondStep>> {
    let digest = attempt.digest();
    context
        .read(move |context, connection| {
            let found = sign_in_attempts::find(connection, digest, context.now())?;
            Ok(match found.filter(SignInAttempt::is_open) {
                None => None,
                Some(open) if open.passkey.is_some() => Some(SecondStep::Password),
                Some(open) => {
                    let methods = factors::methods_of(connection, open.user)?;
                    Some(SecondStep::SecondFactor(methods))
                }
            })
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
/// [`Error::Invalid`] if the code is wrong or the attempt needs the password; [`Error::Throttled`] after
/// too many wrong passwords and codes.
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
            let limit = attempt_in_sign_in(context, connection, found.user, &actor)?;
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
    let completed = Completed {
        user,
        secret: SessionSecret::generate(context.random())?,
        remember: found.remember,
        replacement: None,
    };
    let step = Step::new(digest, &completed, actor, parameters);
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
        return Ok(is_repeated.then_some(completed));
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
            Ok(is_open.then_some(Completed {
                replacement,
                ..completed
            }))
        }
        None if step.refuse(context, found, counted).await? => Ok(Some(completed)),
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
    /// Returns the step that completes the attempt with this digest.
    pub(super) fn new(
        attempt: Digest,
        completed: &Completed,
        actor: Actor,
        parameters: SignIn,
    ) -> Self {
        Self {
            attempt,
            session: completed.secret.digest(),
            actor,
            parameters: SignIn {
                remember: completed.remember,
                ..parameters
            },
        }
    }

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
    /// proof. Returns `false` if the password has changed since the first step.
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
        let (user, digest, parameters) = (found.user, self.session, self.parameters);
        let opened = open_with_proof(tx, user, digest, parameters, methods, redeem)?;
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
    pub(super) async fn repeat(self, context: &AppState, found: SignInAttempt) -> Result<bool> {
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
    pub(super) fn add_secret(
        &self,
        tx: &mut Transaction<'_>,
        found: &SignInAttempt,
    ) -> Result<bool> {
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
