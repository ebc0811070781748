//! The credentials that a user revokes with a change of the factors, the password or the address.

use serde::{Deserialize, Serialize};

use crate::{
    app_state::{AppState, Transaction},
    audit::Actor,
    credentials::{
        CredentialFilter, RevocationReason, RevocationReceipt,
        revoke::{self, RevocationRequest},
        trusted_browsers,
    },
    error::Result,
    types::{
        credential_kind::{CredentialKind, CredentialType},
        ids::{CredentialId, UserId},
    },
};

/// The credentials that the user chose to revoke with a change. The session in which the change is
/// made stays and gets a new secret.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct RevocationChoice {
    /// All other sessions.
    pub sessions: bool,
    /// All device tokens.
    pub device_tokens: bool,
    /// All personal tokens.
    pub personal_tokens: bool,
    /// All service tokens, which an operator made. No page offers it.
    #[serde(default)]
    pub service_tokens: bool,
    /// The trust in all browsers. A link that an earlier version stored has no choice: it ends.
    #[serde(default = "ends")]
    pub trusted_browsers: bool,
}

const fn ends() -> bool {
    true
}

impl RevocationChoice {
    /// Returns the filter of the chosen credentials except `kept`. `None` if none were chosen: a
    /// filter without kinds matches everything.
    fn filter(self, kept: impl IntoIterator<Item = CredentialId>) -> Option<CredentialFilter> {
        let kind = self.kinds();
        (!kind.is_empty()).then(|| CredentialFilter {
            kind,
            except: kept.into_iter().collect(),
            ..CredentialFilter::default()
        })
    }

    /// Returns the kinds of credentials.
    fn kinds(self) -> Vec<CredentialKind> {
        let chosen = |kind: &CredentialKind| match kind.class() {
            CredentialType::Session => self.sessions,
            CredentialType::Token => match kind {
                CredentialKind::Device => self.device_tokens,
                CredentialKind::Personal => self.personal_tokens,
                CredentialKind::Service => self.service_tokens,
                _ => false,
            },
        };
        CredentialKind::ALL.iter().copied().filter(chosen).collect()
    }

    /// Revokes the chosen credentials except `kept`, with one receipt. Returns `None` if nothing
    /// ended.
    ///
    /// # Errors
    /// Returns an error if the database fails.
    pub(crate) fn apply(
        self,
        tx: &mut Transaction<'_>,
        user: UserId,
        kept: impl IntoIterator<Item = CredentialId>,
        reason: RevocationReason,
        actor: &Actor,
    ) -> Result<Option<RevocationReceipt>> {
        match (self.filter(kept), self.trusted_browsers) {
            (filter, true) => revoke::revoke_and_end_trust(tx, user, filter, reason, actor),
            (Some(filter), false) => {
                let request = RevocationRequest::of(filter, reason);
                revoke::revoke_any(tx, user, &request, actor)
            }
            (None, false) => Ok(None),
        }
    }

    /// Does the same as [`Self::apply`] after a change of the factors or of the password, made in
    /// the session `kept`. The change always ends the trust in browsers, which replaced the factors
    /// of before.
    ///
    /// # Errors
    /// Returns an error if the database fails.
    pub(crate) fn apply_and_end_trust(
        self,
        tx: &mut Transaction<'_>,
        user: UserId,
        kept: CredentialId,
        reason: RevocationReason,
        actor: &Actor,
    ) -> Result<Option<RevocationReceipt>> {
        revoke::revoke_and_end_trust(tx, user, self.filter([kept]), reason, actor)
    }
}

/// The numbers of active credentials that a [`RevocationChoice`] can revoke.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct RevocableCounts {
    /// All other sessions.
    pub sessions: usize,
    /// All device tokens.
    pub device_tokens: usize,
    /// All personal tokens.
    pub personal_tokens: usize,
    /// All tokens. Service tokens are among them.
    pub tokens: usize,
    /// The browsers that the user trusts.
    pub trusted_browsers: u64,
}

impl RevocableCounts {
    /// Counts the credentials of `user` besides `session`.
    ///
    /// # Errors
    /// Returns an error if the database fails.
    pub async fn of(state: &AppState, user: UserId, session: CredentialId) -> Result<Self> {
        let others = CredentialFilter::all_but(session);
        let others = revoke::preview(state, user, others).await?.credentials;
        let count = |counts: &dyn Fn(CredentialKind) -> bool| {
            others.iter().filter(|other| counts(other.kind)).count()
        };
        Ok(Self {
            trusted_browsers: trusted_browsers::count(state, user).await?,
            sessions: count(&|kind| kind.class() == CredentialType::Session),
            device_tokens: count(&|kind| kind == CredentialKind::Device),
            personal_tokens: count(&|kind| kind == CredentialKind::Personal),
            tokens: count(&|kind| kind.class() == CredentialType::Token),
        })
    }
}
