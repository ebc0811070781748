//! Ends the suspension of an authenticator app for an operator.

use super::store;
use crate::{
    app_state::AppState,
    audit::{self, Actor, EventKind, NewEvent},
    credentials::revoke::lock_user_and_recheck_actor,
    error::{Error, Result},
    types::ids::{FactorId, UserId},
};

/// Accepts the codes of a user's suspended app again. The activity tells the user the `reason`.
/// Returns `false` if the app is not suspended. The delays after wrong codes stay.
///
/// # Errors
/// [`Error::NotFound`] if the user has no app with this ID.
pub async fn resume_as_operator(
    state: &AppState,
    user: UserId,
    id: FactorId,
    reason: String,
) -> Result<bool> {
    state
        .write(move |tx| {
            let actor = Actor::operator();
            lock_user_and_recheck_actor(tx, user, &actor)?;
            let app = store::find_app(tx.connection, user, id)?.ok_or(Error::NotFound)?;
            if !app.is_suspended() {
                return Ok(false);
            }
            store::reset_failures(tx.connection, user)?;
            let event = NewEvent::new(EventKind::FactorResumed, &*reason);
            audit::record(tx, user, &actor, event)?;
            Ok(true)
        })
        .await
}
