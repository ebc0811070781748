//! What a node does between its join and its leave.

use std::{sync::atomic::Ordering, time::Duration};

use super::{
    Shared,
    heartbeat::SuspectedNodes,
    lease,
    store::{self, Head, Newest},
};
use crate::{
    db::{self, DedicatedConnection},
    types::ids::NodeId,
    util::clock::boot_time,
};

/// How long the notification of a join takes at most.
const HEARS_WITHIN: Duration = Duration::from_secs(1);
/// How often a node reads the log to which no notifications arrive: a revocation waits for that.
const LOOK_IF_DEAF: Duration = Duration::from_millis(25);

const DEAF: &str = "notifications of the database do not arrive, as behind some poolers: this \
                    process reads the log of revocations forty times a second instead";

/// What a node is while it has joined.
pub(super) struct Membership {
    pub(super) id: NodeId,
    /// The newest notice that it has applied: the log is the same while this one is in it.
    applied: Newest,
    /// Where it joined.
    server: String,
    /// When endings need not wait any more for nodes that trusted their memory on another server.
    settles: Option<Duration>,
    /// The connection on which the log was last read.
    read_on: Option<u64>,
    /// Until when the notification of its own join has to be heard.
    hears_by: Option<Duration>,
    /// Whether notifications do not arrive.
    pub(super) is_deaf: bool,
    pub(super) next_beat: Duration,
    pub(super) next_look: Duration,
    /// The beat of each other node, and since when it was that.
    others: SuspectedNodes,
}

/// Why a turn did not go on.
pub(super) enum Interrupted {
    By(db::Error),
    /// This node's row is gone.
    GivenUp,
    /// The database is on another server, or on another timeline of it.
    Moved,
    /// The log is not the one that was read before.
    Lost,
}

impl From<db::Error> for Interrupted {
    fn from(error: db::Error) -> Self {
        Self::By(error)
    }
}

impl Membership {
    /// A node that joined at `newest`, by a transaction that began at `began`.
    pub(super) fn new(
        id: NodeId,
        newest: Newest,
        head: Head,
        began: Duration,
        is_deaf: bool,
    ) -> Self {
        Self {
            id,
            applied: newest,
            next_beat: began + lease::HEARTBEAT_INTERVAL,
            next_look: began + lease::POLL_WITHOUT_NOTIFICATION,
            others: SuspectedNodes::new(),
            settles: (!head.is_settled).then(|| began + lease::LEASE_WAIT),
            server: head.server,
            read_on: None,
            hears_by: Some(boot_time() + HEARS_WITHIN),
            is_deaf,
        }
    }

    /// Renews the lease. What was told before the beat was taken is applied before it is believed that
    /// the lease is renewed; and it runs from before the beat. On another server than that of the join there
    /// is no beat.
    pub(super) fn beat(
        &mut self,
        shared: &Shared,
        beside: &mut DedicatedConnection,
        began: Duration,
    ) -> Result<(), Interrupted> {
        let (id, applied, at) = (self.id, self.applied.position, shared.clock.now());
        let on_server = shared.database.names_its_server();
        // On a new connection the log may be another one. Then the beat would say that it was applied.
        if self.read_on != Some(beside.connection_number()?) {
            self.catch_up(shared, beside)?;
            return self.beat(shared, beside, began);
        }
        if !beside.write(move |connection| store::beat(connection, id, applied, at, on_server))? {
            return Err(self.missing_row_error(beside, on_server)?);
        }
        self.catch_up(shared, beside)?;
        shared.lease.renew(began);
        self.next_beat = began + lease::HEARTBEAT_INTERVAL;
        self.evict_silent_nodes(shared, beside)?;
        self.mark_server_settled(beside)?;
        Ok(())
    }

    /// Why its row was not found.
    fn missing_row_error(
        &self,
        beside: &mut DedicatedConnection,
        on_server: bool,
    ) -> Result<Interrupted, db::Error> {
        let head = beside.read(move |connection| store::head(connection, on_server))?;
        Ok(if head.server == self.server {
            Interrupted::GivenUp
        } else {
            Interrupted::Moved
        })
    }

