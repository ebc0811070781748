//! The distribution of many times.

use std::time::Duration;

/// Times of the same operation.
#[derive(Default)]
pub struct Latencies(Vec<Duration>);

impl Latencies {
    pub fn add(&mut self, took: Duration) {
        self.0.push(took);
    }

    pub fn append(&mut self, mut others: Self) {
        self.0.append(&mut others.0);
    }

    pub fn count(&self) -> f64 {
        self.0.len() as f64
    }

    /// A percentile, in milliseconds.
    pub fn percentile(&mut self, percent: usize) -> f64 {
        self.0.sort_unstable();
        let place = (self.0.len() * percent / 100).min(self.0.len().saturating_sub(1));
        self.0
            .get(place)
            .map_or(0.0, |took| took.as_secs_f64() * 1000.0)
    }
}
