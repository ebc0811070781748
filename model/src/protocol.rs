//! The whole: what may happen next, and what must always be true.

use stateright::{Model, Property};

use crate::{
    failover::{Failover, Standby},
    rule::Rule,
    state::{Ender, Node, Round, Span, Stage, State},
};

/// Who takes part, how long a lease is, and which rule is left out.
#[derive(Clone, Debug)]
pub struct Protocol {
    /// How many nodes there are.
    pub nodes: usize,
    /// The endings: each on a node, or by a command, which has no memory.
    pub enders: Vec<Option<usize>>,
    /// Which of the endings ends the pass.
    pub victim: usize,
    /// Which of the endings finds the pass ended already, and only says so.
    pub repeat: Option<usize>,
    /// Which of them ends nothing and only gives up who is silent.
    pub watcher: Option<usize>,
    /// The length of a lease, in ticks.
    pub lease: u8,
    /// How many ticks a node's clock may miss within a lease.
    pub drift: u8,
    /// How many ticks wall clocks may differ by. None is compared if it is 0.
    pub skew: u8,
    /// Whether nodes also shut down in good order.
    pub leaving: bool,
    /// What a failover may lose.
    pub failover: Failover,
    /// The rule that is left out.
    pub without: Option<Rule>,
}

/// One step of one process, or of time. Nodes and endings by their number.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Action {
    /// Time goes on. The clocks of the nodes in the mask miss it.
    Tick(u8),
    /// The log is pruned up to its end.
    Prune,
    /// The standby receives nothing from now on.
    StopReplication,
    /// The standby replaces the database.
    FailOver,
    /// The pass expires by the foremost wall clock.
    Expire,
    /// The wall clock of a node is set to so many ticks behind the foremost.
    SetClock(usize, u8),
    /// The wall clock of commands is set.
    SetCommandClock(u8),

    /// A node reads its clock, to join.
    BeginJoin(usize),
    /// Its row and position are committed.
    CommitJoin(usize),
    /// It clears its memory and trusts it from now on.
    FinishJoin(usize),
    /// It reads its clock, to beat.
    BeginRound(usize),
    /// It beats, or finds that it was given up.
    Beat(usize),
    /// It reads the log, in its round or by a hint.
    ReadLog(usize),
    /// It applies what it read to its memory.
    Apply(usize),
    /// It says in the database what it has applied.
    WriteApplied(usize),
    /// It extends the trust in its memory.
    Extend(usize),
    /// Its round ends early: the database does not answer.
    FailRound(usize),
    /// It begins to shut down.
    BeginLeaving(usize),
    /// It has shut down.
    FinishLeaving(usize),
    /// It is killed; another process will take its place.
    Kill(usize),

    /// A request reads the generation and the row of the pass, which lives.
    ReadRow(usize),
    /// It reads the generation after it. Only without `GenerationBeforeRow`.
    ReadGeneration(usize),
    /// It keeps the entry.
    Keep(usize),
    /// A request takes the entry, before it reads the trust. Only without `TrustReadWithEntry`.
    TakeEntry(usize),

    /// An ending reads the nodes. Only without `NodesUnderLock`.
    LookEarly(usize),
    /// It takes its position and with it the lock, and reads the nodes.
    Lock(usize),
    /// Its transaction comes to nothing.
    Abort(usize),
    /// It finds the pass ended, and reads the position and the nodes.
    FindEnded(usize),
    /// Somebody reads the beats of the nodes, to see later whether they are the same.
    Watch(usize),
    /// It commits.
    Commit(usize),
    /// It commits without hearing of it.
    CommitUnheard(usize),
    /// It clears the memory that is its own, and waits from now on.
    Clear(usize),
    /// It answers.
    Answer(usize),
    /// It removes the row of a node that it waited for in vain.
    GiveUp(usize, usize),
}

impl Protocol {
    /// Whether that rule is left out.
    pub fn lacks(&self, rule: Rule) -> bool {
        self.without == Some(rule)
    }

    /// Whether a generation is made by what `rule` says, and compared.
    pub(crate) fn counts(&self, rule: Rule) -> bool {
        !self.lacks(rule) && !self.lacks(Rule::GenerationAtKeeping)
    }

    /// How long an ending waits at most, in ticks.
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

    /// Somebody was told that the pass has ended.
    pub fn answered(&self, state: &State) -> bool {
        let said = |k: usize| state.enders[k].stage == Stage::Answered;
        said(self.victim) || self.repeat.is_some_and(said)
    }

    /// A request that begins now on node `n` would pass without asking the database.
    pub fn lets_in(&self, state: &State, n: usize) -> bool {
        let node = &state.nodes[n];
        node.trust.left > 0 && node.keeps && self.is_in_time(state, n)
    }

    /// After the answer nobody gets in.
    fn is_safe(&self, state: &State) -> bool {
        let late = |n: usize| state.nodes[n].holds && state.nodes[n].trust.left > 0;
        !self.answered(state) || (0..self.nodes).all(|n| !self.lets_in(state, n) && !late(n))
    }

    /// If from here on nobody did anything but one ending, whichever, and the database, which ends a
    /// transaction that its client left open: it would answer, a lease after its commit at the latest.
    fn gets_answered(&self, state: &State) -> bool {
        let begun = |k: &usize| Some(*k) != self.repeat || state.enders[*k].stage != Stage::Open;
        let ends = |k: &usize| Some(*k) != self.watcher && begun(k);
        let mut endings = (0..self.enders.len()).filter(ends);
        endings.all(|k| self.gets_answered_alone(state.clone(), k))
    }

