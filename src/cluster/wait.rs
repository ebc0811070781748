//! What an ending waits for before it is answered.

use std::time::Duration;

use super::{
    Cluster, lease,
    store::{self, Kept, Newest},
};
use crate::{db, error::Error, types::ids::NodeId, util::clock::boot_time};

/// What was told in a transaction, and which nodes have to hear it before it is answered.
#[derive(Clone, Debug, Default)]
pub struct PublishedInvalidation {
    pub(super) newest: Newest,
    /// Other nodes, and the beat of each when it was told.
    pub(super) nodes: Vec<(NodeId, i64)>,
    /// Nodes may trust their memory of which this database does not know: their joins and beats were lost
    /// by a failover. A whole lease is waited for; then this server is settled.
    pub(super) unsettled: Option<String>,
    /// How often this node had moved to another server when it was told.
    pub(super) moves: u64,
}

/// How long is waited at most before nodes are looked at again.
const LONGEST_PAUSE: Duration = Duration::from_millis(20);
/// How long the last look may take.
const LAST_LOOK: Duration = Duration::from_secs(2);

const LOST: &str = "a failover of the database lost the change";
const SILENT: &str = "the database did not say whether the change survived";

impl Cluster {
    /// After the commit: waits until every other node has heard it, or may not believe its memory any
    /// more. That is at most the length of a lease and of a look, whatever the others and the database do.
    ///
    /// # Errors
    /// When the database lost what was told, or does not say after a lease that it has it: the outcome is
    /// unknown.
    pub async fn wait_until_applied(&self, told: PublishedInvalidation) -> Result<(), Error> {
        // In this order: a node that moves counts first, and then looks for the newest notice.
        self.shared.record_newest(told.newest);
        let moved = told.newest.position > 0 && told.moves != self.shared.failovers();
        if told.nodes.is_empty() && told.unsettled.is_none() && !moved {
            return Ok(());
        }
        let since = boot_time();
        let result = self.wait_for(told, since).await;
        let waited = boot_time().saturating_sub(since);
        metrics::histogram!("narthex_ending_wait_seconds").record(waited.as_secs_f64());
        result
    }

    async fn wait_for(&self, told: PublishedInvalidation, since: Duration) -> Result<(), Error> {
        let PublishedInvalidation {
            newest,
            mut nodes,
            unsettled,
            moves: _,
        } = told;
        let mut pause = Duration::from_millis(1);
        loop {
            let waited = boot_time().saturating_sub(since);
            if waited >= lease::LEASE_WAIT {
                break;
            }
            // What is heard is a hint; that nothing is, too.
            let left = lease::LEASE_WAIT.saturating_sub(waited);
            drop(tokio::time::timeout(pause.min(left), self.shared.news.notified()).await);
            pause = (pause * 2).min(LONGEST_PAUSE);
            // In this order: a position that another notice was given counts for nothing.
            let found = self
                .shared
                .database
                .read::<_, db::Error>(move |connection| {
                    let nodes = store::nodes(connection)?;
                    Ok((nodes, store::fate_of(connection, newest)?))
                });
            // Longer than the lease nobody has to be waited for, also if the database is gone.
            if let Ok(Ok((found, kept))) = tokio::time::timeout(left, found).await {
                expect_kept(kept)?;
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
        self.expect_still_kept(newest).await?;
        self.evict_nodes(nodes, unsettled).await;
        Ok(())
    }

    /// A node that lives through a failover may take it that whatever was answered before is there
    /// (`docs/revocation.md`): after a lease that has to be seen once more.
    async fn expect_still_kept(&self, newest: Newest) -> Result<(), Error> {
        let kept = self
            .shared
            .database
            .read::<_, db::Error>(move |connection| Ok(store::fate_of(connection, newest)?));
        match tokio::time::timeout(LAST_LOOK, kept).await {
            Ok(Ok(kept)) => expect_kept(kept),
            Ok(Err(_)) | Err(_) => Err(db::Error::Unknown(SILENT.to_owned()).into()),
        }
    }

    /// Gives up nodes whose leases ran out, so that the next ending does not wait for them.
    async fn evict_nodes(&self, nodes: Vec<(NodeId, i64)>, unsettled: Option<String>) {
        let given_up = nodes.clone();
        let done = self.shared.database.write::<_, db::Error>(
            move |connection| {
                for (id, beat) in given_up {
                    store::evict_node(connection, id, beat)?;
                }
                if let Some(server) = unsettled {
                    store::set_settled(connection, &server)?;
                }
                Ok(())
            },
            || {},
        );
        // The next ending tries again.
        match tokio::time::timeout(LAST_LOOK, done).await {
            Ok(Ok(())) => {}
            Ok(Err(error)) => {
                tracing::warn!(cause = %error, "evicting silent nodes failed");
            }
            Err(_) => tracing::warn!("evicting silent nodes failed: no answer of the database"),
        }
        for (id, _) in nodes {
            tracing::warn!(node = %id, "a process did not hear in time what ended; it asks the database until it has");
        }
    }
}

fn expect_kept(kept: Kept) -> Result<(), Error> {
    match kept {
        Kept::Intact | Kept::Unknown => Ok(()),
        Kept::Lost => Err(db::Error::Unknown(LOST.to_owned()).into()),
    }
}
