//! Closes accounts: the owner or an operator deletes an account, and an operator disables or
//! enables one.

use super::store;
use crate::{
    account_changes::{ChangeKind, NewChange},
    app_state::{AppState, Transaction},
    audit::{self, Actor, EventKind, NewEvent},
    credentials::{
        CredentialFilter, Principal, RevocationReason, RevocationReceipt, end_pending,
        revoke::{self, RevocationRequest, lock_user_and_recheck_actor},
    },
    crypto::secret::SecretString,
    error::{Error, Result},
    mail::notices::{self, NoticeKind},
    passwords::{owner::OwnerProof, verify::wrong_password_in},
    types::{credential_kind::CredentialType, ids::UserId},
};

/// Deletes the caller's account. All credentials are revoked first. The user's receipts, events,
/// name and address are deleted as well. `password` is ignored for a user without one.
///
/// # Errors
/// [`Error::Invalid`] if the password is wrong;
/// [`Error::SecondFactorConfirmationRequired`] if the user has none and no second factor was
/// confirmed recently.
pub async fn delete(
    state: &AppState,
    caller: &Principal,
    password: SecretString,
) -> Result<RevocationReceipt> {
    let (user, actor) = (caller.user().id, caller.actor());
    let proof = OwnerProof::of(state, caller, password)
        .await
        .map_err(|error| wrong_password_in("password", error))?;
    let caller = caller.clone();
    state
        .write(move |tx| {
            proof.redeem(tx, &caller)?;
            delete_account(tx, user, &actor)
        })
        .await
}

/// Deletes an account for an operator.
///
/// # Errors
/// [`Error::NotFound`] if the account does not exist.
pub async fn delete_as_operator(state: &AppState, user: UserId) -> Result<RevocationReceipt> {
    as_operator(state, user, |tx, user, actor| {
        delete_account(tx, user, actor)
    })
    .await
}

pub(super) fn delete_account(
    tx: &mut Transaction<'_>,
    user: UserId,
    actor: &Actor,
) -> Result<RevocationReceipt> {
    let everything = CredentialFilter::default();
    let request = RevocationRequest::of(everything, RevocationReason::AccountDeleted);
    let receipt = revoke::revoke_in(tx, user, &request, actor)?;
    notices::notify(tx, user, actor, NoticeKind::AccountDeleted, receipt.kinds())?;
    delete_rows(tx, user)?;
    Ok(receipt)
}

/// Deletes an account with all its rows, and reports it to apps. Only an account without a used
/// credential needs no revocation before.
///
/// # Errors
/// Returns an error if the database fails.
pub(crate) fn delete_rows(tx: &mut Transaction<'_>, user: UserId) -> Result<()> {
    let invalidation = tx.invalidate_user(user);
    store::delete(tx.connection, invalidation, user)?;
    // The events of a deleted account are deleted with it, so no event reports the change.
    tx.record_change(NewChange {
        kind: ChangeKind::Deleted,
        user,
        receipt: None,
    });
    Ok(())
}

/// Disables an account for an operator. The user cannot sign in until [`enable`]. Sessions, the
/// trust in browsers, and pending links and sign-ins end. Tokens are refused until then, so that an
/// account that was disabled by mistake does not need new tokens in all programs.
///
/// # Errors
/// [`Error::NotFound`] if the account does not exist.
pub async fn disable(state: &AppState, user: UserId) -> Result<RevocationReceipt> {
    as_operator(state, user, |tx, user, actor| {
        let sessions = CredentialFilter {
            class: vec![CredentialType::Session],
            ..CredentialFilter::default()
        };
        disable_account(tx, user, sessions, actor)
    })
    .await
}

/// Does the same as [`disable`], and revokes all tokens. The tokens of an account that is disabled
/// already can be revoked so as well.
///
/// # Errors
/// [`Error::NotFound`] if the account does not exist.
pub async fn disable_and_end_tokens(state: &AppState, user: UserId) -> Result<RevocationReceipt> {
    as_operator(state, user, |tx, user, actor| {
        disable_account(tx, user, CredentialFilter::default(), actor)
    })
    .await
}

fn disable_account(
    tx: &mut Transaction<'_>,
    user: UserId,
    filter: CredentialFilter,
    actor: &Actor,
) -> Result<RevocationReceipt> {
    let account = store::find(tx.connection, user)?.ok_or(Error::NotFound)?;
    let is_new = account.disabled_at.is_none();
    if is_new {
        let invalidation = tx.invalidate_user(user);
        store::set_disabled(tx.connection, invalidation, user, Some(tx.now()))?;
        let event = NewEvent::new(EventKind::AccountDisabled, "");
        audit::record(tx, user, actor, event)?;
    }
    end_pending(tx.connection, user)?;
    let request = RevocationRequest {
        trusted_browsers: true,
        ..RevocationRequest::of(filter, RevocationReason::AccountDisabled)
    };
    let receipt = revoke::revoke_in(tx, user, &request, actor)?;
    if is_new {
        let kind = NoticeKind::AccountDisabled;
        notices::notify(tx, user, actor, kind, receipt.kinds())?;
    }
    Ok(receipt)
}

/// Enables a disabled account. Its tokens are accepted again. Revoked credentials stay revoked.
///
/// # Errors
/// [`Error::NotFound`] if the account does not exist.
pub async fn enable(state: &AppState, user: UserId) -> Result<()> {
    as_operator(state, user, |tx, user, actor| {
        let invalidation = tx.invalidate_user(user);
        store::set_disabled(tx.connection, invalidation, user, None)?;
        let event = NewEvent::new(EventKind::AccountEnabled, "");
        audit::record(tx, user, actor, event)
    })
    .await
}

async fn as_operator<T: Send + 'static>(
    state: &AppState,
    user: UserId,
    change: fn(&mut Transaction<'_>, UserId, &Actor) -> Result<T>,
) -> Result<T> {
    state
        .write(move |tx| {
            let actor = Actor::operator();
            lock_user_and_recheck_actor(tx, user, &actor)?;
            change(tx, user, &actor)
        })
        .await
}
