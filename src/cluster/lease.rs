//! The lease of a node: the time for which it may trust its cache without an answer of the
//! database.
//!
//! The protocol has durations only. Each node measures them with its own clock
//! (`util::clock::boot_time`), because the clocks of two nodes may be minutes apart.

use std::{
    sync::atomic::{AtomicU64, Ordering},
    time::Duration,
};

/// The length of a lease, from the start of the heartbeat that the database committed. A node that
/// was killed or frozen delays the first revocation after it for this time at most. A node that the
/// database does not answer queries it for each check after this time.
pub(super) const LENGTH: Duration = Duration::from_secs(5);
/// The interval of heartbeats. Two of them may be lost before the lease expires.
pub(super) const HEARTBEAT_INTERVAL: Duration = Duration::from_millis(1500);
/// The longest time for which a revocation waits for a silent node: the lease and 2 % of it. The
/// addition covers clocks that run at different speeds: NTP changes the speed by at most 0.05 %.
pub const LEASE_WAIT: Duration = Duration::from_millis(5100);

/// The interval at which a node reads the log of invalidations without a notification.
/// Notifications may be lost, and some engines send none.
pub(super) const POLL_WITHOUT_NOTIFICATION: Duration = Duration::from_millis(250);

/// The end of the lease in nanoseconds of `boot_time`; 0 before the first heartbeat.
#[derive(Debug, Default)]
pub(super) struct Lease(AtomicU64);

/// The end of a lease at the time of the reading.
#[derive(Clone, Copy, Debug)]
pub(super) struct LeaseExpiry(u64);

impl LeaseExpiry {
    /// Returns whether the lease is still valid at `now`.
    pub(super) fn is_after(self, now: Duration) -> bool {
        nanos(now) < self.0
    }
}

impl Lease {
    /// Returns the end of the lease. Read it before the cache, and the clock after the cache.
    /// Otherwise a lease that was renewed in between could validate an entry that was about to be
    /// invalidated. An earlier clock reading could validate an entry that was read after the
    /// process was frozen.
    pub(super) fn until(&self) -> LeaseExpiry {
        LeaseExpiry(self.0.load(Ordering::SeqCst))
    }

    /// Renews the lease after the database committed a heartbeat that began at `began`, and all
    /// earlier invalidations were applied.
    pub(super) fn renew(&self, began: Duration) {
        self.0
            .store(nanos(began.saturating_add(LENGTH)), Ordering::SeqCst);
    }

    pub(super) fn end(&self) {
        self.0.store(0, Ordering::SeqCst);
    }
}

fn nanos(time: Duration) -> u64 {
    u64::try_from(time.as_nanos()).unwrap_or(u64::MAX)
}
