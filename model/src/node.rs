//! The steps of a node: join, heartbeat rounds, caching of lookups, being killed, leaving.

use crate::{
    protocol::{Action, Protocol},
    rule::Rule,
    state::{Filling, Node, Round, Row, Stage, State},
};

impl Protocol {
    pub(crate) fn node_actions(&self, state: &State, n: usize, actions: &mut Vec<Action>) {
        let node = &state.nodes[n];
        match node.round {
            Round::Out => actions.push(Action::BeginJoin(n)),
            Round::Joining(_) => {
                actions.push(Action::FailRound(n));
                if state.locked_by().is_none() || self.lacks(Rule::JoinUnderLock) {
                    actions.push(Action::CommitJoin(n));
                }
            }
            Round::Joined(_) => actions.extend([Action::FailRound(n), Action::FinishJoin(n)]),
            Round::Idle => {
                actions.push(Action::BeginRound(n));
                if self.news(state, n).0 > node.applied || node.lost || node.former_server {
                    actions.push(Action::ReadLog(n));
                }
                if self.leaving {
                    actions.push(Action::BeginLeaving(n));
                }
            }
            Round::Begun(_) => {
                actions.push(Action::FailRound(n));
                if !self.reads_first(node) {
                    actions.push(Action::Heartbeat(n));
                }
            }
            Round::HeartbeatWritten(_) => {
                actions.extend([Action::FailRound(n), Action::ReadLog(n)])
            }
            Round::Read { .. } => {
                actions.extend([Action::FailRound(n), Action::Apply(n)]);
                if self.lacks(Rule::ClearBeforeApplied) && !self.reads_first(node) {
                    actions.push(Action::WriteApplied(n));
                }
            }
            Round::Applied(since) => {
                actions.push(match since {
                    Some(_) => Action::Extend(n),
                    None => Action::FailRound(n),
                });
                let behind = state.rows[n].there && state.rows[n].applied < node.applied;
                if behind && !self.reads_first(node) {
                    actions.push(Action::WriteApplied(n));
                }
            }
            Round::Leaving => actions.push(Action::FinishLeaving(n)),
        }
        if node.round != Round::Out {
            actions.push(Action::Kill(n));
        }
        match node.filling {
            Filling::Nothing if !node.keeps && self.row_accepts(state, n) => {
                actions.push(Action::ReadRow(n));
            }
            Filling::Nothing => {}
            Filling::Row => actions.push(Action::ReadGeneration(n)),
            Filling::RowAndGeneration => actions.push(Action::Keep(n)),
        }
        if self.lacks(Rule::TrustReadWithEntry) && self.answered(state) && node.keeps {
            actions.push(Action::TakeEntry(n));
        }
    }

