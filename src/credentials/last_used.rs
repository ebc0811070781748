//! The last use of credentials: its time and address. Each check records it in memory, and batches
//! write it to the database. No request writes. A crash loses the uses since the last batch: those
//! of one interval, and more if tens of thousands are written with pauses.

use std::{net::IpAddr, sync::Arc, time::Duration};

use super::{credential::Credential, store, token_networks};
use crate::{
    app_state::AppState,
    credential_cache::CachedCredential,
    db::DatabaseUrl,
    error::Result,
    types::{
        ids::CredentialId,
        last_use::{LastUse, UsedFrom},
    },
    util::clock::{Timestamp, boot_time},
};

/// Records a use of a credential. Only the first use from one place within a second is recorded.
pub(super) fn record(state: &AppState, cached: &CachedCredential, at: Timestamp, from: UsedFrom) {
    if cached.record_use(at, address_fingerprint(from)) {
        let last = LastUse { at, from };
        state
            .last_used()
            .record(cached.credential.id, |before| last.after(before));
    }
}

/// Returns a number for a place. A few places have the same number; then one of their uses is
/// recorded a second later.
fn address_fingerprint(used_from: UsedFrom) -> u32 {
    match used_from {
        UsedFrom::PreviousAddress => 0,
        UsedFrom::At(None) => 1,
        UsedFrom::At(Some(IpAddr::V4(address))) => address.to_bits(),
        UsedFrom::At(Some(IpAddr::V6(address))) => {
            let bytes = address.octets().into_iter();
            bytes.fold(0, |sum: u32, byte| sum.rotate_left(7) ^ u32::from(byte))
        }
    }
}

/// Updates a credential that was read from the database with the use that is recorded in memory.
pub(crate) fn merge_pending(state: &AppState, credential: &mut Credential) {
    if let Some(last) = state.last_used().get(&credential.id)
        && credential
            .last_used_at
            .is_none_or(|written| written < last.at)
    {
        credential.last_used_at = Some(last.at);
        if let UsedFrom::At(ip) = last.from {
            credential.last_used_ip = ip;
        }
    }
}

/// The number of uses in one transaction. It takes some milliseconds, in which no other transaction
/// can write to SQLite.
const BATCH_SIZE: usize = 500;

/// The length of the pause after a transaction, as a multiple of its duration. With 9, writing a
/// hundred thousand uses takes a tenth of one core for some seconds. A newer use replaces one that
/// waits. PostgreSQL does the work in another process; there writing takes half the time of one
/// connection.
const fn pause_factor(database: &DatabaseUrl) -> u32 {
    match database {
        DatabaseUrl::Sqlite(_) => 9,
        DatabaseUrl::Postgres(_) => 1,
    }
}

/// Writes the recorded uses, with pauses, so that requests are not delayed. Uses that cannot be
/// written stay recorded.
///
/// # Errors
/// Returns an error if the database fails.
pub async fn flush(state: &AppState) -> Result<()> {
    write_all(state, pause_factor(&state.settings().database.url)).await
}

/// Writes the recorded uses without pauses. Call it at shutdown, when no other task records or
/// writes any more. Uses of an interrupted flush are included.
///
/// # Errors
/// Returns the errors of [`flush`].
pub async fn flush_on_shutdown(state: &AppState) -> Result<()> {
    state.last_used().put_back();
    write_all(state, 0).await
}

async fn write_all(state: &AppState, pause_factor: u32) -> Result<()> {
    let written = write(state, state.last_used().take(), pause_factor).await;
    if written.is_err() {
        // All of them, because writing a use again changes nothing.
        state.last_used().put_back();
    }
    written
}

/// Writes the uses in the order of the credential IDs. So two nodes that write the same rows cannot
/// deadlock, and credentials created one after the other are in the same pages.
async fn write(state: &AppState, ids: Vec<CredentialId>, pause_factor: u32) -> Result<()> {
    let ids = Arc::new(ids);
    let mut pause = Duration::ZERO;
    for from in (0..ids.len()).step_by(BATCH_SIZE) {
        if !pause.is_zero() {
            tokio::time::sleep(pause).await;
        }
        let (ids, began) = (Arc::clone(&ids), boot_time());
        state
            .write(move |tx| {
                let batch = ids.iter().skip(from).take(BATCH_SIZE);
                let last_used = tx.state.last_used();
                let uses: Vec<_> = batch
                    .filter_map(|id| Some((*id, last_used.get_in_flight(id)?)))
                    .collect();
                token_networks::report_new(tx, &uses)?;
                for (id, last) in uses {
                    store::update_last_used(tx.connection, id, last)?;
                }
                Ok(())
            })
            .await?;
        pause = boot_time().saturating_sub(began) * pause_factor;
    }
    Ok(())
}
