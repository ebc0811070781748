//! What the protocol asks for, rule by rule.

/// A rule that a [`Protocol`](crate::Protocol) can be without. `tests/each_rule_is_needed.rs` has what
/// happens then.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Rule {
    // Keeping an entry and believing it
    /// The generation is read before the row, not after.
    GenerationBeforeRow,
    /// An entry goes in only while the generation is the one from before its row was read.
    GenerationAtKeeping,
    /// Removing entries makes a new generation.
    GenerationAtClearing,
    /// How long the memory is trusted is read no later than the entry.
    TrustReadWithEntry,
    /// The clock that the trust is compared with is read after the request began.
    ClockOfTheRequest,

    // A node's round
    /// The lease of a round counts from before its beat.
    StartBeforeBeat,
    /// Trust is extended only by a round that beat.
    BeatForTrust,
    /// Trust is extended only after the log was read and applied.
    LogBeforeTrust,
    /// The memory is cleared before `applied` is written.
    ClearBeforeApplied,
    /// A log that doesn't reach back far enough clears everything.
    GapClearsAll,
    /// Whoever finds its row gone joins again.
    JoinWhenGivenUp,

    // A failover
    /// A node compares the identity of the notice at its `applied` with the one that it read.
    SameLog,
    /// On a new connection a node reads the log before it writes.
    LogOnNewConnection,
    /// Beats and `applied` are written only on the server on which the node joined.
    SameServer,
    /// A node that finds itself on another server stops trusting its memory before it joins there.
    DistrustOnNewServer,
    /// An ending waits a whole lease while leases from before a failover may last.
    WholeLeaseOnNewServer,

    // A node's joining and leaving
    /// The position is read and the row inserted under the lock of the positions.
    JoinUnderLock,
    /// The lease of a join counts from before its transaction.
    StartBeforeJoin,
    /// Joining forgets everything that is in memory.
    ClearAtJoin,
    /// Joining makes a new generation.
    GenerationAtJoin,
    /// Each join takes an id that was never used.
    FreshId,
    /// A node that leaves stops trusting its memory before its row goes.
    DistrustBeforeLeaving,

    // Wall clocks
    /// That something has ended is not kept as a time, and is compared with no clock.
    EndingIsNoTime,
    /// An ending also ends what is over by the clock of its own process.
    ExpiredEndsToo,

    // An ending
    /// A position is taken under a lock that is held to the commit, so positions commit in order.
    PositionsInOrder,
    /// The nodes are read while that lock is held.
    NodesUnderLock,
    /// The process that ends clears its own memory before it answers.
    ClearBeforeAnswer,
    /// The other nodes are waited for.
    WaitForOthers,
    /// None is waited for longer than a lease.
    WaitNoLonger,
    /// The wait of a lease counts from after the commit.
    WaitFromCommit,
    /// The wait is longer than a lease by what clocks may differ in one.
    Margin,
    /// A node that was waited for in vain is given up only at the beat that was read.
    GiveUpAtSameBeat,
    /// Whoever answers that it has ended already waits as the one who ended it does.
    RepeatWaitsToo,
}

impl Rule {
    /// All of them.
    pub const ALL: [Self; 33] = [
        Self::GenerationBeforeRow,
        Self::GenerationAtKeeping,
        Self::GenerationAtClearing,
        Self::TrustReadWithEntry,
        Self::ClockOfTheRequest,
        Self::StartBeforeBeat,
        Self::BeatForTrust,
        Self::LogBeforeTrust,
        Self::ClearBeforeApplied,
        Self::GapClearsAll,
        Self::JoinWhenGivenUp,
        Self::SameLog,
        Self::LogOnNewConnection,
        Self::SameServer,
        Self::DistrustOnNewServer,
        Self::WholeLeaseOnNewServer,
        Self::JoinUnderLock,
        Self::StartBeforeJoin,
        Self::ClearAtJoin,
        Self::GenerationAtJoin,
        Self::FreshId,
        Self::DistrustBeforeLeaving,
        Self::EndingIsNoTime,
        Self::ExpiredEndsToo,
        Self::PositionsInOrder,
        Self::NodesUnderLock,
        Self::ClearBeforeAnswer,
        Self::WaitForOthers,
        Self::WaitNoLonger,
        Self::WaitFromCommit,
        Self::Margin,
        Self::GiveUpAtSameBeat,
        Self::RepeatWaitsToo,
    ];
}
