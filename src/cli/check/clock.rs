//! Checks the machine's clock, which decides about every expiry.

use std::time::Duration;

use super::Findings;
use crate::{cli::text, util::clock::Timestamp};

const CLOCK: &str = "clock";

/// A correct clock shows a later time. 2026-11-01, when this was written.
const EARLIEST: Timestamp = Timestamp::from_micros(1_793_491_200_000_000);
/// The largest accepted difference between two clocks.
const MAX_CLOCK_SKEW: Duration = Duration::from_secs(5);

/// The times of several clocks.
#[derive(Clone, Copy)]
pub(super) struct Times {
    before: Timestamp,
    /// The time of the database server.
    pub(super) database: Option<Timestamp>,
    /// The time when its answer arrived.
    pub(super) after: Timestamp,
    /// The time of the newest entry in the audit log.
    pub(super) newest: Option<Timestamp>,
}

impl Times {
    pub(super) const fn at(now: Timestamp) -> Self {
        Self {
            before: now,
            database: None,
            after: now,
            newest: None,
        }
    }
}

pub(super) fn check(times: Times, findings: &mut Findings) {
    let now = times.after;
    let count_before = findings.0.len();
    if now < EARLIEST {
        findings.fail(
            CLOCK,
            format!(
                "it shows {}, which is long ago: correct it",
                now.format_minute()
            ),
        );
    }
    if let Some(newest) = times
        .newest
        .filter(|newest| now.saturating_add(MAX_CLOCK_SKEW) < *newest)
    {
        findings.fail(
            CLOCK,
            format!(
                "it shows {}, but the newest event is of {}: correct it",
                now.format_minute(),
                newest.format_minute()
            ),
        );
    }
    if let Some(database) = times.database {
        let (behind, ahead) = (
            times.before.saturating_duration_since(database),
            database.saturating_duration_since(now),
        );
        if behind.max(ahead) > MAX_CLOCK_SKEW {
            let side = if behind > ahead { "behind" } else { "ahead" };
            findings.warn(
                CLOCK,
                format!(
                    "the clock of the database is {} {side}: synchronize both machines with a \
                     time server",
                    text::length(behind.max(ahead))
                ),
            );
        }
    }
    if findings.0.len() == count_before {
        findings.ok(CLOCK, format!("it shows {}", now.format_minute()));
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cli::check::State;

    fn found(times: Times) -> (State, String) {
        let mut findings = Findings::default();
        check(times, &mut findings);
        assert_eq!(findings.0.len(), 1);
        let found = findings.0.remove(0);
        (found.state, found.detail)
    }

    #[test]
    fn clock_is_compared_with_events_and_the_database() {
        let now = Timestamp::parse("2026-11-22T18:05:00Z").unwrap();
        let near = now.saturating_add(MAX_CLOCK_SKEW);
        let times = |now| Times::at(now);
        let correct = Times {
            newest: Some(near),
            database: Some(near),
            ..times(now)
        };
        assert_eq!(
            found(correct),
            (State::Ok, "it shows 2026-11-22 18:05 UTC".to_owned())
        );

        let (state, detail) = found(times(Timestamp::default()));
        assert_eq!(state, State::Fail);
        assert!(detail.contains("1970-01-01 00:00 UTC"), "{detail}");

        let late = near.saturating_add(Duration::from_secs(60));
        let set_back = Times {
            newest: Some(late),
            ..times(now)
        };
        let (state, detail) = found(set_back);
        assert_eq!(state, State::Fail);
        assert!(detail.contains("event is of 2026-11-22 18:06"), "{detail}");

        for (database, word) in [
            (late, "1 minute ahead"),
            (now.saturating_sub(2 * MAX_CLOCK_SKEW), "10 seconds behind"),
        ] {
            let skewed = Times {
                database: Some(database),
                ..times(now)
            };
            let (state, detail) = found(skewed);
            assert_eq!(state, State::Warn);
            assert!(detail.contains(word), "{detail}");
        }
    }
}
