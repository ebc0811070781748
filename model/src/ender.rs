//! The steps of a revocation: lock, read the nodes, commit, clear, wait, answer, evict.

use crate::{
    protocol::{Action, Protocol},
    rule::Rule,
    state::{Ender, Row, Seen, Stage, State},
};

impl Protocol {
    pub(crate) fn ender_actions(&self, state: &State, k: usize, actions: &mut Vec<Action>) {
        let ender = &state.enders[k];
        let ordered = !self.lacks(Rule::PositionsInOrder);
        let lock_is_free = state.locked_by().is_none() || !ordered;
        match ender.stage {
            _ if self.watcher == Some(k) => actions.push(Action::Watch(k)),
            Stage::Open if self.repeat == Some(k) => {
                if state.committed(self.victim).is_some() {
                    actions.push(Action::FindEnded(k));
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
        if matches!(ender.stage, Stage::Waiting | Stage::Answered) && ender.age == self.wait() {
            let given_up = (0..self.nodes).filter(|n| self.may_give_up(state, k, *n));
            actions.extend(given_up.map(|n| Action::GiveUp(k, n)));
        }
    }

    pub(crate) fn ender_step(&self, state: &mut State, k: usize, action: Action) {
        match action {
            Action::LookEarly(_) => {
                self.read_nodes(state, k);
                state.enders[k].stage = Stage::Looked;
            }
            Action::Lock(_)
                if self.lacks(Rule::ExpiredEndsToo)
                    && k == self.victim
                    && self.is_over_for(state, k) =>
            {
                state.enders[k].stage = Stage::Answered;
            }
            Action::Lock(_) => {
                if state.enders[k].stage == Stage::Open {
                    self.read_nodes(state, k);
                }
                state.position += 1;
                state.enders[k].position = state.position;
                state.enders[k].whole_lease = self.waits_for_unknown_nodes(state);
                state.enders[k].stage = Stage::Locked;
            }
            Action::Abort(_) => {
                state.position -= 1;
                state.enders[k] = Ender::default();
            }
            Action::Watch(_) => {
                self.read_nodes(state, k);
                state.enders[k].stage = Stage::Waiting;
                state.enders[k].age = 0;
            }
            Action::FindEnded(_) => {
                self.read_nodes(state, k);
                state.enders[k].position = self.last_committed(state);
                state.enders[k].whole_lease = self.waits_for_unknown_nodes(state);
                state.enders[k].stage = if self.lacks(Rule::RepeatWaitsToo) {
                    Stage::Answered
                } else {
                    Stage::Committed
                };
            }
            Action::Commit(_) | Action::CommitUnheard(_) => {
                self.note_ended(state, k);
                state.enders[k].stage = if action == Action::Commit(k) {
                    Stage::Committed
                } else {
                    Stage::Unknown
                };
            }
            Action::Clear(_) => {
                let ender = &mut state.enders[k];
                ender.stage = Stage::Waiting;
                if !self.lacks(Rule::WaitFromCommit) {
                    ender.age = 0;
                }
                if let Some(host) = self.enders[k]
                    && !self.lacks(Rule::ClearBeforeAnswer)
                {
                    let node = &mut state.nodes[host];
                    if k == self.victim || self.repeat == Some(k) {
                        node.keeps = false;
                    }
                    if self.counts(Rule::GenerationAtClearing) {
                        node.new_generation();
                    }
                }
            }
            Action::Answer(_) => state.enders[k].stage = Stage::Answered,
            Action::GiveUp(_, n) => {
                state.rows[n] = Row::default();
                state.row_replaced(n);
                self.replicates_row(state);
            }
            action => unreachable!("{action:?} of an ending"),
        }
    }

    fn read_nodes(&self, state: &mut State, k: usize) {
        for n in 0..self.nodes {
            let row = state.rows[n];
            state.enders[k].seen[n] = Seen {
                same_row: row.there,
                same_beat: row.there,
                first_beat: row.there && row.first_beat,
                next_beat: false,
            };
        }
    }

    fn may_answer(&self, state: &State, k: usize) -> bool {
        let ender = &state.enders[k];
        let mut others = (0..self.nodes).filter(|n| self.enders[k] != Some(*n));
        let applied = |n: usize| !ender.seen[n].same_row || state.rows[n].applied >= ender.position;
        self.lacks(Rule::WaitForOthers)
            || (ender.age == self.wait() && !self.lacks(Rule::WaitNoLonger))
            || (!ender.whole_lease && others.all(applied))
    }

    /// Returns whether the deletion of the row, `WHERE id = … AND beat = …`, finds it. It does not
    /// check whether the node has applied the position, because what was read about that may be
    /// outdated.
    fn may_give_up(&self, state: &State, k: usize, n: usize) -> bool {
        let (seen, row) = (state.enders[k].seen[n], state.rows[n]);
        let same_row = seen.same_row && (seen.same_beat || self.lacks(Rule::GiveUpAtSameBeat));
        let looks_the_same = self.lacks(Rule::FreshId) && seen.first_beat && row.first_beat;
        self.enders[k] != Some(n) && row.there && (same_row || looks_the_same)
    }
}
