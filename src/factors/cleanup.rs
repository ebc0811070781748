//! Deletes abandoned steps of flows, and seals secrets under the present key.

use super::{authenticator_app::ENROLMENT, passkeys, store, verify::open};
use crate::{app_state::AppState, error::Result, sign_in_attempts, types::ids::FactorId};

/// The number of rows of one transaction.
const BATCH: i64 = 200;

/// Deletes sign-ins that were not completed, secrets of apps that were not turned on, and challenges
/// that were not answered.
///
/// # Errors
/// Returns an error if the database fails.
pub async fn delete_abandoned(state: &AppState) -> Result<()> {
    loop {
        let deleted = state
            .write(|tx| {
                let now = tx.now();
                let attempts_before = now.saturating_sub(sign_in_attempts::LIFETIME);
                let attempts =
                    sign_in_attempts::delete_expired(tx.connection, attempts_before, BATCH)?;
                let shown_before = now.saturating_sub(ENROLMENT);
                let shown = store::delete_pending_before(tx.connection, shown_before, BATCH)?;
                let challenges = passkeys::delete_expired(tx.connection, now, BATCH)?;
                Ok(attempts.max(shown).max(challenges))
            })
            .await?;
        if i64::try_from(deleted).unwrap_or(BATCH) < BATCH {
            return Ok(());
        }
    }
}

/// Seals each secret of an authenticator app under the first signing key, so that an older key can
/// be removed. A secret that no key opens stays: its key may be given again.
///
/// # Errors
/// Returns an error if the database fails.
pub async fn reseal(state: &AppState) -> Result<()> {
    let current = state.sealing_keys()?.current();
    let mut after = FactorId::nil();
    loop {
        let apps = state
            .read(move |_, connection| {
                Ok(store::sealed_with_other_keys(
                    connection, current, after, BATCH,
                )?)
            })
            .await?;
        let Some(last) = apps.last() else {
            return Ok(());
        };
        after = last.id;
        let mut resealed = Vec::new();
        for app in apps {
            let Ok(secret) = open(state, &app) else {
                tracing::error!(user = %app.user, "authenticator app sealed under an unknown key, its codes are refused");
                continue;
            };
            let keys = state.sealing_keys()?;
            let sealed = keys.seal(state.random(), app.user.as_bytes(), secret.expose())?;
            resealed.push((app, sealed));
        }
        state
            .write(move |tx| {
                for (app, sealed) in &resealed {
                    store::replace_sealed_secret(tx.connection, app, sealed, current)?;
                }
                Ok(())
            })
            .await?;
    }
}
