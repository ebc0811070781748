//! The measured values of a node.

use std::sync::atomic::Ordering;

use super::Cluster;
use crate::util::clock::boot_time;

/// The values of a node at one moment, for its metrics.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Stats {
    /// Whether the node holds its lease, so that cached credentials are checked without the
    /// database.
    pub holds_lease: bool,
    /// The number of nodes on the database at the last reading, this one included. 0 while it is
    /// not a member.
    pub nodes: usize,
    /// Whether the database may be a copy or may have lost commits, and no operator has answered
    /// yet.
    pub may_be_a_copy: bool,
    /// Whether the database refuses writes but can be read. Checked with every heartbeat.
    pub rejects_writes: bool,
}

impl Cluster {
    /// Returns the current values of this node.
    #[must_use]
    pub fn stats(&self) -> Stats {
        let joined = self.shared.id().is_some();
        let nodes = self.shared.nodes_seen.load(Ordering::Relaxed);
        Stats {
            holds_lease: self.shared.lease.until().is_after(boot_time()),
            nodes: if joined { nodes } else { 0 },
            may_be_a_copy: self.shared.may_be_a_copy.load(Ordering::Relaxed),
            rejects_writes: self.shared.rejects_writes.load(Ordering::Relaxed),
        }
    }
}
