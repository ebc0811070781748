//! A rate limit in memory: a number of events a minute for each key.

use std::{
    collections::HashMap,
    hash::Hash,
    sync::{Mutex, PoisonError},
    time::Duration,
};

use super::clock::Timestamp;

const MINUTE: Duration = Duration::from_secs(60);

/// Counts events by key in windows of one minute. Its size is bounded by the keys of one minute.
pub struct PerMinute<K> {
    max: u32,
    window: Mutex<Window<K>>,
}

struct Window<K> {
    began: Timestamp,
    counts: HashMap<K, u32>,
}

impl<K: Eq + Hash> PerMinute<K> {
    /// Creates a limit of `max` events a minute for each key.
    #[must_use]
    pub fn new(max: u32) -> Self {
        let window = Window {
            began: Timestamp::default(),
            counts: HashMap::new(),
        };
        Self {
            max,
            window: Mutex::new(window),
        }
    }

    /// Counts an event of `key`.
    ///
    /// # Errors
    /// Returns the rest of the window if `key` has reached the limit.
    pub fn count(&self, now: Timestamp, key: K) -> Result<(), Duration> {
        let mut window = self.window.lock().unwrap_or_else(PoisonError::into_inner);
        // A clock that was set back also begins a window. No event is refused for longer than one
        // window.
        if now < window.began || now.saturating_duration_since(window.began) >= MINUTE {
            *window = Window {
                began: now,
                counts: HashMap::new(),
            };
        }
        let wait = window
            .began
            .saturating_add(MINUTE)
            .saturating_duration_since(now);
        let count = window.counts.entry(key).or_default();
        if *count >= self.max {
            return Err(wait);
        }
        *count += 1;
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOON: Timestamp = Timestamp::from_micros(1_795_348_800_000_000);

    #[test]
    fn limit_of_a_key_is_independent_of_other_keys() {
        let limit = PerMinute::new(2);
        let later = NOON.saturating_add(Duration::from_secs(20));
        assert_eq!(limit.count(NOON, 'a'), Ok(()));
        assert_eq!(limit.count(later, 'a'), Ok(()));
        assert_eq!(limit.count(later, 'a'), Err(Duration::from_secs(40)));
        assert_eq!(limit.count(later, 'b'), Ok(()));
        assert_eq!(limit.count(NOON.saturating_add(MINUTE), 'a'), Ok(()));
        assert_eq!(
            limit.count(NOON.saturating_sub(MINUTE), 'a'),
            Ok(()),
            "clock set back"
        );
    }
}
