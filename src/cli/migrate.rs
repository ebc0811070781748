//! `narthex migrate`

use super::{CliError, OutputFormat, json, output};
use crate::{app_state::MIGRATIONS, config::Settings, db, error::Error};

pub(super) fn migrate(settings: &Settings, format: OutputFormat) -> Result<(), CliError> {
    let done = db::run_pending(&settings.database.url, MIGRATIONS).map_err(Error::from)?;
    if format.json {
        return output::json(&json::list(done.iter()));
    }
    match done.as_slice() {
        [] => output::line("The tables are up to date."),
        done => done
            .iter()
            .try_for_each(|name| output::line(format!("Done: {name}"))),
    }
}
