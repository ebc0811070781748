//! The format of a log line: time, level, target, message and fields.
//!
//! tracing-subscriber has both formats, with another order of members. The ones here take a third
//! of the work: the date is cached for a second, and text without characters to escape is copied
//! unchanged. A line break in a value, for example in a cause, never breaks a line.

mod json;
mod text;

use std::{cell::Cell, fmt};

use tracing::{Event, Subscriber, field::Field};
use tracing_subscriber::{
    fmt::{FmtContext, FormatEvent, FormatFields, format::Writer},
    registry::LookupSpan,
};

use crate::util::clock::{Clock as _, SystemClock, Timestamp};

/// The reader for whom lines are formatted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Format {
    /// Readable text.
    Text,
    /// JSON for programs.
    Json,
}

impl<S, N> FormatEvent<S, N> for Format
where
    S: Subscriber + for<'a> LookupSpan<'a>,
    N: for<'a> FormatFields<'a> + 'static,
{
    fn format_event(
        &self,
        _: &FmtContext<'_, S, N>,
        mut output_writer: Writer<'_>,
        event: &Event<'_>,
    ) -> fmt::Result {
        // The line is assembled here and not in the writer. The writer is behind a pointer, so each
        // piece would be a call that cannot be inlined.
        let mut line = String::with_capacity(LINE_CAPACITY);
        match self {
            Self::Text => text::write(&mut line, event),
            Self::Json => json::write(&mut line, event),
        }
        line.push('\n');
        output_writer.write_str(&line)
    }
}

/// Initial capacity in bytes. Most lines are shorter.
const LINE_CAPACITY: usize = 512;

thread_local! {
    /// The last formatted second and its text.
    static SECOND: Cell<(i64, [u8; 19])> = const { Cell::new((i64::MIN, [0; 19])) };
}

/// Writes the time as RFC 3339 in UTC with six decimals, so that lines sort as texts.
fn write_time(line: &mut String) {
    write_timestamp(line, SystemClock.now());
}

fn write_timestamp(line: &mut String, time_value: Timestamp) {
    const SECOND_MICROS: i64 = 1_000_000;
    let second = time_value.micros().div_euclid(SECOND_MICROS);
    let (cached_second, mut text) = SECOND.get();
    if cached_second != second {
        let whole = Timestamp::from_micros(second.saturating_mul(SECOND_MICROS)).to_string();
        match whole.as_bytes().first_chunk() {
            Some(first) if whole.is_ascii() => text = *first,
            // The clock is wrong by thousands of years.
            _ => return line.push_str(&whole),
        }
        SECOND.set((second, text));
    }
    line.push_str(std::str::from_utf8(&text).unwrap_or_default());
    let mut decimals = *b".000000Z";
    let mut rest = time_value.micros().rem_euclid(SECOND_MICROS);
    for digit in decimals.iter_mut().skip(1).take(6).rev() {
        *digit = b'0' + u8::try_from(rest % 10).unwrap_or(0);
        rest /= 10;
    }
    line.push_str(std::str::from_utf8(&decimals).unwrap_or_default());
}

/// Returns a field's name without the `r#` of a raw identifier.
fn name(field: &Field) -> &str {
    let name = field.name();
    name.strip_prefix("r#").unwrap_or(name)
}

fn write_number(line: &mut String, value: impl itoa::Integer) {
    line.push_str(itoa::Buffer::new().format(value));
}

/// Returns whether `byte` is printable ASCII.
const fn is_printable(byte: u8) -> bool {
    matches!(byte, b' '..=b'~')
}

/// Returns whether `byte` needs no escape inside quotation marks, in Rust and in JSON.
const fn is_plain(byte: u8) -> bool {
    is_printable(byte) & (byte != b'"') & (byte != b'\\')
}

#[cfg(test)]
mod tests {
    use std::{
        io,
        sync::{Arc, Mutex},
    };

    use tracing_subscriber::{fmt::MakeWriter, prelude::*};

    use super::*;

    #[derive(Clone, Default)]
    struct Output(Arc<Mutex<Vec<u8>>>);

    impl<'a> MakeWriter<'a> for Output {
        type Writer = Self;

