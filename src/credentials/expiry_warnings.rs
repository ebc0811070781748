//! Warnings about tokens that expire soon, a week and a day before.

use std::time::Duration;

use super::store;
use crate::{
    app_state::{AppState, Transaction},
    error::Result,
    mail::notices::{self, NamedToken, NoticeKind},
};

/// The days before the expiry, the fewest first.
const DAYS: [u8; 2] = [1, 7];

/// The number of warnings of one transaction.
const BATCH: i64 = 100;

/// Warns the owners of tokens that expire within a week or a day, once for each expiry. Returns the
/// number of tokens. Nodes that do this at the same time send each warning once.
///
/// # Errors
/// Returns an error if the database fails. Completed transactions remain, and a repetition is safe.
pub async fn warn(state: &AppState) -> Result<usize> {
    let mut warned = 0;
    if !state.settings().mail.is_on() {
        return Ok(warned);
    }
    for days in DAYS {
        loop {
            let tokens = state.write(move |tx| warn_batch(tx, days)).await?;
            warned += tokens;
            if i64::try_from(tokens).unwrap_or(BATCH) < BATCH {
                break;
            }
        }
    }
    Ok(warned)
}

fn warn_batch(tx: &mut Transaction<'_>, days: u8) -> Result<usize> {
    let now = tx.now();
    let notice = length(days);
    let until = now.saturating_add(notice);
    let tokens = store::expiring_tokens(tx.connection, now, until, days, BATCH)?;
    for token in &tokens {
        // A warning for fewer days replaces those for more.
        let mut is_new = false;
        for covered in DAYS.into_iter().filter(|covered| *covered >= days) {
            let inserted =
                store::insert_warning(tx.connection, token.id, token.expires_at, covered)?;
            is_new |= inserted && covered == days;
        }
        // The owner of a token with a shorter life knows its expiry.
        let life = token.expires_at.saturating_duration_since(token.created_at);
        if is_new && life > notice {
            let kind = NoticeKind::TokenExpires {
                token: NamedToken::new(&token.name, &token.hint),
                expires_at: token.expires_at,
            };
            notices::notify_of(tx, token.user, kind, now, None)?;
        }
    }
    Ok(tokens.len())
}

fn length(days: u8) -> Duration {
    Duration::from_secs(u64::from(days) * 24 * 3600)
}
