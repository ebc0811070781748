//! A rate limit with an escalating delay: a leaky counter of failures, and delays that grow with
//! it.
//!
//! The counter is the "generic cell rate algorithm" (ITU-T I.371, annex A) with delays. It stores
//! the time at which the count will be zero instead of the count. So the decay needs neither a
//! timer nor arithmetic with fractions. The functions are pure: the caller passes the time and
//! stores the [`AttemptCounter`].

use std::time::Duration;

use crate::util::clock::Timestamp;

/// The delays after each failure beyond the free ones. The last one is the longest delay of all, so
/// that the owner of an account gets in after it.
const DELAYS: [Duration; 8] = [
    Duration::from_secs(1),
    Duration::from_secs(3),
    Duration::from_secs(5),
    Duration::from_secs(10),
    Duration::from_secs(30),
    Duration::from_secs(60),
    Duration::from_secs(120),
    MAX_DELAY,
];

/// The longest delay.
pub const MAX_DELAY: Duration = Duration::from_secs(300);

/// The parameters of a rate limit.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct LimitPolicy {
    /// The number of failures without a delay.
    pub free: u32,
    /// The time after which one failure no longer counts.
    pub decay_interval: Duration,
}

impl LimitPolicy {
    /// Returns the highest count. A higher count would not change the delay.
    const fn max_count(&self) -> u32 {
        self.free.saturating_add(DELAYS.len() as u32)
    }

    /// Returns how long after the last attempt a counter can have an effect.
    #[must_use]
    pub const fn retention(&self) -> Duration {
        self.decay_interval.saturating_mul(self.max_count())
    }

    fn delay_after(&self, failures: u32) -> Duration {
        let beyond = failures.saturating_sub(self.free);
        match usize::try_from(beyond).unwrap_or(usize::MAX) {
            0 => Duration::ZERO,
            beyond => DELAYS.get(beyond - 1).copied().unwrap_or(MAX_DELAY),
        }
    }
}

/// The stored state of a counter.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct AttemptCounter {
    /// The time at which the count is zero.
    pub clear_at: Timestamp,
    /// The time before which attempts are rejected.
    pub blocked_until: Timestamp,
}

impl AttemptCounter {
    /// Returns the number of failures that count at `now`.
    ///
    /// After a clock was set back, stored times can lie in the future. A state that no attempts
    /// could have caused counts as zero. So no change of a clock blocks a client for longer than
    /// the longest delay.
    fn failures(&self, now: Timestamp, policy: LimitPolicy) -> u32 {
        let remaining = self.clear_at.saturating_duration_since(now);
        if remaining > policy.retention() {
            return 0;
        }
        let interval = policy.decay_interval.as_micros().max(1);
        u32::try_from(remaining.as_micros().div_ceil(interval)).unwrap_or(u32::MAX)
    }

    /// Returns the remaining wait at `now`, rounded up to the whole seconds of `Retry-After`.
    #[must_use]
    pub fn wait(&self, now: Timestamp) -> Option<Duration> {
        let remaining = self.blocked_until.saturating_duration_since(now);
        if remaining.is_zero() || remaining > MAX_DELAY {
            return None;
        }
        Some(Duration::from_secs(
            remaining.as_secs() + u64::from(remaining.subsec_nanos() > 0),
        ))
    }

    /// Returns the counter with one more attempt. It counts as failed until [`Self::undo_attempt`].
    #[must_use]
    pub fn record_attempt(&self, now: Timestamp, policy: LimitPolicy) -> Self {
        let previous = if self.failures(now, policy) == 0 {
            now
        } else {
            self.clear_at
        };
        let latest = now.saturating_add(policy.retention());
        let next = Self {
            clear_at: previous.saturating_add(policy.decay_interval).min(latest),
            ..*self
        };
        let delay = policy.delay_after(next.failures(now, policy));
        if delay.is_zero() {
            // Not `now`, because a concurrent attempt may have read the clock a moment before.
            return next;
        }
        Self {
            blocked_until: now.saturating_add(delay),
            ..next
        }
    }

    /// Returns the counter without one attempt that succeeded: it neither counts nor causes a
    /// delay. Earlier failures still count.
    #[must_use]
    pub fn undo_attempt(&self, policy: LimitPolicy) -> Self {
        Self {
            clear_at: self.clear_at.saturating_sub(policy.decay_interval),
            blocked_until: Timestamp::default(),
        }
    }

