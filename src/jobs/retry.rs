//! The times of the attempts after a failure.

use std::time::Duration;

use crate::util::clock::Timestamp;

const MINUTE: Duration = Duration::from_secs(60);
const HOUR: Duration = Duration::from_secs(3600);

/// The delays after the first failure, the second and so on. A mail server that greylists accepts
/// after a few minutes, and an operator repairs a server within hours.
const DELAYS: [Duration; 5] = [
    MINUTE,
    MINUTE.saturating_mul(5),
    MINUTE.saturating_mul(30),
    HOUR.saturating_mul(2),
    HOUR.saturating_mul(6),
];

/// Returns the time of the next attempt after `attempts` failed ones. `None`: there is none.
pub(super) fn next_attempt(now: Timestamp, attempts: i64) -> Option<Timestamp> {
    let failures = usize::try_from(attempts).ok()?.checked_sub(1)?;
    DELAYS.get(failures).map(|delay| now.saturating_add(*delay))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn delays_grow_and_end() {
        let now = Timestamp::from_micros(0);
        let minutes: Vec<Option<u64>> = (0..8)
            .map(|attempts| {
                let next = next_attempt(now, attempts)?;
                Some(next.saturating_duration_since(now).as_secs() / 60)
            })
            .collect();
        let expected = [
            None,
            Some(1),
            Some(5),
            Some(30),
            Some(120),
            Some(360),
            None,
            None,
        ];
        assert_eq!(minutes, expected);
    }
}
