//! `narthex moved`: confirms that the database was moved and that no revocation was lost.

use super::{CliError, OutputFormat, json, output};
use crate::{
    app_state::{AppState, Invalidation},
    db::{self, DatabaseIdentity},
    error::Error,
    restore_detection,
};

pub(super) async fn run(state: &AppState, format: OutputFormat) -> Result<(), CliError> {
    let identity = confirm(state).await?;
    if format.json {
        return output::json(&json::place(&identity));
    }
    output::line(format!(
        "The identity of the database is confirmed: {identity}."
    ))
}

/// Records the present identity of the database as the right one and returns it.
pub(super) async fn confirm(state: &AppState) -> Result<String, CliError> {
    let target = state.settings().database.url.clone();
    // A refused query would end the transaction below, so the identity is read outside of it.
    let current = state
        .db()
        .read::<_, db::Error>(move |connection| DatabaseIdentity::of(&target, connection))
        .await
        .map_err(Error::from)?;
    let identity = current.to_string();
    // Every node clears its cache, because after a failover it may hold credentials that are
    // revoked in the database.
    state
        .write(move |tx| {
            let _: Invalidation = tx.invalidate_everything();
            Ok(restore_detection::confirm_identity(
                tx.connection,
                &current,
            )?)
        })
        .await?;
    Ok(identity)
}
