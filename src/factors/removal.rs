//! Removes second factors for an operator, or with a change of the account.

use super::{
    authenticator_app as app, passkeys, planned_removal::OperatorRemoval,
    revocation_choice::RevocationChoice, store,
};
use crate::{
    app_state::Transaction,
    audit::Actor,
    credentials::{RevocationReason, RevocationReceipt, end_pending},
    error::{Error, Result},
    types::ids::UserId,
    util::clock::Timestamp,
};

/// Removes one factor of a user for an operator, in a transaction that
/// [`lock_user_and_recheck_actor`](crate::credentials::revoke::lock_user_and_recheck_actor) began.
/// The audit log and a mail tell the user the reason. Returns the receipt if anything was revoked
/// with it.
///
/// # Errors
/// [`Error::NotFound`] if the user has no factor with this ID.
pub(super) fn remove_one(
    tx: &mut Transaction<'_>,
    user: UserId,
    actor: &Actor,
    asked: &OperatorRemoval,
) -> Result<Option<RevocationReceipt>> {
    let (id, reason) = (asked.factor, &*asked.reason);
    let revocation = RevocationChoice {
        trusted_browsers: true,
        ..asked.revocation
    };
    if let Some(passkey) = passkeys::store::find(tx.connection, user, id)? {
        passkeys::delete(tx, &passkey, actor, reason)?;
        let receipt = revocation.apply(tx, user, [], RevocationReason::PasskeyRemoved, actor)?;
        passkeys::notify_of_removal(tx, user, actor, passkey.name, reason, receipt.as_ref())?;
        return Ok(receipt);
    }
    let found = store::find_app(tx.connection, user, id)?.ok_or(Error::NotFound)?;
    app::delete(tx, &found, actor, reason)?;
    let receipt = revocation.apply(tx, user, [], RevocationReason::FactorRemoved, actor)?;
    app::notify_of_removal(tx, user, actor, reason, receipt.as_ref())?;
    Ok(receipt)
}

/// Removes the second factors of a user, in a transaction that
/// [`lock_user_and_recheck_actor`](crate::credentials::revoke::lock_user_and_recheck_actor) began.
/// The caller ends the trust in browsers.
///
/// # Errors
/// Returns an error if the database fails.
pub(crate) fn remove_in(tx: &mut Transaction<'_>, user: UserId, actor: &Actor) -> Result<()> {
    remove_where(tx, user, actor, |_| true)
}

/// Does the same as [`remove_in`] to factors that were added at `since` or later. All recovery codes
/// are deleted if the set was made, or one of them was used, at `since` or later. The person who used
/// one has seen the code that replaced it.
///
/// # Errors
/// Returns an error if the database fails.
pub(crate) fn remove_changed_since(
    tx: &mut Transaction<'_>,
    user: UserId,
    since: Timestamp,
    actor: &Actor,
) -> Result<()> {
    remove_where(tx, user, actor, |created| created >= since)?;
    let set = store::recovery_code_set(tx.connection, user)?;
    if set.is_some_and(|(made, used, _)| made.max(used.unwrap_or(made)) >= since) {
        store::delete_recovery_codes(tx.connection, user)?;
    }
    Ok(())
}

fn remove_where(
    tx: &mut Transaction<'_>,
    user: UserId,
    actor: &Actor,
    is_removed: impl Fn(Timestamp) -> bool,
) -> Result<()> {
    for passkey in passkeys::store::of_user(tx.connection, user)? {
        if is_removed(passkey.created_at) {
            passkeys::delete(tx, &passkey, actor, "")?;
            passkeys::notify_of_removal(tx, user, actor, passkey.name, "", None)?;
        }
    }
    let found = store::app_of(tx.connection, user)?;
    if let Some(found) = found.filter(|app| is_removed(app.created_at)) {
        app::delete(tx, &found, actor, "")?;
        app::notify_of_removal(tx, user, actor, "", None)?;
    }
    Ok(())
}

/// Ends what depends on a factor that was deleted: pending links and sign-ins, and with the last
/// factor the recovery codes.
pub(super) fn after_removal(tx: &mut Transaction<'_>, user: UserId) -> Result<()> {
    if !super::has_second_factor(tx.connection, user)? {
        store::delete_recovery_codes(tx.connection, user)?;
    }
    end_pending(tx.connection, user)
}
