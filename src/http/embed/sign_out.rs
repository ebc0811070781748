//! Revocations by the app: a selection, its preview, and the receipt.

use std::time::SystemTime;

use super::{Caller, Error};
use crate::{
    app_state::AppState,
    audit::Actor,
    credentials::{
        CredentialFilter, RevocationReason, RevocationReceipt,
        revoke::{self, RevocationRequest},
    },
    types::{
        credential_kind::{CredentialKind, CredentialType},
        ids::{CredentialId, ReceiptId, UserId},
    },
};

/// Selects credentials of one user.
#[derive(Clone, Copy)]
pub struct SignOut<'a> {
    pub(super) state: &'a AppState,
    pub(super) user: UserId,
}

/// The selected credentials.
#[derive(Clone)]
#[must_use]
pub struct Selection<'a> {
    sign_out: SignOut<'a>,
    filter: CredentialFilter,
    actor: Actor,
    reason: RevocationReason,
}

/// The credentials that a revocation would end now.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Preview {
    /// The number of active sessions.
    pub sessions: u64,
    /// The number of active tokens.
    pub tokens: u64,
    /// The IDs of the active credentials, newest first.
    pub credentials: Vec<CredentialId>,
    digest: String,
}

/// The record of one revocation, which is in force on every server.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Receipt {
    /// The ID. The page `/account/receipts/{id}` shows the receipt to the user.
    pub id: ReceiptId,
    /// The time of the revocation.
    pub at: SystemTime,
    /// The number of revoked sessions.
    pub sessions: u64,
    /// The number of revoked tokens.
    pub tokens: u64,
    /// The IDs of the revoked credentials, newest first.
    pub credentials: Vec<CredentialId>,
}

impl Receipt {
    pub(super) fn new(receipt: &RevocationReceipt) -> Self {
        let count = receipt.count();
        let credentials = receipt.credentials.iter();
        Self {
            id: receipt.id,
            at: receipt.at.to_system_time(),
            sessions: count.sessions,
            tokens: count.tokens,
            credentials: credentials.map(|credential| credential.id).collect(),
        }
    }
}

macro_rules! kinds {
    ($($(#[$doc:meta])* $name:ident = $kind:ident;)*) => {
        $(
            $(#[$doc])*
            pub fn $name(self) -> Selection<'a> {
                self.select(CredentialFilter::all_of_kind(CredentialKind::$kind))
            }
        )*
    };
}

impl<'a> SignOut<'a> {
    /// Selects everything: all sessions and all tokens.
    pub fn everything(self) -> Selection<'a> {
        self.select(CredentialFilter::default())
    }

    /// Selects everything but the credential of `caller`, as the caller's own act: the receipt
    /// names the caller, and nothing is revoked if the caller was revoked meanwhile.
    pub fn others(self, caller: &Caller) -> Selection<'a> {
        Selection {
            actor: caller.principal.actor(),
            ..self.select(CredentialFilter::all_but(caller.credential()))
        }
    }

    /// Selects one session. The ID of a token selects nothing.
    pub fn session(self, id: CredentialId) -> Selection<'a> {
        self.select(CredentialFilter::one(CredentialType::Session, id))
    }

    /// Selects one token. The ID of a session selects nothing.
    pub fn token(self, id: CredentialId) -> Selection<'a> {
        self.select(CredentialFilter::one(CredentialType::Token, id))
    }

    /// Selects all sessions.
    pub fn sessions(self) -> Selection<'a> {
        self.select(CredentialFilter::all_of(CredentialType::Session))
    }

    /// Selects all tokens.
    pub fn tokens(self) -> Selection<'a> {
        self.select(CredentialFilter::all_of(CredentialType::Token))
    }

    kinds! {
        /// Selects the tokens that the user created.
        personal_tokens = Personal;
        /// Selects the tokens of apps and command lines that signed in with the password.
        device_tokens = Device;
        /// Selects the tokens that an operator created for machines.
        service_tokens = Service;
        /// Selects the sessions on computers.
        desktop_sessions = Desktop;
        /// Selects the sessions on phones.
        mobile_sessions = Mobile;
        /// Selects the sessions on tablets.
        tablet_sessions = Tablet;
        /// Selects the sessions of programs that are no known browser.
        other_sessions = Other;
    }

    fn select(self, filter: CredentialFilter) -> Selection<'a> {
        Selection {
            sign_out: self,
            filter,
            actor: Actor::operator(),
            reason: RevocationReason::SignedOut,
        }
    }
}

impl Selection<'_> {
    /// Returns the credentials that [`Selection::end`] would revoke now.
    ///
    /// # Errors
    /// A failure of the database.
    pub async fn preview(&self) -> Result<Preview, Error> {
        let SignOut { state, user } = self.sign_out;
        let preview = revoke::preview(state, user, self.filter.clone()).await?;
        let count = preview.count();
        let credentials = preview.credentials.iter();
        Ok(Preview {
            sessions: count.sessions,
            tokens: count.tokens,
            credentials: credentials.map(|credential| credential.id).collect(),
            digest: preview.digest,
        })
    }

    /// Revokes the selected credentials. They are refused on every server when this returns.
    ///
    /// # Errors
    /// [`ErrorKind::NotFound`](super::ErrorKind::NotFound) if the user does not exist; a failure of
    /// the database.
    pub async fn end(self) -> Result<Receipt, Error> {
        self.end_with(None).await
    }

    /// Revokes exactly the credentials of `preview`.
    ///
    /// # Errors
    /// [`ErrorKind::PreviewOutdated`](super::ErrorKind::PreviewOutdated) if the selection has
    /// changed since: then nothing is revoked; and the errors of [`Selection::end`].
    pub async fn end_previewed(&self, preview: &Preview) -> Result<Receipt, Error> {
        self.clone().end_with(Some(preview.digest.clone())).await
    }

    async fn end_with(self, digest: Option<String>) -> Result<Receipt, Error> {
        let SignOut { state, user } = self.sign_out;
        let request = RevocationRequest {
            digest,
            ..RevocationRequest::of(self.filter, self.reason)
        };
        Ok(Receipt::new(
            &revoke::revoke(state, user, request, self.actor).await?,
        ))
    }
}
