//! When and from where a credential was last used: noted in memory at each check, written in
//! batches. Nothing is written per request; a crash loses one interval at most.

use std::{
    hash::{DefaultHasher, Hash as _, Hasher as _},
    sync::Arc,
};

use super::{credential::Credential, store};
use crate::{
    context::{Context, Shared},
    error::Result,
    ids::CredentialId,
    kit::clock::Timestamp,
    known::Known,
    last_use::{LastUse, Place},
};

/// Notes that a pass was just used. Of all uses from one place in one second the first is noted.
pub(super) fn note(context: &Shared, known: &Known, at: Timestamp, from: Place) {
    if known.is_news(at, told_apart(from)) {
        let last = LastUse { at, from };
        context
            .last_used
            .note(known.credential.id, |before| last.after(before));
    }
}

/// Different places are different numbers, but for a few: one of those is noted a second later.
fn told_apart(place: Place) -> u32 {
    let mut hasher = DefaultHasher::new();
    match place {
        Place::AsBefore => return 0,
        Place::At(ip) => ip.hash(&mut hasher),
    }
    let [.., a, b, c, d] = hasher.finish().to_le_bytes();
    u32::from_le_bytes([a, b, c, d])
}

/// Brings a credential that was read from the database up to what is noted in memory.
pub(crate) fn overlay(context: &Shared, credential: &mut Credential) {
    if let Some(last) = context.last_used.get(&credential.id)
        && credential
            .last_used_at
            .is_none_or(|written| written < last.at)
    {
        credential.last_used_at = Some(last.at);
        if let Place::At(ip) = last.from {
            credential.last_used_ip = ip;
        }
    }
}

/// So many are written in one transaction, where there are more: a few tenths of a second at most, in
/// which nobody else can write to SQLite, and far from the time after which a transaction is given up.
const AT_ONCE: usize = 2_000;

/// Writes what is noted. What cannot be written stays noted.
///
/// # Errors
/// When the database fails.
pub async fn flush(context: &Context) -> Result<()> {
    let (mut parts, mut rows) = (Vec::new(), Vec::new());
    let mut left = context.last_used.parts().peekable();
    while let Some(part) = left.next() {
        parts.push(part);
        rows.extend_from_slice(&context.last_used.take(part));
        if rows.len() < AT_ONCE && left.peek().is_some() {
            continue;
        }
        if let Err(error) = write(context, std::mem::take(&mut rows)).await {
            // All of them: to write one again changes nothing.
            parts
                .iter()
                .for_each(|part| context.last_used.put_back(*part));
            return Err(error);
        }
        parts.clear();
    }
    Ok(())
}

/// The same when nothing else notes or writes any more, also of what was being written when that was
/// stopped.
///
/// # Errors
/// As [`flush`].
pub async fn flush_the_last(context: &Context) -> Result<()> {
    let parts = context.last_used.parts();
    parts.for_each(|part| context.last_used.put_back(part));
    flush(context).await
}

async fn write(context: &Context, mut rows: Vec<(CredentialId, LastUse)>) -> Result<()> {
    // In the order of their ids: two processes that write the same rows cannot block each other.
    rows.sort_unstable_by_key(|(id, _)| *id);
    let rows: Arc<[_]> = rows.into();
    for from in (0..rows.len()).step_by(AT_ONCE) {
        let rows = Arc::clone(&rows);
        context
            .write(move |_, connection| {
                for (id, last) in rows.iter().skip(from).take(AT_ONCE) {
                    store::touch(connection, *id, *last)?;
                }
                Ok(())
            })
            .await?;
    }
    Ok(())
}
