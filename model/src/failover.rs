//! What a failover does: the database goes back to an earlier moment of its own.

use crate::{
    protocol::{Action, Protocol},
    rule::Rule,
    state::{Ender, MOST_ENDERS, MOST_NODES, Node, Round, Row, Seen, Stage, State},
};

/// What a failover may lose.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Failover {
    /// There is none.
    Never,
    /// Notices and what nodes have applied of them, but no join and no beat. The database cannot name
    /// its server, and the connection of each node ends with it.
    LosesNotices,
    /// Whatever was committed last. The database names its server.
    LosesEverything,
}

/// Where the server is that may replace the database.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Default)]
pub enum Standby {
    /// It has everything.
    #[default]
    Follows,
    /// It receives nothing any more.
    StaysBehind(Copy),
    /// It is the database.
    TookOver {
        /// Ticks until every lease from before is over.
        leases: u8,
    },
}

/// The database at an earlier moment.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Copy {
    position: u8,
    pruned: u8,
    rows: [Row; MOST_NODES],
    /// What each ending had read by then, compared with these rows.
    seen: [[Seen; MOST_NODES]; MOST_ENDERS],
    /// Which nodes have beaten since. Only without `SameServer`.
    beaten: [bool; MOST_NODES],
}

impl Standby {
    /// Two endings change places.
    pub(crate) fn swap(&mut self, first: usize, second: usize) {
        if let Self::StaysBehind(copy) = self {
            copy.seen.swap(first, second);
        }
    }
}

impl Protocol {
    pub(crate) fn failover_actions(&self, state: &State, actions: &mut Vec<Action>) {
        match state.standby {
            Standby::Follows if self.failover != Failover::Never => {
                actions.push(Action::StopReplication);
            }
            Standby::StaysBehind(_) => actions.push(Action::FailOver),
            Standby::Follows | Standby::TookOver { .. } => {}
        }
    }

    pub(crate) fn stop_replication(&self, state: &mut State) {
        state.standby = Standby::StaysBehind(Copy {
            position: self.last_committed(state),
            pruned: state.pruned,
            rows: state.rows,
            seen: state.enders.map(|ender| ender.seen),
            beaten: [false; MOST_NODES],
        });
    }

    /// Nothing but notices and `applied` is lost if each other commit arrives at the standby.
    pub(crate) fn replicates_row(&self, state: &mut State) {
        if self.failover == Failover::LosesNotices
            && matches!(state.standby, Standby::StaysBehind(_))
        {
            state.standby = Standby::Follows;
        }
    }

    /// The standby lacks a beat of the node.
    pub(crate) fn loses_beat(&self, state: &mut State, n: usize) {
        if let Standby::StaysBehind(copy) = &mut state.standby {
            copy.beaten[n] = self.lacks(Rule::SameServer);
        }
    }

    pub(crate) fn fail_over(&self, state: &mut State) {
        let Standby::StaysBehind(copy) = state.standby else {
            unreachable!("a failover without a standby");
        };
        let leases = if self.names_server() { self.wait() } else { 0 };
        state.standby = Standby::TookOver { leases };
        state.position = copy.position;
        state.pruned = copy.pruned;
        state.rows = copy.rows;
        for (ender, seen) in state.enders.iter_mut().zip(copy.seen) {
            // A change that was lost may be made again. A transaction that was open comes to nothing.
            if ender.stage == Stage::Locked || ender.position > copy.position {
                *ender = Ender::default();
            } else {
                let newer = ender.seen;
                ender.seen = seen;
                for (n, row) in copy.rows.iter().enumerate() {
                    if copy.beaten[n] && row.there && newer[n].same_beat {
                        ender.seen[n].same_row = true;
                        ender.seen[n].next_beat = true;
                    }
                }
            }
        }
        for node in state.nodes.iter_mut().take(self.nodes) {
            node.loses(copy.position);
            node.former_server = !matches!(node.round, Round::Out | Round::Joining(_));
        }
    }

    /// The node knows that the log is not the one that it has read.
    pub(crate) fn finds_another_log(&self, state: &State, n: usize) -> bool {
        let node = &state.nodes[n];
        let is_shorter = self.last_committed(state) < node.applied;
        node.lost && (is_shorter || !self.lacks(Rule::SameLog))
    }

    /// The database says on which server it is.
    pub(crate) fn names_server(&self) -> bool {
        self.failover == Failover::LosesEverything
    }

    /// The node may not write to the database before it has read the log there.
    pub(crate) fn reads_first(&self, node: &Node) -> bool {
        node.former_server && !self.names_server() && !self.lacks(Rule::LogOnNewConnection)
    }

    /// What the node writes is refused: it joined on another server.
    pub(crate) fn joined_elsewhere(&self, node: &Node) -> bool {
        node.former_server && self.names_server() && !self.lacks(Rule::SameServer)
    }

    /// A join or a beat from before may be lost.
    pub(crate) fn waits_for_unknown_nodes(&self, state: &State) -> bool {
        matches!(state.standby, Standby::TookOver { leases: 1.. })
            && !self.lacks(Rule::WholeLeaseOnNewServer)
    }
}

impl Node {
    /// The log ends at `end` now. What comes after that is another notice.
    fn loses(&mut self, end: u8) {
        if !matches!(self.round, Round::Out | Round::Joining(_)) {
            self.lost |= self.applied > end;
        }
        if let Round::Read { to, lost, .. } = &mut self.round {
            *lost |= *to > end;
        }
    }
}
