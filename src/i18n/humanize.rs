//! Lengths of time, and times relative to the present.

use std::time::Duration;

use super::{
    Language,
    catalog::{self, text},
};
use crate::{types::message::time, util::clock::Timestamp};

const MINUTE: Duration = Duration::from_secs(60);

/// Returns how long ago `then` was: `less than a minute ago`, `3 days ago`.
#[must_use]
pub fn ago(language: &Language, now: Timestamp, then: Timestamp) -> String {
    let length = now.saturating_duration_since(then);
    let message = if length < MINUTE {
        time::moments_ago()
    } else {
        time::ago(length)
    };
    text(language, &message)
}

/// Returns how far in the future `then` is: `in 3 days`, `in less than a minute`.
///
/// The length is rounded to the nearest minute before it is cut to its largest unit. A token that
/// was created with a life of 90 days would otherwise be shown to expire in 89.
#[must_use]
pub fn until(language: &Language, now: Timestamp, then: Timestamp) -> String {
    let length = then.saturating_duration_since(now);
    let message = if length < MINUTE {
        time::in_a_moment()
    } else {
        time::until(length.saturating_add(MINUTE / 2))
    };
    text(language, &message)
}

/// Returns a length of time in its largest whole unit: `90 days`, `2 hours`, `10 seconds`.
#[must_use]
pub fn length(language: &Language, length: Duration) -> String {
    let (id, count) = catalog::length_parts(length);
    catalog::format(language, id, &catalog::count_arg(count))
}

#[cfg(test)]
mod tests {
    use super::*;

    const HOUR: u64 = 3600;
    const DAY: u64 = 24 * HOUR;

    #[test]
    fn times_are_written_in_their_largest_unit() {
        let now = Timestamp::from_micros(0).saturating_add(Duration::from_secs(10 * DAY));
        for (seconds, expected) in [
            (0, "less than a minute ago"),
            (59, "less than a minute ago"),
            (60, "1 minute ago"),
            (2 * HOUR + 59 * 60, "2 hours ago"),
            (3 * DAY, "3 days ago"),
        ] {
            let then = now.saturating_sub(Duration::from_secs(seconds));
            assert_eq!(ago(Language::english(), now, then), expected);
        }
        for (seconds, expected) in [
            (59, "in less than a minute"),
            (60, "in 1 minute"),
            (DAY, "in 1 day"),
            (90 * DAY - 1, "in 90 days"),
            (90 * DAY - 60, "in 89 days"),
            (2 * HOUR - 1, "in 2 hours"),
        ] {
            let then = now.saturating_add(Duration::from_secs(seconds));
            assert_eq!(until(Language::english(), now, then), expected);
        }
    }
}
