//! The kinds of events that a notice reports.

use serde::{Deserialize, Serialize};

use crate::util::clock::Timestamp;

/// The event. The names are stored, so a name never changes.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "event", rename_all = "kebab-case")]
pub enum NoticeKind {
    /// The password was changed.
    PasswordChanged,
    /// A new password was set with a link.
    PasswordReset,
    /// The password was removed.
    PasswordRemoved,
    /// A new address was entered. The account has it after its confirmation.
    EmailChangeRequested {
        /// The new address.
        new: String,
    },
    /// The address of the account was changed.
    EmailChanged {
        /// The new address.
        new: String,
    },
    /// The previous address of the account was put back.
    EmailChangeUndone {
        /// The address that the account has again.
        restored: String,
    },
    /// The second address was entered, changed or removed.
    NoticeEmailChanged {
        /// The new address, which is not verified yet. `None`: there is none any more.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        new: Option<String>,
    },
    /// A browser signed in that the user had never signed in with.
    NewBrowser,
    /// The second factor of a sign-in was refused as often as permitted, after the right password.
    SecondFactorRefused,
    /// A token was created.
    TokenCreated(NamedToken),
    /// A token was used from a network from which it had never been used.
    TokenUsedElsewhere(NamedToken),
    /// A token expires soon.
    TokenExpires {
        /// The token.
        #[serde(flatten)]
        token: NamedToken,
        /// The expiry.
        expires_at: Timestamp,
    },
    /// An operator reported that the secret of a token is public. The token was revoked.
    TokenLeaked(NamedToken),
    /// An authenticator app was turned on, and recovery codes were made with it.
    AuthenticatorAppAdded,
    /// The authenticator app was removed.
    AuthenticatorAppRemoved {
        /// The reason that an operator gave.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        reason: Option<String>,
    },
    /// A passkey was added.
    PasskeyAdded {
        /// The name of the passkey.
        name: String,
    },
    /// A passkey was removed.
    PasskeyRemoved {
        /// The name of the passkey.
        name: String,
        /// The reason that an operator gave.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        reason: Option<String>,
    },
    /// The counter of a passkey was not higher than before, which a copy of it causes.
    PasskeyCopySuspected {
        /// The name of the passkey.
        name: String,
    },
    /// The recovery codes were replaced.
    RecoveryCodesMade,
    /// A recovery code was used.
    RecoveryCodeUsed {
        /// The number of codes that can still be used.
        left: u64,
    },
    /// An operator removes a factor later, unless the user cancels it.
    FactorRemovalPlanned {
        /// The name of the passkey. `None`: it is the authenticator app.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        passkey: Option<String>,
        /// The time of the removal.
        due_at: Timestamp,
        /// The reason that the operator gave.
        reason: String,
    },
    /// The user cancelled a planned removal.
    FactorRemovalCancelled,
    /// The user trusted a browser.
    TrustedBrowserAdded,
    /// The trust in a browser was removed.
    TrustedBrowserRemoved {
        /// The `User-Agent` header of the browser.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        user_agent: Option<String>,
        /// The reason that an operator gave.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        reason: Option<String>,
    },
    /// An operator revoked sessions or tokens.
    SignedOut,
    /// An operator disabled the account.
    AccountDisabled,
    /// The account was deleted.
    AccountDeleted,
}

/// A token, as its owner knows it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct NamedToken {
    /// The name.
    pub name: String,
    /// The last characters of the secret. They can be empty.
    pub hint: String,
}

impl NoticeKind {
    /// Returns the stored name, for operators and for joining.
    #[must_use]
    pub const fn name(&self) -> &'static str {
        match self {
            Self::PasswordChanged => "password-changed",
            Self::PasswordReset => "password-reset",
            Self::PasswordRemoved => "password-removed",
            Self::EmailChangeRequested { .. } => "email-change-requested",
            Self::EmailChanged { .. } => "email-changed",
            Self::EmailChangeUndone { .. } => "email-change-undone",
            Self::NoticeEmailChanged { .. } => "notice-email-changed",
            Self::NewBrowser => "new-browser",
            Self::SecondFactorRefused => "second-factor-refused",
            Self::TokenCreated(_) => "token-created",
            Self::TokenUsedElsewhere(_) => "token-used-elsewhere",
            Self::TokenExpires { .. } => "token-expires",
            Self::TokenLeaked(_) => "token-leaked",
            Self::AuthenticatorAppAdded => "authenticator-app-added",
            Self::AuthenticatorAppRemoved { .. } => "authenticator-app-removed",
            Self::PasskeyAdded { .. } => "passkey-added",
            Self::PasskeyRemoved { .. } => "passkey-removed",
            Self::PasskeyCopySuspected { .. } => "passkey-copy-suspected",
            Self::RecoveryCodesMade => "recovery-codes-made",
            Self::RecoveryCodeUsed { .. } => "recovery-code-used",
            Self::FactorRemovalPlanned { .. } => "factor-removal-planned",
            Self::FactorRemovalCancelled => "factor-removal-cancelled",
            Self::TrustedBrowserAdded => "trusted-browser-added",
            Self::TrustedBrowserRemoved { .. } => "trusted-browser-removed",
            Self::SignedOut => "signed-out",
            Self::AccountDisabled => "account-disabled",
            Self::AccountDeleted => "account-deleted",
        }
    }
}

impl NamedToken {
    /// Returns a token with this name and hint.
    #[must_use]
    pub fn new(name: &str, hint: &str) -> Self {
        Self {
            name: name.to_owned(),
            hint: hint.to_owned(),
        }
    }
}
