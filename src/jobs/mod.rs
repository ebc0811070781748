//! Jobs: work that is done after the commit of the transaction that asked for it.
//!
//! A job is a row of that transaction. So no job exists for a change that was rolled back, and
//! every change has its job. A node that does a job claims it first, with a lease. If the node
//! dies, the job is due again when the lease is over. So a job can be done twice, if a node dies
//! after the work and before the deletion of the row.

mod retry;
mod store;

use std::time::Duration;

pub use self::store::{JobState, ListedJob, WaitingJob};
use crate::{
    app_state::{AppState, Transaction},
    crypto::digest::Digest,
    db::AnyConnection,
    error::Result,
    types::ids::{JobId, UserId},
    util::clock::Timestamp,
};

/// The lease of a claim. An attempt takes less: each step of a mail has a timeout of ten seconds.
const LEASE: Duration = Duration::from_secs(300);

/// The kind of work, which decides the format of the payload.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum JobKind {
    /// Send one mail.
    Mail,
    /// Remove one second factor of a user.
    FactorRemoval,
}

impl JobKind {
    /// Returns the stored name.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Mail => "mail",
            Self::FactorRemoval => "factor-removal",
        }
    }
}

/// A job to be inserted.
#[derive(Clone, Debug)]
pub struct NewJob {
    /// The kind of work.
    pub kind: JobKind,
    /// The parameters in JSON, without any secret.
    pub payload: String,
    /// The user that the work concerns. The job is deleted with the user.
    pub user: Option<UserId>,
    /// The key of jobs that can be merged into one.
    pub group: Option<Digest>,
    /// The time of the first attempt.
    pub due_at: Timestamp,
    /// The time after which no attempt is made.
    pub give_up_at: Timestamp,
}

/// A job that this process has claimed.
#[derive(Clone, Debug)]
pub struct Job {
    /// The ID, which all attempts share.
    pub id: JobId,
    /// The parameters.
    pub payload: String,
    /// The user that the work concerns.
    pub user: Option<UserId>,
    claim: JobId,
    attempts: i64,
    give_up_at: Timestamp,
}

/// The result of an attempt.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// The work is done.
    Done,
    /// The work is not needed any more.
    Obsolete,
    /// The attempt failed for this reason, and another one may succeed.
    Retry(String),
    /// The attempt failed for this reason, and every other one would, too.
    Failed(String),
}

/// The state of a job after an attempt.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Settled {
    /// The job is done.
    Done,
    /// The job was dropped, because its result is not needed any more.
    Dropped,
    /// The job is due again later.
    Postponed,
    /// The job has failed for ever.
    Failed,
}

/// Inserts a job. It is done after the commit.
///
/// # Errors
/// Returns an error if the database fails.
pub fn enqueue(tx: &mut Transaction<'_>, job: &NewJob) -> Result<JobId> {
    let (id, now) = (tx.new_id()?, tx.now());
    store::insert(tx.connection, id, now, job)?;
    tx.wake_jobs_after_commit();
    Ok(id)
}

/// Returns the job of a group that was not attempted yet, and locks it until the transaction ends. So
/// no node claims it while its payload is replaced.
///
/// # Errors
/// Returns an error if the database fails.
pub fn lock_waiting(tx: &mut Transaction<'_>, group: Digest) -> Result<Option<WaitingJob>> {
    Ok(store::lock_waiting(tx.connection, group)?)
}

/// Returns the payloads and the times of the jobs of a user that no node has claimed, the earliest
/// first.
///
/// # Errors
/// Returns an error if the database fails.
pub(crate) fn waiting_of_user(
    connection: &mut AnyConnection,
    kind: JobKind,
    user: UserId,
) -> Result<Vec<(String, Timestamp)>> {
    Ok(store::waiting_of_user(connection, kind, user)?)
}

/// Deletes the job of a group that no node has claimed, and returns whether there was one.
///
/// # Errors
/// Returns an error if the database fails.
pub(crate) fn delete_waiting(tx: &mut Transaction<'_>, group: Digest) -> Result<bool> {
    Ok(store::delete_waiting(tx.connection, group)?)
}

