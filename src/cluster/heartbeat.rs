//! The thread that renews a node's lease and applies the invalidations of other nodes.

use std::{
    collections::HashMap,
    sync::{Arc, Weak, atomic::Ordering},
    time::Duration,
};

use super::{
    Shared, lease,
    membership::{Interrupted, Membership},
    store::{self, CommitOutcome, LogHead, Newest, Node},
    wakeup::Wakeup,
};
use crate::{
    db::{self, DatabaseIdentity, DedicatedConnection},
    restore_detection,
    types::{id::Id, ids::NodeId},
    util::clock::boot_time,
};

/// A node without a lookup for this time leaves the cluster, and writes nothing until the next
/// lookup.
const LEAVE_AFTER: Duration = Duration::from_secs(60);
/// The polling interval after recent lookups, and the interval after [`IDLE_AFTER`] without one.
const POLL_IN_USE: Duration = Duration::from_millis(4);
const POLL_IDLE: Duration = Duration::from_millis(50);
const IDLE_AFTER: Duration = Duration::from_secs(3);
/// The interval of checks whether the database is a copy, while it may be one.
const IDENTITY_RECHECK: Duration = Duration::from_secs(2);
/// The interval of checks of the database file while the node is not a member.
const POLL_WITHOUT_MEMBERSHIP: Duration = Duration::from_secs(1);
/// The pause after an error of the database.
const RETRY_PAUSE: Duration = Duration::from_millis(500);

const REPLACED: &str = "the database file was replaced while it was open, and this process does not see \
                        changes of the new file: restart it; if the new file is a backup, run \
                        narthex sign-out --all";

pub(super) struct Heartbeat {
    shared: Weak<Shared>,
    wakeup: Arc<Wakeup>,
    dedicated: DedicatedConnection,
    member: Option<Membership>,
    suspects: SuspectedNodes,
    /// The ID of this process's previous membership. No lease of it is valid any more.
    previous_id: Option<NodeId>,
    /// The identity of the database, once it is confirmed.
    identity: Option<DatabaseIdentity>,
    /// Whether the database moved to another server during a valid lease, and nothing was lost.
    survived_failover: bool,
    /// The time of the next check whether the database is a copy.
    identity_check_at: Option<Duration>,
    /// Whether notifications do not arrive. Logged once.
    lacks_notifications: bool,
    /// Whether the last turn failed. Logged once.
    failing: bool,
    /// The earliest time of the next turn, after an error or while the node cannot join.
    not_before: Duration,
}

impl Heartbeat {
    pub(super) fn new(shared: &Arc<Shared>, wakeup: Arc<Wakeup>) -> Self {
        Self {
            dedicated: shared.database.dedicated_connection(),
            shared: Arc::downgrade(shared),
            wakeup,
            member: None,
            suspects: SuspectedNodes::new(),
            previous_id: None,
            identity: None,
            survived_failover: false,
            identity_check_at: Some(Duration::ZERO),
            lacks_notifications: false,
            failing: false,
            not_before: Duration::ZERO,
        }
    }

    /// Runs until [`Wakeup::stop`], or until the cluster is dropped.
    pub(super) fn run(mut self) {
        while !self.wakeup.is_stopped() {
            let Some(shared) = self.shared.upgrade() else {
                break;
            };
            let pause = self.tick(&shared);
            drop(shared);
            self.wakeup.sleep(pause);
        }
        if let Some(shared) = self.shared.upgrade() {
            shared.lease.end();
        }
        self.leave();
    }

    /// Does the work that is due, and returns the pause until the next turn.
    fn tick(&mut self, shared: &Shared) -> Duration {
        if self.dedicated.was_replaced() {
            shared.lease.end();
            self.member = None;
            shared.request_shutdown(REPLACED);
            return RETRY_PAUSE;
        }
        let idle = shared.idle_for();
        if idle >= LEAVE_AFTER {
            shared.lease.end();
            shared.set_id(None);
            self.leave();
            return POLL_WITHOUT_MEMBERSHIP;
        }
        // Every check calls `notify` while the node holds no lease. That must not shorten this
        // pause.
        let remaining = self.not_before.saturating_sub(boot_time());
        if !remaining.is_zero() {
            return remaining;
        }
        let pause = match self.renew_and_catch_up(shared) {
            Ok(()) => {
                self.failing = false;
                shared.rejects_writes.store(false, Ordering::Relaxed);
                match self.member {
                    None => lease::POLL_WITHOUT_NOTIFICATION,
                    Some(_) if idle < IDLE_AFTER => return POLL_IN_USE,
                    Some(_) => return POLL_IDLE,
                }
            }
            Err(Interrupted::Evicted) => {
                self.rejoin(shared);
                tracing::warn!("cluster: node was evicted, joining again");
                Duration::ZERO
            }
            Err(Interrupted::FailedOver) => self.follow_failover(shared),
            Err(Interrupted::LogReplaced) => {
                self.rejoin(shared);
                Duration::ZERO
            }
            Err(Interrupted::Database(error)) => {
                // A heartbeat is a write. If the database can be read, only writes fail.
                let is_readable = self.dedicated.read(store::nodes).is_ok();
                shared.rejects_writes.store(is_readable, Ordering::Relaxed);
                if !std::mem::replace(&mut self.failing, true) {
                    tracing::warn!(cause = %error, "cluster: lease renewal failed, every check queries the database");
                }
                RETRY_PAUSE
            }
        };
        self.not_before = boot_time() + pause;
        pause
    }

