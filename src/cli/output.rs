//! All output of commands: results on the standard output, notes and errors on the standard error.

use std::{
    fmt::Display,
    io::{self, Write as _},
};

use serde::Serialize;

use super::CliError;
use crate::{
    error::Error,
    util::unicode::{escape_unprintable, is_unprintable},
};

/// Prints a line of text on the standard output, with unprintable characters escaped. A closed pipe
/// is not an error, because a reader such as `head` may stop early.
///
/// # Errors
/// Fails if the output cannot be written for another reason, such as a full disk.
pub(super) fn line(text: impl Display) -> Result<(), CliError> {
    ignore_broken_pipe(try_line(&escape_unprintable(&text.to_string())))
}

fn ignore_broken_pipe(written: io::Result<()>) -> Result<(), CliError> {
    match written {
        Err(error) if error.kind() == io::ErrorKind::BrokenPipe => Ok(()),
        other => Ok(other?),
    }
}

/// Prints a secret on the standard output, alone on its line. A closed pipe is an error here,
/// because the secret is shown only once.
///
/// # Errors
/// Fails if the secret cannot be written.
pub(super) fn secret(text: &str) -> io::Result<()> {
    try_line(text)
}

fn try_line(text: &str) -> io::Result<()> {
    let mut out = io::stdout().lock();
    writeln!(out, "{text}")?;
    out.flush()
}

/// Prints a value as one line of JSON.
///
/// # Errors
/// As [`line()`].
pub(super) fn json(value: &impl Serialize) -> Result<(), CliError> {
    let text = serde_json::to_string(value).map_err(Error::internal)?;
    ignore_broken_pipe(try_line(&escape_json(&text)))
}

/// Prints a generated document unchanged.
///
/// # Errors
/// As [`line()`].
pub(super) fn document(bytes: &[u8]) -> Result<(), CliError> {
    let mut out = io::stdout().lock();
    ignore_broken_pipe(out.write_all(bytes).and_then(|()| out.flush()))
}

/// Escapes characters that JSON permits and that a terminal interprets or hides.
fn escape_json(json: &str) -> String {
    let mut escaped = String::with_capacity(json.len());
    for c in json.chars() {
        if is_unprintable(c) {
            // All of them are in the Basic Multilingual Plane, so one UTF-16 unit is enough.
            escaped.push_str(&format!("\\u{:04x}", u32::from(c)));
        } else {
            escaped.push(c);
        }
    }
    escaped
}

/// Prints a note for people on the standard error.
pub(super) fn print_note(text: impl Display) {
    print(&escape_unprintable(&text.to_string()));
}

/// Prints the reason of a failure on one line.
pub(super) fn print_error(reason: &CliError) {
    let reason = reason.to_string();
    let words: Vec<&str> = reason.split_whitespace().collect();
    print(&format!(
        "narthex: {}",
        escape_unprintable(&words.join(" "))
    ));
}

/// A failed write is ignored, because nothing else can report it.
fn print(text: &str) {
    drop(writeln!(io::stderr().lock(), "{text}"));
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn json_escapes_terminal_control_characters() {
        let text = "\u{1b}[2J\u{7f}\u{9b}\u{202e} Zoë 🙂";
        let json = serde_json::to_string(text).unwrap();
        let escaped = escape_json(&json);
        assert_eq!(escaped, r#""\u001b[2J\u007f\u009b\u202e Zoë 🙂""#);
        assert_eq!(serde_json::from_str::<String>(&escaped).unwrap(), text);
    }
}
