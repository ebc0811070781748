//! `narthex openapi`

use super::{CliError, output};
use crate::http::openapi::{self, Site};

/// Prints the description of the API. It does not depend on the installation: no setting is read,
/// no database is opened and no file is created.
pub(super) fn print() -> Result<(), CliError> {
    output::document(format!("{}\n", openapi::json(Site::ANY)?).as_bytes())
}