    /// Checks the identity of the database, joins, renews the lease or reads the log: whatever is
    /// due now.
    fn renew_and_catch_up(&mut self, shared: &Shared) -> Result<(), Interrupted> {
        if self.identity_check_at.is_some_and(|at| boot_time() >= at) {
            self.check_database_identity(shared)?;
        }
        let Some(member) = &mut self.member else {
            self.member = self.join(shared)?;
            return Ok(());
        };
        let now = boot_time();
        if now >= member.next_beat {
            member.renew_lease(shared, &mut self.dedicated, now)?;
        } else {
            let notified = member.has_notification(&mut self.dedicated, now)?;
            self.lacks_notifications = member.lacks_notifications;
            if notified || now >= member.next_read {
                member.catch_up(shared, &mut self.dedicated)?;
            }
        }
        Ok(())
    }

    /// Ends the lease and the membership. The next turn joins again under another ID.
    fn rejoin(&mut self, shared: &Shared) {
        shared.lease.end();
        shared.set_id(None);
        if let Some(member) = self.member.take() {
            self.previous_id = Some(member.id);
        }
        self.identity_check_at = Some(Duration::ZERO);
    }

    /// Follows a database that is on another server now: a standby took over, or a backup was
    /// restored. If the lease is still valid when the newest invalidation is found there, no
    /// answered revocation is lost. A revocation after that invalidation waits for this node, a
    /// whole lease long, and then looks for its own invalidation.
    fn follow_failover(&mut self, shared: &Shared) -> Duration {
        shared.failovers.fetch_add(1, Ordering::SeqCst);
        let newest = shared.newest();
        let fate = self
            .dedicated
            .read(move |connection| store::commit_outcome(connection, newest));
        let holds_lease = shared.lease.until().is_after(boot_time());
        self.survived_failover = holds_lease && matches!(fate, Ok(CommitOutcome::Intact));
        self.rejoin(shared);
        tracing::warn!(
            "cluster: database moved to another server or timeline, cache cleared, joining again"
        );
        Duration::ZERO
    }

    /// Checks whether the database is a copy that replaced another one, and logs the result once.
    fn check_database_identity(&mut self, shared: &Shared) -> Result<(), db::Error> {
        let (current, now) = (self.dedicated.identity()?, shared.clock.now());
        let survived_failover = std::mem::take(&mut self.survived_failover);
        if let (true, Some(previous)) = (survived_failover, &self.identity)
            && current.is_next_timeline_of(previous)
        {
            let (previous, current) = (previous.clone(), current.clone());
            let text = current.to_string();
            let record = move |connection: &mut _| {
                restore_detection::record_failover(connection, &previous, &current)
            };
            if self.dedicated.write(record)? {
                tracing::info!(
                    identity = text,
                    "restore detection: failover without a lost revocation, new database identity recorded"
                );
            }
        }
        let identity = current.clone();
        let evidence = self
            .dedicated
            .read(move |connection| restore_detection::find_evidence(connection, &identity, now))?;
        let was_reported = shared
            .may_be_a_copy
            .swap(evidence.is_some(), Ordering::Relaxed);
        let Some(evidence) = evidence else {
            let identity = current.clone();
            self.dedicated.write(move |connection| {
                restore_detection::record_identity(connection, &identity)
            })?;
            (self.identity, self.identity_check_at) = (Some(current), None);
            return Ok(());
        };
        if !was_reported {
            tracing::warn!(%evidence, "restore detection: database may be restored or copied");
        }
        (self.identity, self.identity_check_at) = (None, Some(boot_time() + IDENTITY_RECHECK));
        Ok(())
    }

