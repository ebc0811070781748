//! Revocations by an operator, and the mail about them.

use super::{RevocationRequest, lock_user_and_recheck_actor, revoke_in, select};
use crate::{
    app_state::{AppState, Transaction},
    audit::Actor,
    credentials::{
        end_pending,
        filter::CredentialFilter,
        receipt::{RevocationReason, RevocationReceipt},
        trusted_browsers,
    },
    error::{Error, Result},
    mail::notices::{self, NamedToken, NoticeKind},
    types::ids::UserId,
};

/// Revokes the matching credentials of each of `users` for an operator, in one transaction, so that
/// there is one wait for other nodes. Each user with a matching credential gets a receipt. If
/// everything is revoked, the pending links and sign-ins of the others end as well. Users that do
/// not exist are skipped.
///
/// # Errors
/// Returns an error if the database cannot be changed. Then nothing is revoked.
pub async fn revoke_for_users(
    state: &AppState,
    mut users: Vec<UserId>,
    filter: CredentialFilter,
) -> Result<Vec<RevocationReceipt>> {
    // Sorted, so that two of these calls cannot deadlock.
    users.sort_unstable();
    let request = RevocationRequest::of(filter, RevocationReason::Operator);
    state
        .write(move |tx| {
            let actor = Actor::operator();
            let mut receipts = Vec::new();
            for user in users {
                match lock_user_and_recheck_actor(tx, user, &actor) {
                    Err(Error::NotFound) => continue,
                    result => result?,
                }
                if has_nothing(tx, user, &request.filter)? {
                    if request.filter.is_everything() {
                        end_pending(tx.connection, user)?;
                    }
                    continue;
                }
                receipts.push(revoke_in(tx, user, &request, &actor)?);
            }
            Ok(receipts)
        })
        .await
}

/// Returns whether `filter` matches nothing of a user: no credential and no trusted browser.
fn has_nothing(tx: &mut Transaction<'_>, user: UserId, filter: &CredentialFilter) -> Result<bool> {
    if !select(tx.state, tx.connection, user, filter)?.is_empty() {
        return Ok(false);
    }
    let now = tx.now();
    Ok(!filter.is_everything() || trusted_browsers::count_in(tx.connection, user, now)? == 0)
}

/// Tells the user of a revocation by an operator, or by the app that embeds Narthex. The app acts
/// without a credential and without a client.
pub(super) fn notify_of_operator(
    tx: &mut Transaction<'_>,
    user: UserId,
    receipt: &RevocationReceipt,
    actor: &Actor,
) -> Result<()> {
    let by_app = actor.credential.is_none() && actor.ip.is_none();
    match receipt.reason {
        _ if receipt.kinds().next().is_none() => Ok(()),
        RevocationReason::SignedOut if !by_app => Ok(()),
        RevocationReason::SignedOut | RevocationReason::Operator => {
            notices::notify(tx, user, actor, NoticeKind::SignedOut, receipt.kinds())
        }
        RevocationReason::Leaked => {
            for token in &receipt.credentials {
                let named = NamedToken::new(&token.name, &token.hint);
                let kind = NoticeKind::TokenLeaked(named);
                notices::notify(tx, user, actor, kind, [token.kind.as_str()])?;
            }
            Ok(())
        }
        _ => Ok(()),
    }
}
