//! `narthex prune`

use super::{CliError, OutputFormat, json, output};
use crate::{app_state::AppState, cli::text::count, credentials};

pub(super) async fn run(state: &AppState, format: OutputFormat) -> Result<(), CliError> {
    let pruned = credentials::prune(state).await?;
    if format.json {
        return output::json(&json::pruned(pruned));
    }
    output::line(format!(
        "Revoked, because they had expired: {}. Deleted, because they were revoked long ago: {}.",
        count(pruned.expired, "credential"),
        count(pruned.deleted, "credential"),
    ))
}
