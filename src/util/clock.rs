//! Time. Only this file reads the clock.

use std::{fmt, time::Duration};

use serde::{Deserialize, Deserializer, Serialize, Serializer, de::Error as _};

/// A time in microseconds since 1970-01-01T00:00:00Z (UTC, leap seconds not counted).
///
/// One integer suits both databases, sorts, and has no time zone that could be wrong.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Timestamp(i64);

impl Timestamp {
    /// Creates a time from microseconds since the epoch.
    #[must_use]
    pub const fn from_micros(micros: i64) -> Self {
        Self(micros)
    }

    /// Returns microseconds since the epoch.
    #[must_use]
    pub const fn micros(self) -> i64 {
        self.0
    }

    /// Returns the same by reference, which a database column borrows.
    pub(crate) const fn as_micros(&self) -> &i64 {
        &self.0
    }

    /// Returns whole milliseconds since the epoch. A time before the epoch counts as the epoch.
    #[must_use]
    pub fn millis(self) -> u64 {
        u64::try_from(self.0 / 1_000).unwrap_or(0)
    }

    /// Converts the time of a file. Returns `None` for a time before 1970.
    #[must_use]
    pub fn from_system_time(time: std::time::SystemTime) -> Option<Self> {
        let elapsed = time.duration_since(std::time::UNIX_EPOCH).ok()?;
        Some(Self(micros_of(elapsed)))
    }

    /// Converts the time. A time before the epoch counts as the epoch.
    #[must_use]
    pub fn to_system_time(self) -> std::time::SystemTime {
        std::time::UNIX_EPOCH + Duration::from_micros(u64::try_from(self.0).unwrap_or(0))
    }

    /// Adds `duration`. A sum beyond the range is its end.
    #[must_use]
    pub fn saturating_add(self, duration: Duration) -> Self {
        Self(self.0.saturating_add(micros_of(duration)))
    }

    /// Subtracts `duration`. A difference beyond the range is its end.
    #[must_use]
    pub fn saturating_sub(self, duration: Duration) -> Self {
        Self(self.0.saturating_sub(micros_of(duration)))
    }

    /// Returns the time since `earlier`, or zero if it is not earlier.
    #[must_use]
    pub fn saturating_duration_since(self, earlier: Self) -> Duration {
        Duration::from_micros(u64::try_from(self.0.saturating_sub(earlier.0)).unwrap_or(0))
    }

    /// Parses an RFC 3339 time with an offset, or a date, which means its start in UTC. A time past
    /// the last representable one counts as that one. An example is `9999-12-31T23:59:59Z`, with
    /// which people write "never".
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        if let Ok(time) = text.parse::<jiff::Timestamp>() {
            return Some(Self(time.as_microsecond()).min(Self::last()));
        }
        if text.starts_with("9999-12-3") && looks_like_time_or_date(text) {
            return Some(Self::last());
        }
        // The parser would accept a time without an offset and use only its date. That would be
        // another time than the given one.
        if text.len() != "2026-11-22".len() {
            return None;
        }
        let date: jiff::civil::Date = text.parse().ok()?;
        let midnight = date.to_zoned(jiff::tz::TimeZone::UTC).ok()?;
        Some(Self(midnight.timestamp().as_microsecond()))
    }

    /// Parses a date as the last second of that day in UTC, which is the end of something that
    /// lasts until a date.
    #[must_use]
    pub fn end_of_day(text: &str) -> Option<Self> {
        let date = text.len() == "2026-11-22".len();
        let first = Self::parse(text).filter(|_| date)?;
        Some(
            first
                .saturating_add(Duration::from_secs(24 * 3600 - 1))
                .min(Self::last()),
        )
    }

    /// Returns the last whole second that can be formatted: 9999-12-30T22:00:00Z. It is a day
    /// before the end of the year, so it is in that year in every time zone.
    fn last() -> Self {
        Self(jiff::Timestamp::MAX.as_second() * 1_000_000)
    }

    /// Returns the date and the time of day in UTC. Returns `None` for a corrupt stored value that no
    /// calendar has.
    #[must_use]
    pub fn in_utc(self) -> Option<jiff::civil::DateTime> {
        let time = jiff::Timestamp::from_microsecond(self.0).ok()?;
        Some(jiff::tz::TimeZone::UTC.to_datetime(time))
    }

    /// Formats the minute in UTC for operators, `2026-11-22 18:05 UTC`.
    #[must_use]
    pub fn format_minute(self) -> String {
        let text: String = self.to_string().chars().take(16).collect();
        format!("{} UTC", text.replace('T', " "))
    }
}

/// Returns whether `text` has the form that [`Timestamp::parse`] accepts, for any range.
fn looks_like_time_or_date(text: &str) -> bool {
    let Ok(pieces) = jiff::fmt::temporal::Pieces::parse(text) else {
        return false;
    };
    pieces.time().is_some() == pieces.offset().is_some() && pieces.time_zone_annotation().is_none()
}

/// Returns `duration` in whole microseconds, bounded by the range of an `i64` (292,000 years).
#[must_use]
pub fn micros_of(duration: Duration) -> i64 {
    i64::try_from(duration.as_micros()).unwrap_or(i64::MAX)
}

