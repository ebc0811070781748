//! A credential: a session or a token.

use std::{net::IpAddr, time::Duration};

use super::{
    filter::CredentialFilter,
    principal::{require_confirmed, require_second_factor},
};
use crate::{
    error::{Error, Result},
    types::{
        ability::Abilities,
        assurance::AuthenticationMethods,
        credential_kind::{CredentialKind, CredentialType},
        credential_state::{CredentialState, Lifecycle},
        ids::{CredentialId, ReceiptId, UserId},
        secret_form::SecretForm,
    },
    util::clock::Timestamp,
};

/// A session or a token, without its secret.
#[derive(Clone, Debug)]
pub struct Credential {
    /// The ID.
    pub id: CredentialId,
    /// The user.
    pub user_id: UserId,
    /// The kind.
    pub kind: CredentialKind,
    /// A token's name; empty for a session.
    pub name: String,
    /// The last characters of a token's newest secret; empty for a session.
    pub hint: String,
    /// The format of the newest secret.
    pub form: SecretForm,
    /// The time from which the newest secret is refused, if an import gave it an end. A credential
    /// with a rotated secret stays valid.
    pub secret_accepted_until: Option<Timestamp>,
    /// The abilities.
    pub abilities: Abilities,
    /// The user agent at its creation.
    pub user_agent: Option<String>,
    /// The address at its creation.
    pub ip: Option<IpAddr>,
    /// The address of its last use.
    pub last_used_ip: Option<IpAddr>,
    /// Whether the user selected "Keep me signed in".
    pub remembered: bool,
    /// Whether the token is paused.
    pub paused: bool,
    /// The credential of the caller who created it.
    pub made_by: Option<CredentialId>,
    /// The time of its creation.
    pub created_at: Timestamp,
    /// The time of its last use.
    pub last_used_at: Option<Timestamp>,
    /// The expiry of the credential.
    pub expires_at: Option<Timestamp>,
    /// The longest time between two uses.
    pub idle_limit: Option<Duration>,
    /// The time until which the session counts as recently authenticated.
    pub confirmed_until: Option<Timestamp>,
    /// The time until which the session counts as recently confirmed by a second factor.
    pub second_factor_until: Option<Timestamp>,
    /// The methods that proved the user.
    pub methods: AuthenticationMethods,
    /// The time at which they last proved the user. A confirmation by the password alone does not
    /// change that of two factors.
    pub authenticated_at: Timestamp,
    /// The time of the revocation.
    pub ended_at: Option<Timestamp>,
    /// The receipt of its revocation.
    pub receipt_id: Option<ReceiptId>,
}

impl Credential {
    /// Returns whether the credential is a session or a token.
    #[must_use]
    pub const fn class(&self) -> CredentialType {
        self.kind.class()
    }

    /// Returns the time of its last use, or of its creation if it was never used.
    #[must_use]
    pub fn last_active_at(&self) -> Timestamp {
        self.last_used_at
            .map_or(self.created_at, |used| used.max(self.created_at))
    }

    /// Returns when the credential expires if it is not used again: its expiry or its idle limit,
    /// whichever is earlier.
    #[must_use]
    pub fn effective_expiry(&self) -> Option<Timestamp> {
        self.lifecycle().effective_expiry()
    }

    /// Returns the state at `now`.
    #[must_use]
    pub fn state_at(&self, now: Timestamp) -> CredentialState {
        CredentialState::at(&self.lifecycle(), now)
    }

    fn lifecycle(&self) -> Lifecycle {
        Lifecycle {
            revoked: self.ended_at.is_some(),
            paused: self.paused,
            expires_at: self.expires_at,
            idle_limit: self.idle_limit,
            last_active_at: self.last_active_at(),
        }
    }

    /// Requires that the password of this session was confirmed recently. A token needs no
    /// confirmation.
    ///
    /// # Errors
    /// [`Error::ReauthenticationRequired`] if the last confirmation is too old.
    pub fn require_recent_authentication(&self, now: Timestamp) -> Result<()> {
        require_confirmed(self.class(), self.confirmed_until, now)
    }

    /// Requires that a second factor was confirmed recently in this session.
    ///
    /// # Errors
    /// [`Error::SecondFactorConfirmationRequired`] if the last confirmation is too old.
    pub fn require_second_factor(&self, now: Timestamp) -> Result<()> {
        require_second_factor(self.second_factor_until, now)
    }

    /// Requires that this credential may revoke the credentials that `filter` matches. A session
    /// needs a recent authentication, except to revoke only itself.
    ///
    /// # Errors
    /// Returns the errors of [`Credential::require_recent_authentication`].
    pub fn authorize_revocation(&self, filter: &CredentialFilter, now: Timestamp) -> Result<()> {
        if filter.targets_only(self.id) {
            return Ok(());
        }
        self.require_recent_authentication(now)
    }

    /// Requires that this credential has all of the abilities `wanted`, which it is about to give
    /// to a token.
    ///
    /// # Errors
    /// [`Error::MissingAbility`] with the first ability that it lacks.
    pub fn ensure_may_grant_abilities(&self, wanted: &Abilities) -> Result<()> {
        match self.abilities.first_not_granted(wanted) {
            Some(missing) => Err(Error::MissingAbility(missing.to_string())),
            None => Ok(()),
        }
    }

    /// Requires that this credential may give a token the expiry `expires_at`. A token cannot give
    /// another token a longer life than its own. A session belongs to a person and can.
    ///
    /// # Errors
    /// [`Error::ExceedsCallerLifetime`] if the token would outlive this credential.
    pub fn ensure_may_grant_lifetime(&self, expires_at: Option<Timestamp>) -> Result<()> {
        match (self.class(), self.expires_at) {
            (CredentialType::Token, Some(end)) if expires_at.is_none_or(|wanted| wanted > end) => {
                Err(Error::ExceedsCallerLifetime(end))
            }
            _ => Ok(()),
        }
    }

    /// Returns whether the credential is neither revoked nor expired. A paused token is active,
    /// because it can be resumed.
    #[must_use]
    pub fn is_active(&self, now: Timestamp) -> bool {
        self.state_at(now).is_live()
    }
}
