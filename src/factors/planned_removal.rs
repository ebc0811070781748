//! The removal of a factor that an operator has asked for. It waits for a day if mail is on, so that
//! the owner can cancel it: an attacker may have persuaded the operator.

use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::{passkeys, removal, revocation_choice::RevocationChoice, store};
#[cfg(feature = "pages")]
use crate::credentials::{Principal, revoke::begin_change_as};
use crate::{
    app_state::{AppState, Transaction},
    audit::{self, Actor, EventKind, NewEvent},
    credentials::{RevocationReceipt, revoke::lock_user_and_recheck_actor},
    crypto::digest::Digest,
    db::AnyConnection,
    error::{Error, Result},
    jobs::{self, Job, JobKind, NewJob, Outcome},
    mail::notices::{self, NoticeKind},
    types::ids::{FactorId, UserId},
    util::clock::Timestamp,
};

/// The time in which the owner can cancel a removal.
pub const DELAY: Duration = Duration::from_secs(24 * 3600);

/// The time after which a removal that no server has carried out is dropped. The circumstances may
/// have changed by then.
const GIVE_UP_AFTER: Duration = Duration::from_secs(7 * 24 * 3600);

/// The time at which an operator's removal of a factor is carried out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RemovalTime {
    /// At once.
    Now,
    /// After 24 hours if mail is on, so that the owner can learn of it. Otherwise at once.
    AfterDelay,
}

/// A removal that waits.
#[derive(Clone, Debug)]
pub struct PlannedRemoval {
    /// The factor.
    pub factor: FactorId,
    /// The name of the passkey. `None`: it is the authenticator app.
    pub passkey: Option<String>,
    /// The reason of the operator.
    pub reason: String,
    /// The time at which it is carried out.
    pub due_at: Timestamp,
}

/// The removal of a factor by an operator. It is stored as the parameters of the job.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct OperatorRemoval {
    /// The factor.
    pub factor: FactorId,
    /// The reason, which the user sees in the activity and in a mail.
    pub reason: String,
    /// The credentials to revoke with it. The trust in browsers always ends.
    #[serde(default)]
    pub revocation: RevocationChoice,
}

/// The result of [`remove_as_operator`].
#[derive(Debug)]
pub enum RemovalOutcome {
    /// The factor was removed, with the receipt of the revocation if anything ended.
    Removed(Option<RevocationReceipt>),
    /// The factor is removed at this time.
    Planned(Timestamp),
}

/// Removes one factor of a user for an operator, at once or later. A mail tells the user of a later
/// removal. A second request for the same factor does not change the first one. Without another
/// factor, the user can sign in with the password alone after the removal.
///
/// # Errors
/// [`Error::NotFound`] if the user has no factor with this ID.
pub async fn remove_as_operator(
    state: &AppState,
    user: UserId,
    asked: OperatorRemoval,
    time: RemovalTime,
) -> Result<RemovalOutcome> {
    state
        .write(move |tx| {
            let actor = Actor::operator();
            lock_user_and_recheck_actor(tx, user, &actor)?;
            if time == RemovalTime::Now || !tx.state.settings().mail.is_on() {
                let receipt = removal::remove_one(tx, user, &actor, &asked)?;
                jobs::delete_waiting(tx, group(user, asked.factor))?;
                return Ok(RemovalOutcome::Removed(receipt));
            }
            plan(tx, user, &actor, &asked).map(RemovalOutcome::Planned)
        })
        .await
}

fn group(user: UserId, id: FactorId) -> Digest {
    let parts: [&[u8]; 3] = [b"removal of a factor ", user.as_bytes(), id.as_bytes()];
    Digest::of(&parts.concat())
}

fn plan(
    tx: &mut Transaction<'_>,
    user: UserId,
    actor: &Actor,
    asked: &OperatorRemoval,
) -> Result<Timestamp> {
    let id = asked.factor;
    let passkey = name_of(tx.connection, user, id)?;
    let waiting = planned_in(tx.connection, user)?;
    if let Some(waiting) = waiting.iter().find(|waiting| waiting.factor == id) {
        return Ok(waiting.due_at);
    }
    let due_at = tx.now().saturating_add(DELAY);
    let job = NewJob {
        kind: JobKind::FactorRemoval,
        payload: serde_json::to_string(asked).map_err(Error::internal)?,
        user: Some(user),
        group: Some(group(user, id)),
        due_at,
        give_up_at: due_at.saturating_add(GIVE_UP_AFTER),
    };
    jobs::enqueue(tx, &job)?;
    let event = NewEvent::new(EventKind::FactorRemovalPlanned, &*asked.reason);
    audit::record(tx, user, actor, event)?;
    let kind = NoticeKind::FactorRemovalPlanned {
        passkey,
        due_at,
        reason: asked.reason.clone(),
    };
    notices::notify(tx, user, actor, kind, [])?;
    Ok(due_at)
}

