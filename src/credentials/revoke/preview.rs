//! The preview of a revocation: exactly the credentials that it would revoke.

use std::collections::BTreeSet;

use super::{
    super::{credential::Credential, filter::CredentialFilter, receipt, trusted_browsers},
    select,
};
use crate::{
    app_state::AppState,
    audit::RevokedDetail,
    crypto::digest::Digest,
    error::Result,
    types::ids::{CredentialId, UserId},
};

/// The credentials that a filter matches.
pub struct RevocationPreview {
    /// The digest of these credentials and of the expired ones. [`super::revoke`] with this digest
    /// revokes exactly these or nothing. So the digest still matches if some expire meanwhile.
    pub digest: String,
    /// The active credentials, newest first.
    pub credentials: Vec<Credential>,
    /// The number of browsers whose trust would end. It ends only if everything is revoked.
    pub trusted_browsers: u64,
}

impl RevocationPreview {
    /// Returns the numbers of active credentials and of trusted browsers.
    #[must_use]
    pub fn count(&self) -> RevokedDetail {
        RevokedDetail {
            trusted_browsers: self.trusted_browsers,
            ..receipt::count(&self.credentials)
        }
    }
}

/// Returns the credentials that `filter` matches now.
///
/// # Errors
/// Returns an error if the database fails.
pub async fn preview(
    state: &AppState,
    user: UserId,
    filter: CredentialFilter,
) -> Result<RevocationPreview> {
    state
        .read(move |state, connection| {
            let mut credentials = select(state, connection, user, &filter)?;
            let digest = digest(&credentials);
            let now = state.now();
            credentials.retain(|credential| credential.is_active(now));
            let trusted_browsers = match filter.is_everything() {
                true => trusted_browsers::count_in(connection, user, now)?,
                false => 0,
            };
            Ok(RevocationPreview {
                digest,
                credentials,
                trusted_browsers,
            })
        })
        .await
}

/// Returns the digest of a set of credentials: of their sorted IDs.
pub(super) fn digest(credentials: &[Credential]) -> String {
    digest_of_ids(&credentials.iter().map(|credential| credential.id).collect())
}

/// Returns the digest of the credentials with these IDs.
pub(super) fn digest_of_ids(ids: &BTreeSet<CredentialId>) -> String {
    let bytes: Vec<u8> = ids.iter().flat_map(|id| *id.as_bytes()).collect();
    Digest::of(&bytes).base64url()
}
