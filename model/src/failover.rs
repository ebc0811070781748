//! The steps of a failover: the database returns to an earlier state.

use crate::{
    protocol::{Action, Protocol},
    rule::Rule,
    state::{MOST_NODES, MOST_REVOKERS, Node, Revoker, Round, Row, Seen, Stage, State},
};

/// The commits that a failover may lose.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Failover {
    /// There is no failover.
    Never,
    /// Invalidations and the `applied` of nodes, but no join and no heartbeat. The database cannot
    /// name its server, and the connection of each node ends with it.
    LosesInvalidations,
    /// All of the last commits. The database names its server.
    LosesEverything,
}

/// The state of the server that may replace the database.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Default)]
pub enum Standby {
    /// It has every commit.
    #[default]
    Follows,
    /// It receives no further commit.
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
    /// The rows that each revocation had read by then, compared with these rows.
    seen: [[Seen; MOST_NODES]; MOST_REVOKERS],
    /// The nodes that have written a heartbeat since. Only without `SameServer`.
    heartbeat_written: [bool; MOST_NODES],
}

impl Standby {
    /// Swaps two revocations.
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
            seen: state.revokers.map(|revoker| revoker.seen),
            heartbeat_written: [false; MOST_NODES],
        });
    }

    /// Marks the standby as complete again if the failover may only lose invalidations and
    /// `applied`, because then every other commit reaches it.
    pub(crate) fn replicates_row(&self, state: &mut State) {
        if self.failover == Failover::LosesInvalidations
            && matches!(state.standby, Standby::StaysBehind(_))
        {
            state.standby = Standby::Follows;
        }
    }

    /// Records that the standby lacks a heartbeat of the node.
    pub(crate) fn loses_heartbeat(&self, state: &mut State, n: usize) {
        if let Standby::StaysBehind(copy) = &mut state.standby {
            copy.heartbeat_written[n] = self.lacks(Rule::SameServer);
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
        for (revoker, seen) in state.revokers.iter_mut().zip(copy.seen) {
            // A lost change may be made again. An open transaction is rolled back.
            if revoker.stage == Stage::Locked || revoker.position > copy.position {
                *revoker = Revoker::default();
            } else {
                let newer = revoker.seen;
                revoker.seen = seen;
                for (n, row) in copy.rows.iter().enumerate() {
                    if copy.heartbeat_written[n] && row.there && newer[n].same_heartbeat {
                        revoker.seen[n].same_row = true;
                        revoker.seen[n].next_heartbeat = true;
                    }
                }
            }
        }
        for node in state.nodes.iter_mut().take(self.nodes) {
            node.loses(copy.position);
            node.former_server = !matches!(node.round, Round::Out | Round::Joining(_));
        }
    }

    /// Returns whether the node notices that this is not the log that it has read.
    pub(crate) fn finds_another_log(&self, state: &State, n: usize) -> bool {
        let node = &state.nodes[n];
        let is_shorter = self.last_committed(state) < node.applied;
        node.lost && (is_shorter || !self.lacks(Rule::SameLog))
    }

    /// Returns whether the database names its server.
    pub(crate) fn names_server(&self) -> bool {
        self.failover == Failover::LosesEverything
    }

    /// Returns whether the node must read the log on the new server before it may write there.
    pub(crate) fn reads_first(&self, node: &Node) -> bool {
        node.former_server && !self.names_server() && !self.lacks(Rule::LogOnNewConnection)
    }

    /// Returns whether a write of the node is refused because it joined on another server.
    pub(crate) fn joined_elsewhere(&self, node: &Node) -> bool {
        node.former_server && self.names_server() && !self.lacks(Rule::SameServer)
    }

    /// Returns whether a join or a heartbeat from before the failover may be lost.
    pub(crate) fn waits_for_unknown_nodes(&self, state: &State) -> bool {
        matches!(state.standby, Standby::TookOver { leases: 1.. })
            && !self.lacks(Rule::WholeLeaseOnNewServer)
    }
}

impl Node {
    /// The log now ends at `end`. Later positions will belong to other invalidations.
    fn loses(&mut self, end: u8) {
        if !matches!(self.round, Round::Out | Round::Joining(_)) {
            self.lost |= self.applied > end;
        }
        if let Round::Read { to, lost, .. } = &mut self.round {
            *lost |= *to > end;
        }
    }
}
