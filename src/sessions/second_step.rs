//! The second step of a sign-in: the proof that it takes, and the steps that all proofs share.

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
    factors::{self, FactorMethod, RecoveryCode},
    mail::notices::{self, NoticeKind},
    passwords::proof::current_hash,
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

/// Returns the proof by which the sign-in with this secret can be completed. `None` if it does not
/// wait for a second step.
///
/// # Errors
/// Returns an error if the database fails.
pub async fn open_step(state: &AppState, attempt: &AttemptSecret) -> Result<Option<SecondStep>> {
    let digest = attempt.digest();
    state
        .read(move |state, connection| {
            let found = sign_in_attempts::find(connection, digest, state.now())?;
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
    pub(super) fn find(
        &self,
        tx: &mut Transaction<'_>,
        user: UserId,
    ) -> Result<Option<SignInAttempt>> {
        match lock_user_and_recheck_actor(tx, user, &self.actor) {
            Err(Error::NotFound) => return Ok(None),
            other => other?,
        }
        let now = tx.now();
        sign_in_attempts::find(tx.connection, self.attempt, now)
    }

    /// Returns the session that the attempt has opened, if the same form opened it a moment ago.
    pub(super) fn opened_before(
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
        let attempt = self.attempt;
        // A recovery code ends the attempts without a session. So this one gets its session before.
        let redeem = |tx: &mut Transaction<'_>, author: &Actor| {
            if let Some(opened) = author.credential {
                sign_in_attempts::set_session(tx.connection, attempt, opened)?;
            }
            redeem(tx, author)
        };
        open_with_proof(tx, user, digest, parameters, methods, redeem)?;
        Ok(true)
    }
}

/// Tells the user if a refused proof was the last one of its attempt, because the password was right.
///
/// # Errors
/// Returns an error if the database fails.
pub(super) fn notify_of_last_refusal(
    tx: &mut Transaction<'_>,
    user: UserId,
    actor: &Actor,
    is_last: bool,
) -> Result<()> {
    match is_last {
        true => notices::notify(tx, user, actor, NoticeKind::SecondFactorRefused, []),
        false => Ok(()),
    }
}
