//! The authenticated caller of a request.

use std::{net::IpAddr, sync::Arc};

use super::filter::CredentialFilter;
use crate::{
    app_state::AppState,
    audit::Actor,
    credential_cache::{CachedCredential, CachedUser, CredentialSnapshot},
    crypto::digest::Digest,
    error::{Error, Result},
    types::{credential_kind::CredentialType, user::User},
    util::clock::Timestamp,
};

/// The user and the credential of a request. Only [`super::authenticate`] creates this value.
#[derive(Clone, Debug)]
pub struct Principal {
    cached: Arc<CachedCredential>,
    /// The digest of the presented secret. A credential can have several secrets.
    pub secret: Digest,
    /// The client's address.
    pub ip: Option<IpAddr>,
    /// The abilities that the route requires.
    required_abilities: &'static [&'static str],
}

impl Principal {
    pub(crate) const fn new(
        cached: Arc<CachedCredential>,
        secret: Digest,
        ip: Option<IpAddr>,
    ) -> Self {
        Self {
            cached,
            secret,
            ip,
            required_abilities: &[],
        }
    }

    /// The user.
    #[must_use]
    pub fn user(&self) -> &User {
        &self.cached.user.user
    }

    /// The credential.
    #[must_use]
    pub fn credential(&self) -> &CredentialSnapshot {
        &self.cached.credential
    }

    /// The cached user, which holds the response body of the request for the current user.
    #[must_use]
    pub fn cached_user(&self) -> &CachedUser {
        &self.cached.user
    }

    /// Returns the time from which on the presented secret is refused, if its last use was at
    /// `last_used`.
    #[must_use]
    pub fn expiry_after_use_at(&self, last_used: Timestamp) -> Option<Timestamp> {
        self.cached.ends_at(last_used)
    }

    /// Sets the abilities that the route requires. A change by this caller checks them again in its
    /// transaction.
    #[must_use]
    pub const fn with_required_abilities(
        mut self,
        required_abilities: &'static [&'static str],
    ) -> Self {
        self.required_abilities = required_abilities;
        self
    }

    /// Returns the caller as the actor of the audit log and of receipts.
    #[must_use]
    pub fn actor(&self) -> Actor {
        Actor {
            credential: Some(self.credential().id),
            secret: Some(self.secret),
            ip: self.ip,
            required_abilities: self.required_abilities,
        }
    }

    /// Step-up: returns the proof that this caller may make a sensitive change. A session needs a
    /// recent re-authentication. For a token its abilities decide.
    ///
    /// # Errors
    /// [`Error::ReauthenticationRequired`] if the session has none.
    pub fn require_recent_authentication(
        &self,
        now: Timestamp,
    ) -> Result<RecentlyAuthenticated<'_>> {
        let credential = self.credential();
        require_confirmed(credential.class(), credential.confirmed_until, now)?;
        Ok(RecentlyAuthenticated(self))
    }

    /// Step-up: requires a recent confirmation by a second factor. No token has one.
    ///
    /// # Errors
    /// [`Error::SecondFactorConfirmationRequired`] if the last confirmation is too old.
    pub fn require_second_factor(&self, now: Timestamp) -> Result<()> {
        require_second_factor(self.credential().second_factor_until, now)
    }

    /// Requires that the address of the user is verified, unless the settings allow another one. The
    /// settings are read for such a user only.
    ///
    /// # Errors
    /// [`Error::EmailNotVerified`].
    pub fn require_verified_address(&self, state: &AppState) -> Result<()> {
        if !self.user().email_verified && state.settings().withholds_from_unverified() {
            return Err(Error::EmailNotVerified);
        }
        Ok(())
    }

    /// Requires that this caller may revoke the credentials that `filter` matches. Revoking
    /// other credentials is a sensitive change. Revoking only the caller's own is not.
    ///
    /// # Errors
    /// Returns the errors of [`Principal::require_recent_authentication`].
    pub fn authorize_revocation(&self, filter: &CredentialFilter, now: Timestamp) -> Result<()> {
        if filter.targets_only(self.credential().id) {
            return Ok(());
        }
        self.require_recent_authentication(now).map(drop)
    }
}

/// Requires that a credential counts as recently authenticated at `now`. A token always does: its
/// abilities decide.
pub(super) fn require_confirmed(
    class: CredentialType,
    until: Option<Timestamp>,
    now: Timestamp,
) -> Result<()> {
    match class {
        CredentialType::Session if until.is_none_or(|until| until <= now) => {
            Err(Error::ReauthenticationRequired)
        }
        CredentialType::Session | CredentialType::Token => Ok(()),
    }
}

/// Requires that a second factor was confirmed recently.
pub(super) fn require_second_factor(until: Option<Timestamp>, now: Timestamp) -> Result<()> {
    if until.is_some_and(|until| until > now) {
        return Ok(());
    }
    Err(Error::SecondFactorConfirmationRequired)
}

/// A caller who may make sensitive changes. [`Principal::require_recent_authentication`] is the
/// only way to get this value.
#[derive(Clone, Copy)]
pub struct RecentlyAuthenticated<'a>(&'a Principal);

impl RecentlyAuthenticated<'_> {
    /// The caller.
    #[must_use]
    pub const fn caller(&self) -> &Principal {
        self.0
    }
}
