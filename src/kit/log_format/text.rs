//! A line for people: `2026-11-22T18:05:00.000000Z  INFO target: message name="text" other=1`.

use std::fmt::{self, Debug, Write};

use tracing::{
    Event, Level,
    field::{Field, Visit},
};
use tracing_subscriber::fmt::format::Writer;

use super::{is_plain, name, write_number, write_time};

pub(super) fn write(mut line: Writer<'_>, event: &Event<'_>) -> fmt::Result {
    write_time(&mut line)?;
    line.write_str(match *event.metadata().level() {
        Level::ERROR => " ERROR ",
        Level::WARN => "  WARN ",
        Level::INFO => "  INFO ",
        Level::DEBUG => " DEBUG ",
        Level::TRACE => " TRACE ",
    })?;
    line.write_str(event.metadata().target())?;
    line.write_char(':')?;
    let mut fields = TextFields(line, Ok(()));
    event.record(&mut fields);
    fields.1?;
    fields.0.write_char('\n')
}

struct TextFields<'a>(Writer<'a>, fmt::Result);

impl TextFields<'_> {
    fn field(&mut self, field: &Field, write: impl FnOnce(&mut Writer<'_>) -> fmt::Result) {
        if self.1.is_err() {
            return;
        }
        let named = match name(field) {
            "message" => self.0.write_char(' '),
            name => (self.0.write_char(' '))
                .and_then(|()| self.0.write_str(name))
                .and_then(|()| self.0.write_char('=')),
        };
        self.1 = named.and_then(|()| write(&mut self.0));
    }
}

impl Visit for TextFields<'_> {
    fn record_str(&mut self, field: &Field, value: &str) {
        if field.name() == "message" {
            return self.field(field, |line| OneLine(line).write_str(value));
        }
        self.field(field, |line| {
            if value.bytes().all(is_plain) {
                line.write_char('"')?;
                line.write_str(value)?;
                line.write_char('"')
            } else {
                write!(line, "{value:?}")
            }
        });
    }

    fn record_u64(&mut self, field: &Field, value: u64) {
        self.field(field, |line| write_number(line, value));
    }

    fn record_i64(&mut self, field: &Field, value: i64) {
        self.field(field, |line| write_number(line, value));
    }

    fn record_debug(&mut self, field: &Field, value: &dyn Debug) {
        self.field(field, |line| write!(OneLine(line), "{value:?}"));
    }
}

/// What is written here stays in its line, and does nothing to a terminal.
struct OneLine<'a, 'b>(&'a mut Writer<'b>);

impl Write for OneLine<'_, '_> {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        if text.bytes().all(|byte| matches!(byte, b' '..=b'~')) {
            return self.0.write_str(text);
        }
        for character in text.chars() {
            if character.is_control() || matches!(character, '\u{2028}' | '\u{2029}') {
                write!(self.0, "{}", character.escape_default())?;
            } else {
                self.0.write_char(character)?;
            }
        }
        Ok(())
    }
}
