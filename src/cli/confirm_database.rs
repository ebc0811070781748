//! `narthex moved`: the answer to whether the database is a copy, where nothing was lost by it.

use super::{CliError, OutputFormat, json, output};
use crate::{
    app_state::{AppState, Invalidation},
    db::{self, DatabaseIdentity},
    error::Error,
    restore_detection,
};

pub(super) async fn run(context: &AppState, form: OutputFormat) -> Result<(), CliError> {
    let place = confirm(context).await?;
    if form.json {
        return output::json(&json::place(&place));
    }
    output::line(format!("The database is where it has to be: {place}."))
}

/// Has the database know its place as the right one; gives it.
pub(super) async fn confirm(context: &AppState) -> Result<String, CliError> {
    let target = context.settings().database.clone();
    // Outside of the transaction below, which a question that is refused would end.
    let here = context
        .db()
        .read::<_, db::Error>(move |connection| DatabaseIdentity::of(&target, connection))
        .await
        .map_err(Error::from)?;
    let place = here.to_string();
    // Every node forgets everything: after a failover it may remember what the database knows to be ended.
    context
        .write(move |tx| {
            let _: Invalidation = tx.invalidate_everything();
            Ok(restore_detection::confirm_identity(tx.connection, &here)?)
        })
        .await?;
    Ok(place)
}
