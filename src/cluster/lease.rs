//! For how long a process may believe its memory without hearing from the database.
//!
//! Lengths of time only, each measured by one process with its own clock (`util::clock::uptime`): clocks
//! may be minutes apart.

use std::{
    sync::atomic::{AtomicU64, Ordering},
    time::Duration,
};

/// How long memory is believed from the moment at which the beat began that the database took. A
/// process that was killed or frozen holds up the first ending after it for so long, and one that the
/// database does not answer asks it for each check after so long.
pub(super) const LENGTH: Duration = Duration::from_secs(5);
/// How often it is renewed: two beats may be lost.
pub(super) const BEAT: Duration = Duration::from_millis(1500);
/// How long an ending waits for whoever says nothing: the lease, and a fiftieth of it for clocks that run
/// at different speeds (NTP slews by a two-thousandth at most).
pub(super) const WAITED_FOR: Duration = Duration::from_millis(5100);

/// How often a node reads the log without having heard anything: hints may be lost, and some engines give
/// none.
pub(super) const LOOK: Duration = Duration::from_millis(250);

/// Until when it is held, in nanoseconds of `uptime`; 0: it never was.
#[derive(Debug, Default)]
pub(super) struct Lease(AtomicU64);

/// Until when a lease is held, as far as was known when it was asked.
#[derive(Clone, Copy, Debug)]
pub(super) struct LeaseExpiry(u64);

impl LeaseExpiry {
    /// Whether that time is still to come.
    pub(super) fn is_after(self, now: Duration) -> bool {
        nanos(now) < self.0
    }
}

impl Lease {
    /// To be asked before memory is, and compared with the time after: with a lease that was renewed in
    /// between, something would be believed that was recalled before it was to be forgotten; with a time
    /// from before, something that was recalled after a freeze.
    pub(super) fn until(&self) -> LeaseExpiry {
        LeaseExpiry(self.0.load(Ordering::SeqCst))
    }

    /// The database took a beat that began at `began`, and what was told before that was applied since.
    pub(super) fn renew(&self, began: Duration) {
        self.0
            .store(nanos(began.saturating_add(LENGTH)), Ordering::SeqCst);
    }

    pub(super) fn give_up(&self) {
        self.0.store(0, Ordering::SeqCst);
    }
}

fn nanos(time: Duration) -> u64 {
    u64::try_from(time.as_nanos()).unwrap_or(u64::MAX)
}
