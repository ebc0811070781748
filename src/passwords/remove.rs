//! Removes the password of a user who signs in with passkeys.

use super::store;
use crate::{
    app_state::AppState,
    audit::{self, EventKind, NewEvent},
    credentials::{
        Principal, RevocationReason, RevocationReceipt, change, end_pending,
        revoke::begin_change_as,
    },
    crypto::{digest::Digest, password_hash::StoredHash},
    error::{Error, Result},
    factors::{self, RevocationChoice},
    mail::notices::{self, NoticeKind},
    types::message::field,
};

/// Removes the password of the caller. From then on, the user signs in with a passkey. The caller's
/// session gets the secret with the digest `renewed`.
///
/// # Errors
/// [`Error::NotFound`] if the user has no password; [`Error::SecondFactorConfirmationRequired`] if
/// no second factor was confirmed recently; [`Error::Invalid`] if the passkeys and recovery codes
/// are not enough to sign in with.
pub async fn remove_password(
    state: &AppState,
    caller: &Principal,
    revocation: RevocationChoice,
    renewed: Digest,
) -> Result<Option<RevocationReceipt>> {
    let caller = caller.clone();
    state
        .write(move |tx| {
            let session = begin_change_as(tx, &caller)?;
            let (user, actor) = (session.user_id, caller.actor());
            if !factors::has_password_in(tx.connection, user)? {
                return Err(Error::NotFound);
            }
            session.require_second_factor(tx.now())?;
            store::set_password(tx.connection, user, &StoredHash::absent())?;
            factors::refuse_removal(tx, user, "password", field::password_needed())?;
            end_pending(tx.connection, user)?;
            let event = NewEvent::new(EventKind::PasswordRemoved, "");
            audit::record(tx, user, &actor, event)?;
            change::replace_secret(tx, user, session.id, renewed)?;
            let reason = RevocationReason::PasswordRemoved;
            let receipt = revocation.apply_and_end_trust(tx, user, session.id, reason, &actor)?;
            let revoked = receipt.iter().flat_map(RevocationReceipt::kinds);
            notices::notify(tx, user, &actor, NoticeKind::PasswordRemoved, revoked)?;
            Ok(receipt)
        })
        .await
}
