//! The rules of the protocol.

/// A rule that a [`Protocol`](crate::Protocol) can leave out. `tests/each_rule_is_needed.rs` has
/// the consequences.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Rule {
    // Inserting a cache entry and using it
    /// The generation is read before the row, not after.
    GenerationBeforeRow,
    /// An entry is inserted only if the generation is still the one from before its row was read.
    GenerationAtKeeping,
    /// A removal of entries makes a new generation.
    GenerationAtClearing,
    /// The end of the lease is read no later than the entry.
    TrustReadWithEntry,
    /// The clock that is compared with the lease is read after the request began.
    ClockOfTheRequest,

    // The round of a node
    /// The lease of a round counts from before its heartbeat.
    StartBeforeHeartbeat,
    /// The lease is extended only by a round with a heartbeat.
    HeartbeatForTrust,
    /// The lease is extended only after the log was read and applied.
    LogBeforeTrust,
    /// The entries are removed before `applied` is written.
    ClearBeforeApplied,
    /// A log that does not reach back far enough clears the cache.
    GapClearsAll,
    /// A node without a row joins again.
    JoinWhenEvicted,

    // A failover
    /// A node compares the identity of the invalidation at its `applied` with the one that it read.
    SameLog,
    /// On a new connection a node reads the log before it writes.
    LogOnNewConnection,
    /// Heartbeats and `applied` are written only on the server on which the node joined.
    SameServer,
    /// A node that finds itself on another server stops using its cache before it joins there.
    DistrustOnNewServer,
    /// A revocation waits a whole lease while leases from before a failover may last.
    WholeLeaseOnNewServer,

    // Joining and leaving
    /// The position is read and the row inserted under the lock of the positions.
    JoinUnderLock,
    /// The lease of a join counts from before its transaction.
    StartBeforeJoin,
    /// A join clears the cache.
    ClearAtJoin,
    /// A join makes a new generation.
    GenerationAtJoin,
    /// Each join takes an ID that was never used.
    FreshId,
    /// A node that leaves stops using its cache before it deletes its row.
    DistrustBeforeLeaving,

    // Wall clocks
    /// A revocation is not stored as a time and is compared with no clock.
    RevocationIsNoTime,
    /// A revocation also revokes credentials that have expired by its own clock.
    RevokeExpiredToo,

    // A revocation
    /// A position is taken under a lock that is held until the commit, so that positions commit in
    /// order.
    PositionsInOrder,
    /// The nodes are read while that lock is held.
    NodesUnderLock,
    /// The process that revokes clears its own cache before it answers.
    ClearBeforeAnswer,
    /// The revocation waits for the other nodes.
    WaitForOthers,
    /// It waits for no node longer than a lease.
    WaitNoLonger,
    /// The wait of a lease counts from after the commit.
    WaitFromCommit,
    /// The wait is longer than a lease by the possible difference of clocks within one.
    Margin,
    /// A node that was waited for in vain is evicted only if its heartbeat is the one that was
    /// read.
    EvictAtSameHeartbeat,
    /// A revocation that finds the credential already revoked waits like the first one.
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
        Self::StartBeforeHeartbeat,
        Self::HeartbeatForTrust,
        Self::LogBeforeTrust,
        Self::ClearBeforeApplied,
        Self::GapClearsAll,
        Self::JoinWhenEvicted,
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
        Self::RevocationIsNoTime,
        Self::RevokeExpiredToo,
        Self::PositionsInOrder,
        Self::NodesUnderLock,
        Self::ClearBeforeAnswer,
        Self::WaitForOthers,
        Self::WaitNoLonger,
        Self::WaitFromCommit,
        Self::Margin,
        Self::EvictAtSameHeartbeat,
        Self::RepeatWaitsToo,
    ];
}
