//! The format for programs: a JSON object with `timestamp`, `level`, `target`, `message` and the
//! fields.

use std::fmt::{self, Debug, Write};

use tracing::{
    Event,
    field::{Field, Visit},
};

use super::{is_plain, name, write_number, write_time};

pub(super) fn write(line: &mut String, event: &Event<'_>) {
    line.push_str("{\"timestamp\":\"");
    write_time(line);
    line.push_str("\",\"level\":\"");
    line.push_str(event.metadata().level().as_str());
    line.push_str("\",\"target\":\"");
    push_escaped(line, event.metadata().target());
    line.push('"');
    event.record(&mut JsonFields(line));
    line.push('}');
}

struct JsonFields<'a>(&'a mut String);

impl JsonFields<'_> {
    /// Writes the name of a member and returns the line for its value.
    fn begin_field(&mut self, field: &Field) -> &mut String {
        self.0.push_str(",\"");
        push_escaped(self.0, name(field));
        self.0.push_str("\":");
        self.0
    }

    fn text(&mut self, field: &Field, write: impl FnOnce(&mut String)) {
        let line = self.begin_field(field);
        line.push('"');
        write(line);
        line.push('"');
    }
}

impl Visit for JsonFields<'_> {
    fn record_str(&mut self, field: &Field, value: &str) {
        self.text(field, |line| push_escaped(line, value));
    }

    fn record_u64(&mut self, field: &Field, value: u64) {
        write_number(self.begin_field(field), value);
    }

    fn record_i64(&mut self, field: &Field, value: i64) {
        write_number(self.begin_field(field), value);
    }

    fn record_f64(&mut self, field: &Field, value: f64) {
        if value.is_finite() {
            // Writing into a String cannot fail.
            let _ = write!(self.begin_field(field), "{value:?}");
        } else {
            self.record_str(field, &value.to_string());
        }
    }

    fn record_bool(&mut self, field: &Field, value: bool) {
        self.begin_field(field)
            .push_str(if value { "true" } else { "false" });
    }

    fn record_debug(&mut self, field: &Field, value: &dyn Debug) {
        self.text(field, |line| {
            // A value whose `Debug` fails is written as far as it goes.
            let _ = write!(JsonText(line), "{value:?}");
        });
    }
}

/// Escapes its input for the inside of a JSON string.
struct JsonText<'a>(&'a mut String);

impl Write for JsonText<'_> {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        push_escaped(self.0, text);
        Ok(())
    }
}

/// Writes `text` as the inside of a JSON string (RFC 8259, section 7). Escapes every control
/// character, including those that JSON permits but a terminal would interpret.
fn push_escaped(line: &mut String, text: &str) {
    if text.bytes().all(is_plain) {
        return line.push_str(text);
    }
    for character in text.chars() {
        match character {
            '"' => line.push_str("\\\""),
            '\\' => line.push_str("\\\\"),
            '\n' => line.push_str("\\n"),
            _ if character.is_control() => {
                // Writing into a String cannot fail.
                let _ = write!(line, "\\u{:04x}", u32::from(character));
            }
            _ => line.push(character),
        }
    }
}
