//! Receipts of revocations.

use std::net::IpAddr;

use super::{credential::Credential, last_used, store};
use crate::{
    app_state::AppState,
    db::AnyConnection,
    error::{Error, Result},
    i18n::humanize,
    types::{
        form::RESUBMISSION_WINDOW,
        ids::{CredentialId, ReceiptId, UserId},
    },
    util::{clock::Timestamp, string_enum::string_enum},
};

string_enum! {
    /// The reason of a revocation.
    RevocationReason {
        /// A caller signed out, or revoked the credentials of a filter.
        SignedOut = "signed_out", "Signed out";
        /// A caller revoked one credential.
        Revoked = "revoked", "Revoked";
        /// The password changed.
        PasswordChanged = "password_changed", "The password was changed";
        /// An operator disabled the account.
        AccountDisabled = "account_disabled", "The account was disabled";
        /// The account was deleted.
        AccountDeleted = "account_deleted", "The account was deleted";
        /// The same browser signed in again.
        Replaced = "replaced", "The same browser signed in again";
        /// A limit was exceeded. The credentials that were unused for longest were revoked.
        Limit = "limit", "There were too many of them";
        /// The credentials had expired.
        Expired = "expired", "Their time was over";
        /// An operator revoked the credentials.
        Operator = "operator", "Ended by an operator";
        /// A reason that this version does not know.
        Other = "other", "Ended";
    }
}

/// The receipt of one revocation: time, actor, reason and credentials.
#[derive(Clone, Debug)]
pub struct RevocationReceipt {
    /// The ID.
    pub id: ReceiptId,
    /// The time of the revocation.
    pub at: Timestamp,
    /// The reason.
    pub reason: RevocationReason,
    /// The caller's credential. `None` for an operator and for Narthex itself.
    pub by: Option<CredentialId>,
    /// The client's address.
    pub ip: Option<IpAddr>,
    /// The number of revoked sessions.
    pub sessions_ended: i64,
    /// The number of revoked tokens.
    pub tokens_ended: i64,
    /// The revoked credentials that are still stored, newest first.
    pub credentials: Vec<Credential>,
}

impl RevocationReceipt {
    /// Returns a summary, such as `2 sessions and 1 token` or `nothing`.
    #[must_use]
    pub fn summary(&self) -> String {
        summary(self.sessions_ended, self.tokens_ended)
    }

    /// Returns whether this credential was revoked with this receipt.
    #[must_use]
    pub fn contains(&self, id: CredentialId) -> bool {
        self.credentials
            .iter()
            .any(|credential| credential.id == id)
    }
}

/// Returns the numbers in words.
pub(crate) fn summary(sessions: i64, tokens: i64) -> String {
    let count = |number: i64, one| humanize::count(usize::try_from(number).unwrap_or(0), one);
    match (sessions, tokens) {
        (0, 0) => "nothing".to_owned(),
        (sessions, 0) => count(sessions, "session"),
        (0, tokens) => count(tokens, "token"),
        (sessions, tokens) => format!(
            "{} and {}",
            count(sessions, "session"),
            count(tokens, "token")
        ),
    }
}

/// Returns a receipt of `user`.
///
/// # Errors
/// [`Error::NotFound`] if the ID does not exist or belongs to another user.
pub async fn find_receipt(
    context: &AppState,
    user: UserId,
    id: ReceiptId,
) -> Result<RevocationReceipt> {
    context
        .read(move |context, connection| {
            let mut found = store::find_receipt(connection, user, id)?.ok_or(Error::NotFound)?;
            found
                .credentials
                .iter_mut()
                .for_each(|credential| last_used::merge_pending(context, credential));
            Ok(found)
        })
        .await
}

/// Returns the newest receipt of the last [`RESUBMISSION_WINDOW`] for which `predicate` is true.
/// The first sending of a form may have created it.
///
/// # Errors
/// Returns an error if the database fails.
pub(crate) fn find_recent_receipt(
    context: &AppState,
    connection: &mut AnyConnection,
    user: UserId,
    predicate: impl Fn(&RevocationReceipt) -> bool,
) -> Result<Option<RevocationReceipt>> {
    let since = ReceiptId::lower_bound_at(context.now().saturating_sub(RESUBMISSION_WINDOW));
    for id in store::receipts_since(connection, user, since)? {
        let receipt = store::find_receipt(connection, user, id)?.filter(&predicate);
        if receipt.is_some() {
            return Ok(receipt);
        }
    }
    Ok(None)
}
