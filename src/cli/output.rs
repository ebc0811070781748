//! The only place that prints: answers on the standard output, remarks and complaints on the
//! standard error.

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

/// Prints a line for people on the standard output, what is not to be seen in it spelt out. A reader who has seen enough and went away, as `head` does,
/// is no failure.
///
/// # Errors
/// When it cannot be written for another reason: the disk is full.
pub(super) fn line(text: impl Display) -> Result<(), CliError> {
    ignore_broken_pipe(try_line(&escape_unprintable(&text.to_string())))
}

fn ignore_broken_pipe(written: io::Result<()>) -> Result<(), CliError> {
    match written {
        Err(error) if error.kind() == io::ErrorKind::BrokenPipe => Ok(()),
        other => Ok(other?),
    }
}

/// Prints a secret on the standard output, alone in its line. That nobody read it is a failure: it
/// is shown once.
///
/// # Errors
/// When it cannot be written.
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
/// As [`line`].
pub(super) fn json(value: &impl Serialize) -> Result<(), CliError> {
    let text = serde_json::to_string(value).map_err(Error::internal)?;
    ignore_broken_pipe(try_line(&escape_json(&text)))
}

/// Prints a document of ours as it is.
///
/// # Errors
/// As [`line`].
pub(super) fn document(bytes: &[u8]) -> Result<(), CliError> {
    let mut out = io::stdout().lock();
    ignore_broken_pipe(out.write_all(bytes).and_then(|()| out.flush()))
}

/// JSON lets characters through that a terminal obeys or hides; it has a way to spell them.
fn escape_json(json: &str) -> String {
    let mut spelt = String::with_capacity(json.len());
    for c in json.chars() {
        if is_unprintable(c) {
            // All of them are in the first plane, so that one unit says each.
            spelt.push_str(&format!("\\u{:04x}", u32::from(c)));
        } else {
            spelt.push(c);
        }
    }
    spelt
}

/// Prints a remark on the standard error: what a person wants to know and a program does not.
pub(super) fn print_note(text: impl Display) {
    print(&escape_unprintable(&text.to_string()));
}

/// Prints in one line why something was not done.
pub(super) fn print_error(why: &CliError) {
    let why = why.to_string();
    let words: Vec<&str> = why.split_whitespace().collect();
    print(&format!(
        "narthex: {}",
        escape_unprintable(&words.join(" "))
    ));
}

/// Where even this cannot be written there is nobody to tell.
fn print(text: &str) {
    drop(writeln!(io::stderr().lock(), "{text}"));
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn json_has_nothing_in_it_that_a_terminal_obeys() {
        let text = "\u{1b}[2J\u{7f}\u{9b}\u{202e} Zoë 🙂";
        let json = serde_json::to_string(text).unwrap();
        let shown = escape_json(&json);
        assert_eq!(shown, r#""\u001b[2J\u007f\u009b\u202e Zoë 🙂""#);
        assert_eq!(serde_json::from_str::<String>(&shown).unwrap(), text);
    }
}
