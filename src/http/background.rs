//! The periodic work of a server and of an embedded Narthex.

use std::time::Duration;

use crate::{
    app_state::AppState,
    credentials::{Pruned, expiry_warnings, last_used, prune},
    error::Result,
    factors,
    passwords::schemes::update_dummy_hashes,
};

/// The interval of pruning, which ends expired credentials and deletes old records.
const PRUNE_INTERVAL: Duration = Duration::from_secs(3600);

/// The interval of counting the schemes of password hashes.
const SCHEMES_INTERVAL: Duration = Duration::from_secs(3600);

/// The interval of looking for planned removals of factors.
const REMOVALS_INTERVAL: Duration = Duration::from_secs(300);

/// Writes the cached last-used times to the database in each period of the settings.
pub(crate) async fn write_last_used(state: AppState) {
    loop {
        actix_web::rt::time::sleep(state.settings().records.last_used_every).await;
        if let Err(error) = last_used::flush(&state).await {
            tracing::warn!(cause = %error, "write of last-used times failed; retrying in the next period");
        }
    }
}

/// Counts the schemes of password hashes at the start and once an hour, because an import or many
/// sign-ins have changed them.
pub(crate) async fn count_password_schemes(state: AppState) {
    loop {
        if let Err(error) = update_dummy_hashes(&state).await {
            tracing::warn!(cause = %error, "count of password schemes failed; retrying in the next period");
        }
        actix_web::rt::time::sleep(SCHEMES_INTERVAL).await;
    }
}

/// Writes the last-used times that are still cached. Call it when no other task records or writes
/// any more.
pub(crate) async fn write_last_used_at_shutdown(state: &AppState) {
    if let Err(error) = last_used::flush_on_shutdown(state).await {
        tracing::error!(cause = %error, "write of last-used times failed at shutdown; the latest times are lost");
    }
}

/// Deletes abandoned sign-ins, and seals the secrets of authenticator apps under the first signing
/// key.
pub(crate) async fn clean_factors(state: &AppState) -> Result<()> {
    factors::delete_abandoned(state).await?;
    factors::reseal(state).await
}

/// Carries out the removals of factors that operators have planned.
pub(crate) async fn remove_factors(state: AppState) {
    loop {
        actix_web::rt::time::sleep(REMOVALS_INTERVAL).await;
        match factors::carry_out_removals(&state).await {
            Ok(0) => {}
            Ok(removed) => {
                tracing::info!(removed, "planned removals of second factors carried out");
            }
            Err(error) => {
                tracing::warn!(cause = %error, "planned removals not read; retrying in the next period");
            }
        }
    }
}

/// Deletes expired credentials and old records, and warns of tokens that expire soon, once an hour.
pub(crate) async fn cleanup_loop(state: AppState) {
    loop {
        actix_web::rt::time::sleep(PRUNE_INTERVAL).await;
        if let Err(error) = clean_factors(&state).await {
            tracing::warn!(cause = %error, "cleanup of second factors failed; retrying in the next period");
        }
        match prune(&state).await {
            Ok(pruned) if pruned == Pruned::default() => {}
            Ok(pruned) => tracing::info!(pruned.expired, pruned.deleted, "pruning completed"),
            Err(error) => {
                tracing::warn!(cause = %error, "pruning failed; retrying in the next period");
            }
        }
        match expiry_warnings::warn(&state).await {
            Ok(0) => {}
            Ok(tokens) => tracing::info!(tokens, "owners warned of the expiry of tokens"),
            Err(error) => {
                tracing::warn!(cause = %error, "expiry warnings failed; retrying in the next period");
            }
        }
    }
}
