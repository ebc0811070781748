//! Numbers and lengths of time as a sentence has them.

use std::time::Duration;

use crate::util::clock::Timestamp;

const MINUTE: u64 = 60;
const HOUR: u64 = 60 * MINUTE;
const DAY: u64 = 24 * HOUR;

/// `1 session`, `2 sessions`, `no sessions`.
#[must_use]
pub fn count(number: usize, one: &str) -> String {
    match number {
        0 => format!("no {one}s"),
        1 => format!("1 {one}"),
        n => format!("{n} {one}s"),
    }
}

/// How long ago `then` was, as a person would say it: `less than a minute ago`, `3 days ago`.
#[must_use]
pub fn ago(now: Timestamp, then: Timestamp) -> String {
    if now.saturating_duration_since(then).as_secs() < MINUTE {
        return "less than a minute ago".to_owned();
    }
    format!("{} ago", length(now.saturating_duration_since(then)))
}

/// How far off `then` is: `in 3 days`, `in less than a minute`.
///
/// To the nearest minute, before it is cut to its largest unit: what was just made to last 90 days
/// is not said to end in 89.
#[must_use]
pub fn until(now: Timestamp, then: Timestamp) -> String {
    if then.saturating_duration_since(now).as_secs() < MINUTE {
        return "in less than a minute".to_owned();
    }
    let half = Duration::from_secs(MINUTE / 2);
    format!(
        "in {}",
        length(then.saturating_duration_since(now).saturating_add(half))
    )
}

/// A length of time in its largest whole unit: `90 days`, `2 hours`, `15 minutes`, `10 seconds`.
#[must_use]
pub fn length(duration: Duration) -> String {
    let seconds = duration.as_secs();
    let (number, unit) = match seconds {
        s if s >= DAY => (s / DAY, "day"),
        s if s >= HOUR => (s / HOUR, "hour"),
        s if s >= MINUTE => (s / MINUTE, "minute"),
        s => (s, "second"),
    };
    count(usize::try_from(number).unwrap_or(usize::MAX), unit)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_told_in_their_largest_unit() {
        let now = Timestamp::from_micros(0).saturating_add(Duration::from_secs(10 * DAY));
        for (seconds, expected) in [
            (0, "less than a minute ago"),
            (59, "less than a minute ago"),
            (60, "1 minute ago"),
            (2 * HOUR + 59 * MINUTE, "2 hours ago"),
            (3 * DAY, "3 days ago"),
        ] {
            assert_eq!(
                ago(now, now.saturating_sub(Duration::from_secs(seconds))),
                expected
            );
        }
        for (seconds, expected) in [
            (MINUTE - 1, "in less than a minute"),
            (MINUTE, "in 1 minute"),
            (DAY, "in 1 day"),
            (90 * DAY - 1, "in 90 days"),
            (90 * DAY - MINUTE, "in 89 days"),
            (2 * HOUR - 1, "in 2 hours"),
        ] {
            assert_eq!(
                until(now, now.saturating_add(Duration::from_secs(seconds))),
                expected
            );
        }
    }
}
