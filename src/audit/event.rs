//! The events of the audit log.

use std::net::IpAddr;

use super::EventDetail;
use crate::{
    account_changes::ChangeKind,
    crypto::digest::Digest,
    types::{
        ids::{CredentialId, EventId, ReceiptId},
        message::event,
        string_enum::string_enum,
    },
    util::clock::Timestamp,
};

/// The author of a change: the caller's credential, and the client's address.
#[derive(Clone, Copy, Debug, Default)]
pub struct Actor {
    /// The caller's credential. `None` for an anonymous client, an operator and Narthex itself.
    pub credential: Option<CredentialId>,
    /// The digest of the secret that authenticated the caller. A change fails if this secret has
    /// been revoked since.
    pub secret: Option<Digest>,
    /// The client's address. `None` for an operator and for Narthex itself.
    pub ip: Option<IpAddr>,
    /// The abilities that the route requires. A change checks them again in its transaction.
    pub required_abilities: &'static [&'static str],
}

impl Actor {
    /// Returns the actor for an operator on the command line and for Narthex itself.
    #[must_use]
    pub const fn operator() -> Self {
        Self {
            credential: None,
            secret: None,
            ip: None,
            required_abilities: &[],
        }
    }

    /// Returns the actor for an anonymous client at this address.
    #[must_use]
    pub const fn anonymous(ip: Option<IpAddr>) -> Self {
        Self {
            credential: None,
            secret: None,
            ip,
            required_abilities: &[],
        }
    }
}

string_enum! {
    /// The kind of an event.
    EventKind {
        /// The account was created.
        AccountCreated = "account.created", event::account_created;
        /// An operator imported the account from another system.
        AccountImported = "account.imported", event::account_imported;
        /// The user's name changed.
        NameChanged = "account.name_changed", event::name_changed;
        /// The user's e-mail address changed.
        EmailChanged = "account.email_changed", event::email_changed;
        /// The user entered a new e-mail address, which is not confirmed yet.
        EmailChangeRequested = "account.email_change_requested", event::email_change_requested;
        /// The user's previous e-mail address was put back.
        EmailChangeUndone = "account.email_change_undone", event::email_change_undone;
        /// The user entered another second address for notices, or removed it.
        NoticeEmailChanged = "account.notice_email_changed", event::notice_email_changed;
        /// The user's e-mail address was verified.
        EmailVerified = "account.email_verified", event::email_verified;
        /// An operator disabled the account.
        AccountDisabled = "account.disabled", event::account_disabled;
        /// An operator enabled the account.
        AccountEnabled = "account.enabled", event::account_enabled;
        /// The password changed.
        PasswordChanged = "password.changed", event::password_changed;
        /// A new password was set with a link.
        PasswordReset = "password.reset", event::password_reset;
        /// The user removed the password.
        PasswordRemoved = "password.removed", event::password_removed;
        /// A re-authentication in a session succeeded.
        PasswordConfirmed = "password.confirmed", event::password_confirmed;
        /// An attempt with a wrong password on an existing account.
        PasswordRefused = "password.refused", event::password_refused;
        /// A re-authentication in a session by a code succeeded.
        CodeConfirmed = "code.confirmed", event::code_confirmed;
        /// A re-authentication in a session by a passkey succeeded.
        PasskeyConfirmed = "passkey.confirmed", event::passkey_confirmed;
        /// A wrong code of a second factor, after the right password.
        CodeRefused = "code.refused", event::code_refused;
        /// An authenticator app was turned on.
        FactorAdded = "factor.added", event::factor_added;
        /// An authenticator app was removed.
        FactorRemoved = "factor.removed", event::factor_removed;
        /// An operator ended the suspension of an authenticator app.
        FactorResumed = "factor.resumed", event::factor_resumed;
        /// A passkey was added.
        PasskeyAdded = "passkey.added", event::passkey_added;
        /// The name of a passkey changed.
        PasskeyRenamed = "passkey.renamed", event::passkey_renamed;
        /// The answer of a passkey was not accepted.
        PasskeyRefused = "passkey.refused", event::passkey_refused;
        /// The counter of a passkey was not higher than before, which a copy of it causes.
        PasskeyCopySuspected = "passkey.copy_suspected", event::passkey_copy_suspected;
        /// A passkey was removed.
        PasskeyRemoved = "passkey.removed", event::passkey_removed;
        /// Recovery codes were replaced.
        RecoveryCodesMade = "recovery_codes.created", event::recovery_codes_made;
        /// A recovery code was used.
        RecoveryCodeUsed = "recovery_codes.used", event::recovery_code_used;
        /// An operator asked to remove a factor, which waits.
        FactorRemovalPlanned = "factor.removal_planned", event::factor_removal_planned;
        /// The user cancelled the removal of a factor.
        FactorRemovalCancelled = "factor.removal_cancelled", event::factor_removal_cancelled;
        /// The user trusted a browser: a sign-in there needs no second factor.
        TrustedBrowserAdded = "trusted_browser.added", event::trusted_browser_added;
        /// The trust in a browser was removed.
        TrustedBrowserRemoved = "trusted_browser.removed", event::trusted_browser_removed;
        /// A browser signed in from a known device, or directly after registration.
        SignedIn = "session.created", event::signed_in;
        /// A browser signed in from a device that none of the user's earlier sessions had.
        SignedInOnNewDevice = "session.created_on_new_device", event::signed_in_on_new_device;
        /// The user recognised the sign-in of a session on a new device.
        SignInRecognised = "session.recognised", event::sign_in_recognised;
        /// A token was created.
        TokenCreated = "token.created", event::token_created;
        /// An operator imported a token from another system.
        TokenImported = "token.imported", event::token_imported;
        /// A token's name or abilities changed.
        TokenChanged = "token.changed", event::token_changed;
        /// A token was rotated.
        TokenRotated = "token.rotated", event::token_rotated;
        /// A token was paused.
        TokenPaused = "token.paused", event::token_paused;
        /// A token was resumed.
        TokenResumed = "token.resumed", event::token_resumed;
        /// Credentials were revoked. The receipt lists them.
        CredentialsEnded = "credentials.ended", event::credentials_ended;
        /// A kind that this version does not know.
        Other = "other", event::other;
    }
}

