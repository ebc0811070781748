//! Turns the authenticator app of a user on, and removes it.

use std::time::Duration;

use super::{
    Code, CodeSource, RecoveryCode, RevocationChoice, TotpSecret, recovery_codes, removal,
    requirement,
    store::{self, StoredApp},
    verify,
};
use crate::{
    app_state::{AppState, Transaction},
    audit::{self, Actor, EventKind, NewEvent},
    credentials::{
        Principal, RecentlyAuthenticated, RevocationReason, RevocationReceipt,
        change::{self, Reauthentication},
        revoke::{begin_change_as, lock_user_and_recheck_actor},
    },
    crypto::digest::Digest,
    error::{Error, Result},
    mail::notices::{self, NoticeKind},
    types::{fields::FieldErrors, ids::UserId, message::field},
};

/// The time in which a secret that was shown can be turned on.
pub(super) const ENROLMENT: Duration = Duration::from_secs(1800);

/// The state of the enrolment of an authenticator app.
pub enum Enrolment {
    /// The user scans this secret, and enters a code of the app.
    Shown(TotpSecret),
    /// The user has an app.
    AlreadyOn,
}

/// Returns the secret that the caller's app is to share. Within `ENROLMENT`, a session gets the
/// same secret again, so that a reload does not make the scanned one useless.
///
/// # Errors
/// [`Error::EmailNotVerified`]; [`Error::NotSignedIn`] if the caller's session was revoked
/// meanwhile.
pub async fn begin_enrolment(
    state: &AppState,
    confirmed: RecentlyAuthenticated<'_>,
) -> Result<Enrolment> {
    let caller = confirmed.caller();
    caller.require_verified_address(state)?;
    let (user, session) = (caller.user().id, caller.credential().id);
    let prover = caller.clone();
    let shown = state
        .read(move |state, connection| {
            if store::has_app(connection, user)? {
                return Ok(Some(Enrolment::AlreadyOn));
            }
            let now = state.now();
            let second_factor = || prover.require_second_factor(now);
            requirement::authorize_addition(connection, user, second_factor)?;
            let since = now.saturating_sub(ENROLMENT);
            let sealed = store::pending_secret(connection, session, since)?;
            sealed
                .map(|sealed| open(state, user, &sealed).map(Enrolment::Shown))
                .transpose()
        })
        .await?;
    if let Some(shown) = shown {
        return Ok(shown);
    }
    let secret = TotpSecret::generate(state.random())?;
    let keys = state.sealing_keys()?;
    let sealed = keys.seal(state.random(), user.as_bytes(), secret.expose())?;
    let actor = caller.actor();
    state
        .write(move |tx| {
            lock_user_and_recheck_actor(tx, user, &actor)?;
            let now = tx.now();
            store::set_pending_secret(tx.connection, session, &sealed, now)?;
            Ok(Enrolment::Shown(secret))
        })
        .await
}

fn open(state: &AppState, user: UserId, sealed: &[u8]) -> Result<TotpSecret> {
    let secret = state.sealing_keys()?.open(user.as_bytes(), sealed)?;
    Ok(TotpSecret::from_opened(secret))
}

/// An app that was turned on.
pub struct EnrolledApp {
    /// The recovery codes, if the app is the first second factor. They are shown once.
    pub codes: Vec<RecoveryCode>,
    /// The receipt, if credentials were chosen.
    pub receipt: Option<RevocationReceipt>,
}

/// Turns the caller's app on with a code of it, and makes recovery codes if it is the first second
/// factor. The code counts as a confirmation by a second factor. The caller's session gets the
/// secret with the digest `renewed`.
///
/// Wrong codes are not counted here, because the session has been shown the secret. A second click
/// on the form with the key `form_key` gets the same recovery codes.
///
/// # Errors
/// [`Error::Invalid`] if the code is wrong, or if no secret is pending;
/// [`Error::EmailNotVerified`].
pub async fn turn_on(
    state: &AppState,
    confirmed: RecentlyAuthenticated<'_>,
    code: Code,
    revocation: RevocationChoice,
    form_key: Option<[u8; 16]>,
    renewed: Digest,
) -> Result<EnrolledApp> {
    let caller = confirmed.caller();
    caller.require_verified_address(state)?;
    let (user, secret) = (caller.user().id, caller.actor().secret);
    let source = CodeSource::of_form(state, user, form_key.as_ref(), secret)?;
    let turned_on = turn_on_once(state, caller, code.clone(), revocation, &source, renewed).await;
    // The first click may have revoked the secret, or turned the app on.
    let Err(error @ (Error::NotSignedIn { .. } | Error::Invalid(_))) = turned_on else {
        return turned_on;
    };
    let is_proved =
        move |tx: &mut Transaction<'_>| verify::is_last_step(tx.state, tx.connection, user, &code);
    let codes = recovery_codes::repeat(state, caller, &source, renewed, is_proved).await?;
    let receipt = None;
    codes
        .map(|codes| EnrolledApp { codes, receipt })
        .ok_or(error)
}

/// Returns the error of a code that the new app does not show.
fn wrong_code() -> Error {
    FieldErrors::one("code", field::app_code_wrong()).into()
}