    /// All leases that were held when the database came to this server are over: endings need not wait for
    /// them any more.
    fn mark_server_settled(&mut self, beside: &mut DedicatedConnection) -> Result<(), db::Error> {
        if self.settles.is_some_and(|at| boot_time() >= at) {
            let server = self.server.clone();
            beside.write(move |connection| store::set_settled(connection, &server))?;
            self.settles = None;
        }
        Ok(())
    }

    /// Whether another process said that something changed. The join said so as well: if that is not heard,
    /// nothing is.
    pub(super) fn has_notification(
        &mut self,
        beside: &mut DedicatedConnection,
        now: Duration,
    ) -> Result<bool, db::Error> {
        let hears = beside.has_notification()?;
        if hears {
            (self.hears_by, self.is_deaf) = (None, false);
        } else if self.hears_by.is_some_and(|by| now >= by) {
            self.hears_by = None;
            if !std::mem::replace(&mut self.is_deaf, true) {
                tracing::warn!("{DEAF}");
            }
        }
        Ok(hears)
    }

    /// Reads what was told, forgets what it is about, and says so to those who wait for it.
    pub(super) fn catch_up(
        &mut self,
        shared: &Shared,
        beside: &mut DedicatedConnection,
    ) -> Result<(), Interrupted> {
        let pause = if self.is_deaf {
            LOOK_IF_DEAF
        } else {
            lease::POLL_WITHOUT_NOTIFICATION
        };
        self.next_look = boot_time() + pause;
        let applied = self.applied;
        let read_on = beside.connection_number()?;
        let since = beside.read(move |connection| store::since(connection, applied))?;
        self.read_on = Some(read_on);
        if !since.is_same_log {
            shared.memory.clear();
            return Err(Interrupted::Lost);
        }
        let own = Some(self.id);
        let is_waited_for = match &since.notices {
            None => {
                shared.memory.clear();
                true
            }
            Some(notices) if notices.is_empty() => false,
            Some(notices) => {
                shared
                    .memory
                    .invalidate(notices.iter().map(|(subject, _)| *subject));
                notices.iter().any(|(_, by)| *by != own)
            }
        };
        let (id, position) = (self.id, since.newest.position);
        self.applied = since.newest;
        shared.record_newest(since.newest);
        if is_waited_for {
            // Not announced: on PostgreSQL commits with a `NOTIFY` pass one by one, and it would wake every
            // node. Whoever waits looks, every few milliseconds. And lost it may be: then this node is waited
            // for once more. A beat may not: whoever reads an old one again would give a living node up.
            let on_server = shared.database.names_its_server();
            let is_there = beside.write(move |connection| {
                db::set_asynchronous_commit(connection)?;
                store::set_applied(connection, id, position, on_server)
            })?;
            if !is_there {
                return Err(self.missing_row_error(beside, on_server)?);
            }
        }
        shared.news.notify_waiters();
        Ok(())
    }

    /// Gives up those whose beat has been the same for longer than a lease.
    fn evict_silent_nodes(
        &mut self,
        shared: &Shared,
        beside: &mut DedicatedConnection,
    ) -> Result<(), db::Error> {
        let nodes = beside.read(store::nodes)?;
        shared.nodes_seen.store(nodes.len(), Ordering::Relaxed);
        let now = boot_time();
        let mut others = SuspectedNodes::new();
        for node in nodes.into_iter().filter(|node| node.id != self.id) {
            let since = match self.others.get(&node.id) {
                Some((beat, since)) if *beat == node.beat => *since,
                _ => now,
            };
            others.insert(node.id, (node.beat, since));
            if now.saturating_sub(since) >= lease::LEASE_WAIT {
                beside
                    .write(move |connection| store::evict_node(connection, node.id, node.beat))?;
            }
        }
        self.others = others;
        Ok(())
    }
}
