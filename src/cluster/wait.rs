//! The wait of a revocation before it is answered.

use std::time::Duration;

use super::{
    Cluster, lease,
    store::{self, CommitOutcome, Newest},
};
use crate::{db, error::Error, types::ids::NodeId, util::clock::boot_time};

/// The invalidations of a transaction, and the nodes that must apply them before it is answered.
#[derive(Clone, Debug, Default)]
pub struct PublishedInvalidation {
    pub(super) newest: Newest,
    /// The other nodes, and the heartbeat of each when the invalidation was published.
    pub(super) nodes: Vec<(NodeId, i64)>,
    /// The server, if it is not settled. A failover may have lost joins and heartbeats, so a node
    /// that this database does not list may hold a lease. The revocation waits a whole lease. Then
    /// this server is settled.
    pub(super) unsettled: Option<String>,
    /// The number of failovers that this node had seen when the invalidation was published.
    pub(super) failovers: u64,
}

/// The longest pause between two readings of the nodes.
const MAX_PAUSE: Duration = Duration::from_millis(20);
/// The timeout of the last reading and of the eviction.
const FINAL_TIMEOUT: Duration = Duration::from_secs(2);

const LOST: &str = "a failover of the database lost the change";
const SILENT: &str = "the database did not confirm that the change survived";

impl Cluster {
    /// Waits, after the commit, until every other node has applied the invalidations or holds no
    /// lease any more. This takes at most the length of a lease and two seconds, whatever the
    /// other nodes and the database do.
    ///
    /// # Errors
    /// The outcome is unknown if the database lost the change, or does not confirm it after a
    /// lease.
    pub async fn wait_until_applied(&self, published: PublishedInvalidation) -> Result<(), Error> {
        // In this order, because a node that finds a failover counts it first and then looks for
        // the newest invalidation.
        self.shared.record_newest(published.newest);
        let failed_over =
            published.newest.position > 0 && published.failovers != self.shared.failovers();
        if published.nodes.is_empty() && published.unsettled.is_none() && !failed_over {
            return Ok(());
        }
        let since = boot_time();
        let result = self.wait_for(published, since).await;
        let waited = boot_time().saturating_sub(since);
        metrics::histogram!("narthex_revocation_wait_seconds").record(waited.as_secs_f64());
        result
    }

    async fn wait_for(
        &self,
        published: PublishedInvalidation,
        since: Duration,
    ) -> Result<(), Error> {
        let PublishedInvalidation {
            newest,
            mut nodes,
            unsettled,
            failovers: _,
        } = published;
        let mut pause = Duration::from_millis(1);
        loop {
            let waited = boot_time().saturating_sub(since);
            if waited >= lease::LEASE_WAIT {
                break;
            }
            // A wakeup is only a hint, and so is its absence.
            let remaining = lease::LEASE_WAIT.saturating_sub(waited);
            drop(tokio::time::timeout(pause.min(remaining), self.shared.changes.notified()).await);
            pause = (pause * 2).min(MAX_PAUSE);
            // In this order: a position that was assigned to another invalidation counts for
            // nothing.
            let found = self
                .shared
                .database
                .read::<_, db::Error>(move |connection| {
                    let nodes = store::nodes(connection)?;
                    Ok((nodes, store::commit_outcome(connection, newest)?))
                });
            // After a lease no node needs to be waited for, even if the database does not answer.
            if let Ok(Ok((found, fate))) = tokio::time::timeout(remaining, found).await {
                ensure_not_lost(fate)?;
                nodes.retain(|(id, _)| {
                    found
                        .iter()
                        .any(|node| node.id == *id && node.applied < newest.position)
                });
                if nodes.is_empty() && unsettled.is_none() {
                    return Ok(());
                }
            }
        }
        self.ensure_still_not_lost(newest).await?;
        self.evict_nodes(nodes, unsettled).await;
        Ok(())
    }

    /// Checks once more, after a lease, that the change has survived. A node that holds its lease
    /// during a failover may assume that every answered change is there (`docs/revocation.md`).
    async fn ensure_still_not_lost(&self, newest: Newest) -> Result<(), Error> {
        let fate = self
            .shared
            .database
            .read::<_, db::Error>(move |connection| Ok(store::commit_outcome(connection, newest)?));
        match tokio::time::timeout(FINAL_TIMEOUT, fate).await {
            Ok(Ok(fate)) => ensure_not_lost(fate),
            Ok(Err(_)) | Err(_) => Err(db::Error::Unknown(SILENT.to_owned()).into()),
        }
    }

    /// Evicts nodes whose leases are over, so that the next revocation does not wait for them.
    async fn evict_nodes(&self, nodes: Vec<(NodeId, i64)>, unsettled: Option<String>) {
        let evicted = nodes.clone();
        let eviction = self.shared.database.write::<_, db::Error>(
            move |connection| {
                for (id, beat) in evicted {
                    store::evict_node(connection, id, beat)?;
                }
                if let Some(server) = unsettled {
                    store::set_settled(connection, &server)?;
                }
                Ok(())
            },
            || {},
        );
        // The next revocation tries again.
        match tokio::time::timeout(FINAL_TIMEOUT, eviction).await {
            Ok(Ok(())) => {}
            Ok(Err(error)) => {
                tracing::warn!(cause = %error, "cluster: evicting silent nodes failed");
            }
            Err(_) => tracing::warn!("cluster: evicting silent nodes timed out"),
        }
        for (id, _) in nodes {
            tracing::warn!(node = %id, "cluster: node missed an invalidation, evicted");
        }
    }
}

fn ensure_not_lost(fate: CommitOutcome) -> Result<(), Error> {
    match fate {
        CommitOutcome::Intact | CommitOutcome::Unknown => Ok(()),
        CommitOutcome::Lost => Err(db::Error::Unknown(LOST.to_owned()).into()),
    }
}
