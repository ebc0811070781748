//! Cleanup: revokes expired credentials, with a receipt as for any revocation, and deletes
//! credentials that were revoked long ago.

use std::time::Duration;

use super::{
    filter::CredentialFilter,
    known_browsers,
    receipt::RevocationReason,
    revoke::{self, RevocationRequest, lock_user_and_recheck_actor},
    store, trusted_browsers,
};
use crate::{
    account_changes,
    app_state::AppState,
    audit::{self, Actor},
    cluster::Cluster,
    error::{Error, Result},
    jobs,
    mail::links,
    rate_limit,
    types::{
        credential_kind::CredentialType,
        ids::{CredentialId, UserId},
    },
    util::clock::Timestamp,
};

/// The number of rows of one transaction. It bounds the wait of other transactions.
const BATCH: i64 = 500;

/// Every node with a lease has read the invalidations long before this age.
const INVALIDATION_RETENTION: Duration = Duration::from_secs(3600);

/// The number of a user's receipts that stay when all of their credentials are deleted. It equals
/// the number of events that can refer to them.
pub const MAX_RECEIPTS: i64 = audit::MAX_EVENTS;

/// The result of a cleanup.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Pruned {
    /// The number of credentials that were revoked because they had expired.
    pub expired: usize,
    /// The number of credentials that were deleted because they were revoked longer ago than
    /// `NARTHEX_KEEP_ENDED`.
    pub deleted: usize,
}

/// Revokes expired credentials, and deletes old credentials, secrets, receipts, events,
/// invalidations and rate limit counters. A session beyond its idle limit is rejected from that
/// moment on. It is revoked here when it reaches its absolute limit.
///
/// # Errors
/// Returns an error if the database fails. Completed transactions remain, and a repetition is safe.
pub async fn prune(state: &AppState) -> Result<Pruned> {
    let mut pruned = Pruned::default();
    let now = state.now();
    loop {
        let (users, has_more) = expired(state, now).await?;
        for (user, ids) in users {
            pruned.expired += revoke_expired(state, user, ids).await?;
        }
        if !has_more {
            break;
        }
    }
    let before = now.saturating_sub(state.settings().records.keep_ended);
    // The revocation of a token invalidates each of its stored secrets. A node with a slow clock
    // may still accept a secret that is expired by this clock.
    let superseded_before = before.min(now.saturating_sub(INVALIDATION_RETENTION));
    audit::delete_excess_of_all(state).await?;
    loop {
        let (credentials, others) = state
            .write(move |tx| {
                let events = audit::delete_anonymous_events(tx.connection, before, BATCH)?;
                let secrets = store::delete_superseded(tx.connection, superseded_before, BATCH)?;
                let (users, credentials) = store::delete_ended(tx.connection, before, BATCH)?;
                store::delete_receipts(tx.connection, &users, MAX_RECEIPTS, BATCH)?;
                account_changes::delete_before(tx.connection, before)?;
                let counters = rate_limit::delete_expired(tx.connection, now, BATCH)?;
                let requests = rate_limit::mails::delete_expired(tx.connection, now, BATCH)?;
                let links = links::delete_expired(tx.connection, now, BATCH)?;
                let jobs = jobs::delete_failed(tx.connection, before, BATCH)?;
                Cluster::delete_invalidations(
                    tx.connection,
                    now.saturating_sub(INVALIDATION_RETENTION),
                )?;
                let browsers = known_browsers::delete_expired(tx.connection, now, BATCH)?;
                let trusted = trusted_browsers::delete_expired(tx.connection, now, BATCH)?;
                let others = [
                    events, secrets, counters, requests, links, jobs, browsers, trusted,
                ];
                Ok((credentials, others.into_iter().max().unwrap_or_default()))
            })
            .await?;
        pruned.deleted += credentials;
        if i64::try_from(credentials.max(others)).unwrap_or(BATCH) < BATCH {
            return Ok(pruned);
        }
    }
}

/// Returns a batch of expired credentials by user, and whether there may be more.
async fn expired(
    state: &AppState,
    now: Timestamp,
) -> Result<(Vec<(UserId, Vec<CredentialId>)>, bool)> {
    let rows = state
        .read(move |_, connection| Ok(store::expired(connection, now, BATCH)?))
        .await?;
    let has_more = i64::try_from(rows.len()).unwrap_or(BATCH) >= BATCH;
    let mut users: Vec<(UserId, Vec<CredentialId>)> = Vec::new();
    for (user, id) in rows {
        match users.iter_mut().find(|(other, _)| *other == user) {
            Some((_, ids)) => ids.push(id),
            None => users.push((user, vec![id])),
        }
    }
    Ok((users, has_more))
}

async fn revoke_expired(state: &AppState, user: UserId, ids: Vec<CredentialId>) -> Result<usize> {
    state
        .write(move |tx| {
            let actor = Actor::operator();
            match lock_user_and_recheck_actor(tx, user, &actor) {
                // The user was deleted meanwhile, with all credentials.
                Err(Error::NotFound) => return Ok(0),
                other => other?,
            }
            let filter = CredentialFilter {
                class: CredentialType::ALL.to_vec(),
                id: ids,
                ..CredentialFilter::default()
            };
            let request = RevocationRequest::of(filter, RevocationReason::Expired);
            let receipt = revoke::revoke_in(tx, user, &request, &actor)?;
            Ok(receipt.credentials.len())
        })
        .await
}
