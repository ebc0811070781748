//! What is measured of a node.

use std::sync::atomic::Ordering;

use super::Cluster;
use crate::util::clock::boot_time;

/// A node at one moment, for its metrics.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Stats {
    /// Whether it holds its lease: known credentials are checked without the database.
    pub holds_lease: bool,
    /// How many nodes there were on the database when it last looked, itself included. 0 while it has not
    /// joined.
    pub nodes: usize,
    /// Whether the database may be a copy, or may have lost commits, and no operator has answered yet.
    pub may_be_a_copy: bool,
    /// Whether the database refuses changes while it can be read. Looked at with every heartbeat.
    pub takes_no_writes: bool,
}

impl Cluster {
    /// What is measured of this node now.
    #[must_use]
    pub fn stats(&self) -> Stats {
        let joined = self.shared.id().is_some();
        let nodes = self.shared.nodes_seen.load(Ordering::Relaxed);
        Stats {
            holds_lease: self.shared.lease.until().is_after(boot_time()),
            nodes: if joined { nodes } else { 0 },
            may_be_a_copy: self.shared.may_be_a_copy.load(Ordering::Relaxed),
            takes_no_writes: self.shared.takes_no_writes.load(Ordering::Relaxed),
        }
    }
}
