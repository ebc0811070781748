//! `narthex openapi`

use super::{CliError, output};
use crate::http::openapi::{self, Site};

/// Prints the document that describes the API. It is the same wherever it is printed: no setting is
/// read, no database opened and no file made.
pub(super) fn print() -> Result<(), CliError> {
    output::document(format!("{}\n", openapi::json(Site::ANY)?).as_bytes())
}