/// Replaces the payload of a job that [`lock_waiting`] returned.
///
/// # Errors
/// Returns an error if the database fails.
pub fn replace_payload(tx: &mut Transaction<'_>, id: JobId, payload: &str) -> Result<()> {
    Ok(store::replace_payload(tx.connection, id, payload)?)
}

/// Claims a job of this kind that is due. Returns `None` if there is none.
///
/// # Errors
/// Returns an error if the database fails.
pub async fn claim(state: &AppState, kind: JobKind) -> Result<Option<Job>> {
    // Most often nothing is due, and a read blocks no other change.
    let due = state
        .read(move |state, connection| Ok(store::next_due(connection, kind, state.now())?))
        .await?;
    if due.is_none() {
        return Ok(None);
    }
    state
        .write(move |tx| {
            let now = tx.now();
            while let Some(id) = store::next_due(tx.connection, kind, now)? {
                let claim = tx.new_id()?;
                let until = now.saturating_add(LEASE);
                if store::claim(tx.connection, id, claim, now, until)? {
                    return Ok(store::claimed(tx.connection, id, claim)?);
                }
            }
            Ok(None)
        })
        .await
}

/// Deletes a claimed job, in the transaction that does its work. Returns `false` if the lease is over
/// and another node has claimed the job.
///
/// # Errors
/// Returns an error if the database fails.
pub fn complete(tx: &mut Transaction<'_>, job: &Job) -> Result<bool> {
    Ok(store::delete(tx.connection, job.id, job.claim)?)
}

/// Records the result of an attempt: deletes the job, or sets the time of its next attempt. Does
/// nothing if the lease is over and another node has claimed the job.
///
/// # Errors
/// Returns an error if the database fails. The job is due again when the lease is over.
pub async fn settle(state: &AppState, job: &Job, outcome: Outcome) -> Result<Settled> {
    let job = job.clone();
    state
        .write(move |tx| {
            let now = tx.now();
            let (error, next) = match outcome {
                Outcome::Done => {
                    store::delete(tx.connection, job.id, job.claim)?;
                    return Ok(Settled::Done);
                }
                Outcome::Obsolete => {
                    store::delete(tx.connection, job.id, job.claim)?;
                    return Ok(Settled::Dropped);
                }
                Outcome::Retry(error) => (error, retry::next_attempt(now, job.attempts)),
                Outcome::Failed(error) => (error, None),
            };
            match next.filter(|next| *next < job.give_up_at) {
                Some(next) => {
                    store::postpone(tx.connection, &job, next, &error)?;
                    Ok(Settled::Postponed)
                }
                None => {
                    store::fail(tx.connection, &job, now, &error)?;
                    Ok(Settled::Failed)
                }
            }
        })
        .await
}

/// Returns whether the job may not be attempted any more. The node that attempted it last was killed.
#[must_use]
pub fn is_given_up(state: &AppState, job: &Job) -> bool {
    job.give_up_at <= state.now()
}

/// Returns up to `limit` jobs of a kind, the newest first.
///
/// # Errors
/// Returns an error if the database fails.
pub async fn list(state: &AppState, kind: JobKind, limit: u32) -> Result<Vec<ListedJob>> {
    state
        .read(move |_, connection| Ok(store::list(connection, kind, i64::from(limit))?))
        .await
}

/// Returns the number of jobs of a kind that wait for an attempt.
///
/// # Errors
/// Returns an error if the database fails.
pub async fn count_waiting(state: &AppState, kind: JobKind) -> Result<u64> {
    state
        .read(move |_, connection| Ok(store::count_waiting(connection, kind)?))
        .await
}

/// Deletes up to `limit` jobs that failed before `before`, and returns their number.
///
/// # Errors
/// Returns an error if the database fails.
pub(crate) fn delete_failed(
    connection: &mut AnyConnection,
    before: Timestamp,
    limit: i64,
) -> Result<usize> {
    Ok(store::delete_failed(connection, before, limit)?)
}
