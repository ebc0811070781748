//! The preview of a revocation: exactly what it would end.

use super::{
    super::{credential::Credential, filter::CredentialFilter},
    select,
};
use crate::{
    app_state::AppState,
    crypto::digest::Digest,
    error::Result,
    types::ids::{CredentialId, UserId},
};

/// What a selection would end.
pub struct RevocationPreview {
    /// Stands for just these credentials and those that are over: [`super::revoke`] given it ends these or nothing.
    /// So it fits whatever becomes over in between.
    pub digest: String,
    /// The live credentials, newest first.
    pub credentials: Vec<Credential>,
    /// How many more would end that are over by this clock and were not ended. Another node, whose clock
    /// is slow or who knows of a later use, may still let them in.
    pub over: usize,
}

/// Shows what `selection` would end now.
///
/// # Errors
/// When the database fails.
pub async fn preview(
    context: &AppState,
    user: UserId,
    selection: CredentialFilter,
) -> Result<RevocationPreview> {
    context
        .read(move |context, connection| {
            let mut credentials = select(context, connection, user, &selection)?;
            let (digest, all) = (digest(&credentials), credentials.len());
            let now = context.now();
            credentials.retain(|credential| credential.is_active(now));
            Ok(RevocationPreview {
                digest,
                over: all - credentials.len(),
                credentials,
            })
        })
        .await
}

/// Stands for a set of credentials: the digest of their ids in order.
pub(super) fn digest(credentials: &[Credential]) -> String {
    let mut ids: Vec<CredentialId> = credentials.iter().map(|credential| credential.id).collect();
    ids.sort_unstable();
    let bytes: Vec<u8> = ids.iter().flat_map(|id| *id.as_bytes()).collect();
    Digest::of(&bytes).base64url()
}
