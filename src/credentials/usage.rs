//! When and from where a credential was last used: noted in memory at each check, written in
//! batches. Nothing is written per request; a crash loses one interval at most.

use std::net::IpAddr;

use super::{credential::Credential, store};
use crate::{
    context::{Context, Shared},
    error::Result,
    kit::clock::Timestamp,
};

/// Notes that `credential` was just used.
pub(super) fn note(
    context: &Shared,
    credential: &mut Credential,
    at: Timestamp,
    ip: Option<IpAddr>,
) {
    context.last_used.note(credential.id, (at, ip));
    credential.last_used_at = Some(at);
    credential.last_used_ip = ip;
}

/// Brings a credential that was read from the database up to what is noted in memory.
pub(crate) fn overlay(context: &Shared, credential: &mut Credential) {
    if let Some((at, ip)) = context.last_used.get(&credential.id)
        && credential.last_used_at.is_none_or(|written| written < at)
    {
        credential.last_used_at = Some(at);
        credential.last_used_ip = ip;
    }
}

/// Writes what is noted, in one transaction. What cannot be written stays noted.
///
/// # Errors
/// When the database fails.
pub async fn flush(context: &Context) -> Result<()> {
    let batch = context.last_used.drain();
    if batch.is_empty() {
        return Ok(());
    }
    // In the order of their ids: two processes that write the same rows cannot block each other.
    let mut sorted = batch.clone();
    sorted.sort_by_key(|(id, _)| *id);
    let written: Result<()> = context
        .write(move |_, connection| {
            for (id, (at, ip)) in sorted {
                store::touch(connection, id, at, ip)?;
            }
            Ok(())
        })
        .await;
    if written.is_err() {
        context.last_used.put_back(batch);
    }
    written
}