    /// Joins the cluster. Returns `None` if this node has no configuration yet, or if the
    /// configuration of another node differs.
    fn join(&mut self, shared: &Shared) -> Result<Option<Membership>, db::Error> {
        let Some(config) = shared.node_config.get().cloned() else {
            return Ok(None);
        };
        let began = boot_time();
        let at = shared.clock.now();
        let id: NodeId = Id::new(at, &*shared.random)
            .map_err(|error| db::Error::Unreachable(error.to_string()))?;
        let on_server = shared.database.names_its_server();
        let (seen, previous_id) = (shared.newest(), self.previous_id);
        let joined = self.dedicated.write(move |connection| {
            // The lock of this row orders joins and revocations: a revocation sees this node, or
            // committed before the join.
            let head = store::advance(connection, 0, on_server)?;
            let fate = store::commit_outcome(connection, seen)?;
            let newest = store::newest(connection, head.position)?;
            if let Some(previous_id) = previous_id {
                store::remove(connection, previous_id)?;
            }
            let mut mismatched = store::node_configs(connection)?;
            let others = mismatched.len();
            mismatched.retain(|(_, node_config)| config.mismatch(node_config).is_some());
            if mismatched.is_empty() {
                store::insert_node(connection, id, (head.position, &head.server), &config, at)?;
                // A notification to itself shows whether notifications arrive.
                db::notify(connection)?;
            }
            let mismatched = mismatched
                .into_iter()
                .filter_map(|(node, node_config)| Some((node, config.mismatch(&node_config)?)));
            let mismatched = mismatched.collect::<Vec<_>>();
            Ok(Joined {
                head,
                newest,
                fate,
                others,
                mismatched,
            })
        })?;
        self.previous_id = None;
        if joined.fate == CommitOutcome::Lost {
            self.record_lost_commits(shared, joined.newest)?;
        }
        if !joined.mismatched.is_empty() {
            let mismatched = joined.mismatched;
            return find_suspects(shared, &mut self.dedicated, &mut self.suspects, mismatched)
                .map(|()| None);
        }
        self.suspects.clear();
        shared.record_newest(joined.newest);
        shared
            .nodes_seen
            .store(joined.others + 1, Ordering::Relaxed);
        shared.set_id(Some(id));
        // Other nodes did not publish invalidations to this node before the join.
        shared.cache.clear();
        shared.lease.renew(began);
        Ok(Some(Membership::new(
            id,
            joined.newest,
            joined.head,
            began,
            self.lacks_notifications,
        )))
    }

    /// Records that the database lost commits that this process had seen. Every start and every
    /// `narthex check` reports it until an operator answers.
    fn record_lost_commits(&mut self, shared: &Shared, newest: Newest) -> Result<(), db::Error> {
        let seen = shared.newest();
        self.dedicated
            .write(restore_detection::record_lost_commits)?;
        shared.reset_newest(newest);
        self.identity_check_at = Some(boot_time() + IDENTITY_RECHECK);
        shared.may_be_a_copy.store(true, Ordering::Relaxed);
        tracing::error!(
            seen = seen.position,
            found = newest.position,
            "restore detection: the database is older than this node has seen. A backup was restored, or \
             a standby without the last commits took over. Revocations are lost; to revoke every \
             credential, run narthex sign-out --all"
        );
        Ok(())
    }

    /// Leaves the cluster, so that no revocation waits for this node.
    fn leave(&mut self) {
        // The database may be on another server at the next lookup.
        self.identity_check_at = Some(Duration::ZERO);
        let Some(member) = self.member.take() else {
            return;
        };
        let removed = self
            .dedicated
            .write(move |connection| store::remove(connection, member.id));
        if let Err(error) = removed {
            tracing::debug!(cause = %error, "cluster: leaving failed, the other nodes will evict this node");
        }
    }
}

/// Nodes that may be dead: the last heartbeat of each, and the time since which it has not changed.
pub(super) type SuspectedNodes = HashMap<NodeId, (i64, Duration)>;

/// The result of the transaction of a join.
struct Joined {
    head: LogHead,
    newest: Newest,
    /// The fate of the newest invalidation that this process had seen.
    fate: CommitOutcome,
    others: usize,
    mismatched: Vec<(Node, &'static str)>,
}

/// Finds out which of the nodes with another configuration are alive. A live one changes its
/// heartbeat, and then this process must stop. A dead one leaves a row, which is evicted after a
/// lease and does not stop this process.
fn find_suspects(
    shared: &Shared,
    dedicated: &mut DedicatedConnection,
    suspects: &mut SuspectedNodes,
    mismatched: Vec<(Node, &'static str)>,
) -> Result<(), db::Error> {
    let now = boot_time();
    for (node, reason) in mismatched {
        let (beat, since) = *suspects.entry(node.id).or_insert((node.heartbeat, now));
        if beat != node.heartbeat {
            shared.request_shutdown(reason);
        } else if now.saturating_sub(since) >= lease::LEASE_WAIT {
            dedicated.write(move |connection| store::evict_node(connection, node.id, beat))?;
        }
    }
    Ok(())
}
