//! Closes accounts: the owner or an operator deletes an account, and an operator disables or
//! enables one.

use super::store;
use crate::{
    app_state::{AppState, Transaction},
    audit::{self, Actor, EventKind, NewEvent},
    credentials::{
        CredentialFilter, Principal, RevocationReason, RevocationReceipt,
        revoke::{self, RevocationRequest, lock_user_and_recheck_actor},
    },
    crypto::secret::SecretString,
    db::AnyConnection,
    error::{Error, Result},
    passwords::verify::{authenticate_user, redeem_password_proof, wrong_password_in},
    types::ids::UserId,
};

/// Deletes the caller's account. All credentials are revoked first. The user's receipts, events,
/// name and address are deleted as well.
///
/// # Errors
/// [`Error::Invalid`] if the password is wrong.
pub async fn delete(
    context: &AppState,
    caller: &Principal,
    password: SecretString,
) -> Result<RevocationReceipt> {
    let (user, actor) = (caller.user.id, caller.actor());
    let proof = authenticate_user(context, caller, password)
        .await
        .map_err(|error| wrong_password_in("password", error))?;
    context
        .write(move |context, connection| {
            redeem_password_proof(context, connection, &proof, &actor)?;
            let receipt = revoke_everything(
                context,
                connection,
                user,
                RevocationReason::AccountDeleted,
                &actor,
            )?;
            store::delete(connection, context.invalidate_user(user), user)?;
            Ok::<_, Error>(receipt)
        })
        .await
}

/// Deletes an account for an operator.
///
/// # Errors
/// [`Error::NotFound`] if the account does not exist.
pub async fn delete_as_operator(context: &AppState, user: UserId) -> Result<RevocationReceipt> {
    as_operator(context, user, |context, connection, user, actor| {
        let receipt = revoke_everything(
            context,
            connection,
            user,
            RevocationReason::AccountDeleted,
            actor,
        )?;
        store::delete(connection, context.invalidate_user(user), user)?;
        Ok(receipt)
    })
    .await
}

/// Disables an account for an operator. All credentials are revoked, and the user cannot sign in
/// until [`enable`].
///
/// # Errors
/// [`Error::NotFound`] if the account does not exist.
pub async fn disable(context: &AppState, user: UserId) -> Result<RevocationReceipt> {
    as_operator(context, user, |context, connection, user, actor| {
        store::set_disabled(
            connection,
            context.invalidate_user(user),
            user,
            Some(context.now()),
        )?;
        let what = NewEvent::new(EventKind::AccountDisabled, "");
        audit::record(context, connection, user, actor, what)?;
        revoke_everything(
            context,
            connection,
            user,
            RevocationReason::AccountDisabled,
            actor,
        )
    })
    .await
}

/// Enables a disabled account. Revoked credentials stay revoked.
///
/// # Errors
/// [`Error::NotFound`] if the account does not exist.
pub async fn enable(context: &AppState, user: UserId) -> Result<()> {
    as_operator(context, user, |context, connection, user, actor| {
        store::set_disabled(connection, context.invalidate_user(user), user, None)?;
        let what = NewEvent::new(EventKind::AccountEnabled, "");
        audit::record(context, connection, user, actor, what)
    })
    .await
}

async fn as_operator<T: Send + 'static>(
    context: &AppState,
    user: UserId,
    change: fn(&Transaction, &mut AnyConnection, UserId, &Actor) -> Result<T>,
) -> Result<T> {
    context
        .write(move |context, connection| {
            let actor = Actor::operator();
            lock_user_and_recheck_actor(context, connection, user, &actor)?;
            change(context, connection, user, &actor)
        })
        .await
}

fn revoke_everything(
    context: &Transaction,
    connection: &mut AnyConnection,
    user: UserId,
    reason: RevocationReason,
    actor: &Actor,
) -> Result<RevocationReceipt> {
    let ending = RevocationRequest::of(CredentialFilter::default(), reason);
    revoke::revoke_in(context, connection, user, &ending, actor)
}
