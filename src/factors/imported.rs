//! Second factors that an import brings from another system.

use std::collections::BTreeMap;

use super::{
    TotpSecret,
    recovery_code::ImportedRecoveryCode,
    store::{self, StoredApp},
};
use crate::{
    app_state::{AppState, Transaction},
    crypto::password_hash::StoredHash,
    error::Result,
    types::{id::Id, ids::UserId},
    util::clock::Timestamp,
};

/// A recovery code as it is stored.
#[derive(Clone)]
pub(crate) struct HashedCode {
    locator: String,
    hash: StoredHash,
}

/// Hashes the recovery codes of a user. Of codes with one locator, the last one is kept.
///
/// # Errors
/// Fails if the hasher is busy or the algorithm fails.
pub(crate) async fn hash_imported(
    state: &AppState,
    codes: &[ImportedRecoveryCode],
) -> Result<Vec<HashedCode>> {
    let permit = state.hasher().acquire(None).await?;
    let codes = codes.iter().map(ImportedRecoveryCode::hashable);
    let by_locator: BTreeMap<_, _> = codes.map(|code| (code.locator, code.secret)).collect();
    let mut hashed = Vec::with_capacity(by_locator.len());
    for (locator, secret) in by_locator {
        let hash = permit.hash(secret).await?;
        hashed.push(HashedCode { locator, hash });
    }
    Ok(hashed)
}

/// Adds an authenticator app and recovery codes to a user whom this transaction inserted.
///
/// # Errors
/// Returns an error if the process has no keys to seal the secret, or if the database fails.
pub(crate) fn insert_imported(
    tx: &mut Transaction<'_>,
    user: UserId,
    secret: &TotpSecret,
    since: Timestamp,
    codes: &[HashedCode],
) -> Result<()> {
    let keys = tx.state.sealing_keys()?;
    let app = StoredApp {
        id: Id::new(since, tx.state.random())?,
        user,
        sealed_secret: keys.seal(tx.state.random(), user.as_bytes(), secret.expose())?,
        created_at: since,
        last_used_at: None,
        last_step: 0,
        failures: 0,
    };
    store::insert_app(tx.connection, &app, keys.current())?;
    if codes.is_empty() {
        return Ok(());
    }
    let codes = codes.iter().map(|code| (&*code.locator, &code.hash));
    Ok(store::insert_recovery_codes(
        tx.connection,
        user,
        since,
        codes,
    )?)
}