    /// Returns whether the counter can be deleted, because it has no effect any more or holds an
    /// impossible state.
    #[must_use]
    pub fn is_expired(&self, now: Timestamp, policy: LimitPolicy) -> bool {
        self.failures(now, policy) == 0
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const SECOND: Duration = Duration::from_secs(1);

    #[test]
    fn attempt_without_delay_does_not_block_concurrent_ones() {
        let now = Timestamp::from_micros(1_795_370_700_000_000);
        let previous = now.saturating_sub(Duration::from_micros(1));
        let counted = AttemptCounter::default().record_attempt(now, POLICY);
        assert_eq!(counted.wait(previous), None);
        assert_eq!(counted.undo_attempt(POLICY).wait(previous), None);
    }
    const POLICY: LimitPolicy = LimitPolicy {
        free: 5,
        decay_interval: Duration::from_secs(900),
    };

    fn start() -> Timestamp {
        Timestamp::from_micros(1_795_370_700_000_000)
    }

    /// Returns the waits of a client that makes `attempts` attempts, each as soon as it may.
    fn waits(attempts: usize) -> Vec<u64> {
        let (mut now, mut counter) = (start(), AttemptCounter::default());
        let mut waits = Vec::new();
        for _ in 0..attempts {
            counter = counter.record_attempt(now, POLICY);
            let wait = counter.wait(now).unwrap_or_default();
            waits.push(wait.as_secs());
            now = now.saturating_add(wait);
        }
        waits
    }

    #[test]
    fn delays_start_after_the_free_failures_and_grow_to_the_longest() {
        assert_eq!(
            waits(16),
            [0, 0, 0, 0, 0, 1, 3, 5, 10, 30, 60, 120, 300, 300, 300, 300]
        );
    }

    #[test]
    fn failures_expire_one_by_one() {
        let mut counter = AttemptCounter::default();
        for _ in 0..4 {
            counter = counter.record_attempt(start(), POLICY);
        }
        for (later, failures) in [
            (0, 4),
            (900, 3),
            (1799, 3),
            (1800, 2),
            (3600, 0),
            (99999, 0),
        ] {
            let now = start().saturating_add(later * SECOND);
            assert_eq!(counter.failures(now, POLICY), failures, "{later}");
        }
    }

    #[test]
    fn success_is_not_counted_and_keeps_earlier_failures() {
        let mut counter = AttemptCounter::default();
        for _ in 0..7 {
            counter = counter.record_attempt(start(), POLICY);
        }
        let now = start().saturating_add(3 * SECOND);
        let after = counter.record_attempt(now, POLICY);
        let after = after.undo_attempt(POLICY);
        assert_eq!(after.wait(now), None);
        assert_eq!(after.failures(now, POLICY), 7);
        assert_eq!(
            after.record_attempt(now, POLICY).wait(now),
            Some(5 * SECOND)
        );
    }

    proptest! {
        /// After any attempts and any changes of the clock, no wait is longer than the longest
        /// delay, and an attempt after it is not blocked.
        #[test]
        fn no_wait_exceeds_the_longest_delay(
            steps in proptest::collection::vec((any::<bool>(), -100_000_000i64..100_000_000), 0..200),
        ) {
            let (mut now, mut counter) = (start(), AttemptCounter::default());
            for (succeeded, seconds) in steps {
                now = Timestamp::from_micros(now.micros() + seconds * 1_000_000);
                if counter.wait(now).is_none() {
                    counter = counter.record_attempt(now, POLICY);
                    if succeeded {
                        counter = counter.undo_attempt(POLICY);
                    }
                }
                let wait = counter.wait(now).unwrap_or_default();
                prop_assert!(wait <= MAX_DELAY);
                prop_assert_eq!(counter.wait(now.saturating_add(wait)), None);
                prop_assert!(counter.failures(now, POLICY) <= POLICY.max_count());
            }
        }

        /// The number of attempts that are allowed in a period has a bound, whenever they are made.
        /// The bound is the free attempts, the delays that fit into the period, and the failures
        /// that expire meanwhile.
        #[test]
        fn no_timing_of_attempts_gets_more_guesses(
            gaps in proptest::collection::vec(0u64..600, 1..400),
        ) {
            let (mut now, mut counter) = (start(), AttemptCounter::default());
            let mut passed = 0u64;
            for gap in gaps {
                now = now.saturating_add(Duration::from_secs(gap));
                if counter.wait(now).is_none() {
                    counter = counter.record_attempt(now, POLICY);
                    passed += 1;
                }
            }
            let seconds = now.saturating_duration_since(start()).as_secs();
            let max = u64::from(POLICY.max_count()) + seconds / 300 + seconds / 900 + 1;
            prop_assert!(passed <= max, "{passed} of {max} in {seconds} s");
        }
    }
}
