//! Counts the password hashes of each scheme, for the dummy hashes of unknown addresses.

use std::collections::BTreeMap;

use super::store;
use crate::{
    app_state::AppState,
    crypto::password_hash::{HashScheme, StoredHash},
    error::Result,
    types::ids::UserId,
};

/// The number of rows of one query.
const BATCH: i64 = 1000;

/// Counts the password hashes of each scheme, and sets the proportions in which the hasher uses them
/// for unknown addresses. If no user was imported, the only query finds that out.
///
/// # Errors
/// Returns an error if the database fails. The proportions stay as they were then.
pub async fn update_dummy_hashes(state: &AppState) -> Result<()> {
    let counts = count_schemes(state).await?;
    Ok(state.hasher().set_schemes(&counts)?)
}

async fn count_schemes(state: &AppState) -> Result<BTreeMap<HashScheme, u64>> {
    let mut counts = BTreeMap::new();
    let parameters = state.hasher().parameters();
    let current = state
        .read(move |_, connection| {
            if !store::has_imported_users(connection)? {
                return Ok(None);
            }
            Ok(Some(store::count_hashes(connection, parameters)?))
        })
        .await?;
    let Some(current) = current else {
        return Ok(counts);
    };
    counts.insert(HashScheme::Argon2id(parameters), current);
    let mut after = None;
    loop {
        let batch: Vec<(UserId, StoredHash)> = state
            .read(move |_, connection| {
                Ok(store::other_hashes(connection, parameters, after, BATCH)?)
            })
            .await?;
        let Some((last, _)) = batch.last() else {
            return Ok(counts);
        };
        after = Some(*last);
        for scheme in batch.iter().filter_map(|(_, hash)| hash.scheme().ok()) {
            *counts.entry(scheme).or_default() += 1;
        }
    }
}
