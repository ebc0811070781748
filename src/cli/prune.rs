//! `narthex prune`

use super::{CliError, OutputFormat, json, output};
use crate::{app_state::AppState, credentials, i18n::humanize::count};

pub(super) async fn run(context: &AppState, form: OutputFormat) -> Result<(), CliError> {
    let pruned = credentials::prune(context).await?;
    if form.json {
        return output::json(&json::pruned(pruned));
    }
    output::line(format!(
        "Ended, because their time was over: {}. Forgotten, because they ended long ago: {}.",
        count(pruned.expired, "credential"),
        count(pruned.forgotten, "credential"),
    ))
}
