//! A credential: anything that lets a caller in as a user.

use std::{net::IpAddr, time::Duration};

use super::{filter::CredentialFilter, principal::expect_confirmed};
use crate::{
    error::{Error, Result},
    types::{
        ability::Abilities,
        credential_kind::{CredentialKind, CredentialType},
        ids::{CredentialId, ReceiptId, UserId},
    },
    util::clock::Timestamp,
};

/// A session or a token, without its secret.
#[derive(Clone, Debug)]
pub struct Credential {
    /// Its id.
    pub id: CredentialId,
    /// Whom it lets in as.
    pub user_id: UserId,
    /// What sort it is.
    pub kind: CredentialKind,
    /// A token's name; empty for a session.
    pub name: String,
    /// The last characters of a token's newest secret; empty for a session.
    pub hint: String,
    /// What it may do.
    pub abilities: Abilities,
    /// The user agent that it was made for.
    pub user_agent: Option<String>,
    /// Where it was made from.
    pub ip: Option<IpAddr>,
    /// Where it was last used from.
    pub last_used_ip: Option<IpAddr>,
    /// "Keep me signed in".
    pub remembered: bool,
    /// Refused until resumed.
    pub paused: bool,
    /// The credential whose caller made it.
    pub made_by: Option<CredentialId>,
    /// When it was made.
    pub created_at: Timestamp,
    /// When it was last used.
    pub last_used_at: Option<Timestamp>,
    /// From when on it lets nobody in.
    pub expires_at: Option<Timestamp>,
    /// How long it may go unused.
    pub idle_limit: Option<Duration>,
    /// Until when its password counts as just confirmed.
    pub confirmed_until: Option<Timestamp>,
    /// When it ended.
    pub ended_at: Option<Timestamp>,
    /// The sign-out that ended it.
    pub receipt_id: Option<ReceiptId>,
}

impl Credential {
    /// Session or token.
    #[must_use]
    pub const fn class(&self) -> CredentialType {
        self.kind.class()
    }

    /// When it was last used, or made where it never was.
    #[must_use]
    pub fn last_active_at(&self) -> Timestamp {
        self.last_used_at
            .map_or(self.created_at, |used| used.max(self.created_at))
    }

    /// From when on it lets nobody in if it is not used again: its expiry or its idle limit,
    /// whichever comes first.
    #[must_use]
    pub fn effective_expiry(&self) -> Option<Timestamp> {
        let idle = self
            .idle_limit
            .map(|limit| self.last_active_at().saturating_add(limit));
        match (self.expires_at, idle) {
            (Some(expiry), Some(idle)) => Some(expiry.min(idle)),
            (expiry, idle) => expiry.or(idle),
        }
    }

    /// Makes sure that the password of this session was confirmed recently. A token needs no
    /// confirmation.
    ///
    /// # Errors
    /// [`Error::ReauthenticationRequired`].
    pub fn require_recent_authentication(&self, now: Timestamp) -> Result<()> {
        expect_confirmed(self.class(), self.confirmed_until, now)
    }

    /// Makes sure that this credential may end what `selection` names: a session may end itself without
    /// a confirmation, and nothing else.
    ///
    /// # Errors
    /// As [`Credential::require_recent_authentication`].
    pub fn authorize_revocation(&self, selection: &CredentialFilter, now: Timestamp) -> Result<()> {
        if selection.targets_only(self.id) {
            return Ok(());
        }
        self.require_recent_authentication(now)
    }

    /// Makes sure that this credential may give `wanted` to a token: it has all of these abilities.
    ///
    /// # Errors
    /// [`Error::MissingAbility`] with the first ability that it does not have.
    pub fn may_give_abilities(&self, wanted: &Abilities) -> Result<()> {
        match self.abilities.first_beyond(wanted) {
            Some(beyond) => Err(Error::MissingAbility(beyond.to_string())),
            None => Ok(()),
        }
    }

    /// Makes sure that this credential may let a token live until `expires_at`. A token gives no token
    /// a longer life than its own. A session belongs to a person and may.
    ///
    /// # Errors
    /// [`Error::ExceedsCallerLifetime`].
    pub fn may_give_life(&self, expires_at: Option<Timestamp>) -> Result<()> {
        match (self.class(), self.expires_at) {
            (CredentialType::Token, Some(end)) if expires_at.is_none_or(|wanted| wanted > end) => {
                Err(Error::ExceedsCallerLifetime(end))
            }
            _ => Ok(()),
        }
    }

    /// Whether it can still let somebody in: it was not ended and its time is not over. A paused
    /// token is live: it can come back.
    #[must_use]
    pub fn is_active(&self, now: Timestamp) -> bool {
        self.ended_at.is_none() && self.effective_expiry().is_none_or(|end| now < end)
    }
}