async fn turn_on_once(
    state: &AppState,
    caller: &Principal,
    code: Code,
    revocation: RevocationChoice,
    source: &CodeSource,
    renewed: Digest,
) -> Result<EnrolledApp> {
    let caller = caller.clone();
    let (user, session) = (caller.user().id, caller.credential().id);
    let since = state.now().saturating_sub(ENROLMENT);
    let sealed = state
        .read(move |_, connection| Ok(store::pending_secret(connection, session, since)?))
        .await?
        .ok_or_else(nothing_pending)?;
    let Code::App(digits) = code else {
        return Err(wrong_code());
    };
    let step = open(state, user, &sealed)?.step_of(&digits, state.now());
    let step = step.ok_or_else(wrong_code)?;
    let codes = recovery_codes::generate_for_first(state, &caller, source).await?;
    // Sealed again, because the key may have changed since the secret was shown.
    let keys = state.sealing_keys()?;
    let secret = keys.open(user.as_bytes(), &sealed)?;
    let resealed = keys.seal(state.random(), user.as_bytes(), &secret)?;
    state
        .write(move |tx| {
            let credential = begin_change_as(tx, &caller)?;
            credential.require_recent_authentication(tx.now())?;
            // The same form may have turned the app on meanwhile.
            let pending = store::pending_secret(tx.connection, session, since)?;
            if pending.as_ref() != Some(&sealed) || store::has_app(tx.connection, user)? {
                return Err(nothing_pending());
            }
            let now = tx.now();
            let second_factor = || credential.require_second_factor(now);
            let is_first = requirement::authorize_addition(tx.connection, user, second_factor)?;
            let app = StoredApp {
                id: tx.new_id()?,
                user,
                sealed_secret: resealed,
                created_at: tx.now(),
                last_used_at: None,
                last_step: step,
                failures: 0,
            };
            store::insert_app(tx.connection, &app, tx.state.sealing_keys()?.current())?;
            store::delete_pending_secret(tx.connection, session)?;
            let codes = recovery_codes::store_for_first(tx, user, is_first, codes)?;
            let codes = codes.ok_or_else(nothing_pending)?;
            let actor = caller.actor();
            audit::record(tx, user, &actor, NewEvent::new(EventKind::FactorAdded, ""))?;
            let reauthentication = Reauthentication::by_code(tx, &credential);
            change::record_reauthentication(tx, &credential, renewed, &reauthentication, None)?;
            let reason = RevocationReason::FactorAdded;
            let receipt = revocation.apply_and_end_trust(tx, user, session, reason, &actor)?;
            let revoked = receipt.iter().flat_map(RevocationReceipt::kinds);
            // The notice of the app reports its recovery codes as well.
            let kind = NoticeKind::AuthenticatorAppAdded;
            notices::notify(tx, user, &actor, kind, revoked)?;
            Ok(EnrolledApp { codes, receipt })
        })
        .await
}

fn nothing_pending() -> Error {
    FieldErrors::one("code", field::code_of_no_secret()).into()
}

/// Removes the caller's app. With the last second factor, the recovery codes are removed. The
/// caller's session gets the secret with the digest `renewed`.
///
/// # Errors
/// [`Error::SecondFactorConfirmationRequired`] if no second factor was confirmed recently;
/// [`Error::NotFound`] if the user has no app; [`Error::Invalid`] if the user must have a factor
/// and this is the last one.
pub async fn remove(
    state: &AppState,
    caller: &Principal,
    revocation: RevocationChoice,
    renewed: Digest,
) -> Result<Option<RevocationReceipt>> {
    let caller = caller.clone();
    state
        .write(move |tx| {
            let session = begin_change_as(tx, &caller)?;
            let app = store::app_of(tx.connection, session.user_id)?.ok_or(Error::NotFound)?;
            session.require_second_factor(tx.now())?;
            let actor = caller.actor();
            delete(tx, &app, &actor, "")?;
            requirement::refuse_removal_of_last(tx, session.user_id, "app")?;
            change::replace_secret(tx, session.user_id, session.id, renewed)?;
            let reason = RevocationReason::FactorRemoved;
            let receipt =
                revocation.apply_and_end_trust(tx, session.user_id, session.id, reason, &actor)?;
            notify_of_removal(tx, session.user_id, &actor, "", receipt.as_ref())?;
            Ok(receipt)
        })
        .await
}

/// Deletes an app, under the lock of its user.
pub(super) fn delete(
    tx: &mut Transaction<'_>,
    app: &StoredApp,
    actor: &Actor,
    reason: &str,
) -> Result<()> {
    let invalidation = tx.invalidate_user(app.user);
    store::delete_app(tx.connection, invalidation, app.user, app.id)?;
    removal::after_removal(tx, app.user)?;
    let event = NewEvent::new(EventKind::FactorRemoved, reason);
    audit::record(tx, app.user, actor, event)
}

/// Tells the user of the removal, after everything that it revokes was revoked.
pub(super) fn notify_of_removal(
    tx: &mut Transaction<'_>,
    user: UserId,
    actor: &Actor,
    reason: &str,
    receipt: Option<&RevocationReceipt>,
) -> Result<()> {
    let reason = Some(reason.to_owned()).filter(|reason| !reason.is_empty());
    let kind = NoticeKind::AuthenticatorAppRemoved { reason };
    let revoked = receipt.into_iter().flat_map(RevocationReceipt::kinds);
    notices::notify(tx, user, actor, kind, revoked)
}
