//! When and from where a credential was last used: noted in memory at each check, written in
//! batches. Nothing is written per request; a crash loses what was used since the last batch: one interval
//! at most, and longer where tens of thousands are written with rests.

use std::{net::IpAddr, sync::Arc, time::Duration};

use super::{credential::Credential, store};
use crate::{
    app_state::{AppState, Shared},
    credential_cache::CachedCredential,
    db::DatabaseUrl,
    error::Result,
    types::{
        ids::CredentialId,
        last_use::{LastUse, UsedFrom},
    },
    util::clock::{Timestamp, boot_time},
};

/// Notes that a pass was just used. Of all uses from one place in one second the first is noted.
pub(super) fn record(context: &Shared, known: &CachedCredential, at: Timestamp, from: UsedFrom) {
    if known.record_use(at, address_fingerprint(from)) {
        let last = LastUse { at, from };
        context
            .last_used
            .record(known.credential.id, |before| last.after(before));
    }
}

/// Different places are different numbers, but for a few: one of those is noted a second later.
fn address_fingerprint(place: UsedFrom) -> u32 {
    match place {
        UsedFrom::AsBefore => 0,
        UsedFrom::At(None) => 1,
        UsedFrom::At(Some(IpAddr::V4(address))) => address.to_bits(),
        UsedFrom::At(Some(IpAddr::V6(address))) => {
            let bytes = address.octets().into_iter();
            bytes.fold(0, |sum: u32, byte| sum.rotate_left(7) ^ u32::from(byte))
        }
    }
}

/// Brings a credential that was read from the database up to what is noted in memory.
pub(crate) fn merge_pending(context: &Shared, credential: &mut Credential) {
    if let Some(last) = context.last_used.get(&credential.id)
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

/// So many are written in one transaction, where there are more: some milliseconds, in which nobody else can
/// write to SQLite.
const BATCH_SIZE: usize = 500;

/// How much longer than a transaction the rest after it is: where a hundred thousand were used, writing
/// that down takes a tenth of what one core can do, for some seconds. Newer uses take the place of those that
/// wait. PostgreSQL does the work elsewhere: there it is half the time of one connection.
const fn pause_factor(database: &DatabaseUrl) -> u32 {
    match database {
        DatabaseUrl::Sqlite(_) => 9,
        DatabaseUrl::Postgres(_) => 1,
    }
}

/// Writes what is noted, with rests, so that it is not in the way of what somebody waits for. What cannot
/// be written stays noted.
///
/// # Errors
/// When the database fails.
pub async fn flush(context: &AppState) -> Result<()> {
    write_all(context, pause_factor(&context.settings.database)).await
}

/// The same without rests when nothing else notes or writes any more, also of what was being written when
/// that was stopped.
///
/// # Errors
/// As [`flush`].
pub async fn flush_on_shutdown(context: &AppState) -> Result<()> {
    context.last_used.put_back();
    write_all(context, 0).await
}

async fn write_all(context: &AppState, rests: u32) -> Result<()> {
    let written = write(context, context.last_used.take(), rests).await;
    if written.is_err() {
        // All of them: to write one again changes nothing.
        context.last_used.put_back();
    }
    written
}

/// In the order of their ids: two processes that write the same rows cannot block each other, and rows of what
/// was made one after the other are in the same pages.
async fn write(context: &AppState, ids: Vec<CredentialId>, rests: u32) -> Result<()> {
    let ids = Arc::new(ids);
    let mut rest = Duration::ZERO;
    for from in (0..ids.len()).step_by(BATCH_SIZE) {
        if !rest.is_zero() {
            tokio::time::sleep(rest).await;
        }
        let (ids, began) = (Arc::clone(&ids), boot_time());
        context
            .write(move |context, connection| {
                for id in ids.iter().skip(from).take(BATCH_SIZE) {
                    if let Some(last) = context.last_used.last_taken(id) {
                        store::touch(connection, *id, last)?;
                    }
                }
                Ok(())
            })
            .await?;
        rest = boot_time().saturating_sub(began) * rests;
    }
    Ok(())
}
