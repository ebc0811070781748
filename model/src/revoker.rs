//! The steps of a revocation: lock, read the nodes, commit, clear, wait, answer, evict.

use crate::{
    protocol::{Action, Protocol},
    rule::Rule,
    state::{Revoker, Row, Seen, Stage, State},
};

impl Protocol {
    pub(crate) fn revoker_actions(&self, state: &State, k: usize, actions: &mut Vec<Action>) {
        let revoker = &state.revokers[k];
        let ordered = !self.lacks(Rule::PositionsInOrder);
        let lock_is_free = state.locked_by().is_none() || !ordered;
        match revoker.stage {
            _ if self.watcher == Some(k) => actions.push(Action::Watch(k)),
            Stage::Open if self.repeat == Some(k) => {
                if state.committed(self.credential_revoker).is_some() {
                    actions.push(Action::FindRevoked(k));
                }
            }
            Stage::Open if self.lacks(Rule::NodesUnderLock) => actions.push(Action::LookEarly(k)),
            Stage::Open | Stage::Looked if lock_is_free => actions.push(Action::Lock(k)),
            Stage::Locked => {
                actions.extend([Action::Commit(k), Action::CommitUnheard(k)]);
                if ordered {
                    actions.push(Action::Abort(k));
                }
            }
            Stage::Committed => actions.push(Action::Clear(k)),
            Stage::Waiting if self.may_answer(state, k) => actions.push(Action::Answer(k)),
            Stage::Open | Stage::Looked | Stage::Waiting | Stage::Answered | Stage::Unknown => {}
        }
        if matches!(revoker.stage, Stage::Waiting | Stage::Answered) && revoker.age == self.wait() {
            let evicted = (0..self.nodes).filter(|n| self.may_evict(state, k, *n));
            actions.extend(evicted.map(|n| Action::Evict(k, n)));
        }
    }

    pub(crate) fn revoker_step(&self, state: &mut State, k: usize, action: Action) {
        match action {
            Action::LookEarly(_) => {
                self.read_nodes(state, k);
                state.revokers[k].stage = Stage::Looked;
            }
            Action::Lock(_)
                if self.lacks(Rule::RevokeExpiredToo)
                    && k == self.credential_revoker
                    && self.is_over_for(state, k) =>
            {
                state.revokers[k].stage = Stage::Answered;
            }
            Action::Lock(_) => {
                if state.revokers[k].stage == Stage::Open {
                    self.read_nodes(state, k);
                }
                state.position += 1;
                state.revokers[k].position = state.position;
                state.revokers[k].whole_lease = self.waits_for_unknown_nodes(state);
                state.revokers[k].stage = Stage::Locked;
            }
            Action::Abort(_) => {
                state.position -= 1;
                state.revokers[k] = Revoker::default();
            }
            Action::Watch(_) => {
                self.read_nodes(state, k);
                state.revokers[k].stage = Stage::Waiting;
                state.revokers[k].age = 0;
            }
            Action::FindRevoked(_) => {
                self.read_nodes(state, k);
                state.revokers[k].position = self.last_committed(state);
                state.revokers[k].whole_lease = self.waits_for_unknown_nodes(state);
                state.revokers[k].stage = if self.lacks(Rule::RepeatWaitsToo) {
                    Stage::Answered
                } else {
                    Stage::Committed
                };
            }
            Action::Commit(_) | Action::CommitUnheard(_) => {
                self.note_revoked(state, k);
                state.revokers[k].stage = if action == Action::Commit(k) {
                    Stage::Committed
                } else {
                    Stage::Unknown
                };
            }
            Action::Clear(_) => {
                let revoker = &mut state.revokers[k];
                revoker.stage = Stage::Waiting;
                if !self.lacks(Rule::WaitFromCommit) {
                    revoker.age = 0;
                }
                if let Some(host) = self.revokers[k]
                    && !self.lacks(Rule::ClearBeforeAnswer)
                {
                    let node = &mut state.nodes[host];
                    if k == self.credential_revoker || self.repeat == Some(k) {
                        node.keeps = false;
                    }
                    if self.counts(Rule::GenerationAtClearing) {
                        node.new_generation();
                    }
                }
            }
            Action::Answer(_) => state.revokers[k].stage = Stage::Answered,
            Action::Evict(_, n) => {
                state.rows[n] = Row::default();
                state.row_replaced(n);
                self.replicates_row(state);
            }
            action => unreachable!("{action:?} of a revocation"),
        }
    }

    fn read_nodes(&self, state: &mut State, k: usize) {
        for n in 0..self.nodes {
            let row = state.rows[n];
            state.revokers[k].seen[n] = Seen {
                same_row: row.there,
                same_heartbeat: row.there,
                first_heartbeat: row.there && row.first_heartbeat,
                next_heartbeat: false,
            };
        }
    }

    fn may_answer(&self, state: &State, k: usize) -> bool {
        let revoker = &state.revokers[k];
        let mut others = (0..self.nodes).filter(|n| self.revokers[k] != Some(*n));
        let applied =
            |n: usize| !revoker.seen[n].same_row || state.rows[n].applied >= revoker.position;
        self.lacks(Rule::WaitForOthers)
            || (revoker.age == self.wait() && !self.lacks(Rule::WaitNoLonger))
            || (!revoker.whole_lease && others.all(applied))
    }

    /// Returns whether the deletion of the row, `WHERE id = … AND beat = …`, finds it. It does not
    /// check whether the node has applied the position, because what was read about that may be
    /// outdated.
    fn may_evict(&self, state: &State, k: usize, n: usize) -> bool {
        let (seen, row) = (state.revokers[k].seen[n], state.rows[n]);
        let same_row =
            seen.same_row && (seen.same_heartbeat || self.lacks(Rule::EvictAtSameHeartbeat));
        let looks_the_same =
            self.lacks(Rule::FreshId) && seen.first_heartbeat && row.first_heartbeat;
        self.revokers[k] != Some(n) && row.there && (same_row || looks_the_same)
    }
}
