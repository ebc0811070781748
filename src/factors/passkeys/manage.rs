//! Renames and removes passkeys.

use super::store::{self, StoredPasskey};
use crate::{
    app_state::{AppState, Transaction},
    audit::{self, Actor, EventKind, NewEvent},
    credentials::{
        Principal, RevocationReason, RevocationReceipt, change, revoke::begin_change_as,
    },
    crypto::digest::Digest,
    error::{Error, Result},
    factors::{RevocationChoice, last_way, removal, requirement},
    mail::notices::{self, NoticeKind},
    types::{
        ids::{FactorId, UserId},
        message::field,
        name::Name,
    },
};

/// Gives a passkey of the caller another name.
///
/// # Errors
/// [`Error::NotFound`] if the caller has no such passkey.
pub async fn rename(state: &AppState, caller: &Principal, id: FactorId, name: Name) -> Result<()> {
    let caller = caller.clone();
    state
        .write(move |tx| {
            let session = begin_change_as(tx, &caller)?;
            let user = session.user_id;
            let passkey = store::find(tx.connection, user, id)?.ok_or(Error::NotFound)?;
            if passkey.name == name.as_str() {
                return Ok(());
            }
            store::set_name(tx.connection, id, name.as_str())?;
            let event = NewEvent::new(EventKind::PasskeyRenamed, name.as_str());
            audit::record(tx, user, &caller.actor(), event)
        })
        .await
}

/// Removes a passkey of the caller. With the last second factor, the recovery codes are removed. The
/// caller's session gets the secret with the digest `renewed`.
///
/// # Errors
/// [`Error::SecondFactorConfirmationRequired`] if no second factor was confirmed recently.
/// [`Error::NotFound`] if the caller has no such passkey. [`Error::Invalid`] if the user must have
/// a factor and this is the last one. The same if the user has no password and too little else to
/// sign in with.
pub async fn remove(
    state: &AppState,
    caller: &Principal,
    id: FactorId,
    revocation: RevocationChoice,
    renewed: Digest,
) -> Result<Option<RevocationReceipt>> {
    let caller = caller.clone();
    state
        .write(move |tx| {
            let session = begin_change_as(tx, &caller)?;
            let user = session.user_id;
            let passkey = store::find(tx.connection, user, id)?.ok_or(Error::NotFound)?;
            session.require_second_factor(tx.now())?;
            let actor = caller.actor();
            delete(tx, &passkey, &actor, "")?;
            requirement::refuse_removal_of_last(tx, user, "remove")?;
            last_way::refuse_removal(tx, user, "remove", field::last_way_to_sign_in())?;
            change::replace_secret(tx, user, session.id, renewed)?;
            let reason = RevocationReason::PasskeyRemoved;
            let receipt = revocation.apply_and_end_trust(tx, user, session.id, reason, &actor)?;
            notify_of_removal(tx, user, &actor, passkey.name, "", receipt.as_ref())?;
            Ok(receipt)
        })
        .await
}

/// Deletes a passkey, under the lock of its user.
pub(in crate::factors) fn delete(
    tx: &mut Transaction<'_>,
    passkey: &StoredPasskey,
    actor: &Actor,
    reason: &str,
) -> Result<()> {
    let invalidation = tx.invalidate_user(passkey.user);
    store::delete(tx.connection, invalidation, passkey.id)?;
    removal::after_removal(tx, passkey.user)?;
    let detail = match reason {
        "" => passkey.name.clone(),
        reason => format!("{}: {reason}", passkey.name),
    };
    let event = NewEvent::new(EventKind::PasskeyRemoved, &*detail);
    audit::record(tx, passkey.user, actor, event)
}

/// Tells the user of the removal, after everything that it revokes was revoked.
pub(in crate::factors) fn notify_of_removal(
    tx: &mut Transaction<'_>,
    user: UserId,
    actor: &Actor,
    name: String,
    reason: &str,
    receipt: Option<&RevocationReceipt>,
) -> Result<()> {
    let reason = Some(reason.to_owned()).filter(|reason| !reason.is_empty());
    let kind = NoticeKind::PasskeyRemoved { name, reason };
    let revoked = receipt.into_iter().flat_map(RevocationReceipt::kinds);
    notices::notify(tx, user, actor, kind, revoked)
}