/// Returns the name of a passkey, or `None` for the authenticator app.
fn name_of(connection: &mut AnyConnection, user: UserId, id: FactorId) -> Result<Option<String>> {
    if let Some(passkey) = passkeys::store::find(connection, user, id)? {
        return Ok(Some(passkey.name));
    }
    match store::find_app(connection, user, id)? {
        Some(_) => Ok(None),
        None => Err(Error::NotFound),
    }
}

/// Returns the planned removals, the earliest first. A removal whose factor no longer exists is
/// left out.
fn planned_in(connection: &mut AnyConnection, user: UserId) -> Result<Vec<PlannedRemoval>> {
    let jobs = jobs::waiting_of_user(connection, JobKind::FactorRemoval, user)?;
    let mut planned = Vec::new();
    for (payload, due_at) in jobs {
        let Ok(parameters) = serde_json::from_str::<OperatorRemoval>(&payload) else {
            continue;
        };
        let passkey = match name_of(connection, user, parameters.factor) {
            Err(Error::NotFound) => continue,
            found => found?,
        };
        planned.push(PlannedRemoval {
            factor: parameters.factor,
            passkey,
            reason: parameters.reason,
            due_at,
        });
    }
    Ok(planned)
}

/// Returns the removals of a user that wait, the earliest first.
///
/// # Errors
/// Returns an error if the database fails.
pub async fn planned_removals(state: &AppState, user: UserId) -> Result<Vec<PlannedRemoval>> {
    state
        .read(move |_, connection| planned_in(connection, user))
        .await
}

/// Cancels the removal of a factor of the caller.
///
/// # Errors
/// [`Error::NotFound`] if no removal of this factor waits.
#[cfg(feature = "pages")]
pub async fn cancel_removal(state: &AppState, caller: &Principal, id: FactorId) -> Result<()> {
    let caller = caller.clone();
    state
        .write(move |tx| {
            let user = begin_change_as(tx, &caller)?.user_id;
            if !jobs::delete_waiting(tx, group(user, id))? {
                return Err(Error::NotFound);
            }
            let actor = caller.actor();
            let event = NewEvent::new(EventKind::FactorRemovalCancelled, "");
            audit::record(tx, user, &actor, event)?;
            notices::notify(tx, user, &actor, NoticeKind::FactorRemovalCancelled, [])
        })
        .await
}

/// Carries out the removals that are due, and returns their number.
///
/// # Errors
/// Returns an error if the database fails. The removal is due again when its lease is over.
pub async fn carry_out_removals(state: &AppState) -> Result<usize> {
    let mut removed = 0;
    while let Some(job) = jobs::claim(state, JobKind::FactorRemoval).await? {
        let parameters = serde_json::from_str::<OperatorRemoval>(&job.payload).ok();
        let parameters = parameters.filter(|_| !jobs::is_given_up(state, &job));
        let (Some(user), Some(parameters)) = (job.user, parameters) else {
            jobs::settle(state, &job, Outcome::Obsolete).await?;
            continue;
        };
        if carry_out(state, job, user, parameters).await? {
            removed += 1;
        }
    }
    Ok(removed)
}

async fn carry_out(
    state: &AppState,
    job: Job,
    user: UserId,
    asked: OperatorRemoval,
) -> Result<bool> {
    state
        .write(move |tx| {
            if !jobs::complete(tx, &job)? {
                return Ok(false);
            }
            let actor = Actor::operator();
            let removed = lock_user_and_recheck_actor(tx, user, &actor)
                .and_then(|()| removal::remove_one(tx, user, &actor, &asked));
            match removed {
                // The user has removed the factor, or the account is deleted.
                Err(Error::NotFound) => Ok(false),
                other => other.map(|_| true),
            }
        })
        .await
}