    pub(crate) fn node_step(&self, state: &mut State, n: usize, action: Action) {
        let fresh = self.fresh_span();
        let (news, clear) = self.news(state, n);
        let end = self.last_committed(state);
        let another_log = self.finds_another_log(state, n);
        let elsewhere = self.joined_elsewhere(&state.nodes[n]);
        let node = &mut state.nodes[n];
        match (action, node.round) {
            (Action::BeginJoin(_), _) => node.round = Round::Joining(fresh),
            (Action::CommitJoin(_), Round::Joining(since)) => {
                node.round = Round::Joined(since);
                node.applied = end;
                node.lost = false;
                node.former_server = false;
                state.rows[n] = Row {
                    there: true,
                    applied: end,
                    first_heartbeat: self.lacks(Rule::FreshId),
                };
                state.row_replaced(n);
                self.replicates_row(state);
            }
            (Action::FinishJoin(_), Round::Joined(since)) => {
                if !self.lacks(Rule::ClearAtJoin) {
                    node.keeps = false;
                }
                if self.counts(Rule::GenerationAtJoin) {
                    node.new_generation();
                }
                node.trust = if self.lacks(Rule::StartBeforeJoin) {
                    fresh
                } else {
                    since
                };
                node.round = Round::Idle;
            }
            (Action::BeginRound(_), _) => node.round = Round::Begun(fresh),
            (Action::Heartbeat(_) | Action::WriteApplied(_), _) if elsewhere => {
                if !self.lacks(Rule::DistrustOnNewServer) {
                    node.trust = Default::default();
                }
                node.round = Round::Out;
            }
            (Action::Heartbeat(_), Round::Begun(since)) => {
                let evicted = !state.rows[n].there && !self.lacks(Rule::JoinWhenEvicted);
                node.round = if evicted {
                    Round::Out
                } else {
                    Round::HeartbeatWritten(since)
                };
                if !evicted {
                    state.rows[n].first_heartbeat = false;
                    state.heartbeat_changed(n);
                    self.loses_heartbeat(state, n);
                    self.replicates_row(state);
                }
                let node = &mut state.nodes[n];
                if self.lacks(Rule::LogBeforeTrust) && !evicted {
                    node.trust = since;
                }
            }
            (Action::ReadLog(_), _) if another_log => {
                node.keeps = false;
                node.new_generation();
                node.trust = Default::default();
                node.round = Round::Out;
            }
            (Action::ReadLog(_), round) => {
                node.former_server &= self.names_server();
                let since = match round {
                    Round::HeartbeatWritten(_) if self.lacks(Rule::LogBeforeTrust) => None,
                    Round::HeartbeatWritten(_) if self.lacks(Rule::StartBeforeHeartbeat) => {
                        Some(fresh)
                    }
                    Round::HeartbeatWritten(since) => Some(since),
                    _ if self.lacks(Rule::HeartbeatForTrust) => Some(fresh),
                    _ => None,
                };
                node.round = Round::Read {
                    since,
                    to: news,
                    clear,
                    lost: node.lost && news == node.applied,
                };
            }
            (
                Action::Apply(_),
                Round::Read {
                    since,
                    to,
                    clear,
                    lost,
                },
            ) => {
                if clear {
                    node.keeps = false;
                }
                if to > node.applied && self.counts(Rule::GenerationAtClearing) {
                    node.new_generation();
                }
                node.applied = to;
                node.lost = lost;
                node.round = Round::Applied(since);
            }
            (Action::WriteApplied(_), Round::Read { to, .. }) => state.rows[n].applied = to,
            (Action::WriteApplied(_), _) => state.rows[n].applied = node.applied,
            (Action::Extend(_), Round::Applied(Some(since))) => {
                node.trust = since;
                node.round = Round::Idle;
            }
            (Action::FailRound(_), Round::Joining(_) | Round::Joined(_)) => node.round = Round::Out,
            (Action::FailRound(_), _) => node.round = Round::Idle,
            (Action::BeginLeaving(_), _) => {
                node.round = Round::Leaving;
                if self.lacks(Rule::DistrustBeforeLeaving) {
                    self.remove_row(state, n);
                } else {
                    node.trust = Default::default();
                }
            }
            (Action::FinishLeaving(_), _) => {
                node.round = Round::Out;
                node.trust = Default::default();
                self.remove_row(state, n);
            }
            (Action::Kill(_), _) => {
                *node = Node::default();
                for (k, host) in self.revokers.iter().enumerate() {
                    let revoker = &mut state.revokers[k];
                    if *host == Some(n)
                        && matches!(revoker.stage, Stage::Committed | Stage::Waiting)
                    {
                        revoker.stage = Stage::Unknown;
                    }
                }
            }
            (Action::ReadRow(_), _) => {
                node.filling = if self.lacks(Rule::GenerationBeforeRow) {
                    Filling::Row
                } else {
                    Filling::RowAndGeneration
                };
            }
            (Action::ReadGeneration(_), _) => node.filling = Filling::RowAndGeneration,
            (Action::Keep(_), _) => {
                node.filling = Filling::Nothing;
                node.keeps = true;
            }
            (Action::TakeEntry(_), _) => node.holds = true,
            (action, round) => unreachable!("{action:?} of a node that is {round:?}"),
        }
    }

    /// The result of reading the log: the last position, and whether the entry must be removed.
    fn news(&self, state: &State, n: usize) -> (u8, bool) {
        let applied = state.nodes[n].applied;
        let to = self.last_committed(state).max(applied);
        let named = state
            .committed(self.credential_revoker)
            .is_some_and(|at| at > applied && at > state.pruned);
        let gap = state.pruned > applied && !self.lacks(Rule::GapClearsAll);
        (to, named || gap)
    }

    /// The highest position that a reader of the database sees.
    pub(crate) fn last_committed(&self, state: &State) -> u8 {
        let committed = (0..self.revokers.len()).filter_map(|k| state.committed(k));
        committed.max().unwrap_or_default()
    }

    fn remove_row(&self, state: &mut State, n: usize) {
        state.rows[n] = Row::default();
        state.row_replaced(n);
        self.replicates_row(state);
    }
}
