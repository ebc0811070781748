//! The state machine: the possible actions, and the properties that must hold.

use stateright::{Model, Property};

use crate::{
    failover::{Failover, Standby},
    rule::Rule,
    state::{Node, Revoker, Round, Span, Stage, State},
};

/// The processes, the length of a lease, and the rule that is left out.
#[derive(Clone, Debug)]
pub struct Protocol {
    /// The number of nodes.
    pub nodes: usize,
    /// The revocations, each with its node, or `None` for a command, which has no cache.
    pub revokers: Vec<Option<usize>>,
    /// The revocation that revokes the credential.
    pub credential_revoker: usize,
    /// The revocation that finds the credential already revoked and only answers.
    pub repeat: Option<usize>,
    /// The one that revokes nothing and only evicts silent nodes.
    pub watcher: Option<usize>,
    /// The length of a lease, in ticks.
    pub lease: u8,
    /// The ticks that a node's clock may miss within a lease.
    pub drift: u8,
    /// The ticks by which wall clocks may differ. With 0, no wall clock is compared.
    pub skew: u8,
    /// Whether nodes also shut down regularly.
    pub leaving: bool,
    /// The commits that a failover may lose.
    pub failover: Failover,
    /// The rule that is left out.
    pub without: Option<Rule>,
}

/// One step of one process, or of time. Nodes and revocations are given by their numbers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Action {
    /// Time passes. The clocks of the nodes in the mask miss this tick.
    Tick(u8),
    /// The log is pruned up to its end.
    Prune,
    /// The standby receives no further commit.
    StopReplication,
    /// The standby replaces the database.
    FailOver,
    /// The credential expires by the foremost wall clock.
    Expire,
    /// The wall clock of a node is set to this many ticks behind the foremost one.
    SetClock(usize, u8),
    /// The wall clock of commands is set.
    SetCommandClock(u8),

    /// A node reads its clock in order to join.
    BeginJoin(usize),
    /// The row and the position of the node are committed.
    CommitJoin(usize),
    /// The node clears its cache and starts to use it.
    FinishJoin(usize),
    /// The node reads its clock for a heartbeat.
    BeginRound(usize),
    /// The node writes its heartbeat, or finds that it was evicted.
    Heartbeat(usize),
    /// The node reads the log, in its round or after a wakeup.
    ReadLog(usize),
    /// The node removes the invalid entries from its cache.
    Apply(usize),
    /// The node writes the position that it has applied.
    WriteApplied(usize),
    /// The node extends its lease.
    Extend(usize),
    /// The round of the node ends early because the database does not answer.
    FailRound(usize),
    /// The node begins to shut down.
    BeginLeaving(usize),
    /// The node has shut down.
    FinishLeaving(usize),
    /// The node is killed. Another process will take its place.
    Kill(usize),

    /// A request reads the generation and the row of the active credential.
    ReadRow(usize),
    /// The request reads the generation after the row. Only without `GenerationBeforeRow`.
    ReadGeneration(usize),
    /// The request inserts the entry into the cache.
    Keep(usize),
    /// A request takes the entry before it reads the lease. Only without `TrustReadWithEntry`.
    TakeEntry(usize),

    /// A revocation reads the nodes. Only without `NodesUnderLock`.
    LookEarly(usize),
    /// The revocation takes its position and thereby the lock, and reads the nodes.
    Lock(usize),
    /// The transaction of the revocation is rolled back.
    Abort(usize),
    /// The revocation finds the credential revoked, and reads the position and the nodes.
    FindRevoked(usize),
    /// The watcher reads the heartbeats of the nodes, in order to compare them later.
    Watch(usize),
    /// The revocation commits.
    Commit(usize),
    /// The revocation commits, but its process does not receive the result.
    CommitUnheard(usize),
    /// The process removes the entry from its own cache and starts to wait.
    Clear(usize),
    /// The revocation answers.
    Answer(usize),
    /// The revocation deletes the row of a node for which it waited in vain.
    Evict(usize, usize),
}

impl Protocol {
    /// Returns whether that rule is left out.
    pub fn lacks(&self, rule: Rule) -> bool {
        self.without == Some(rule)
    }

    /// Returns whether the step that `rule` describes makes a new generation, and whether
    /// generations are compared.
    pub(crate) fn counts(&self, rule: Rule) -> bool {
        !self.lacks(rule) && !self.lacks(Rule::GenerationAtKeeping)
    }

    /// The longest wait of a revocation, in ticks.
    pub fn wait(&self) -> u8 {
        let margin = if self.lacks(Rule::Margin) {
            0
        } else {
            self.drift
        };
        self.lease + margin
    }

    /// A lease that begins now.
    pub(crate) fn fresh_span(&self) -> Span {
        Span {
            left: self.lease,
            slack: self.drift,
        }
    }