        fn make_writer(&'a self) -> Self {
            self.clone()
        }
    }

    impl io::Write for Output {
        fn write(&mut self, text: &[u8]) -> io::Result<usize> {
            self.0.lock().unwrap().extend_from_slice(text);
            Ok(text.len())
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    /// Returns the log output of `action` without the times.
    fn logged(format: Format, action: impl FnOnce()) -> String {
        let output = Output::default();
        let lines = tracing_subscriber::fmt::layer().with_writer(output.clone());
        let registry = tracing_subscriber::registry().with(lines.event_format(format));
        tracing::subscriber::with_default(registry, action);
        let text = String::from_utf8(output.0.lock().unwrap().clone()).unwrap();
        let before = match format {
            Format::Text => "",
            Format::Json => "{\"timestamp\":\"",
        };
        let line = |line: &str| {
            let (time, rest) = line.strip_prefix(before).unwrap().split_at(27);
            time.parse::<jiff::Timestamp>().unwrap();
            format!("{before}{rest}\n")
        };
        text.lines().map(line).collect()
    }

    fn log_every_kind() {
        let none: Option<u64> = None;
        tracing::info!(
            text = "plain",
            quoted = "a \"b\" \\ ü\n\u{85}",
            whole = 7_u64,
            less = -7_i64,
            half = 0.5,
            not = f64::NAN,
            yes = true,
            shown = %"two\nlines\u{1b}[31m\u{2028}é",
            seen = ?Some("x\n"),
            r#type = "word",
            none,
            "happened"
        );
    }

    #[test]
    fn text_line_stays_one_line_with_any_value() {
        let target = module_path!();
        assert_eq!(
            logged(Format::Text, log_every_kind),
            format!(
                "  INFO {target}: happened text=\"plain\" quoted=\"a \\\"b\\\" \\\\ ü\\n\\u{{85}}\" whole=7 \
                 less=-7 half=0.5 not=NaN yes=true shown=two\\nlines\\u{{1b}}[31m\\u{{2028}}é \
                 seen=Some(\"x\\n\") type=\"word\"\n"
            )
        );
    }

    #[test]
    fn json_line_is_an_object_with_any_value() {
        let line = logged(Format::Json, log_every_kind);
        assert_eq!(line.lines().count(), 1);
        assert!(!line.trim_end().chars().any(char::is_control), "{line:?}");
        let read: serde_json::Value = serde_json::from_str(&line).unwrap();
        assert_eq!(
            read,
            serde_json::json!({
                "timestamp": "", "level": "INFO", "target": module_path!(), "message": "happened",
                "text": "plain", "quoted": "a \"b\" \\ ü\n\u{85}", "whole": 7, "less": -7, "half": 0.5,
                "not": "NaN", "yes": true, "shown": "two\nlines\u{1b}[31m\u{2028}é", "seen": "Some(\"x\\n\")",
                "type": "word",
            })
        );
    }

    #[test]
    fn each_level_has_its_name() {
        let lines = logged(Format::Text, || {
            tracing::error!("e");
            tracing::warn!("w");
            tracing::debug!("d");
            tracing::trace!("t");
        });
        let levels: Vec<&str> = lines.lines().filter_map(|line| line.get(..7)).collect();
        assert_eq!(levels, [" ERROR ", "  WARN ", " DEBUG ", " TRACE "]);
    }

    #[test]
    fn times_have_a_fixed_length() {
        let at = |micros| {
            let mut text = String::new();
            write_timestamp(&mut text, Timestamp::from_micros(micros));
            text
        };
        assert_eq!(at(0), "1970-01-01T00:00:00.000000Z");
        assert_eq!(at(1), "1970-01-01T00:00:00.000001Z");
        assert_eq!(at(1_999_999), "1970-01-01T00:00:01.999999Z");
        assert_eq!(at(-1), "1969-12-31T23:59:59.999999Z");
        assert_eq!(at(1_795_370_705_120_000), "2026-11-22T18:05:05.120000Z");
        assert_eq!(
            at(i64::MAX),
            format!("{}µs", i64::MAX / 1_000_000 * 1_000_000)
        );
    }
}
