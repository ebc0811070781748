//! Receipts: the record of one sign-out.

use std::net::IpAddr;

use super::{credential::Credential, last_used, store};
use crate::{
    app_state::{AppState, Shared},
    db::AnyConnection,
    error::{Error, Result},
    i18n::humanize,
    types::{
        form::SENT_AGAIN_WITHIN,
        ids::{CredentialId, ReceiptId, UserId},
    },
    util::{clock::Timestamp, string_enum::string_enum},
};

string_enum! {
    /// Why credentials ended.
    RevocationReason {
        /// A caller signed out, or ended a selection.
        SignedOut = "signed_out", "Signed out";
        /// A caller ended one credential.
        Revoked = "revoked", "Revoked";
        /// The password changed.
        PasswordChanged = "password_changed", "The password was changed";
        /// An operator shut the account.
        AccountDisabled = "account_disabled", "The account was disabled";
        /// The account was deleted.
        AccountDeleted = "account_deleted", "The account was deleted";
        /// The same browser signed in again.
        Replaced = "replaced", "The same browser signed in again";
        /// There were too many; the longest unused went.
        Limit = "limit", "There were too many of them";
        /// Their time was over.
        Expired = "expired", "Their time was over";
        /// An operator ended them.
        Operator = "operator", "Ended by an operator";
        /// Something that this version has no name for.
        Other = "other", "Ended";
    }
}

/// The record of one sign-out: when, by whom, why, and which credentials ended.
#[derive(Clone, Debug)]
pub struct RevocationReceipt {
    /// Its id.
    pub id: ReceiptId,
    /// When.
    pub at: Timestamp,
    /// Why.
    pub reason: RevocationReason,
    /// The credential whose caller asked; none for an operator and for Narthex itself.
    pub by: Option<CredentialId>,
    /// From where.
    pub ip: Option<IpAddr>,
    /// How many sessions ended.
    pub sessions_ended: i64,
    /// How many tokens ended.
    pub tokens_ended: i64,
    /// Which ended, newest first, as far as they are still kept.
    pub credentials: Vec<Credential>,
}

impl RevocationReceipt {
    /// `2 sessions and 1 token`, `nothing`.
    #[must_use]
    pub fn summary(&self) -> String {
        summary(self.sessions_ended, self.tokens_ended)
    }

    /// Whether this credential ended with it.
    #[must_use]
    pub fn contains(&self, id: CredentialId) -> bool {
        self.credentials
            .iter()
            .any(|credential| credential.id == id)
    }
}

/// So many sessions and tokens, in words.
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

/// One of `user`'s receipts.
///
/// # Errors
/// [`Error::NotFound`] where it is nobody's or somebody else's.
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

/// Returns the newest receipt that a form of a moment ago may have led to, and that `fits`.
///
/// # Errors
/// Returns an error if the database fails.
pub(crate) fn find_recent_receipt(
    context: &Shared,
    connection: &mut AnyConnection,
    user: UserId,
    fits: impl Fn(&RevocationReceipt) -> bool,
) -> Result<Option<RevocationReceipt>> {
    let since = ReceiptId::lower_bound_at(context.now().saturating_sub(SENT_AGAIN_WITHIN));
    for id in store::receipts_since(connection, user, since)? {
        let receipt = store::find_receipt(connection, user, id)?.filter(&fits);
        if receipt.is_some() {
            return Ok(receipt);
        }
    }
    Ok(None)
}
