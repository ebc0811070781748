//! A rate limit in memory: so much a minute for each key.

use std::{
    collections::HashMap,
    hash::Hash,
    sync::{Mutex, PoisonError},
    time::Duration,
};

use super::clock::Timestamp;

const MINUTE: Duration = Duration::from_secs(60);

/// Counts by key, in windows of a minute. It is as large as the keys of one minute.
pub struct PerMinute<K> {
    max: u32,
    window: Mutex<Window<K>>,
}

struct Window<K> {
    began: Timestamp,
    counts: HashMap<K, u32>,
}

impl<K: Eq + Hash> PerMinute<K> {
    /// A limit of `max` a minute for each key.
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

    /// Counts one more of `key`.
    ///
    /// # Errors
    /// How long the window lasts if `key` has had its share of it.
    pub fn count(&self, now: Timestamp, key: K) -> Result<(), Duration> {
        let mut window = self.window.lock().unwrap_or_else(PoisonError::into_inner);
        // A clock that was set back begins a window, too: nothing is refused for longer than one.
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
    fn key_has_its_share_of_each_minute_whatever_others_use() {
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
