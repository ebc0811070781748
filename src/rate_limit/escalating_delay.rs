//! How long somebody who keeps guessing has to wait: a count that leaks, and delays that grow with it.
//!
//! It is the "generic cell rate algorithm" (ITU-T I.371, annex A) with delays: what is kept is not a
//! count but the moment at which the count will be zero, so that forgetting needs neither a timer nor
//! arithmetic with fractions. Pure: the caller says what time it is, and keeps the [`AttemptCounter`].

use std::time::Duration;

use crate::util::clock::Timestamp;

/// What each further failure costs, once those that are free are used up. The last one is the longest
/// that anybody ever waits: whoever owns what is guessed at gets in after it.
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

/// How patient to be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct LimitPolicy {
    /// How many failures cost nothing.
    pub free: u32,
    /// How long it takes until one failure is forgotten.
    pub forgets_one_in: Duration,
}

impl LimitPolicy {
    /// The highest count there is: more would change no delay.
    #[must_use]
    pub const fn max_count(&self) -> u32 {
        self.free.saturating_add(DELAYS.len() as u32)
    }

    /// How long a tally can be of any account after the last attempt.
    #[must_use]
    pub const fn retention(&self) -> Duration {
        self.forgets_one_in.saturating_mul(self.max_count())
    }

    fn delay_after(&self, failures: u32) -> Duration {
        let beyond = failures.saturating_sub(self.free);
        match usize::try_from(beyond).unwrap_or(usize::MAX) {
            0 => Duration::ZERO,
            beyond => DELAYS.get(beyond - 1).copied().unwrap_or(MAX_DELAY),
        }
    }
}

/// What is remembered of somebody's attempts.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct AttemptCounter {
    /// When all will be forgotten.
    pub clear_at: Timestamp,
    /// Until when nothing is tried.
    pub blocked_until: Timestamp,
}

impl AttemptCounter {
    /// How many failures count at `now`.
    ///
    /// A clock that was set back makes the past look like the future. What no attempts could have led
    /// to is taken for nothing, so that no jump of a clock blocks anybody for longer than a delay.
    #[must_use]
    pub fn failures(&self, now: Timestamp, patience: LimitPolicy) -> u32 {
        let left = self.clear_at.saturating_duration_since(now);
        if left > patience.retention() {
            return 0;
        }
        let every = patience.forgets_one_in.as_micros().max(1);
        u32::try_from(left.as_micros().div_ceil(every)).unwrap_or(u32::MAX)
    }

    /// How long there is still to wait at `now`, rounded up to whole seconds, as callers are told it.
    #[must_use]
    pub fn wait(&self, now: Timestamp) -> Option<Duration> {
        let left = self.blocked_until.saturating_duration_since(now);
        if left.is_zero() || left > MAX_DELAY {
            return None;
        }
        Some(Duration::from_secs(
            left.as_secs() + u64::from(left.subsec_nanos() > 0),
        ))
    }

    /// With one more attempt, which counts as failed until it is taken back.
    #[must_use]
    pub fn record_attempt(&self, now: Timestamp, patience: LimitPolicy) -> Self {
        let before = if self.failures(now, patience) == 0 {
            now
        } else {
            self.clear_at
        };
        let fullest = now.saturating_add(patience.retention());
        let next = Self {
            clear_at: before.saturating_add(patience.forgets_one_in).min(fullest),
            ..*self
        };
        let delay = patience.delay_after(next.failures(now, patience));
        if delay.is_zero() {
            // Not `now`: whoever tries at the same time may have read the clock a moment before.
            return next;
        }
        Self {
            blocked_until: now.saturating_add(delay),
            ..next
        }
    }

    /// With one attempt taken back, because it succeeded: it neither counts nor costs a delay. What
    /// failed before it still counts.
    #[must_use]
    pub fn undo_attempt(&self, patience: LimitPolicy) -> Self {
        Self {
            clear_at: self.clear_at.saturating_sub(patience.forgets_one_in),
            blocked_until: Timestamp::default(),
        }
    }

