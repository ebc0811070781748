//! A line of the activity log.

use std::net::IpAddr;

use crate::{
    crypto::digest::Digest,
    types::ids::{CredentialId, EventId, ReceiptId},
    util::{clock::Timestamp, string_enum::string_enum},
};

/// Who did something, and from where.
#[derive(Clone, Copy, Debug, Default)]
pub struct Actor {
    /// The credential of the caller; none for a stranger, for an operator and for Narthex itself.
    pub credential: Option<CredentialId>,
    /// By which of the credential's secrets; what is asked with one that was taken back meanwhile is
    /// not done.
    pub secret: Option<Digest>,
    /// The client's address; none for an operator and for Narthex itself.
    pub ip: Option<IpAddr>,
    /// The abilities that the route asks for. A change checks them again in its transaction.
    pub needs: &'static [&'static str],
}

impl Actor {
    /// An operator on the command line, or Narthex itself.
    #[must_use]
    pub const fn operator() -> Self {
        Self {
            credential: None,
            secret: None,
            ip: None,
            needs: &[],
        }
    }

    /// Somebody not signed in, at this address.
    #[must_use]
    pub const fn stranger(ip: Option<IpAddr>) -> Self {
        Self {
            credential: None,
            secret: None,
            ip,
            needs: &[],
        }
    }
}

string_enum! {
    /// What sort of thing happened.
    EventKind {
        /// The account was made.
        AccountCreated = "account.created", "Account made";
        /// Another name.
        NameChanged = "account.name_changed", "Name changed";
        /// Another e-mail address.
        EmailChanged = "account.email_changed", "E-mail address changed";
        /// An operator shut the account.
        AccountDisabled = "account.disabled", "Account disabled by an operator";
        /// An operator opened it again.
        AccountEnabled = "account.enabled", "Account enabled by an operator";
        /// Another password.
        PasswordChanged = "password.changed", "Password changed";
        /// The password was confirmed in a session.
        PasswordConfirmed = "password.confirmed", "Password confirmed";
        /// A wrong password, where the account exists.
        PasswordRefused = "password.refused", "Wrong password";
        /// A browser signed in.
        SignedIn = "session.created", "Signed in";
        /// A browser signed in that is like none of those before.
        SignedInAnew = "session.created_on_new_device", "Signed in on a new device";
        /// A token was made.
        TokenCreated = "token.created", "Token made";
        /// A token's name or abilities changed.
        TokenChanged = "token.changed", "Token changed";
        /// A token was given a new secret.
        TokenRotated = "token.rotated", "Token rotated";
        /// A token was paused.
        TokenPaused = "token.paused", "Token paused";
        /// A token was resumed.
        TokenResumed = "token.resumed", "Token resumed";
        /// Credentials ended; the receipt says which.
        CredentialsEnded = "credentials.ended", "Ended";
        /// Something that this version has no name for.
        Other = "other", "Changed";
    }
}

/// What happened, before it is a line of the log.
#[derive(Debug)]
pub struct NewEvent {
    pub(super) kind: EventKind,
    pub(super) credential: Option<CredentialId>,
    pub(super) receipt: Option<ReceiptId>,
    pub(super) detail: String,
}

impl NewEvent {
    /// Something of this kind, with what a person recognises it by.
    #[must_use]
    pub fn new(kind: EventKind, detail: impl Into<String>) -> Self {
        Self {
            kind,
            credential: None,
            receipt: None,
            detail: detail.into(),
        }
    }

    /// It was done to this credential.
    #[must_use]
    pub const fn to(mut self, credential: CredentialId) -> Self {
        self.credential = Some(credential);
        self
    }

    /// This receipt says more.
    #[must_use]
    pub const fn with_receipt(mut self, receipt: ReceiptId) -> Self {
        self.receipt = Some(receipt);
        self
    }
}

/// A line of the activity log.
#[derive(Clone, Debug)]
pub struct Event {
    /// Its id.
    pub id: EventId,
    /// When it happened.
    pub at: Timestamp,
    /// What happened.
    pub kind: EventKind,
    /// The credential whose caller did it.
    pub by_credential: Option<CredentialId>,
    /// From where.
    pub ip: Option<IpAddr>,
    /// What it was done to.
    pub credential_id: Option<CredentialId>,
    /// What it ended.
    pub receipt_id: Option<ReceiptId>,
    /// What a person recognises it by: a token's name, a browser, how many ended.
    pub detail: String,
    /// How often the same actor did the same within a minute.
    pub times: i64,
}

impl EventKind {
    /// Whether an actor can do this to the same thing again and again. One row counts those within a minute.
    #[must_use]
    pub const fn is_repeatable(self) -> bool {
        matches!(
            self,
            Self::NameChanged
                | Self::EmailChanged
                | Self::PasswordChanged
                | Self::PasswordConfirmed
                | Self::TokenChanged
                | Self::TokenRotated
                | Self::TokenPaused
                | Self::TokenResumed
        )
    }

    /// Whether this is kept for longest where a log is full: who got in, and what was ended.
    #[must_use]
    pub const fn is_kept_longest(self) -> bool {
        matches!(
            self,
            Self::AccountCreated | Self::SignedIn | Self::SignedInAnew | Self::CredentialsEnded
        )
    }
}
