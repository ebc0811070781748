//! Points in time, lengths of time, and times relative to the present.
//!
//! `static/times.js` writes points in time and relative times by the same rules, in the time zone of
//! the reader.

use std::time::Duration;

use super::{
    Language,
    catalog::{self, text},
};
use crate::{types::message::time, util::clock::Timestamp};

const MINUTE: Duration = Duration::from_secs(60);
const HOUR: Duration = Duration::from_secs(60 * 60);
const DAY: Duration = Duration::from_secs(24 * 60 * 60);

/// Returns the date in UTC: `25 Feb 2027`.
#[must_use]
pub fn date(language: &Language, then: Timestamp) -> String {
    let Some(at) = then.in_utc() else {
        return then.to_string();
    };
    let [day, month] = [at.day(), at.month()].map(|part| u64::from(part.unsigned_abs()));
    text(language, &time::date(day, month, at.year().to_string()))
}

/// Returns the minute in UTC: `25 Feb 2027, 13:49 UTC`.
#[must_use]
pub fn minute(language: &Language, then: Timestamp) -> String {
    let Some(at) = then.in_utc() else {
        return then.to_string();
    };
    let clock = format!("{:02}:{:02}", at.hour(), at.minute());
    text(language, &time::minute(date(language, then), clock))
}

/// Returns how long ago `then` was: `less than a minute ago`, `3 days ago`.
#[must_use]
pub fn ago(language: &Language, now: Timestamp, then: Timestamp) -> String {
    let length = rounded(now.saturating_duration_since(then));
    let message = if length.is_zero() {
        time::moments_ago()
    } else {
        time::ago(length)
    };
    text(language, &message)
}

/// Returns how far in the future `then` is: `in 3 days`, `in less than a minute`.
#[must_use]
pub fn until(language: &Language, now: Timestamp, then: Timestamp) -> String {
    let length = rounded(then.saturating_duration_since(now));
    let message = if length.is_zero() {
        time::in_a_moment()
    } else {
        time::until(length)
    };
    text(language, &message)
}

/// Returns whether less than a day lies between the two. Only then the minute is of interest.
#[must_use]
pub fn is_near(now: Timestamp, then: Timestamp) -> bool {
    let before = now.saturating_duration_since(then);
    before.max(then.saturating_duration_since(now)) < DAY
}

/// Returns a length of time in its largest whole unit: `90 days`, `2 hours`, `10 seconds`.
#[must_use]
pub fn length(language: &Language, length: Duration) -> String {
    let (id, count) = catalog::length_parts(length);
    catalog::format(language, id, &catalog::count_arg(count))
}

/// Rounds a length to the nearest whole minute, from one hour to the nearest hour, and from one day
/// to the nearest day. A token that was created with a life of 90 days would otherwise be shown to
/// expire in 89 a second later.
fn rounded(length: Duration) -> Duration {
    let units = [(MINUTE, HOUR), (HOUR, DAY), (DAY, Duration::MAX)];
    let rounded = units.map(|(unit, next)| (nearest(length, unit), next));
    let fitting = rounded.into_iter().find(|(length, next)| length < next);
    fitting.map_or(length, |(length, _)| length)
}

/// Returns the multiple of `unit` that is nearest to `length`.
fn nearest(length: Duration, unit: Duration) -> Duration {
    let seconds = length.saturating_add(unit / 2).as_secs();
    Duration::from_secs(seconds - seconds % unit.as_secs())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::i18n::Languages;

    const SECOND: u64 = 1;
    const MINUTE: u64 = 60;
    const HOUR: u64 = 60 * MINUTE;
    const DAY: u64 = 24 * HOUR;

    /// Lengths in seconds, with their words in English and German.
    const ROUNDED: [(u64, &str, &str); 19] = [
        (0, "less than a minute", "weniger als einer Minute"),
        (29, "less than a minute", "weniger als einer Minute"),
        (30, "1 minute", "1 Minute"),
        (59, "1 minute", "1 Minute"),
        (MINUTE, "1 minute", "1 Minute"),
        (89, "1 minute", "1 Minute"),
        (90, "2 minutes", "2 Minuten"),
        (59 * MINUTE + 29, "59 minutes", "59 Minuten"),
        (59 * MINUTE + 30, "1 hour", "1 Stunde"),
        (89 * MINUTE, "1 hour", "1 Stunde"),
        (90 * MINUTE, "2 hours", "2 Stunden"),
        (23 * HOUR + 29 * MINUTE, "23 hours", "23 Stunden"),
        (23 * HOUR + 30 * MINUTE, "1 day", "1 Tag"),
        (36 * HOUR - SECOND, "1 day", "1 Tag"),
        (36 * HOUR, "2 days", "2 Tagen"),
        (14 * DAY - MINUTE, "14 days", "14 Tagen"),
        (90 * DAY - MINUTE, "90 days", "90 Tagen"),
        (365 * DAY - HOUR, "365 days", "365 Tagen"),
        (365 * DAY + HOUR, "365 days", "365 Tagen"),
    ];

    fn german() -> Language {
        let preferred = ["de".parse().expect("a language")];
        Languages::default().lookup(&preferred).clone()
    }

    #[test]
    fn relative_times_are_rounded_to_the_nearest_unit() {
        let now = Timestamp::from_micros(0).saturating_add(Duration::from_secs(1000 * DAY));
        let (english, german) = (Language::english(), &german());
        for (seconds, in_english, in_german) in ROUNDED {
            let length = Duration::from_secs(seconds);
            let (past, future) = (now.saturating_sub(length), now.saturating_add(length));
            assert_eq!(ago(english, now, past), format!("{in_english} ago"));
            assert_eq!(until(english, now, future), format!("in {in_english}"));
            assert_eq!(ago(german, now, past), format!("vor {in_german}"));
            assert_eq!(until(german, now, future), format!("in {in_german}"));
        }
    }

    #[test]
    fn dates_are_written_in_the_language() {
        let (english, german) = (Language::english(), &german());
        for (text, in_english, in_german) in [
            ("2027-02-25T13:49:59Z", "25 Feb 2027", "25. Feb. 2027"),
            ("2026-09-01T00:00:00Z", "1 Sept 2026", "1. Sept. 2026"),
            ("2026-12-31T23:59:59Z", "31 Dec 2026", "31. Dez. 2026"),
        ] {
            let then = Timestamp::parse(text).expect("a time");
            assert_eq!(date(english, then), in_english);
            assert_eq!(date(german, then), in_german);
        }
        let then = Timestamp::parse("2027-02-25T03:09:59Z").expect("a time");
        assert_eq!(minute(english, then), "25 Feb 2027, 03:09 UTC");
        assert_eq!(minute(german, then), "25. Feb. 2027, 03:09 UTC");
    }

    #[test]
    fn time_beyond_the_calendar_is_still_written() {
        let corrupt = Timestamp::from_micros(i64::MAX);
        assert_eq!(date(Language::english(), corrupt), corrupt.to_string());
        assert_eq!(minute(Language::english(), corrupt), corrupt.to_string());
    }

    #[test]
    fn only_a_time_within_a_day_is_near() {
        let now = Timestamp::from_micros(0).saturating_add(Duration::from_secs(1000 * DAY));
        for (seconds, expected) in [(0, true), (DAY - 1, true), (DAY, false)] {
            let length = Duration::from_secs(seconds);
            assert_eq!(is_near(now, now.saturating_add(length)), expected);
            assert_eq!(is_near(now, now.saturating_sub(length)), expected);
        }
    }
}
