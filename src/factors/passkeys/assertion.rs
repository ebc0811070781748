//! Verifies and uses the answer of a passkey to a challenge.

use serde_json::{Value, json};
pub use webauthn_rs_core::proto::PublicKeyCredential as AssertionResponse;

use super::{
    Challenge, RelyingParty,
    challenge::{self, AnsweredChallenge},
    store::{self, StoredPasskey},
    verification::{VerificationKey, verify_answer},
};
use crate::{
    app_state::{AppState, Transaction},
    audit::{self, Actor, EventKind, NewEvent},
    db::AnyConnection,
    error::{Error, Result},
    factors::{has_password_in, store::reset_failures},
    mail::notices::{self, NoticeKind},
    rate_limit::{self, Counted},
    types::{
        assurance::PasskeyUse,
        fields::FieldErrors,
        ids::{FactorId, UserId},
        message::field,
    },
};

/// The proof that a passkey of this user has answered a challenge a moment ago.
#[derive(Clone)]
pub(crate) struct PasskeyProof {
    passkey: StoredPasskey,
    counter: i64,
    backed_up: bool,
    is_user_verified: bool,
    /// The counted attempt, which is removed when the proof is used.
    attempt: Counted,
}

impl PasskeyProof {
    /// Returns the user.
    pub(crate) const fn user(&self) -> UserId {
        self.passkey.user
    }

    /// Returns the ID of the passkey.
    pub(crate) const fn passkey(&self) -> FactorId {
        self.passkey.id
    }

    /// Returns the counted attempt.
    pub(crate) const fn attempt(&self) -> &Counted {
        &self.attempt
    }

    /// Returns how the passkey was used.
    pub(crate) const fn used(&self) -> PasskeyUse {
        PasskeyUse {
            is_synced: self.passkey.backup_eligible,
            is_user_verified: self.is_user_verified,
        }
    }
}

/// Returns the error of an answer that was not accepted. It does not say why.
pub(crate) fn refused() -> Error {
    FieldErrors::one("credential", field::passkey_refused()).into()
}

/// Returns the error of an answer without user verification if the user has no password.
pub(crate) fn unverified() -> Error {
    FieldErrors::one("credential", field::passkey_unverified()).into()
}

/// Returns the options for `navigator.credentials.get()` with the passkeys of a user. A user
/// without a password must be verified, because a touch alone proves one factor.
///
/// # Errors
/// Returns an error if the database fails.
pub(crate) fn request_options(
    connection: &mut AnyConnection,
    party: &RelyingParty,
    user: UserId,
    challenge: &Challenge,
) -> Result<Value> {
    let passkeys = store::of_user(connection, user)?;
    let verification = match has_password_in(connection, user)? {
        true => "preferred",
        false => "required",
    };
    Ok(json!({
        "challenge": challenge.base64url(),
        "rpId": party.id(),
        "allowCredentials": passkeys.iter().map(StoredPasskey::descriptor).collect::<Vec<_>>(),
        "userVerification": verification,
        "timeout": challenge::LIFETIME.as_millis(),
    }))
}

/// Returns the options for a sign-in without a name: the user chooses among the passkeys of the
/// device.
///
/// # Errors
/// [`Error::NotFound`] if the settings allow no passkeys.
pub(crate) fn sign_in_options(state: &AppState, challenge: &Challenge) -> Result<Value> {
    let party = RelyingParty::of(state.settings()).ok_or(Error::NotFound)?;
    Ok(json!({
        "challenge": challenge.base64url(),
        "rpId": party.id(),
        "userVerification": "preferred",
        "timeout": challenge::LIFETIME.as_millis(),
    }))
}

/// The passkey that an answer names, before the answer is verified.
#[derive(Clone)]
pub(crate) struct NamedPasskey {
    passkey: StoredPasskey,
    /// Whether the user handle in the answer is that of the owner.
    has_right_handle: bool,
}

impl NamedPasskey {
    /// Returns the owner of the passkey.
    pub(crate) const fn user(&self) -> UserId {
        self.passkey.user
    }
}

/// Returns the passkey of `user` that an answer names.
///
/// # Errors
/// Returns an error if the database fails.
pub(crate) fn named_of_user(
    connection: &mut AnyConnection,
    user: UserId,
    response: &AssertionResponse,
) -> Result<Option<NamedPasskey>> {
    let found = store::by_credential_id(connection, &response.raw_id)?;
    let Some(passkey) = found.filter(|passkey| passkey.user == user) else {
        return Ok(None);
    };
    // An authenticator may leave the handle out, because the options name the passkey.
    let claimed = &response.response.user_handle;
    Ok(Some(NamedPasskey {
        has_right_handle: claimed.is_none() || *claimed == store::handle_of(connection, user)?,
        passkey,
    }))
}

/// Returns the passkey that an answer names, of any user. The handle is required, because the options
/// name no passkey (WebAuthn level 3, section 7.2, step 6).
///
/// # Errors
/// Returns an error if the database fails.
pub(crate) fn named(
    connection: &mut AnyConnection,
    response: &AssertionResponse,
) -> Result<Option<NamedPasskey>> {
    let Some(passkey) = store::by_credential_id(connection, &response.raw_id)? else {
        return Ok(None);
    };
    let claimed = &response.response.user_handle;
    let handle = store::handle_of(connection, passkey.user)?;
    Ok(Some(NamedPasskey {
        has_right_handle: claimed.is_some() && *claimed == handle,
        passkey,
    }))
}

