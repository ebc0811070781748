//! Wall clocks: each process compares the expiry of the credential with its own clock.

use crate::{
    protocol::{Action, Protocol},
    rule::Rule,
    state::{MOST_NODES, State},
};

/// The wall clocks, and the times that are compared with them.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Default)]
pub struct Walls {
    /// Ticks by which the clock of each node is behind the foremost possible clock.
    nodes: [u8; MOST_NODES],
    /// The same for the clock of commands.
    commands: u8,
    /// Ticks since the credential expired by the foremost clock, counted from one. Zero: not
    /// expired.
    expired: u8,
    /// Ticks by which that clock is past the time of the revocation. Only without
    /// `RevocationIsNoTime`.
    revoked: Option<u8>,
}

impl Protocol {
    pub(crate) fn wall_actions(&self, state: &State, actions: &mut Vec<Action>) {
        if self.skew == 0 {
            return;
        }
        if state.walls.expired == 0 {
            actions.push(Action::Expire);
        }
        for behind in 0..=self.skew {
            actions.push(Action::SetCommandClock(behind));
            actions.extend((0..self.nodes).map(|n| Action::SetClock(n, behind)));
        }
    }

    pub(crate) fn wall_step(&self, state: &mut State, action: Action) {
        match action {
            Action::Expire => state.walls.expired = 1,
            Action::SetCommandClock(behind) => state.walls.commands = behind,
            Action::SetClock(n, behind) => state.walls.nodes[n] = behind,
            action => unreachable!("{action:?} of a clock"),
        }
    }

    pub(crate) fn wall_tick(&self, state: &mut State) {
        let walls = &mut state.walls;
        if walls.expired > 0 {
            walls.expired = (walls.expired + 1).min(self.skew + 1);
        }
        walls.revoked = walls.revoked.map(|since| (since + 1).min(self.skew));
    }

    /// Returns whether the credential has not expired by the clock of node `n`.
    pub(crate) fn is_in_time(&self, state: &State, n: usize) -> bool {
        state.walls.expired <= state.walls.nodes[n]
    }

    /// Returns whether the credential has expired by the clock of the revocation `k`.
    pub(crate) fn is_over_for(&self, state: &State, k: usize) -> bool {
        state.walls.expired > self.clock_of_revocation(state, k)
    }

    /// Returns whether node `n` accepts the row of the credential.
    pub(crate) fn row_accepts(&self, state: &State, n: usize) -> bool {
        let is_later = state
            .walls
            .revoked
            .is_some_and(|revoked| revoked < state.walls.nodes[n]);
        let is_revoked = state.committed(self.credential_revoker).is_some() && !is_later;
        !is_revoked && self.is_in_time(state, n)
    }

    /// Records that the revocation `k` has revoked the credential.
    pub(crate) fn note_revoked(&self, state: &mut State, k: usize) {
        if k == self.credential_revoker && self.lacks(Rule::RevocationIsNoTime) {
            state.walls.revoked = Some(self.clock_of_revocation(state, k));
        }
    }

    fn clock_of_revocation(&self, state: &State, k: usize) -> u8 {
        self.revokers[k].map_or(state.walls.commands, |host| state.walls.nodes[host])
    }
}
