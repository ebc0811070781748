//! A line for programs: a JSON object, its members the fields beside `timestamp`, `level`, `target` and
//! `message`.

use std::fmt::{self, Debug, Write};

use tracing::{
    Event,
    field::{Field, Visit},
};
use tracing_subscriber::fmt::format::Writer;

use super::{is_plain, name, write_number, write_time};

pub(super) fn write(mut line: Writer<'_>, event: &Event<'_>) -> fmt::Result {
    line.write_str("{\"timestamp\":\"")?;
    write_time(&mut line)?;
    line.write_str("\",\"level\":\"")?;
    line.write_str(event.metadata().level().as_str())?;
    line.write_str("\",\"target\":\"")?;
    JsonText(&mut line).write_str(event.metadata().target())?;
    line.write_char('"')?;
    let mut fields = JsonFields(line, Ok(()));
    event.record(&mut fields);
    fields.1?;
    fields.0.write_str("}\n")
}

struct JsonFields<'a>(Writer<'a>, fmt::Result);

impl JsonFields<'_> {
    fn field(&mut self, field: &Field, write: impl FnOnce(&mut Writer<'_>) -> fmt::Result) {
        if self.1.is_err() {
            return;
        }
        let named = (self.0.write_str(",\""))
            .and_then(|()| JsonText(&mut self.0).write_str(name(field)))
            .and_then(|()| self.0.write_str("\":"));
        self.1 = named.and_then(|()| write(&mut self.0));
    }

    fn text(&mut self, field: &Field, write: impl FnOnce(&mut JsonText<'_, '_>) -> fmt::Result) {
        self.field(field, |line| {
            line.write_char('"')?;
            write(&mut JsonText(line))?;
            line.write_char('"')
        });
    }
}

impl Visit for JsonFields<'_> {
    fn record_str(&mut self, field: &Field, value: &str) {
        self.text(field, |text| text.write_str(value));
    }

    fn record_u64(&mut self, field: &Field, value: u64) {
        self.field(field, |line| write_number(line, value));
    }

    fn record_i64(&mut self, field: &Field, value: i64) {
        self.field(field, |line| write_number(line, value));
    }

    fn record_f64(&mut self, field: &Field, value: f64) {
        if value.is_finite() {
            self.field(field, |line| write!(line, "{value:?}"));
        } else {
            self.text(field, |text| write!(text, "{value}"));
        }
    }

    fn record_bool(&mut self, field: &Field, value: bool) {
        self.field(field, |line| write!(line, "{value}"));
    }

    fn record_debug(&mut self, field: &Field, value: &dyn Debug) {
        self.text(field, |text| write!(text, "{value:?}"));
    }
}

/// The inside of a JSON string (RFC 8259, section 7). Every control character is escaped, also those that
/// JSON would let through and a terminal would not.
struct JsonText<'a, 'b>(&'a mut Writer<'b>);

impl Write for JsonText<'_, '_> {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        if text.bytes().all(is_plain) {
            return self.0.write_str(text);
        }
        for character in text.chars() {
            match character {
                '"' => self.0.write_str("\\\"")?,
                '\\' => self.0.write_str("\\\\")?,
                '\n' => self.0.write_str("\\n")?,
                _ if character.is_control() => write!(self.0, "\\u{:04x}", u32::from(character))?,
                _ => self.0.write_char(character)?,
            }
        }
        Ok(())
    }
}
