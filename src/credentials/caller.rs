//! Whoever makes a request, once verified.

use std::net::IpAddr;

use super::{credential::Credential, kind::Class, selection::Selection};
use crate::{
    activity::Actor,
    error::{Error, Result},
    ids::{CredentialId, UserId},
    kit::{clock::Timestamp, digest::Digest},
};

/// A person with an account, as far as anybody but the account pages needs to know.
#[derive(Clone, Debug)]
pub struct User {
    /// Its id: opaque, never used again for somebody else.
    pub id: UserId,
    /// The e-mail address as typed.
    pub email: String,
    /// The name.
    pub name: String,
    /// When the account was made.
    pub created_at: Timestamp,
}

/// The user and the credential behind a request. Only the gate makes one.
#[derive(Clone, Debug)]
pub struct Caller {
    /// Who.
    pub user: User,
    /// By what.
    pub credential: Credential,
    /// The digest of the secret that was shown: a credential may have several.
    pub secret: Digest,
    /// From where.
    pub ip: Option<IpAddr>,
}

impl Caller {
    /// The credential that calls: what the API's `current` means.
    #[must_use]
    pub const fn current(&self) -> Option<CredentialId> {
        Some(self.credential.id)
    }

    /// As the one who acts, for the activity log and for receipts.
    #[must_use]
    pub const fn actor(&self) -> Actor {
        Actor {
            credential: Some(self.credential.id),
            secret: Some(self.secret),
            ip: self.ip,
        }
    }

    /// Proof that this caller may do what asks a person to confirm the password first: a session
    /// whose password was confirmed not long ago, or a token, whose abilities have the last word.
    ///
    /// # Errors
    /// [`Error::ConfirmPassword`], leading a browser `back` afterwards.
    pub fn confirmed(
        &self,
        now: Timestamp,
        back: impl FnOnce() -> String,
    ) -> Result<Confirmed<'_>> {
        let fresh = match self.credential.class() {
            Class::Session => self
                .credential
                .confirmed_until
                .is_some_and(|until| now < until),
            Class::Token => true,
        };
        if fresh {
            Ok(Confirmed(self))
        } else {
            Err(Error::ConfirmPassword { back: back() })
        }
    }

    /// Makes sure that this caller may end what `selection` names: ending anything but itself is
    /// dangerous, leaving is not.
    ///
    /// # Errors
    /// As [`Caller::confirmed`].
    pub fn may_end(
        &self,
        selection: &Selection,
        now: Timestamp,
        back: impl FnOnce() -> String,
    ) -> Result<()> {
        if selection.names_only(self.credential.id) {
            return Ok(());
        }
        self.confirmed(now, back).map(drop)
    }
}

/// A caller who may do dangerous things: see [`Caller::confirmed`], the only way to get one.
#[derive(Clone, Copy)]
pub struct Confirmed<'a>(&'a Caller);

impl Confirmed<'_> {
    /// The caller.
    #[must_use]
    pub const fn caller(&self) -> &Caller {
        self.0
    }
}
