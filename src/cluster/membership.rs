//! The work of a node between its join and its leave.

use std::{sync::atomic::Ordering, time::Duration};

use super::{
    Shared,
    heartbeat::SuspectedNodes,
    lease,
    store::{self, LogHead, Newest},
};
use crate::{
    db::{self, DedicatedConnection},
    types::ids::NodeId,
    util::clock::boot_time,
};

/// The maximum delay of the notification of a join.
const NOTIFICATION_TIMEOUT: Duration = Duration::from_secs(1);
/// The polling interval of a node that receives no notifications. A revocation waits that long.
const POLL_LACKING_NOTIFICATIONS: Duration = Duration::from_millis(25);

const LACKS_NOTIFICATIONS: &str = "cluster: database notifications do not arrive, as behind some \
                                   poolers; reading the log of invalidations 40 times a second";

/// The state of a node that has joined.
pub(super) struct Membership {
    pub(super) id: NodeId,
    /// The newest invalidation that this node has applied. As long as the log contains it, it is
    /// the same log.
    applied: Newest,
    /// The server on which the node joined.
    server: String,
    /// The time from which on revocations need not wait for nodes that held a lease on another
    /// server.
    settled_at: Option<Duration>,
    /// The number of the connection on which the log was last read.
    read_on: Option<u64>,
    /// The time by which the notification of this node's join must arrive.
    notification_due: Option<Duration>,
    /// Whether notifications do not arrive.
    pub(super) lacks_notifications: bool,
    pub(super) next_beat: Duration,
    pub(super) next_read: Duration,
    /// The heartbeat of each other node, and the time since which it has not changed.
    others: SuspectedNodes,
}

/// The reason why a turn was interrupted.
pub(super) enum Interrupted {
    Database(db::Error),
    /// The row of this node was deleted.
    Evicted,
    /// The database is on another server, or on another timeline of its server.
    FailedOver,
    /// The log is not the log that was read before.
    LogReplaced,
}

impl From<db::Error> for Interrupted {
    fn from(error: db::Error) -> Self {
        Self::Database(error)
    }
}

impl Membership {
    /// Returns the state of a node that joined at `newest`, in a transaction that began at `began`.
    pub(super) fn new(
        id: NodeId,
        newest: Newest,
        head: LogHead,
        began: Duration,
        lacks_notifications: bool,
    ) -> Self {
        Self {
            id,
            applied: newest,
            next_beat: began + lease::HEARTBEAT_INTERVAL,
            next_read: began + lease::POLL_WITHOUT_NOTIFICATION,
            others: SuspectedNodes::new(),
            settled_at: (!head.is_settled).then(|| began + lease::LEASE_WAIT),
            server: head.server,
            read_on: None,
            notification_due: Some(boot_time() + NOTIFICATION_TIMEOUT),
            lacks_notifications,
        }
    }

    /// Writes a heartbeat and renews the lease. All invalidations from before the heartbeat are
    /// applied before the lease is renewed, and the lease runs from before the heartbeat. On
    /// another server than that of the join, no heartbeat is written.
    pub(super) fn renew_lease(
        &mut self,
        shared: &Shared,
        dedicated: &mut DedicatedConnection,
        began: Duration,
    ) -> Result<(), Interrupted> {
        let (id, applied, at) = (self.id, self.applied.position, shared.clock.now());
        let on_server = shared.database.names_its_server();
        // On a new connection the log may be another one. Then the heartbeat would report a
        // position of another log as applied.
        if self.read_on != Some(dedicated.connection_number()?) {
            self.catch_up(shared, dedicated)?;
            return self.renew_lease(shared, dedicated, began);
        }
        if !dedicated.write(move |connection| {
            store::record_heartbeat(connection, id, applied, at, on_server)
        })? {
            return Err(self.missing_row_error(dedicated, on_server)?);
        }
        self.catch_up(shared, dedicated)?;
        shared.lease.renew(began);
        self.next_beat = began + lease::HEARTBEAT_INTERVAL;
        self.evict_silent_nodes(shared, dedicated)?;
        self.mark_server_settled(dedicated)?;
        Ok(())
    }

    /// Returns the reason why the row of this node was not found.
    fn missing_row_error(
        &self,
        dedicated: &mut DedicatedConnection,
        on_server: bool,
    ) -> Result<Interrupted, db::Error> {
        let head = dedicated.read(move |connection| store::head(connection, on_server))?;
        Ok(if head.server == self.server {
            Interrupted::Evicted
        } else {
            Interrupted::FailedOver
        })
    }

