//! The machine's clock, by which everything expires.

use std::time::Duration;

use super::Findings;
use crate::{i18n::humanize, util::clock::Timestamp};

const CLOCK: &str = "clock";

/// No clock that is right says less: 2026-11-01, when this was written.
const EARLIEST: Timestamp = Timestamp::from_micros(1_793_491_200_000_000);
/// How far two clocks may be apart and both be called right.
const APART: Duration = Duration::from_secs(5);

/// What several clocks say.
#[derive(Clone, Copy)]
pub(super) struct Times {
    before: Timestamp,
    /// What the database said.
    pub(super) database: Option<Timestamp>,
    /// When that was heard.
    pub(super) after: Timestamp,
    /// When the newest line of the activity log was written.
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
    let known = findings.0.len();
    if now < EARLIEST {
        findings.fail(
            CLOCK,
            format!(
                "it says {}, which is long ago: set it right",
                now.format_minute()
            ),
        );
    }
    if let Some(newest) = times
        .newest
        .filter(|newest| now.saturating_add(APART) < *newest)
    {
        findings.fail(
            CLOCK,
            format!(
                "it says {}, and something was done here on {}: set it right",
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
        if behind.max(ahead) > APART {
            let side = if behind > ahead { "behind" } else { "ahead" };
            findings.warn(
                CLOCK,
                format!(
                    "the database's is {} {side}: let both machines ask a time server",
                    humanize::length(behind.max(ahead))
                ),
            );
        }
    }
    if findings.0.len() == known {
        findings.ok(CLOCK, format!("it says {}", now.format_minute()));
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
    fn a_clock_is_right_that_nothing_speaks_against() {
        let now = Timestamp::parse("2026-11-22T18:05:00Z").unwrap();
        let near = now.saturating_add(APART);
        let times = |now| Times::at(now);
        let right = Times {
            newest: Some(near),
            database: Some(near),
            ..times(now)
        };
        assert_eq!(
            found(right),
            (State::Ok, "it says 2026-11-22 18:05 UTC".to_owned())
        );

        let (state, why) = found(times(Timestamp::default()));
        assert_eq!(state, State::Fail);
        assert!(why.contains("1970-01-01 00:00 UTC"), "{why}");

        let far = near.saturating_add(Duration::from_secs(60));
        let set_back = Times {
            newest: Some(far),
            ..times(now)
        };
        let (state, why) = found(set_back);
        assert_eq!(state, State::Fail);
        assert!(why.contains("done here on 2026-11-22 18:06"), "{why}");

        for (database, word) in [
            (far, "1 minute ahead"),
            (now.saturating_sub(2 * APART), "10 seconds behind"),
        ] {
            let apart = Times {
                database: Some(database),
                ..times(now)
            };
            let (state, why) = found(apart);
            assert_eq!(state, State::Warn);
            assert!(why.contains(word), "{why}");
        }
    }
}