    /// Returns whether the revocation of the credential was answered.
    pub fn answered(&self, state: &State) -> bool {
        let said = |k: usize| state.revokers[k].stage == Stage::Answered;
        said(self.credential_revoker) || self.repeat.is_some_and(said)
    }

    /// Returns whether node `n` would accept a request that begins now from its cache.
    pub fn accepts(&self, state: &State, n: usize) -> bool {
        let node = &state.nodes[n];
        node.trust.left > 0 && node.keeps && self.is_in_time(state, n)
    }

    /// After the answer, no node accepts the credential.
    fn is_safe(&self, state: &State) -> bool {
        let late = |n: usize| state.nodes[n].holds && state.nodes[n].trust.left > 0;
        !self.answered(state) || (0..self.nodes).all(|n| !self.accepts(state, n) && !late(n))
    }

    /// Suppose that from now on only one revocation takes steps, and that the database rolls back
    /// an open transaction of another client. Then this revocation, whichever it is, answers at
    /// most a lease after its commit.
    fn gets_answered(&self, state: &State) -> bool {
        let begun = |k: &usize| Some(*k) != self.repeat || state.revokers[*k].stage != Stage::Open;
        let revokes = |k: &usize| Some(*k) != self.watcher && begun(k);
        let mut revocations = (0..self.revokers.len()).filter(revokes);
        revocations.all(|k| self.gets_answered_alone(state.clone(), k))
    }

    fn gets_answered_alone(&self, mut state: State, k: usize) -> bool {
        let mut ticks = 0;
        loop {
            if matches!(state.revokers[k].stage, Stage::Answered | Stage::Unknown) {
                return true;
            }
            if let Some(holder) = state.locked_by()
                && holder != k
            {
                self.revoker_step(&mut state, holder, Action::Abort(holder));
            }
            let mut actions = Vec::new();
            self.revoker_actions(&state, k, &mut actions);
            if let Some(action) = actions.first() {
                self.revoker_step(&mut state, k, *action);
            } else if ticks == self.wait() {
                return false;
            } else {
                self.tick(&mut state, 0);
                ticks += 1;
            }
        }
    }

    fn tick(&self, state: &mut State, missing: u8) {
        for (n, node) in state.nodes.iter_mut().enumerate() {
            let believed = node.trust;
            for span in node.spans() {
                span.tick(missing >> n & 1 == 1);
            }
            if self.lacks(Rule::ClockOfTheRequest) && node.trust.left == 0 {
                // The comparison still uses the clock reading from before.
                node.trust = believed;
            }
        }
        self.wall_tick(state);
        if let Standby::TookOver { leases } = &mut state.standby {
            *leases = leases.saturating_sub(1);
        }
        for revoker in &mut state.revokers {
            let counts = match revoker.stage {
                Stage::Waiting | Stage::Answered => true,
                Stage::Locked | Stage::Committed => self.lacks(Rule::WaitFromCommit),
                Stage::Open | Stage::Looked | Stage::Unknown => false,
            };
            if counts {
                revoker.age = (revoker.age + 1).min(self.wait());
            }
        }
    }

    /// Commands that do not revoke the credential are interchangeable: sorting them merges equal
    /// states.
    fn sort_commands(&self, state: &mut State) {
        let alike = |k: &usize| {
            *k != self.credential_revoker && Some(*k) != self.repeat && self.revokers[*k].is_none()
        };
        let alike: Vec<usize> = (0..self.revokers.len()).filter(alike).collect();
        if let [first, second] = alike[..]
            && state.revokers[first] > state.revokers[second]
        {
            state.revokers.swap(first, second);
            state.standby.swap(first, second);
        }
    }

    /// The sets of nodes whose clocks may miss a tick together.
    fn maskings(&self, state: &State) -> impl Iterator<Item = u8> {
        let mut nodes = state.nodes;
        let mut can = 0;
        for (n, node) in nodes.iter_mut().enumerate().take(self.nodes) {
            let any = node.spans().any(|span| span.left > 0);
            if any && node.spans().all(|span| span.can_miss()) {
                can |= 1 << n;
            }
        }
        (0..1_u8 << self.nodes).filter(move |mask| mask & !can == 0)
    }
}

impl Model for Protocol {
    type State = State;
    type Action = Action;

    fn init_states(&self) -> Vec<State> {
        vec![State::default()]
    }

    fn actions(&self, state: &State, actions: &mut Vec<Action>) {
        actions.extend(self.maskings(state).map(Action::Tick));
        if state.pruned < self.last_committed(state) {
            actions.push(Action::Prune);
        }
        self.failover_actions(state, actions);
        self.wall_actions(state, actions);
        for n in 0..self.nodes {
            self.node_actions(state, n, actions);
        }
        for k in 0..self.revokers.len() {
            self.revoker_actions(state, k, actions);
        }
    }

