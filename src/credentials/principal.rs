//! Whoever makes a request, once verified.

use std::{net::IpAddr, ops::Deref, sync::Arc};

use super::filter::CredentialFilter;
use crate::{
    audit::Actor,
    credential_cache::CachedCredential,
    crypto::digest::Digest,
    error::{Error, Result},
    types::{credential_kind::CredentialType, ids::CredentialId},
    util::clock::Timestamp,
};

/// The user and the credential behind a request, as `user` and `credential`. Only the gate makes one.
#[derive(Clone, Debug)]
pub struct Principal {
    known: Arc<CachedCredential>,
    /// The digest of the secret that was shown: a credential may have several.
    pub secret: Digest,
    /// From where.
    pub ip: Option<IpAddr>,
    /// The abilities that the route asks for.
    needs: &'static [&'static str],
}

impl Deref for Principal {
    type Target = CachedCredential;

    fn deref(&self) -> &CachedCredential {
        &self.known
    }
}

impl Principal {
    pub(super) const fn new(
        known: Arc<CachedCredential>,
        secret: Digest,
        ip: Option<IpAddr>,
    ) -> Self {
        Self {
            known,
            secret,
            ip,
            needs: &[],
        }
    }

    /// This caller on a route that asks for the abilities `needs`. A change made by this caller checks
    /// them again in its transaction.
    #[must_use]
    pub const fn on_route_that_needs(mut self, needs: &'static [&'static str]) -> Self {
        self.needs = needs;
        self
    }

    /// The credential that calls: what the API's `current` means.
    #[must_use]
    pub fn current(&self) -> Option<CredentialId> {
        Some(self.credential.id)
    }

    /// As the one who acts, for the activity log and for receipts.
    #[must_use]
    pub fn actor(&self) -> Actor {
        Actor {
            credential: Some(self.credential.id),
            secret: Some(self.secret),
            ip: self.ip,
            needs: self.needs,
        }
    }

    /// Proof that this caller may do what asks a person to confirm the password first: a session
    /// whose password was confirmed not long ago, or a token, whose abilities have the last word.
    ///
    /// # Errors
    /// [`Error::ReauthenticationRequired`].
    pub fn require_recent_authentication(
        &self,
        now: Timestamp,
    ) -> Result<RecentlyAuthenticated<'_>> {
        let credential = &self.credential;
        expect_confirmed(credential.class(), credential.confirmed_until, now)?;
        Ok(RecentlyAuthenticated(self))
    }

    /// Makes sure that this caller may end what `selection` names: ending anything but itself is
    /// dangerous, leaving is not.
    ///
    /// # Errors
    /// As [`Principal::require_recent_authentication`].
    pub fn authorize_revocation(&self, selection: &CredentialFilter, now: Timestamp) -> Result<()> {
        if selection.targets_only(self.credential.id) {
            return Ok(());
        }
        self.require_recent_authentication(now).map(drop)
    }
}

/// Makes sure that a credential counts as confirmed at `now`. A token always does: its abilities decide.
pub(super) fn expect_confirmed(
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

/// A caller who may do dangerous things: see [`Principal::require_recent_authentication`], the only way to get one.
#[derive(Clone, Copy)]
pub struct RecentlyAuthenticated<'a>(&'a Principal);

impl RecentlyAuthenticated<'_> {
    /// The caller.
    #[must_use]
    pub const fn caller(&self) -> &Principal {
        self.0
    }
}
