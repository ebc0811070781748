//! Everything that there is at one moment.

use crate::{failover::Standby, wall::Walls};

/// As many nodes as a model may have.
pub const MOST_NODES: usize = 3;
/// As many endings as a model may have.
pub const MOST_ENDERS: usize = 3;

/// The database, and every process.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Default)]
pub struct State {
    /// The last position that was given out: that of the last commit, where positions are in order.
    pub position: u8,
    /// The log was pruned up to and with this position.
    pub pruned: u8,
    /// The table `nodes`: the newest row of each node.
    pub rows: [Row; MOST_NODES],
    /// The nodes.
    pub nodes: [Node; MOST_NODES],
    /// The endings.
    pub enders: [Ender; MOST_ENDERS],
    /// The server that may replace the database.
    pub standby: Standby,
    /// The wall clocks.
    pub walls: Walls,
}

/// A row of the table `nodes`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Default)]
pub struct Row {
    /// It is there.
    pub there: bool,
    /// The position that its node has applied.
    pub applied: u8,
    /// Its beat is the one that it was inserted with.
    pub first_beat: bool,
}

/// What is left of a lease that began at some instant, by the clock of one node.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Default)]
pub struct Span {
    /// Ticks until it is over.
    pub left: u8,
    /// Ticks that the node's clock may still miss.
    pub slack: u8,
}

/// A process that keeps a memory of known passes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Default)]
pub struct Node {
    /// The pass is in its memory.
    pub keeps: bool,
    /// A request that found the pass in the database and is about to keep it.
    pub filling: Filling,
    /// The position up to which its memory is right.
    pub applied: u8,
    /// Where its loop is.
    pub round: Round,
    /// How long its memory is trusted.
    pub trust: Span,
    /// A request that began after the answer holds the entry and has yet to read the trust. Only
    /// without [`Rule::TrustReadWithEntry`](crate::Rule).
    pub holds: bool,
    /// The notice at `applied` is not in the log: a failover lost it.
    pub lost: bool,
    /// It was on the server from before the failover, and has not noticed the other one yet.
    pub former_server: bool,
}

/// A request that asked the database.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Default)]
pub enum Filling {
    /// There is none, or it will keep nothing, for the generation it read is over.
    #[default]
    Nothing,
    /// It read the row, alive, and no generation yet. Only without `GenerationBeforeRow`.
    Row,
    /// It read the generation, which is still the one, and the row, alive.
    RowAndGeneration,
}

/// Where a node's loop is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Default)]
pub enum Round {
    /// Not joined: just started, or given up.
    #[default]
    Out,
    /// Read its clock in order to join.
    Joining(Span),
    /// Its row is committed.
    Joined(Span),
    /// Between rounds.
    Idle,
    /// Read its clock, and is about to beat.
    Begun(Span),
    /// Its beat is committed.
    Beaten(Span),
    /// Has the news from the log in hand. Without a span it came by a hint and extends nothing.
    Read {
        /// The lease that this round is good for.
        since: Option<Span>,
        /// The position that the log was read to.
        to: u8,
        /// The pass is among what ended, or everything is to be cleared.
        clear: bool,
        /// A failover lost the notice at `to` since.
        lost: bool,
    },
    /// Has applied it.
    Applied(Option<Span>),
    /// Is shutting down.
    Leaving,
}

/// One ending, by a node or by a command.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Default)]
pub struct Ender {
    /// How far it is.
    pub stage: Stage,
    /// The position of its notice.
    pub position: u8,
    /// Ticks since the instant that it waits from, at most as many as it waits.
    pub age: u8,
    /// The server is new: it waits for a whole lease.
    pub whole_lease: bool,
    /// What it read in the table `nodes`.
    pub seen: [Seen; MOST_NODES],
}

/// How far an ending is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Default)]
pub enum Stage {
    /// Nothing is done yet.
    #[default]
    Open,
    /// The nodes are read, too early. Only without `NodesUnderLock`.
    Looked,
    /// The lock is held, the position taken, the nodes read.
    Locked,
    /// Committed.
    Committed,
    /// Its own memory is cleared, and others are waited for.
    Waiting,
    /// "It has ended" was said.
    Answered,
    /// Committed, and nobody will ever say so: the outcome was unknown, or the process was killed.
    Unknown,
}

/// A row that an ending read.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Default)]
pub struct Seen {
    /// It was there, and no join or removal has replaced it.
    pub same_row: bool,
    /// It has not beaten since.
    pub same_beat: bool,
    /// It had its first beat. Only without `FreshId`, where beats come again.
    pub first_beat: bool,
    /// A failover took its beat back, and the next beat is the same. Only without `SameServer`.
    pub next_beat: bool,
}

impl State {
    /// The committed position of the ending `ender`, if it is committed.
    pub fn committed(&self, ender: usize) -> Option<u8> {
        let ender = &self.enders[ender];
        match ender.stage {
            Stage::Open | Stage::Looked | Stage::Locked => None,
            Stage::Committed | Stage::Waiting | Stage::Answered | Stage::Unknown => {
                Some(ender.position)
            }
        }
    }

    /// The ending whose transaction is open. Where positions are in order it holds their lock, and is
    /// the only one.
    pub fn locked_by(&self) -> Option<usize> {
        let mut enders = self.enders.iter();
        enders.position(|ender| ender.stage == Stage::Locked)
    }

    /// The row of `node` is another one now, or has another beat.
    pub fn row_beat(&mut self, node: usize) {
        for ender in &mut self.enders {
            let seen = &mut ender.seen[node];
            seen.same_beat = std::mem::take(&mut seen.next_beat);
        }
    }

    /// The row of `node` is gone, or another one.
    pub fn row_replaced(&mut self, node: usize) {
        for ender in &mut self.enders {
            ender.seen[node].same_beat = false;
            ender.seen[node].same_row = false;
            ender.seen[node].next_beat = false;
        }
    }
}

impl Span {
    /// A tick of the world. `missed` when the node's clock does not follow.
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

    /// It is over, or the node's clock may miss another tick within it.
    pub fn can_miss(self) -> bool {
        self.left == 0 || self.slack > 0
    }
}

impl Node {
    /// Every instant that the node remembers.
    pub fn spans(&mut self) -> impl Iterator<Item = &mut Span> {
        let pending = match &mut self.round {
            Round::Joining(span)
            | Round::Joined(span)
            | Round::Begun(span)
            | Round::Beaten(span)
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

    /// A new generation: what is about to be kept will not be.
    pub fn new_generation(&mut self) {
        if self.filling == Filling::RowAndGeneration {
            self.filling = Filling::Nothing;
        }
    }
}
