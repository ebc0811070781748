//! Verifies codes, and uses them up.
//!
//! A code is counted in a commit of its own before it is verified, and used in the transaction of
//! its effect. So of two requests with one code, one has the effect.

use zeroize::Zeroizing;

use super::{
    Code, CodeSource, RecoveryCode, TotpSecret,
    recovery_code::{EnteredRecoveryCode, HashableCode},
    store::{self, StoredApp},
};
use crate::{
    app_state::{AppState, Transaction},
    audit::{self, Actor, EventKind, NewEvent},
    credentials::{self, RevocationReason, RevocationReceipt, end_unfinished, revoke},
    crypto::password_hash::StoredHash,
    db::AnyConnection,
    error::{Error, Result},
    mail::notices::{self, NoticeKind},
    rate_limit::{self, Attempt, Counted},
    types::{
        fields::FieldErrors,
        ids::{FactorId, UserId},
        message::field,
    },
};

/// The number of consecutive wrong codes after which an authenticator app is suspended. Each
/// verification accepts three of a million codes, so an attacker who has the password and never
/// stops would succeed after months without this limit.
pub const MAX_FAILURES: i64 = 100;

/// The proof that a code of this user was right a moment ago. It is valid until the code is used.
#[derive(Clone)]
pub struct CodeProof {
    user: UserId,
    of: Used,
    /// The counted attempt, which is removed when the code is used.
    attempt: Counted,
}

/// The code that [`redeem`] uses up.
#[derive(Clone)]
enum Used {
    Step {
        app: FactorId,
        step: i64,
    },
    Recovery {
        locator: String,
        hash: StoredHash,
        replacement: Option<(RecoveryCode, StoredHash)>,
    },
}

impl CodeProof {
    /// Returns the user.
    pub(crate) const fn user(&self) -> UserId {
        self.user
    }

    /// Returns the recovery code that replaces the used one, to show it.
    #[must_use]
    pub fn replacement(&self) -> Option<&RecoveryCode> {
        match &self.of {
            Used::Recovery {
                replacement: Some((code, _)),
                ..
            } => Some(code),
            _ => None,
        }
    }

    /// Returns the proof for an answer that cannot show a new recovery code. The used one is not
    /// replaced.
    #[must_use]
    pub(crate) fn without_replacement(mut self) -> Self {
        if let Used::Recovery { replacement, .. } = &mut self.of {
            *replacement = None;
        }
        self
    }
}

/// Returns the error of a code that is wrong or was used before.
pub(crate) fn wrong_code() -> Error {
    FieldErrors::one("code", field::factor_code_wrong()).into()
}

/// Returns the error of a form without a code.
pub(crate) fn missing_code() -> Error {
    FieldErrors::one("code", field::missing()).into()
}

/// Locks the user, and counts a code before it is verified.
///
/// # Errors
/// [`Error::Throttled`] if a delay applies now.
pub(crate) fn count(
    tx: &mut Transaction<'_>,
    user: UserId,
    attempt: &Attempt,
    code: &Code,
) -> Result<Counted> {
    credentials::store::lock_user(tx.connection, user)?;
    let counted = rate_limit::record_attempt_in(tx, attempt)?;
    if matches!(code, Code::App(_)) {
        store::count_failure(tx.connection, user, MAX_FAILURES)?;
    }
    Ok(counted)
}

/// Verifies a code of `user` that [`count`] has counted. Returns `None` if it is wrong.
/// `replacement` is the source of the code that replaces a used recovery code.
///
/// # Errors
/// [`Error::Busy`] if too many requests wait for a hash.
pub(crate) async fn verify(
    state: &AppState,
    user: UserId,
    code: Code,
    replacement: Option<&CodeSource>,
    actor: Actor,
    attempt: Counted,
) -> Result<Option<CodeProof>> {
    let of = match code {
        Code::App(digits) => {
            let app = state
                .read(move |_, connection| Ok(store::app_of(connection, user)?))
                .await?;
            app.map(|app| step_of(state, &app, &digits))
                .transpose()?
                .flatten()
        }
        Code::Recovery(code) => recovery(state, user, code, replacement, actor).await?,
    };
    let label = if of.is_some() { "correct" } else { "wrong" };
    metrics::counter!("narthex_code_verifications_total", "result" => label).increment(1);
    Ok(of.map(|of| CodeProof { user, of, attempt }))
}

