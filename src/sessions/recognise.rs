//! Sign-ins on new devices, and which of them the user recognises.

use super::Device;
use crate::{
    app_state::AppState,
    audit::{self, Event, EventDetail, EventKind, NewEvent},
    credentials::{Credential, Principal, revoke::begin_change_as, store},
    error::{Error, Result},
    types::{
        credential_kind::CredentialType,
        ids::{CredentialId, UserId},
    },
};

/// The number of events that are searched. Older sign-ins are no news.
const EVENTS: i64 = 50;

/// Returns the newest sign-in on a new device that the user has not recognised, with its session.
/// `active` are the active credentials of the user. The caller's own session is left out.
///
/// # Errors
/// Returns an error if the database fails.
pub async fn newest_unrecognised<'a>(
    state: &AppState,
    caller: &Principal,
    active: &'a [Credential],
) -> Result<Option<(Event, &'a Credential)>> {
    const KINDS: &[EventKind] = &[EventKind::SignedInOnNewDevice, EventKind::SignInRecognised];
    let user: UserId = caller.user().id;
    let events = audit::newest_of(state, user, KINDS, EVENTS).await?;
    let recognised: Vec<CredentialId> = events
        .iter()
        .filter(|event| event.kind == EventKind::SignInRecognised)
        .filter_map(|event| event.credential_id)
        .collect();
    let own = caller.credential().id;
    let found = events.into_iter().find_map(|event| {
        let id = event.credential_id?;
        let is_news =
            event.kind == EventKind::SignedInOnNewDevice && id != own && !recognised.contains(&id);
        let session = active.iter().find(|credential| credential.id == id)?;
        is_news.then_some((event, session))
    });
    Ok(found)
}

/// Records that the user recognises the sign-in of `session`.
///
/// # Errors
/// [`Error::NotFound`] if the user has no such active session, or if it is the caller's own. An
/// intruder cannot vouch for the own sign-in.
pub async fn recognise(state: &AppState, caller: &Principal, session: CredentialId) -> Result<()> {
    let (user, actor, caller) = (caller.user().id, caller.actor(), caller.clone());
    state
        .write(move |tx| {
            begin_change_as(tx, &caller)?;
            let now = tx.now();
            let session = store::find(tx.connection, user, session)?
                .filter(|found| found.class() == CredentialType::Session && found.is_active(now))
                .filter(|found| found.id != caller.credential().id)
                .ok_or(Error::NotFound)?;
            let device = Device::of(session.user_agent.as_deref()).detail();
            let event = NewEvent::new(EventKind::SignInRecognised, EventDetail::Device(device));
            audit::record(tx, user, &actor, event.to(session.id))
        })
        .await
}
