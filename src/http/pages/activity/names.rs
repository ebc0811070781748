//! The names of the credentials that events refer to.

use std::collections::{BTreeSet, HashMap};

use crate::{
    audit::Event,
    credentials::{self, Credential, CredentialFilter, StatusFilter},
    error::Result,
    http::{auth::BrowserUser, paths},
    i18n,
    sessions::Device,
    types::{
        credential_kind::CredentialType,
        ids::{CredentialId, ReceiptId},
        pagination::{MAX_PAGE_SIZE, Paging},
    },
};

/// The largest number of revoked credentials that a page of the log names. The receipts have all.
const MAX_REVOKED: i64 = 200;

/// The name of a credential, and its page.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NamedCredential {
    /// The token's name, or the session's browser and system.
    pub title: String,
    /// The path of its page.
    pub href: String,
    /// Whether this is the session of the user who views the page.
    pub current: bool,
    /// Whether the credential is not revoked.
    pub is_unrevoked: bool,
}

/// The credentials that the events on one page refer to. Those that ended long ago are missing,
/// because they are no longer stored.
pub struct Names {
    by_id: HashMap<CredentialId, NamedCredential>,
    by_receipt: HashMap<ReceiptId, Vec<NamedCredential>>,
}

impl Names {
    /// Reads the credentials of `events`.
    ///
    /// # Errors
    /// Returns an error if the database fails.
    pub async fn of(user: &BrowserUser, events: &[Event]) -> Result<Self> {
        let (state, user_id) = (&user.state, user.principal.user().id);
        let named = |credential: &Credential| NamedCredential::new(user, credential);
        let ids: BTreeSet<CredentialId> = events
            .iter()
            .flat_map(|event| [event.credential_id, event.actor_credential_id])
            .flatten()
            .collect();
        let mut by_id = HashMap::new();
        if !ids.is_empty() {
            let filter = CredentialFilter {
                id: ids.into_iter().collect(),
                ..CredentialFilter::default()
            };
            let paging = Paging::new(MAX_PAGE_SIZE, None);
            let found =
                credentials::list(state, user_id, filter, StatusFilter::All, paging).await?;
            by_id.extend(found.rows.iter().map(|found| (found.id, named(found))));
        }
        let receipts: Vec<ReceiptId> = events.iter().filter_map(|event| event.receipt_id).collect();
        let mut by_receipt: HashMap<ReceiptId, Vec<NamedCredential>> = HashMap::new();
        if !receipts.is_empty() {
            for revoked in credentials::revoked_by(state, user_id, receipts, MAX_REVOKED).await? {
                if let Some(receipt) = revoked.receipt_id {
                    by_receipt.entry(receipt).or_default().push(named(&revoked));
                }
            }
        }
        Ok(Self { by_id, by_receipt })
    }

    /// Returns the credential with this ID.
    #[must_use]
    pub fn get(&self, id: Option<CredentialId>) -> Option<&NamedCredential> {
        self.by_id.get(&id?)
    }

    /// Returns the credentials that were revoked with this receipt.
    #[must_use]
    pub fn revoked(&self, receipt: Option<ReceiptId>) -> &[NamedCredential] {
        let found = receipt.and_then(|receipt| self.by_receipt.get(&receipt));
        found.map_or(&[], Vec::as_slice)
    }
}

impl NamedCredential {
    /// Returns the name of `credential`.
    #[must_use]
    pub fn new(user: &BrowserUser, credential: &Credential) -> Self {
        let (title, href) = match credential.class() {
            CredentialType::Token => (credential.name.clone(), paths::token(credential.id)),
            CredentialType::Session => {
                let device = Device::of(credential.user_agent.as_deref());
                let title = i18n::text(user.language(), &device.message());
                (title, paths::session(credential.id))
            }
        };
        Self {
            title,
            href,
            current: credential.id == user.principal.credential().id,
            is_unrevoked: credential.ended_at.is_none(),
        }
    }
}
