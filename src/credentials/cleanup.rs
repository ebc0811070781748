//! What happens to credentials in time: those whose time is over end, with a receipt like any other;
//! those that ended long ago are forgotten.

use std::time::Duration;

use super::{
    filter::CredentialFilter,
    receipt::RevocationReason,
    revoke::{self, RevocationRequest, lock_user_and_recheck_actor},
    store,
};
use crate::{
    app_state::AppState,
    audit::{self, Actor},
    cluster::Cluster,
    error::{Error, Result},
    rate_limit,
    types::{
        credential_kind::CredentialType,
        ids::{CredentialId, UserId},
    },
    util::clock::Timestamp,
};

/// How many rows one transaction takes: bounds how long others wait behind it.
const BATCH: i64 = 500;

/// Every process that holds a lease has long read them by then.
const NOTICES_ARE_KEPT_FOR: Duration = Duration::from_secs(3600);

/// How many receipts of a user stay when all that ended with them is forgotten: as many as there can be events
/// that lead to them.
pub const MOST_RECEIPTS: i64 = audit::MOST_EVENTS;

/// What a pruning did.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Pruned {
    /// How many credentials ended because their time was over.
    pub expired: usize,
    /// How many that ended longer ago than `NARTHEX_KEEP_ENDED` were forgotten.
    pub forgotten: usize,
}

/// Ends what has expired and forgets what ended long ago, and attempts that count no more. A session that went unused for too long
/// lets nobody in from that moment on; it is ended here when its absolute limit is reached.
///
/// # Errors
/// When the database fails. What was done until then stays done; doing it again is safe.
pub async fn prune(context: &AppState) -> Result<Pruned> {
    let mut pruned = Pruned::default();
    let now = context.now();
    loop {
        let (users, full) = expired(context, now).await?;
        for (user, ids) in users {
            pruned.expired += revoke_expired(context, user, ids).await?;
        }
        if !full {
            break;
        }
    }
    let before = now.saturating_sub(context.settings.keep_ended);
    // Ending a token tells of the secrets that it still has: a node whose clock is slow may take one that is
    // over by ours.
    let spent_before = before.min(now.saturating_sub(NOTICES_ARE_KEPT_FOR));
    audit::delete_excess_of_all(context).await?;
    loop {
        let (credentials, others) = context
            .write(move |_, connection| {
                let events = audit::delete_anonymous_events(connection, before, BATCH)?;
                let secrets = store::delete_superseded(connection, spent_before, BATCH)?;
                let (users, credentials) = store::delete_ended(connection, before, BATCH)?;
                store::delete_receipts(connection, &users, MOST_RECEIPTS, BATCH)?;
                let tallies = rate_limit::delete_expired(connection, now, BATCH)?;
                Cluster::delete_invalidations(
                    connection,
                    now.saturating_sub(NOTICES_ARE_KEPT_FOR),
                )?;
                Ok((credentials, events.max(secrets).max(tallies)))
            })
            .await?;
        pruned.forgotten += credentials;
        if i64::try_from(credentials.max(others)).unwrap_or(BATCH) < BATCH {
            return Ok(pruned);
        }
    }
}

/// Some of what has expired, by user, and whether there may be more.
async fn expired(
    context: &AppState,
    now: Timestamp,
) -> Result<(Vec<(UserId, Vec<CredentialId>)>, bool)> {
    let rows = context
        .read(move |_, connection| Ok(store::expired(connection, now, BATCH)?))
        .await?;
    let full = i64::try_from(rows.len()).unwrap_or(BATCH) >= BATCH;
    let mut users: Vec<(UserId, Vec<CredentialId>)> = Vec::new();
    for (user, id) in rows {
        match users.iter_mut().find(|(known, _)| *known == user) {
            Some((_, ids)) => ids.push(id),
            None => users.push((user, vec![id])),
        }
    }
    Ok((users, full))
}

async fn revoke_expired(context: &AppState, user: UserId, ids: Vec<CredentialId>) -> Result<usize> {
    context
        .write(move |context, connection| {
            let narthex = Actor::operator();
            match lock_user_and_recheck_actor(context, connection, user, &narthex) {
                // Deleted since; everything went with them.
                Err(Error::NotFound) => return Ok(0),
                other => other?,
            }
            let selection = CredentialFilter {
                class: CredentialType::ALL.to_vec(),
                id: ids,
                ..CredentialFilter::default()
            };
            let ending = RevocationRequest::of(selection, RevocationReason::Expired);
            let receipt = revoke::revoke_in(context, connection, user, &ending, &narthex)?;
            Ok(receipt.credentials.len())
        })
        .await
}