    /// Whether it may be forgotten: it says nothing any more, or nothing that can be.
    #[must_use]
    pub fn is_expired(&self, now: Timestamp, patience: LimitPolicy) -> bool {
        self.failures(now, patience) == 0
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const SECOND: Duration = Duration::from_secs(1);

    #[test]
    fn an_attempt_that_costs_no_delay_blocks_nobody_who_read_the_clock_a_moment_before() {
        let now = Timestamp::from_micros(1_795_370_700_000_000);
        let before = now.saturating_sub(Duration::from_micros(1));
        let counted = AttemptCounter::default().record_attempt(now, PATIENCE);
        assert_eq!(counted.wait(before), None);
        assert_eq!(counted.undo_attempt(PATIENCE).wait(before), None);
    }
    const PATIENCE: LimitPolicy = LimitPolicy {
        free: 5,
        forgets_one_in: Duration::from_secs(900),
    };

    fn start() -> Timestamp {
        Timestamp::from_micros(1_795_370_700_000_000)
    }

    /// Whoever tries again as soon as they may, so many times; what they waited each time.
    fn waits(attempts: usize) -> Vec<u64> {
        let (mut now, mut tally) = (start(), AttemptCounter::default());
        let mut waits = Vec::new();
        for _ in 0..attempts {
            tally = tally.record_attempt(now, PATIENCE);
            let wait = tally.wait(now).unwrap_or_default();
            waits.push(wait.as_secs());
            now = now.saturating_add(wait);
        }
        waits
    }

    #[test]
    fn some_failures_are_free_and_each_further_one_costs_more_up_to_the_longest_delay() {
        assert_eq!(
            waits(16),
            [0, 0, 0, 0, 0, 1, 3, 5, 10, 30, 60, 120, 300, 300, 300, 300]
        );
    }

    #[test]
    fn failures_are_forgotten_one_by_one() {
        let mut tally = AttemptCounter::default();
        for _ in 0..4 {
            tally = tally.record_attempt(start(), PATIENCE);
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
            assert_eq!(tally.failures(now, PATIENCE), failures, "{later}");
        }
    }

    #[test]
    fn what_succeeds_leaves_no_trace_but_forgives_nothing_before_it() {
        let mut tally = AttemptCounter::default();
        for _ in 0..7 {
            tally = tally.record_attempt(start(), PATIENCE);
        }
        let now = start().saturating_add(3 * SECOND);
        let after = tally.record_attempt(now, PATIENCE);
        let after = after.undo_attempt(PATIENCE);
        assert_eq!(after.wait(now), None);
        assert_eq!(after.failures(now, PATIENCE), 7);
        assert_eq!(
            after.record_attempt(now, PATIENCE).wait(now),
            Some(5 * SECOND)
        );
    }

    proptest! {
        /// Whatever was done and however the clock jumped, nobody waits longer than the longest
        /// delay, and after it they may try.
        #[test]
        fn nobody_is_blocked_for_longer_than_the_longest_delay(
            steps in proptest::collection::vec((any::<bool>(), -100_000_000i64..100_000_000), 0..200),
        ) {
            let (mut now, mut tally) = (start(), AttemptCounter::default());
            for (succeeded, seconds) in steps {
                now = Timestamp::from_micros(now.micros() + seconds * 1_000_000);
                if tally.wait(now).is_none() {
                    tally = tally.record_attempt(now, PATIENCE);
                    if succeeded {
                        tally = tally.undo_attempt(PATIENCE);
                    }
                }
                let wait = tally.wait(now).unwrap_or_default();
                prop_assert!(wait <= MAX_DELAY);
                prop_assert_eq!(tally.wait(now.saturating_add(wait)), None);
                prop_assert!(tally.failures(now, PATIENCE) <= PATIENCE.max_count());
            }
        }

        /// However attempts are spread, no more get through in a time than the free ones, the delays
        /// that fit into it, and what is forgotten meanwhile.
        #[test]
        fn no_rhythm_gets_more_guesses(
            gaps in proptest::collection::vec(0u64..600, 1..400),
        ) {
            let (mut now, mut tally) = (start(), AttemptCounter::default());
            let mut through = 0u64;
            for gap in gaps {
                now = now.saturating_add(Duration::from_secs(gap));
                if tally.wait(now).is_none() {
                    tally = tally.record_attempt(now, PATIENCE);
                    through += 1;
                }
            }
            let seconds = now.saturating_duration_since(start()).as_secs();
            let most = u64::from(PATIENCE.max_count()) + seconds / 300 + seconds / 900 + 1;
            prop_assert!(through <= most, "{through} of {most} in {seconds} s");
        }
    }
}
