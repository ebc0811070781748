//! Receipts of revocations.

use std::net::IpAddr;

use super::{credential::Credential, last_used, store};
use crate::{
    app_state::AppState,
    audit::RevokedDetail,
    db::AnyConnection,
    error::{Error, Result},
    mail::notices::TRUSTED_BROWSER,
    types::{
        credential_kind::CredentialType,
        form::RESUBMISSION_WINDOW,
        ids::{CredentialId, ReceiptId, UserId},
        message::{Message, label},
        string_enum::string_enum,
    },
    util::clock::Timestamp,
};

string_enum! {
    /// The reason of a revocation.
    RevocationReason {
        /// A caller signed out, or revoked the credentials of a filter.
        SignedOut = "signed_out", label::reason_signed_out;
        /// A caller revoked one credential.
        Revoked = "revoked", label::reason_revoked;
        /// The password changed.
        PasswordChanged = "password_changed", label::reason_password_changed;
        /// The password was removed.
        PasswordRemoved = "password_removed", label::reason_password_removed;
        /// A new password was set with a link.
        PasswordReset = "password_reset", label::reason_password_reset;
        /// The e-mail address changed.
        EmailChanged = "email_changed", label::reason_email_changed;
        /// The previous e-mail address was put back.
        EmailChangeUndone = "email_change_undone", label::reason_email_change_undone;
        /// The address was verified. The sessions had begun before.
        AddressVerified = "email_verified", label::reason_email_verified;
        /// An authenticator app was turned on.
        FactorAdded = "factor_added", label::reason_factor_added;
        /// An authenticator app was removed.
        FactorRemoved = "factor_removed", label::reason_factor_removed;
        /// A passkey was added.
        PasskeyAdded = "passkey_added", label::reason_passkey_added;
        /// A passkey was removed.
        PasskeyRemoved = "passkey_removed", label::reason_passkey_removed;
        /// Recovery codes were replaced.
        RecoveryCodesMade = "recovery_codes_made", label::reason_recovery_codes_made;
        /// A recovery code was used.
        RecoveryCodeUsed = "recovery_code_used", label::reason_recovery_code_used;
        /// An operator disabled the account.
        AccountDisabled = "account_disabled", label::reason_account_disabled;
        /// The account was deleted.
        AccountDeleted = "account_deleted", label::reason_account_deleted;
        /// The same browser signed in again.
        Replaced = "replaced", label::reason_replaced;
        /// A limit was exceeded. The credentials that were unused for longest were revoked.
        Limit = "limit", label::reason_limit;
        /// The credentials had expired.
        Expired = "expired", label::reason_expired;
        /// An operator revoked the credentials.
        Operator = "operator", label::reason_operator;
        /// An operator reported that the secret of the token is public.
        Leaked = "leaked", label::reason_leaked;
        /// A reason that this version does not know.
        Other = "other", label::reason_other;
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
    /// The number of browsers whose trust ended.
    pub trusted_browsers_ended: i64,
    /// The revoked credentials that are still stored, newest first.
    pub credentials: Vec<Credential>,
}

/// Counts sessions and tokens.
pub(super) fn count(credentials: &[Credential]) -> RevokedDetail {
    let mut count = RevokedDetail::default();
    for credential in credentials {
        match credential.class() {
            CredentialType::Session => count.sessions += 1,
            CredentialType::Token => count.tokens += 1,
        }
    }
    count
}

impl RevocationReceipt {
    /// Returns the numbers of revoked credentials, such as `2 sessions and 1 token`.
    #[must_use]
    pub fn summary(&self) -> Message {
        self.count().message(label::revoked)
    }

    /// Returns the numbers of revoked credentials.
    #[must_use]
    pub fn count(&self) -> RevokedDetail {
        RevokedDetail {
            sessions: u64::try_from(self.sessions_ended).unwrap_or(0),
            tokens: u64::try_from(self.tokens_ended).unwrap_or(0),
            trusted_browsers: u64::try_from(self.trusted_browsers_ended).unwrap_or(0),
        }
    }

    /// Returns the count of a change that may have revoked nothing.
    #[must_use]
    pub fn count_of(receipt: Option<&Self>) -> RevokedDetail {
        receipt.map_or(RevokedDetail::default(), Self::count)
    }

    /// Returns the name of the kind of each revoked credential and trusted browser, for a notice.
    pub fn kinds(&self) -> impl Iterator<Item = &'static str> {
        let credentials = self.credentials.iter();
        let browsers = usize::try_from(self.trusted_browsers_ended).unwrap_or(0);
        credentials
            .map(|credential| credential.kind.as_str())
            .chain(std::iter::repeat_n(TRUSTED_BROWSER, browsers))
    }

    /// Returns whether this credential was revoked with this receipt.
    #[must_use]
    pub fn contains(&self, id: CredentialId) -> bool {
        self.credentials
            .iter()
            .any(|credential| credential.id == id)
    }
}

/// Returns a receipt of `user`.
///
/// # Errors
/// [`Error::NotFound`] if the ID does not exist or belongs to another user.
pub async fn find_receipt(
    state: &AppState,
    user: UserId,
    id: ReceiptId,
) -> Result<RevocationReceipt> {
    state
        .read(move |state, connection| {
            let mut found = store::find_receipt(connection, user, id)?.ok_or(Error::NotFound)?;
            found
                .credentials
                .iter_mut()
                .for_each(|credential| last_used::merge_pending(state, credential));
            Ok(found)
        })
        .await
}

/// Returns up to `limit` credentials of `user` that were revoked with one of these receipts, newest
/// first.
///
/// # Errors
/// Returns an error if the database fails.
pub async fn revoked_by(
    state: &AppState,
    user: UserId,
    receipts: Vec<ReceiptId>,
    limit: i64,
) -> Result<Vec<Credential>> {
    state
        .read(move |_, connection| Ok(store::revoked_by(connection, user, receipts, limit)?))
        .await
}

/// Returns the newest receipt of the last [`RESUBMISSION_WINDOW`] for which `predicate` is true.
/// The first sending of a form may have created it.
///
/// # Errors
/// Returns an error if the database fails.
pub(crate) fn find_recent_receipt(
    state: &AppState,
    connection: &mut AnyConnection,
    user: UserId,
    predicate: impl Fn(&RevocationReceipt) -> bool,
) -> Result<Option<RevocationReceipt>> {
    let since = ReceiptId::lower_bound_at(state.now().saturating_sub(RESUBMISSION_WINDOW));
    for id in store::receipts_since(connection, user, since)? {
        let receipt = store::find_receipt(connection, user, id)?.filter(&predicate);
        if receipt.is_some() {
            return Ok(receipt);
        }
    }
    Ok(None)
}
