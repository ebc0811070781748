//! `narthex prune`

use super::{Failed, Form, json, output};
use crate::{app_state::Context, credentials, i18n::humanize::count};

pub(super) async fn run(context: &Context, form: Form) -> Result<(), Failed> {
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
