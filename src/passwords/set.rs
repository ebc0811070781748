//! Sets a user's password for an operator, who does not know the current one.

use super::{change::notify_of_change, policy::NewPassword, store};
use crate::{
    app_state::AppState,
    audit::{self, Actor, EventKind, NewEvent},
    credentials::{
        CredentialFilter, RevocationReason, RevocationReceipt, end_pending,
        revoke::{self, lock_user_and_recheck_actor},
    },
    error::Result,
    types::ids::UserId,
};

/// Sets the password of a user for an operator. Unless `keep` is set, all credentials of the user
/// are revoked in the same transaction. The trust in browsers always ends.
///
/// # Errors
/// [`NotFound`](crate::error::Error::NotFound) if the account does not exist.
pub async fn set_password_as_operator(
    state: &AppState,
    user: UserId,
    new: NewPassword,
    keep: bool,
) -> Result<Option<RevocationReceipt>> {
    let hash = state.hasher().hash(new.into_secret(), None).await?;
    state
        .write(move |tx| {
            let actor = Actor::operator();
            lock_user_and_recheck_actor(tx, user, &actor)?;
            store::set_password(tx.connection, user, &hash)?;
            end_pending(tx.connection, user)?;
            let event = NewEvent::new(EventKind::PasswordChanged, "");
            audit::record(tx, user, &actor, event)?;
            let reason = RevocationReason::PasswordChanged;
            let filter = (!keep).then(CredentialFilter::default);
            let receipt = revoke::revoke_and_end_trust(tx, user, filter, reason, &actor)?;
            notify_of_change(tx, user, &actor, receipt.as_ref())?;
            Ok(receipt)
        })
        .await
}
