//! The second step of a sign-in: which proof it takes, and a code after the password was right.

use super::{
    secret::SessionSecret,
    sign_in::{SignIn, find_by_form_key, new_session, open_with_proof},
};
use crate::{
    app_state::{AppState, Transaction},
    audit::Actor,
    credentials::{Credential, change, revoke::lock_user_and_recheck_actor, store},
    crypto::digest::Digest,
    error::{Error, Result},
    factors::{
        self, Code, CodeProof, CodeSource, FactorMethod, RecoveryCode,
        verify::{self, Repeated, wrong_code},
    },
    mail::notices::{self, NoticeKind},
    passwords::{
        proof::current_hash,
        verify::{attempt_in_sign_in, missing_password},
    },
    rate_limit::Counted,
    sign_in_attempts::{self, AttemptSecret, MAX_TRIES, SignInAttempt},
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
    let source = CodeSource::of_form(context, user, parameters.form_key.as_ref(), Some(digest))?;
    let completed = Completed {
        user,
        secret: SessionSecret::generate(context.random())?,
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
    let counted = context
        .write({
            let code = code.clone();
            move |tx| {
                store::lock_user(tx.connection, user)?;
                if !sign_in_attempts::count_try(tx.connection, digest)? {
                    return Ok(None);
                }
                let counted = verify::count(tx, user, &limit, &code)?;
                let now = tx.now();
                let attempt = sign_in_attempts::find(tx.connection, digest, now)?;
                let is_last = attempt.is_some_and(|attempt| attempt.tried >= MAX_TRIES);
                Ok(Some((counted, is_last)))
            }
        })
        .await?;
    let Some((counted, is_last)) = counted else {
        return Ok(step.repeat(context, found).await?.map(completed));
    };
    let proof = verify::verify(context, user, code, Some(&source), actor, counted.clone()).await?;
    match proof {
        Some(proof) => Ok(step.open(context, proof).await?.map(completed)),
        None => {
            let repeated = step.refuse(context, found, counted, is_last).await?;
            repeated.map(completed).map(Some).ok_or_else(wrong_code)
        }
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

    /// Locks the user and returns the attempt. `None` if either is gone.
    fn find(&self, tx: &mut Transaction<'_>, user: UserId) -> Result<Option<SignInAttempt>> {
        match lock_user_and_recheck_actor(tx, user, &self.actor) {
            Err(Error::NotFound) => return Ok(None),
            other => other?,
        }
        let now = tx.now();
        sign_in_attempts::find(tx.connection, self.attempt, now)
    }

    /// Returns the session that the attempt has opened, if the same form opened it a moment ago.
    fn opened_before(
        &self,
        tx: &mut Transaction<'_>,
        found: &SignInAttempt,
    ) -> Result<Option<Credential>> {
        let Some(key) = &self.parameters.form_key else {
            return Ok(None);
        };
        let Some(id) = store::by_form_key(tx.connection, found.user, key)? else {
            return Ok(None);
        };
        let methods = AuthenticationMethods::PASSWORD_AND_CODE;
        let like = new_session(tx.state, found.user, &self.parameters, methods)?;
        let opened = find_by_form_key(tx.state, tx.connection, id, &like)?;
        Ok(opened.filter(|opened| Some(opened.id) == found.session))
    }

    /// Adds a secret to the session that the attempt has opened, if the same form opened it a moment
    /// ago. The browser may discard the first response. The caller has verified the proof again.
    pub(super) fn add_secret(
        &self,
        tx: &mut Transaction<'_>,
        found: &SignInAttempt,
    ) -> Result<bool> {
        match self.opened_before(tx, found)? {
            Some(opened) => {
                change::add_secret(tx, &opened, self.session)?;
                Ok(true)
            }
            None => Ok(false),
        }
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
    async fn open(self, context: &AppState, proof: CodeProof) -> Result<Option<Repeated>> {
        context
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

    /// Records a wrong code, unless it is the code of a second click, whose first request has used it. The
    /// user is told of the last code of the attempt.
    async fn refuse(
        self,
        context: &AppState,
        found: SignInAttempt,
        counted: Counted,
        is_last: bool,
    ) -> Result<Option<Repeated>> {
        context
            .write(move |tx| {
                let repeated = self.repeated(tx, &found)?;
                if repeated.is_none() {
                    let actor = &self.step.actor;
                    verify::record_refusal(tx, found.user, actor, &counted)?;
                    if is_last {
                        let kind = NoticeKind::CodesRefused;
                        notices::notify(tx, found.user, actor, kind, [])?;
                    }
                }
                Ok(repeated)
            })
            .await
    }

    /// Answers a second click after the first request was completed.
    async fn repeat(self, context: &AppState, found: SignInAttempt) -> Result<Option<Repeated>> {
        context.write(move |tx| self.repeated(tx, &found)).await
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
