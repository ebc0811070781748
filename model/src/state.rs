//! The whole state at one moment.

use crate::{failover::Standby, wall::Walls};

/// The maximum number of nodes in a model.
pub const MOST_NODES: usize = 3;
/// The maximum number of revocations in a model.
pub const MOST_REVOKERS: usize = 3;

/// The database, and every process.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Default)]
pub struct State {
    /// The last position that was taken: that of the last commit, if positions commit in order.
    pub position: u8,
    /// The log was pruned up to and including this position.
    pub pruned: u8,
    /// The table `nodes`: the newest row of each node.
    pub rows: [Row; MOST_NODES],
    /// The nodes.
    pub nodes: [Node; MOST_NODES],
    /// The revocations.
    pub revokers: [Revoker; MOST_REVOKERS],
    /// The server that may replace the database.
    pub standby: Standby,
    /// The wall clocks.
    pub walls: Walls,
}

/// A row of the table `nodes`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Default)]
pub struct Row {
    /// The row exists.
    pub there: bool,
    /// The position that its node has applied.
    pub applied: u8,
    /// Its heartbeat is the one with which it was inserted.
    pub first_heartbeat: bool,
}

/// The rest of a lease that began at some instant, by the clock of one node.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Default)]
pub struct Span {
    /// Ticks until it is over.
    pub left: u8,
    /// Ticks that the clock of the node may still miss.
    pub slack: u8,
}

/// A process with a credential cache.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Default)]
pub struct Node {
    /// The credential is in its cache.
    pub keeps: bool,
    /// A request that found the credential in the database and is about to cache it.
    pub filling: Filling,
    /// The position up to which its cache is correct.
    pub applied: u8,
    /// The state of its heartbeat loop.
    pub round: Round,
    /// The lease: how long its cache may be used.
    pub trust: Span,
    /// A request that began after the answer holds the entry and has not read the lease yet. Only
    /// without [`Rule::TrustReadWithEntry`](crate::Rule).
    pub holds: bool,
    /// The invalidation at `applied` is not in the log, because a failover lost it.
    pub lost: bool,
    /// It was on the server from before the failover and has not noticed the new one yet.
    pub former_server: bool,
}

/// A request that queried the database.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Default)]
pub enum Filling {
    /// There is no lookup, or it will cache nothing because the generation that it read is over.
    #[default]
    Nothing,
    /// The lookup read the active row and no generation yet. Only without `GenerationBeforeRow`.
    Row,
    /// The lookup read the generation, which is still current, and the active row.
    RowAndGeneration,
}

/// The state of a node's heartbeat loop.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Default)]
pub enum Round {
    /// Not joined: just started, or evicted.
    #[default]
    Out,
    /// Has read its clock in order to join.
    Joining(Span),
    /// Its row is committed.
    Joined(Span),
    /// Between rounds.
    Idle,
    /// Has read its clock and is about to write its heartbeat.
    Begun(Span),
    /// Its heartbeat is committed.
    HeartbeatWritten(Span),
    /// Has read the log and not applied it yet. Without a span, a wakeup caused the read, which
    /// extends no lease.
    Read {
        /// The lease that this round yields.
        since: Option<Span>,
        /// The position up to which the log was read.
        to: u8,
        /// The credential was among the invalid entries, or the whole cache must be cleared.
        clear: bool,
        /// A failover has lost the invalidation at `to` since.
        lost: bool,
    },
    /// Has applied it.
    Applied(Option<Span>),
    /// Is shutting down.
    Leaving,
}

/// One revocation, by a node or by a command.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Default)]
pub struct Revoker {
    /// Its progress.
    pub stage: Stage,
    /// The position of its invalidation.
    pub position: u8,
    /// Ticks since the instant from which it waits, at most the length of the wait.
    pub age: u8,
    /// The server is new: the revocation waits for a whole lease.
    pub whole_lease: bool,
    /// The rows of the table `nodes` that it read.
    pub seen: [Seen; MOST_NODES],
}

/// The progress of a revocation.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Default)]
pub enum Stage {
    /// Nothing was done yet.
    #[default]
    Open,
    /// The nodes were read, too early. Only without `NodesUnderLock`.
    Looked,
    /// The lock is held, the position is taken, the nodes are read.
    Locked,
    /// Committed.
    Committed,
    /// Its own cache is cleared, and it waits for other nodes.
    Waiting,
    /// It has answered.
    Answered,
    /// Committed but never answered: the outcome was unknown, or the process was killed.
    Unknown,
}

/// A row that a revocation read.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Default)]
pub struct Seen {
    /// The row existed, and no join or removal has replaced it.
    pub same_row: bool,
    /// The heartbeat has not changed since.
    pub same_heartbeat: bool,
    /// The row had its first heartbeat. Only without `FreshId`, where heartbeat numbers recur.
    pub first_heartbeat: bool,
    /// A failover took its heartbeat back, and the next heartbeat has the same number. Only without
    /// `SameServer`.
    pub next_heartbeat: bool,
}

impl State {
    /// The committed position of the revocation `revoker`, if it has committed.
    pub fn committed(&self, revoker: usize) -> Option<u8> {
        let revoker = &self.revokers[revoker];
        match revoker.stage {
            Stage::Open | Stage::Looked | Stage::Locked => None,
            Stage::Committed | Stage::Waiting | Stage::Answered | Stage::Unknown => {
                Some(revoker.position)
            }
        }
    }

    /// The revocation with an open transaction. If positions commit in order, it holds their lock
    /// and is the only one.
    pub fn locked_by(&self) -> Option<usize> {
        let mut revokers = self.revokers.iter();
        revokers.position(|revoker| revoker.stage == Stage::Locked)
    }

    /// Records that the row of `node` was replaced or has another heartbeat.
    pub fn heartbeat_changed(&mut self, node: usize) {
        for revoker in &mut self.revokers {
            let seen = &mut revoker.seen[node];
            seen.same_heartbeat = std::mem::take(&mut seen.next_heartbeat);
        }
    }

    /// Records that the row of `node` was removed or replaced.
    pub fn row_replaced(&mut self, node: usize) {
        for revoker in &mut self.revokers {
            revoker.seen[node].same_heartbeat = false;
            revoker.seen[node].same_row = false;
            revoker.seen[node].next_heartbeat = false;
        }
    }
}

impl Span {
    /// One tick passes. `missed` means that the clock of the node does not follow.
    pub fn tick(&mut self, missed: bool) {
        if self.left == 0 {
            return;
        }
        if missed {
            self.slack -= 1;
        } else {
            self.left -= 1;
        }
        if self.left == 0 {
            self.slack = 0;
        }
    }

    /// Returns whether the span is over, or whether the clock of the node may miss another tick
    /// within it.
    pub fn can_miss(self) -> bool {
        self.left == 0 || self.slack > 0
    }
}

impl Node {
    /// Every span that the node has stored.
    pub fn spans(&mut self) -> impl Iterator<Item = &mut Span> {
        let pending = match &mut self.round {
            Round::Joining(span)
            | Round::Joined(span)
            | Round::Begun(span)
            | Round::HeartbeatWritten(span)
            | Round::Read {
                since: Some(span), ..
            }
            | Round::Applied(Some(span)) => Some(span),
            Round::Out
            | Round::Idle
            | Round::Read { since: None, .. }
            | Round::Applied(None)
            | Round::Leaving => None,
        };
        pending.into_iter().chain([&mut self.trust])
    }

    /// Starts a new generation: a request that is about to cache an entry will not.
    pub fn new_generation(&mut self) {
        if self.filling == Filling::RowAndGeneration {
            self.filling = Filling::Nothing;
        }
    }
}
