//! What a command is told beside its arguments. Secrets come in here and nowhere else: arguments are
//! seen by everybody on the machine and kept in the shell's history.

use std::io::{self, BufRead, IsTerminal as _, Read as _, Write as _};

use zeroize::Zeroizing;

use super::CliError;
use crate::{crypto::secret::SecretString, http::extract::json::BYTE_ORDER_MARK};

/// More than any password has, so that a wrong file is not read to its end.
const LONGEST_LINE: u64 = 4096;

/// A new password: asked for twice at a terminal, otherwise the first line of the standard input.
///
/// # Errors
/// When there is none, or two that differ.
pub(super) fn new_password() -> Result<SecretString, CliError> {
    if !io::stdin().is_terminal() {
        return first_line(io::stdin().lock());
    }
    let first = Zeroizing::new(rpassword::prompt_password("Password: ")?);
    let second = Zeroizing::new(rpassword::prompt_password("Once more: ")?);
    if *first == *second {
        Ok(SecretString::new((*first).clone()))
    } else {
        Err(CliError::because("the two passwords differ"))
    }
}

/// A secret that somebody found: asked for at a terminal, otherwise all that comes by the standard
/// input, without the space around it. Empty, where there is none.
///
/// # Errors
/// When the terminal or the input fails.
pub(super) fn found_secret() -> Result<SecretString, CliError> {
    if io::stdin().is_terminal() {
        let typed = Zeroizing::new(rpassword::prompt_password("Secret: ")?);
        return Ok(SecretString::new(typed.trim().to_owned()));
    }
    let mut bytes = Zeroizing::new(Vec::new());
    io::stdin()
        .lock()
        .take(LONGEST_LINE)
        .read_to_end(&mut bytes)?;
    // What is no text is no secret of ours either, which its reader says.
    let text = Zeroizing::new(String::from_utf8_lossy(without_mark(&bytes)).into_owned());
    Ok(SecretString::new(text.trim().to_owned()))
}

/// A text without a byte order mark before it, which some editors write into every file.
fn without_mark(text: &[u8]) -> &[u8] {
    text.strip_prefix(BYTE_ORDER_MARK).unwrap_or(text)
}

/// The line exactly as it is, without its end and without a byte order mark.
fn first_line(input: impl BufRead) -> Result<SecretString, CliError> {
    let mut bytes = Zeroizing::new(Vec::new());
    input.take(LONGEST_LINE).read_until(b'\n', &mut bytes)?;
    let text = std::str::from_utf8(without_mark(&bytes))
        .map_err(|_| CliError::because("the password on the standard input is no UTF-8"))?;
    let line = text.strip_suffix('\n').unwrap_or(text);
    let line = line.strip_suffix('\r').unwrap_or(line);
    if line.is_empty() {
        return Err(CliError::because(
            "there is no password on the standard input: give it there in one line",
        ));
    }
    Ok(SecretString::new(line.to_owned()))
}

/// Asks a person at a terminal to type `wanted`; `None` where there is nobody to ask.
///
/// # Errors
/// When the terminal fails.
pub(super) fn typed(question: &str) -> Result<Option<String>, CliError> {
    if !io::stdin().is_terminal() {
        return Ok(None);
    }
    let mut out = io::stderr().lock();
    write!(out, "{question} ")?;
    out.flush()?;
    let mut answer = String::new();
    io::stdin()
        .lock()
        .take(LONGEST_LINE)
        .read_line(&mut answer)?;
    Ok(Some(answer.trim().to_owned()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_password_is_the_first_line_exactly() {
        for (input, password) in [
            ("secret", "secret"),
            ("secret\n", "secret"),
            ("secret\r\n", "secret"),
            (" secret \n\nmore\n", " secret "),
            ("a\rb\0c\u{e9}\n", "a\rb\0c\u{e9}"),
            ("\u{feff}secret\n", "secret"),
            ("a\u{feff}b\n", "a\u{feff}b"),
        ] {
            let read = first_line(input.as_bytes()).map(|secret| secret.expose().to_owned());
            assert_eq!(read.ok().as_deref(), Some(password), "{input:?}");
        }
    }

    #[test]
    fn no_line_or_no_text_is_no_password() {
        for input in [&b""[..], b"\n", b"\r\n", b"\xff\xfe\n", b"\xEF\xBB\xBF\n"] {
            assert!(first_line(input).is_err(), "{input:?}");
        }
    }
}