/// Verifies the answer of a passkey to a challenge (WebAuthn level 3, section 7.2).
pub(crate) fn verify(
    state: &AppState,
    named: NamedPasskey,
    response: &AssertionResponse,
    challenge: &AnsweredChallenge,
    attempt: Counted,
) -> Option<PasskeyProof> {
    let party = RelyingParty::of(state.settings())?;
    if !challenge.is_open || !named.has_right_handle {
        return None;
    }
    let passkey = named.passkey;
    let key = VerificationKey {
        credential_id: &passkey.credential_id,
        public_key: &passkey.public_key,
        backup_eligible: passkey.backup_eligible,
        backed_up: passkey.backed_up,
    };
    let answer = verify_answer(&party, key, response, &challenge.bytes)?;
    Some(PasskeyProof {
        counter: answer.counter.into(),
        backed_up: answer.backed_up,
        is_user_verified: answer.user_verified,
        passkey,
        attempt,
    })
}

/// Does the same as [`verify`] for a passkey of `user`, and records an answer that is not accepted.
///
/// # Errors
/// The error of an answer that was not accepted.
pub(crate) async fn verify_or_refuse(
    state: &AppState,
    user: UserId,
    named: Option<NamedPasskey>,
    response: &AssertionResponse,
    challenge: &AnsweredChallenge,
    attempt: Counted,
    actor: Actor,
) -> Result<PasskeyProof> {
    let verify = |named| verify(state, named, response, challenge, attempt.clone());
    if let Some(proof) = named.and_then(verify) {
        return Ok(proof);
    }
    state
        .write(move |tx| record_refusal(tx, user, &actor, &attempt))
        .await?;
    Err(refused())
}

/// Records the use of a passkey that completes a sign-in, in the transaction of its effect and
/// under the lock of the user. A suspended authenticator app is accepted again.
///
/// # Errors
/// The error of an answer that was not accepted, if the passkey was removed meanwhile.
pub(crate) fn redeem(tx: &mut Transaction<'_>, proof: &PasskeyProof, actor: &Actor) -> Result<()> {
    record_use(tx, proof, actor)?;
    reset_failures(tx.connection, proof.passkey.user)?;
    rate_limit::record_success(tx.state, tx.connection, &proof.attempt)
}

/// Does the same as [`redeem`] for a sign-in that needs another factor. Earlier failures stay
/// counted.
///
/// # Errors
/// The errors of [`redeem`].
pub(crate) fn redeem_first_step(
    tx: &mut Transaction<'_>,
    proof: &PasskeyProof,
    actor: &Actor,
) -> Result<()> {
    record_use(tx, proof, actor)?;
    rate_limit::record_first_step(tx.state, tx.connection, &proof.attempt)
}

/// Records the use of a passkey, and marks it if its counter was not higher than before. Such a
/// counter is accepted, because some providers count each copy of a passkey alone. A mail tells the
/// user of it.
fn record_use(tx: &mut Transaction<'_>, proof: &PasskeyProof, actor: &Actor) -> Result<()> {
    let now = tx.now();
    let user = proof.passkey.user;
    let stored = store::find(tx.connection, user, proof.passkey.id)?.ok_or_else(refused)?;
    let counts = proof.counter > 0 || stored.counter > 0;
    let is_copied = counts && proof.counter <= stored.counter;
    let used = StoredPasskey {
        counter: proof.counter.max(stored.counter),
        backed_up: proof.backed_up,
        last_used_at: Some(now),
        user_verified: proof.is_user_verified || stored.user_verified,
        ..stored.clone()
    };
    store::record_use(tx.connection, &used)?;
    if is_copied {
        store::suspect_copy(tx.connection, stored.id, now)?;
        let event = NewEvent::new(EventKind::PasskeyCopySuspected, &*stored.name);
        audit::record(tx, user, actor, event)?;
        let kind = NoticeKind::PasskeyCopySuspected { name: stored.name };
        notices::notify(tx, user, actor, kind, [])?;
    }
    Ok(())
}

/// Returns how the passkey of an attempt was used before the password is asked for. `None` if it was
/// removed meanwhile.
///
/// # Errors
/// Returns an error if the database fails.
pub(crate) fn use_before_password(
    connection: &mut AnyConnection,
    user: UserId,
    passkey: FactorId,
) -> Result<Option<PasskeyUse>> {
    let stored = store::find(connection, user, passkey)?;
    Ok(stored.map(|stored| PasskeyUse {
        is_synced: stored.backup_eligible,
        is_user_verified: false,
    }))
}

/// Records an answer that was not accepted in the audit log. The attempt stays counted.
///
/// # Errors
/// Returns an error if the database fails.
pub(crate) fn record_refusal(
    tx: &mut Transaction<'_>,
    user: UserId,
    actor: &Actor,
    attempt: &Counted,
) -> Result<()> {
    audit::record(
        tx,
        user,
        actor,
        NewEvent::new(EventKind::PasskeyRefused, ""),
    )?;
    rate_limit::record_failure(tx.state, tx.connection, attempt)
}