/// Formats the time as RFC 3339 in UTC, `2026-11-22T18:05:00Z`, with as many decimals as needed.
impl fmt::Display for Timestamp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match jiff::Timestamp::from_microsecond(self.0) {
            Ok(time) => write!(f, "{time}"),
            // A corrupt stored value outside of the years -9999 to 9999 must still be shown.
            Err(_) => write!(f, "{}µs", self.0),
        }
    }
}

impl Serialize for Timestamp {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Timestamp {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        Self::parse(&text).ok_or_else(|| D::Error::custom("a time of RFC 3339 is missing"))
    }
}

/// A source of time. It is a trait, so that tests can control the time.
pub trait Clock: Send + Sync {
    /// Returns the present time.
    fn now(&self) -> Timestamp;
}

/// The machine's clock.
#[derive(Clone, Copy, Debug)]
pub struct SystemClock;

impl Clock for SystemClock {
    #[expect(
        clippy::disallowed_methods,
        reason = "this is the one place that asks the machine for the time"
    )]
    fn now(&self) -> Timestamp {
        Timestamp(jiff::Timestamp::now().as_microsecond())
    }
}

/// Returns the time since the machine booted, sleep included. Leases are measured with it. It
/// neither jumps nor stops if the clock is set or the machine is suspended (Linux:
/// `CLOCK_BOOTTIME`, `clock_gettime(2)`). It is not a parameter, because no test could share one
/// between several processes.
#[must_use]
pub fn boot_time() -> Duration {
    let now = rustix::time::clock_gettime(BOOT_CLOCK);
    Duration::new(
        u64::try_from(now.tv_sec).unwrap_or(0),
        u32::try_from(now.tv_nsec).unwrap_or(0),
    )
}

#[cfg(any(target_os = "linux", target_os = "android"))]
const BOOT_CLOCK: rustix::time::ClockId = rustix::time::ClockId::Boottime;
/// Other systems have no other clock that never jumps. On macOS and the BSDs it may or may not
/// count sleep.
#[cfg(not(any(target_os = "linux", target_os = "android")))]
const BOOT_CLOCK: rustix::time::ClockId = rustix::time::ClockId::Monotonic;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn time_is_formatted_and_parsed_as_rfc_3339() {
        let time = Timestamp::from_micros(1_795_370_700_000_000);
        assert_eq!(time.to_string(), "2026-11-22T18:05:00Z");
        assert_eq!(Timestamp::parse("2026-11-22T18:05:00Z"), Some(time));
        assert_eq!(Timestamp::parse("2026-11-22T19:05:00+01:00"), Some(time));
        assert_eq!(time.format_minute(), "2026-11-22 18:05 UTC");
    }

    #[test]
    fn time_past_the_last_one_is_the_last_one() {
        let last = Some("9999-12-30T22:00:00Z".to_owned());
        for text in [
            "9999-12-31T23:59:59Z",
            "9999-12-31T23:59:59.999Z",
            "9999-12-31T23:59:59+00:00",
            "9999-12-31",
            "9999-12-30T22:00:01Z",
            "9999-12-30T22:00:00.5Z",
        ] {
            let read = Timestamp::parse(text).map(|time| time.to_string());
            assert_eq!(read, last, "{text}");
        }
        let before = "9999-12-30T21:00:00Z";
        assert_eq!(
            Timestamp::parse(before).map(|time| time.to_string()),
            Some(before.to_owned())
        );
        for text in [
            "9999-12-32",
            "9999-12-31T23:59:59",
            "9999-12-31T24:00:01Z",
            "9999-12-31Z",
            "9999-12-3",
        ] {
            assert_eq!(Timestamp::parse(text), None, "{text}");
        }
    }

    #[test]
    fn date_means_its_start_in_utc() {
        assert_eq!(
            Timestamp::parse("2026-11-22").map(|t| t.to_string()),
            Some("2026-11-22T00:00:00Z".to_owned())
        );
    }

    #[test]
    fn end_of_day_is_its_last_second_in_utc() {
        let end = |text| Timestamp::end_of_day(text).map(|end| end.to_string());
        assert_eq!(end("2026-11-22").as_deref(), Some("2026-11-22T23:59:59Z"));
        assert_eq!(end("9999-12-31").as_deref(), Some("9999-12-30T22:00:00Z"));
        assert_eq!(end("2026-11-22T18:05:00Z"), None);
    }

    #[test]
    fn malformed_time_is_refused() {
        for text in [
            "",
            "tomorrow",
            "2026-13-01",
            "2026-11-22T18:05:00",
            "2026-11-22 18:05",
            "12",
        ] {
            assert_eq!(Timestamp::parse(text), None, "{text}");
        }
    }

    #[test]
    fn sums_saturate_at_the_range() {
        let end = Timestamp::from_micros(i64::MAX);
        assert_eq!(end.saturating_add(Duration::MAX), end);
        assert_eq!(
            Timestamp::default().saturating_duration_since(end),
            Duration::ZERO
        );
    }
}
