//! Revocations that belong to a change of the account. They make no receipt if there is nothing to
//! end.

use super::{RevocationRequest, insert_revocation, revoke_in, select};
use crate::{
    app_state::Transaction,
    audit::Actor,
    credentials::{
        filter::CredentialFilter,
        receipt::{RevocationReason, RevocationReceipt},
        trusted_browsers,
    },
    error::Result,
    types::ids::UserId,
};

/// Ends the trust in all browsers of a user, with a receipt without credentials. Returns `None` if
/// the user trusts none. The user is locked.
///
/// # Errors
/// Returns an error if the database fails.
pub(crate) fn end_trusted_browsers(
    tx: &mut Transaction<'_>,
    user: UserId,
    reason: RevocationReason,
    actor: &Actor,
) -> Result<Option<RevocationReceipt>> {
    match trusted_browsers::end_all(tx, user)? {
        0 => Ok(None),
        ended => insert_revocation(tx, user, Vec::new(), ended, reason, actor).map(Some),
    }
}

/// Revokes what `filter` matches, if there is one, and ends the trust in all browsers of a user,
/// with one receipt. Returns `None` if there is nothing to end. The user is locked.
///
/// # Errors
/// Returns an error if the database fails.
pub(crate) fn revoke_and_end_trust(
    tx: &mut Transaction<'_>,
    user: UserId,
    filter: Option<CredentialFilter>,
    reason: RevocationReason,
    actor: &Actor,
) -> Result<Option<RevocationReceipt>> {
    let Some(filter) = filter else {
        return end_trusted_browsers(tx, user, reason, actor);
    };
    let request = RevocationRequest {
        trusted_browsers: true,
        ..RevocationRequest::of(filter, reason)
    };
    revoke_any(tx, user, &request, actor)
}

/// Does the same as [`revoke_in`], but makes no receipt if there is nothing to end. An activity
/// full of empty revocations hides the others.
///
/// # Errors
/// Returns an error if the database fails.
pub(crate) fn revoke_any(
    tx: &mut Transaction<'_>,
    user: UserId,
    request: &RevocationRequest,
    actor: &Actor,
) -> Result<Option<RevocationReceipt>> {
    if !select(tx.state, tx.connection, user, &request.filter)?.is_empty() {
        return revoke_in(tx, user, request, actor).map(Some);
    }
    match request.trusted_browsers {
        true => end_trusted_browsers(tx, user, request.reason, actor),
        false => Ok(None),
    }
}
