//! A code of a second factor, as a form or a JSON body has it.

use crate::{error::Result, factors::Code, types::fields::FieldErrors};

/// Parses a code.
///
/// # Errors
/// The error of the field `code`.
pub fn read_code(text: &str) -> Result<Code> {
    Code::parse(text).map_err(|message| FieldErrors::one("code", message).into())
}
