//! The format for people: `2026-11-22T18:05:00.000000Z INFO target: message name="text" other=1`.

use std::fmt::{self, Debug, Write};

use tracing::{
    Event, Level,
    field::{Field, Visit},
};

use super::{is_plain, is_printable, name, write_number, write_time};

pub(super) fn write(line: &mut String, event: &Event<'_>) {
    write_time(line);
    line.push_str(match *event.metadata().level() {
        Level::ERROR => " ERROR ",
        Level::WARN => "  WARN ",
        Level::INFO => "  INFO ",
        Level::DEBUG => " DEBUG ",
        Level::TRACE => " TRACE ",
    });
    line.push_str(event.metadata().target());
    line.push(':');
    event.record(&mut TextFields(line));
}

struct TextFields<'a>(&'a mut String);

impl TextFields<'_> {
    /// Writes the name of a field and returns the line for its value.
    fn begin_field(&mut self, field: &Field) -> &mut String {
        self.0.push(' ');
        let name = name(field);
        if name != "message" {
            self.0.push_str(name);
            self.0.push('=');
        }
        self.0
    }
}

impl Visit for TextFields<'_> {
    fn record_str(&mut self, field: &Field, value: &str) {
        let line = self.begin_field(field);
        if field.name() == "message" {
            push_escaped(line, value);
        } else if value.bytes().all(is_plain) {
            line.push('"');
            line.push_str(value);
            line.push('"');
        } else {
            // Writing into a String cannot fail.
            let _ = write!(line, "{value:?}");
        }
    }

    fn record_u64(&mut self, field: &Field, value: u64) {
        write_number(self.begin_field(field), value);
    }

    fn record_i64(&mut self, field: &Field, value: i64) {
        write_number(self.begin_field(field), value);
    }

    fn record_debug(&mut self, field: &Field, value: &dyn Debug) {
        // A value whose `Debug` fails is written as far as it goes.
        let _ = write!(OneLine(self.begin_field(field)), "{value:?}");
    }
}

/// Escapes its input so that it neither breaks the line nor controls a terminal.
struct OneLine<'a>(&'a mut String);

impl Write for OneLine<'_> {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        push_escaped(self.0, text);
        Ok(())
    }
}

fn push_escaped(line: &mut String, text: &str) {
    if text.bytes().all(is_printable) {
        return line.push_str(text);
    }
    for character in text.chars() {
        if character.is_control() || matches!(character, '\u{2028}' | '\u{2029}') {
            line.extend(character.escape_default());
        } else {
            line.push(character);
        }
    }
}