fn step_of(state: &AppState, app: &StoredApp, digits: &str) -> Result<Option<Used>> {
    if app.was_suspended_before_count() {
        return Ok(None);
    }
    let secret = open(state, app)?;
    let step = secret.step_of(digits, state.now());
    Ok(step
        .filter(|step| *step > app.last_step)
        .map(|step| Used::Step { app: app.id, step }))
}

/// Opens the sealed secret of an app.
pub(super) fn open(state: &AppState, app: &StoredApp) -> Result<TotpSecret> {
    let keys = state.sealing_keys()?;
    let secret = keys.open(app.user.as_bytes(), &app.sealed_secret)?;
    Ok(TotpSecret::from_opened(secret))
}

async fn recovery(
    state: &AppState,
    user: UserId,
    code: EnteredRecoveryCode,
    replacement: Option<&CodeSource>,
    actor: Actor,
) -> Result<Option<Used>> {
    let mut readings = code.into_readings();
    let locators: Vec<String> = readings.iter().map(|code| code.locator.clone()).collect();
    let stored = state
        .read(move |_, connection| Ok(store::recovery_codes(connection, user, &locators)?))
        .await?;
    // An unknown first group costs a hash as well, so the time does not reveal which ones exist.
    match readings
        .iter()
        .any(|code| stored.contains_key(&code.locator))
    {
        true => readings.retain(|code| stored.contains_key(&code.locator)),
        false => readings.truncate(1),
    }
    let permit = state.hasher().acquire(actor.ip).await?;
    let mut right = None;
    for code in readings {
        let hash = stored.get(&code.locator).cloned();
        let check = permit.verify(code.secret.clone(), hash.clone()).await?;
        let matching = hash.filter(|_| check.is_valid());
        right = right.or(matching.map(|hash| (code, hash)));
    }
    let Some((code, hash)) = right else {
        return Ok(None);
    };
    let replacement = match replacement {
        Some(source) => {
            let new = replacement_of(state, source, &code)?;
            let hash = permit.hash(new.secret()).await?;
            Some((new, hash))
        }
        None => None,
    };
    Ok(Some(Used::Recovery {
        locator: code.locator,
        hash,
        replacement,
    }))
}

/// Makes the code that replaces a used one. It depends on the used one, so that [`repeated`] knows
/// it.
fn replacement_of(
    state: &AppState,
    source: &CodeSource,
    used: &HashableCode,
) -> Result<RecoveryCode> {
    let secret = used.secret.expose().as_bytes();
    let purpose = Zeroizing::new([b"replaces ", used.locator.as_bytes(), secret].concat());
    source.code(state, &purpose)
}

/// A code that an earlier request of the same form has used.
pub(crate) struct Repeated {
    /// The recovery code that has replaced it.
    pub(crate) replacement: Option<RecoveryCode>,
}

/// Returns the earlier use of this code, if it was the last one and by a form with this source. A
/// second click is answered like the first one only then. Otherwise a wrong code would have the
/// effect of the right one.
///
/// # Errors
/// Returns an error if the database fails.
pub(crate) fn repeated(
    tx: &mut Transaction<'_>,
    user: UserId,
    code: &Code,
    source: &CodeSource,
) -> Result<Option<Repeated>> {
    if !source.is_repeatable() {
        return Ok(None);
    }
    if let Code::Recovery(entered) = code {
        for reading in entered.clone().into_readings() {
            let new = replacement_of(tx.state, source, &reading)?;
            let locator = [new.locator().to_owned()];
            if !store::recovery_codes(tx.connection, user, &locator)?.is_empty() {
                let replacement = Some(new);
                return Ok(Some(Repeated { replacement }));
            }
        }
        return Ok(None);
    }
    let is_last = is_last_step(tx.state, tx.connection, user, code)?;
    Ok(is_last.then_some(Repeated { replacement: None }))
}