impl EventKind {
    /// Returns the change that an app which embeds Narthex learns of.
    pub(super) const fn account_change(self) -> Option<ChangeKind> {
        match self {
            Self::AccountCreated | Self::AccountImported => Some(ChangeKind::Created),
            Self::EmailChanged | Self::EmailChangeUndone => Some(ChangeKind::EmailChanged),
            Self::AccountDisabled => Some(ChangeKind::Disabled),
            Self::AccountEnabled => Some(ChangeKind::Enabled),
            Self::CredentialsEnded => Some(ChangeKind::Revoked),
            _ => None,
        }
    }
}

/// An event that is not yet in the log.
#[derive(Debug)]
pub struct NewEvent {
    pub(super) kind: EventKind,
    pub(super) credential: Option<CredentialId>,
    pub(super) receipt: Option<ReceiptId>,
    pub(super) detail: EventDetail,
}

impl NewEvent {
    /// Returns an event of this kind. The user recognises it by `detail`.
    #[must_use]
    pub fn new(kind: EventKind, detail: impl Into<EventDetail>) -> Self {
        Self {
            kind,
            credential: None,
            receipt: None,
            detail: detail.into(),
        }
    }

    /// Sets the credential that the event is about.
    #[must_use]
    pub const fn to(mut self, credential: CredentialId) -> Self {
        self.credential = Some(credential);
        self
    }

    /// Sets the receipt that lists the revoked credentials.
    #[must_use]
    pub const fn with_receipt(mut self, receipt: ReceiptId) -> Self {
        self.receipt = Some(receipt);
        self
    }
}

/// An event of the audit log.
#[derive(Clone, Debug)]
pub struct Event {
    /// The ID. Its order is the order of the log.
    pub id: EventId,
    /// The time of the event.
    pub at: Timestamp,
    /// The kind of the event.
    pub kind: EventKind,
    /// The caller's credential.
    pub actor_credential_id: Option<CredentialId>,
    /// The client's address.
    pub ip: Option<IpAddr>,
    /// The credential that the event is about.
    pub credential_id: Option<CredentialId>,
    /// The receipt of a revocation.
    pub receipt_id: Option<ReceiptId>,
    /// The data by which the user recognises the event.
    pub detail: EventDetail,
    /// The number of times that the same actor did the same within a minute.
    pub times: i64,
}

impl EventKind {
    /// Returns whether an actor can repeat this event on the same target without limit. One row
    /// counts the repetitions within a minute.
    #[must_use]
    pub const fn is_repeatable(self) -> bool {
        matches!(
            self,
            Self::NameChanged
                | Self::EmailChanged
                | Self::EmailChangeRequested
                | Self::PasswordChanged
                | Self::PasswordConfirmed
                | Self::SignInRecognised
                | Self::CodeConfirmed
                | Self::PasskeyConfirmed
                | Self::RecoveryCodesMade
                | Self::TokenChanged
                | Self::TokenRotated
                | Self::TokenPaused
                | Self::TokenResumed
        )
    }

    /// Returns whether this kind is deleted last if a log is full. These are the sign-ins and the
    /// revocations.
    #[must_use]
    pub const fn is_deleted_last(self) -> bool {
        matches!(
            self,
            Self::AccountCreated
                | Self::AccountImported
                | Self::SignedIn
                | Self::SignedInOnNewDevice
                | Self::CredentialsEnded
        )
    }
}
