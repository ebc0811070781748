//! Input of commands besides arguments. Secrets are read only here, because arguments are visible
//! to every user of the machine and are stored in the shell's history.

use std::io::{self, BufRead, IsTerminal as _, Read as _, Write as _};

use zeroize::Zeroizing;

use super::CliError;
use crate::{crypto::secret::SecretString, http::extract::json::BYTE_ORDER_MARK};

/// Longer than any password, so that a wrong file is not read to its end.
const MAX_LINE_BYTES: u64 = 4096;

/// Reads a new password: prompts twice at a terminal, otherwise reads the first line of the
/// standard input.
///
/// # Errors
/// Fails if there is no password, or if the two differ.
pub(super) fn new_password() -> Result<SecretString, CliError> {
    if !io::stdin().is_terminal() {
        return first_line(io::stdin().lock());
    }
    let first = Zeroizing::new(rpassword::prompt_password("Password: ")?);
    let second = Zeroizing::new(rpassword::prompt_password("Repeat password: ")?);
    if *first == *second {
        Ok(SecretString::new((*first).clone()))
    } else {
        Err(CliError::message("the two passwords differ"))
    }
}

/// Reads a secret: prompts at a terminal, otherwise reads the whole standard input. Removes
/// surrounding white space. Returns an empty text if there is none.
///
/// # Errors
/// Fails if the terminal or the input fails.
pub(super) fn read_secret() -> Result<SecretString, CliError> {
    if io::stdin().is_terminal() {
        let prompt = Zeroizing::new(rpassword::prompt_password("Secret: ")?);
        return Ok(SecretString::new(prompt.trim().to_owned()));
    }
    let mut bytes = Zeroizing::new(Vec::new());
    io::stdin()
        .lock()
        .take(MAX_LINE_BYTES)
        .read_to_end(&mut bytes)?;
    // Invalid UTF-8 cannot be a secret. The caller's parser reports it.
    let text = Zeroizing::new(String::from_utf8_lossy(without_bom(&bytes)).into_owned());
    Ok(SecretString::new(text.trim().to_owned()))
}

/// Removes a leading byte order mark, which some editors write into every file.
fn without_bom(text: &[u8]) -> &[u8] {
    text.strip_prefix(BYTE_ORDER_MARK).unwrap_or(text)
}

/// Returns the first line unchanged, without its line end and without a byte order mark.
fn first_line(input: impl BufRead) -> Result<SecretString, CliError> {
    let mut bytes = Zeroizing::new(Vec::new());
    input.take(MAX_LINE_BYTES).read_until(b'\n', &mut bytes)?;
    let text = std::str::from_utf8(without_bom(&bytes))
        .map_err(|_| CliError::message("the password on the standard input is not UTF-8"))?;
    let line = text.strip_suffix('\n').unwrap_or(text);
    let line = line.strip_suffix('\r').unwrap_or(line);
    if line.is_empty() {
        return Err(CliError::message(
            "there is no password on the standard input: write it there in one line",
        ));
    }
    Ok(SecretString::new(line.to_owned()))
}

/// Prompts at a terminal and returns the typed line. Returns `None` if there is no terminal.
///
/// # Errors
/// Fails if the terminal fails.
pub(super) fn prompt(question: &str) -> Result<Option<String>, CliError> {
    if !io::stdin().is_terminal() {
        return Ok(None);
    }
    let mut out = io::stderr().lock();
    write!(out, "{question} ")?;
    out.flush()?;
    let mut answer = String::new();
    io::stdin()
        .lock()
        .take(MAX_LINE_BYTES)
        .read_line(&mut answer)?;
    Ok(Some(answer.trim().to_owned()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn password_is_the_exact_first_line() {
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
    fn missing_line_or_invalid_utf8_is_refused() {
        for input in [&b""[..], b"\n", b"\r\n", b"\xff\xfe\n", b"\xEF\xBB\xBF\n"] {
            assert!(first_line(input).is_err(), "{input:?}");
        }
    }
}