    fn gets_answered_alone(&self, mut state: State, k: usize) -> bool {
        let mut ticks = 0;
        loop {
            if matches!(state.enders[k].stage, Stage::Answered | Stage::Unknown) {
                return true;
            }
            if let Some(holder) = state.locked_by()
                && holder != k
            {
                self.ender_step(&mut state, holder, Action::Abort(holder));
            }
            let mut actions = Vec::new();
            self.ender_actions(&state, k, &mut actions);
            if let Some(action) = actions.first() {
                self.ender_step(&mut state, k, *action);
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
                // What was read of the clock before is still what the comparison is made with.
                node.trust = believed;
            }
        }
        self.wall_tick(state);
        if let Standby::TookOver { leases } = &mut state.standby {
            *leases = leases.saturating_sub(1);
        }
        for ender in &mut state.enders {
            let counts = match ender.stage {
                Stage::Waiting | Stage::Answered => true,
                Stage::Locked | Stage::Committed => self.lacks(Rule::WaitFromCommit),
                Stage::Open | Stage::Looked | Stage::Unknown => false,
            };
            if counts {
                ender.age = (ender.age + 1).min(self.wait());
            }
        }
    }

    /// Commands that don't end the pass are like each other: a state is the same whichever of them is
    /// where.
    fn sort_commands(&self, state: &mut State) {
        let alike =
            |k: &usize| *k != self.victim && Some(*k) != self.repeat && self.enders[*k].is_none();
        let alike: Vec<usize> = (0..self.enders.len()).filter(alike).collect();
        if let [first, second] = alike[..]
            && state.enders[first] > state.enders[second]
        {
            state.enders.swap(first, second);
            state.standby.swap(first, second);
        }
    }

    /// Which nodes' clocks may miss a tick together.
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
        for k in 0..self.enders.len() {
            self.ender_actions(state, k, actions);
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
            | Action::Beat(n)
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
            | Action::FindEnded(k)
            | Action::Watch(k)
            | Action::Commit(k)
            | Action::CommitUnheard(k)
            | Action::Clear(k)
            | Action::Answer(k)
            | Action::GiveUp(k, _) => self.ender_step(&mut state, k, action),
        }
        self.sort_commands(&mut state);
        (state != *before).then_some(state)
    }

    fn properties(&self) -> Vec<Property<Self>> {
        vec![
            Property::always(Self::SAFE, Self::is_safe),
            Property::always(Self::LIVE, Self::gets_answered),
            Property::sometimes(Self::WORTHWHILE, |protocol: &Self, state: &State| {
                (0..protocol.nodes).any(|n| protocol.lets_in(state, n))
            }),
            Property::sometimes(Self::QUICK, |protocol: &Self, state: &State| {
                let ender = &state.enders[protocol.victim];
                let told = |n: usize| ender.seen[n].same_row && state.nodes[n].trust.left > 0;
                protocol.answered(state) && ender.age == 0 && (0..protocol.nodes).any(told)
            }),
            Property::sometimes(Self::PATIENT, |protocol: &Self, state: &State| {
                protocol.answered(state) && state.nodes.iter().any(|node| node.keeps)
            }),
            Property::sometimes(Self::SURVIVES, |protocol: &Self, state: &State| {
                let is_ended = protocol.answered(state);
                let took_over = matches!(state.standby, Standby::TookOver { .. });
                took_over && is_ended && state.nodes.iter().any(|node| node.lost)
            }),
            Property::sometimes(Self::EXPIRED, |protocol: &Self, state: &State| {
                let begun = state.enders[protocol.victim].stage == Stage::Locked;
                let lets_in = (0..protocol.nodes).any(|n| protocol.lets_in(state, n));
                begun && lets_in && protocol.is_over_for(state, protocol.victim)
            }),
            Property::sometimes(Self::GIVEN_UP, |protocol: &Self, state: &State| {
                let quick = |ender: &Ender| ender.stage == Stage::Answered && ender.age == 0;
                let keeps = |node: &Node| node.keeps && node.round == Round::Idle;
                protocol.answered(state)
                    && quick(&state.enders[protocol.victim])
                    && state.nodes.iter().any(keeps)
            }),
        ]
    }
}

/// The names of the properties: the first two hold in every state, the others in some, else the first
/// two would say little.
impl Protocol {
    /// The promise.
    pub const SAFE: &'static str = "no request that begins after the answer passes by memory";
    /// That it is kept within a bounded time.
    pub const LIVE: &'static str = "an ending is answered a lease after its commit at the latest";
    /// The memory is good for something.
    pub const WORTHWHILE: &'static str = "a request passes by memory";
    /// Nobody waits for a lease where all nodes do their part.
    pub const QUICK: &'static str = "an ending is answered at once, a node having applied it";
    /// A lease is waited for where a node doesn't.
    pub const PATIENT: &'static str = "an ending is answered while a node has not heard of it";
    /// An ending is answered after a failover that lost notices, whatever nodes had applied of them.
    pub const SURVIVES: &'static str =
        "an ending is answered while a node is at a notice that was lost";
    /// Wall clocks disagree about whether there is anything to end.
    pub const EXPIRED: &'static str = "a node lets in what is over by the clock of its ending";
    /// Only the first ending waits for a node that is frozen.
    pub const GIVEN_UP: &'static str = "an ending is answered at once, for its node was given up";
}