    fn next_state(&self, before: &State, action: Action) -> Option<State> {
        let mut state = before.clone();
        match action {
            Action::Tick(missing) => self.tick(&mut state, missing),
            Action::Prune => state.pruned = self.last_committed(&state),
            Action::StopReplication => self.stop_replication(&mut state),
            Action::FailOver => self.fail_over(&mut state),
            Action::Expire | Action::SetClock(..) | Action::SetCommandClock(_) => {
                self.wall_step(&mut state, action);
            }
            Action::BeginJoin(n)
            | Action::CommitJoin(n)
            | Action::FinishJoin(n)
            | Action::BeginRound(n)
            | Action::Heartbeat(n)
            | Action::ReadLog(n)
            | Action::Apply(n)
            | Action::WriteApplied(n)
            | Action::Extend(n)
            | Action::FailRound(n)
            | Action::BeginLeaving(n)
            | Action::FinishLeaving(n)
            | Action::Kill(n)
            | Action::ReadRow(n)
            | Action::ReadGeneration(n)
            | Action::Keep(n)
            | Action::TakeEntry(n) => self.node_step(&mut state, n, action),
            Action::LookEarly(k)
            | Action::Lock(k)
            | Action::Abort(k)
            | Action::FindRevoked(k)
            | Action::Watch(k)
            | Action::Commit(k)
            | Action::CommitUnheard(k)
            | Action::Clear(k)
            | Action::Answer(k)
            | Action::Evict(k, _) => self.revoker_step(&mut state, k, action),
        }
        self.sort_commands(&mut state);
        (state != *before).then_some(state)
    }

    fn properties(&self) -> Vec<Property<Self>> {
        vec![
            Property::always(Self::SAFE, Self::is_safe),
            Property::always(Self::LIVE, Self::gets_answered),
            Property::sometimes(Self::WORTHWHILE, |protocol: &Self, state: &State| {
                (0..protocol.nodes).any(|n| protocol.accepts(state, n))
            }),
            Property::sometimes(Self::QUICK, |protocol: &Self, state: &State| {
                let revoker = &state.revokers[protocol.credential_revoker];
                let informed = |n: usize| revoker.seen[n].same_row && state.nodes[n].trust.left > 0;
                protocol.answered(state) && revoker.age == 0 && (0..protocol.nodes).any(informed)
            }),
            Property::sometimes(Self::PATIENT, |protocol: &Self, state: &State| {
                protocol.answered(state) && state.nodes.iter().any(|node| node.keeps)
            }),
            Property::sometimes(Self::SURVIVES, |protocol: &Self, state: &State| {
                let is_revoked = protocol.answered(state);
                let took_over = matches!(state.standby, Standby::TookOver { .. });
                took_over && is_revoked && state.nodes.iter().any(|node| node.lost)
            }),
            Property::sometimes(Self::EXPIRED, |protocol: &Self, state: &State| {
                let begun = state.revokers[protocol.credential_revoker].stage == Stage::Locked;
                let accepts = (0..protocol.nodes).any(|n| protocol.accepts(state, n));
                begun && accepts && protocol.is_over_for(state, protocol.credential_revoker)
            }),
            Property::sometimes(Self::EVICTED, |protocol: &Self, state: &State| {
                let quick =
                    |revoker: &Revoker| revoker.stage == Stage::Answered && revoker.age == 0;
                let keeps = |node: &Node| node.keeps && node.round == Round::Idle;
                protocol.answered(state)
                    && quick(&state.revokers[protocol.credential_revoker])
                    && state.nodes.iter().any(keeps)
            }),
        ]
    }
}

/// The names of the properties. The first two hold in every state. Each of the others holds in some
/// state; otherwise the first two would prove little.
impl Protocol {
    /// The first guarantee.
    pub const SAFE: &'static str =
        "no request that begins after the answer is accepted from a cache";
    /// The second guarantee: bounded time.
    pub const LIVE: &'static str = "a revocation is answered at most a lease after its commit";
    /// The cache is used at all.
    pub const WORTHWHILE: &'static str = "a request is accepted from a cache";
    /// If all nodes respond, a revocation does not wait for a lease.
    pub const QUICK: &'static str = "a revocation is answered at once, after a node has applied it";
    /// If a node does not respond, the revocation waits for a lease.
    pub const PATIENT: &'static str = "a revocation is answered while a node has not applied it";
    /// A revocation is answered after a failover that lost invalidations, whatever nodes had
    /// applied of them.
    pub const SURVIVES: &'static str =
        "a revocation is answered while a node is at a lost invalidation";
    /// Wall clocks disagree about whether the credential has expired.
    pub const EXPIRED: &'static str =
        "a node accepts what has expired by the clock of its revocation";
    /// Only the first revocation waits for a frozen node.
    pub const EVICTED: &'static str =
        "a revocation is answered at once because its node was evicted";
}