/// Returns whether `code` is the code of the app that was used last.
pub(super) fn is_last_step(
    state: &AppState,
    connection: &mut AnyConnection,
    user: UserId,
    code: &Code,
) -> Result<bool> {
    let (Code::App(digits), Some(app)) = (code, store::app_of(connection, user)?) else {
        return Ok(false);
    };
    let step = open(state, &app)?.step_of(digits, state.now());
    Ok(step == Some(app.last_step))
}

/// Verifies a code of `user` that [`count`] has counted, and records a wrong one. `replacement` is
/// the source of the code that replaces a used recovery code.
///
/// # Errors
/// The error of a wrong code; [`Error::Busy`] if too many requests wait for a hash.
pub(crate) async fn verify_or_refuse(
    state: &AppState,
    user: UserId,
    code: Code,
    replacement: Option<&CodeSource>,
    actor: Actor,
    attempt: Counted,
) -> Result<CodeProof> {
    let verified = verify(state, user, code, replacement, actor, attempt.clone());
    if let Some(proof) = verified.await? {
        return Ok(proof);
    }
    state
        .write(move |tx| record_refusal(tx, user, &actor, &attempt))
        .await?;
    Err(wrong_code())
}

/// Records a wrong code in the audit log. The attempt stays counted.
pub(crate) fn record_refusal(
    tx: &mut Transaction<'_>,
    user: UserId,
    actor: &Actor,
    attempt: &Counted,
) -> Result<()> {
    audit::record(tx, user, actor, NewEvent::new(EventKind::CodeRefused, ""))?;
    rate_limit::record_failure(tx.state, tx.connection, attempt)
}

/// Uses a code up, in the transaction of its effect and under the lock of the user. A recovery code
/// also ends the pending links and sign-ins of the user, and a mail tells the user that `actor` has
/// used it.
///
/// # Errors
/// The error of a wrong code if it was used meanwhile.
pub(crate) fn redeem(tx: &mut Transaction<'_>, proof: &CodeProof, actor: &Actor) -> Result<()> {
    let now = tx.now();
    match &proof.of {
        Used::Step { app, step } => {
            if !store::use_step(tx.connection, *app, *step, now)? {
                return Err(wrong_code());
            }
        }
        Used::Recovery {
            locator,
            hash,
            replacement,
        } => {
            let (connection, user) = (&mut *tx.connection, proof.user);
            if !store::delete_recovery_code(connection, user, locator, hash)? {
                return Err(wrong_code());
            }
            if let Some((code, hash)) = replacement {
                store::insert_recovery_code(connection, user, code.locator(), hash)?;
            }
            store::set_recovery_code_used(connection, user, now)?;
            store::reset_failures(connection, user)?;
            end_unfinished(tx.connection, user)?;
            let event = NewEvent::new(EventKind::RecoveryCodeUsed, "");
            audit::record(tx, user, actor, event)?;
            let left = store::recovery_codes_left(tx.connection, user)?;
            let kind = NoticeKind::RecoveryCodeUsed { left };
            let reason = RevocationReason::RecoveryCodeUsed;
            let receipt = revoke::end_trusted_browsers(tx, user, reason, actor)?;
            let ended = receipt.iter().flat_map(RevocationReceipt::kinds);
            notices::notify(tx, user, actor, kind, ended)?;
        }
    }
    rate_limit::record_success(tx.state, tx.connection, &proof.attempt)
}