    /// Marks the server as settled once all leases from before the failover are over. Then
    /// revocations need not wait for them any more.
    fn mark_server_settled(
        &mut self,
        dedicated: &mut DedicatedConnection,
    ) -> Result<(), db::Error> {
        if self.settled_at.is_some_and(|at| boot_time() >= at) {
            let server = self.server.clone();
            dedicated.write(move |connection| store::set_settled(connection, &server))?;
            self.settled_at = None;
        }
        Ok(())
    }

    /// Returns whether a notification of another process has arrived. The join sent one as well: if
    /// that does not arrive, none does.
    pub(super) fn has_notification(
        &mut self,
        dedicated: &mut DedicatedConnection,
        now: Duration,
    ) -> Result<bool, db::Error> {
        let notified = dedicated.has_notification()?;
        if notified {
            (self.notification_due, self.lacks_notifications) = (None, false);
        } else if self.notification_due.is_some_and(|due| now >= due) {
            self.notification_due = None;
            if !std::mem::replace(&mut self.lacks_notifications, true) {
                tracing::warn!("{LACKS_NOTIFICATIONS}");
            }
        }
        Ok(notified)
    }

    /// Reads the new invalidations, applies them to the cache, and reports the new position to the
    /// nodes that wait for it.
    pub(super) fn catch_up(
        &mut self,
        shared: &Shared,
        dedicated: &mut DedicatedConnection,
    ) -> Result<(), Interrupted> {
        let pause = if self.lacks_notifications {
            POLL_LACKING_NOTIFICATIONS
        } else {
            lease::POLL_WITHOUT_NOTIFICATION
        };
        self.next_read = boot_time() + pause;
        let applied = self.applied;
        let read_on = dedicated.connection_number()?;
        let since = dedicated.read(move |connection| store::since(connection, applied))?;
        self.read_on = Some(read_on);
        if !since.is_same_log {
            shared.cache.clear();
            return Err(Interrupted::LogReplaced);
        }
        let own = Some(self.id);
        let has_waiter = match &since.invalidations {
            None => {
                shared.cache.clear();
                true
            }
            Some(invalidations) if invalidations.is_empty() => false,
            Some(invalidations) => {
                shared
                    .cache
                    .invalidate(invalidations.iter().map(|(key, _)| *key));
                invalidations.iter().any(|(_, publisher)| *publisher != own)
            }
        };
        let (id, position) = (self.id, since.newest.position);
        self.applied = since.newest;
        shared.record_newest(since.newest);
        if has_waiter {
            // No `NOTIFY` here: on PostgreSQL commits with a `NOTIFY` run one after the other, and
            // it would wake every node. A waiting revocation polls every few milliseconds. This
            // commit may be asynchronous: if it is lost, this node is waited for once more. A
            // heartbeat may not: a node that read an old heartbeat again would evict a live node.
            let on_server = shared.database.names_its_server();
            let is_member = dedicated.write(move |connection| {
                db::set_asynchronous_commit(connection)?;
                store::set_applied(connection, id, position, on_server)
            })?;
            if !is_member {
                return Err(self.missing_row_error(dedicated, on_server)?);
            }
        }
        shared.changes.notify_waiters();
        Ok(())
    }

    /// Evicts the nodes whose heartbeat has not changed for longer than a lease.
    fn evict_silent_nodes(
        &mut self,
        shared: &Shared,
        dedicated: &mut DedicatedConnection,
    ) -> Result<(), db::Error> {
        let nodes = dedicated.read(store::nodes)?;
        shared.nodes_seen.store(nodes.len(), Ordering::Relaxed);
        let now = boot_time();
        let mut others = SuspectedNodes::new();
        for node in nodes.into_iter().filter(|node| node.id != self.id) {
            let since = match self.others.get(&node.id) {
                Some((beat, since)) if *beat == node.heartbeat => *since,
                _ => now,
            };
            others.insert(node.id, (node.heartbeat, since));
            if now.saturating_sub(since) >= lease::LEASE_WAIT {
                dedicated.write(move |connection| {
                    store::evict_node(connection, node.id, node.heartbeat)
                })?;
            }
        }
        self.others = others;
        Ok(())
    }
}
