//! Durations as people write them: `15m`, `2h`, `90d`.

use std::time::Duration;

use jiff::{Span, SpanRelativeTo};

/// The longest accepted duration: a hundred years of 365 days.
pub const MAX_DURATION: Duration = Duration::from_secs(100 * 365 * 24 * 3600);

/// Parses a duration: whole numbers with units (`90d`, `1h30m`, `2 weeks`), or `0`. A day has 24
/// hours. Months and years are refused, because they have no fixed length. Negative durations and
/// those over [`MAX_DURATION`] are refused too.
#[must_use]
pub fn parse(text: &str) -> Option<Duration> {
    if text == "0" {
        return Some(Duration::ZERO);
    }
    // The parser accepts more: ISO 8601 (`P90D`), `1:30:00`, `1.5h` and `1,5h`, tabs and line ends.
    // These are refused as further spellings, some of which are ambiguous.
    let is_plain = text.starts_with(|c: char| c.is_ascii_digit())
        && text
            .bytes()
            .all(|byte| byte.is_ascii_alphanumeric() || byte == b' ');
    if !is_plain {
        return None;
    }
    let span: Span = text.parse().ok()?;
    let signed = span.to_duration(SpanRelativeTo::days_are_24_hours()).ok()?;
    Duration::try_from(signed)
        .ok()
        .filter(|d| *d <= MAX_DURATION)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations_are_parsed_in_common_notation() {
        let hour = 3600;
        for (text, seconds) in [
            ("0", 0),
            ("30s", 30),
            ("15m", 900),
            ("2h", 2 * hour),
            ("1h30m", hour + 1800),
            ("90d", 90 * 24 * hour),
            ("2 weeks", 14 * 24 * hour),
        ] {
            assert_eq!(parse(text), Some(Duration::from_secs(seconds)), "{text}");
        }
    }

    #[test]
    fn malformed_duration_is_refused() {
        for text in [
            "", "2", "h", "-2h", "1mo", "1y", "P1D", "2h ago", "101000d", "soon", "1.5h", "1,5h",
            "1:30:00", "1h, 30m", "5\tms", "5µs",
        ] {
            assert_eq!(parse(text), None, "{text}");
        }
    }
}
