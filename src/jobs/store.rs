//! The queries about jobs.

use diesel::{QueryResult, prelude::*};

use super::{Job, JobKind, NewJob};
use crate::{
    crypto::digest::Digest,
    db::AnyConnection,
    schema::jobs,
    types::ids::{JobId, UserId},
    util::clock::Timestamp,
};

/// A job, for an operator.
#[derive(Clone, Debug, Queryable, Selectable)]
#[diesel(table_name = jobs)]
pub struct ListedJob {
    /// The ID.
    pub id: JobId,
    /// The parameters in JSON.
    pub payload: String,
    /// The time of the transaction that asked for the work.
    pub created_at: Timestamp,
    /// The time of the next attempt, or the end of the lease of the present one.
    pub due_at: Timestamp,
    /// The number of attempts.
    pub attempts: i64,
    claim_id: Option<JobId>,
    failed_at: Option<Timestamp>,
    /// The reason of the last failure.
    pub last_error: Option<String>,
}

/// A job that no node has attempted yet.
#[derive(Clone, Debug, Queryable, Selectable)]
#[diesel(table_name = jobs)]
pub struct WaitingJob {
    /// The ID.
    pub id: JobId,
    /// The parameters in JSON.
    pub payload: String,
}

/// The state of a job.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum JobState {
    /// The job waits for its first attempt or for the next one.
    Waiting,
    /// A node attempts it, or was killed in an attempt.
    Claimed,
    /// The job has failed for ever.
    Failed,
}

impl ListedJob {
    /// Returns the state.
    #[must_use]
    pub const fn state(&self) -> JobState {
        match (self.failed_at, self.claim_id) {
            (Some(_), _) => JobState::Failed,
            (None, Some(_)) => JobState::Claimed,
            (None, None) => JobState::Waiting,
        }
    }
}

pub(super) fn insert(
    connection: &mut AnyConnection,
    id: JobId,
    now: Timestamp,
    job: &NewJob,
) -> QueryResult<()> {
    diesel::insert_into(jobs::table)
        .values((
            jobs::id.eq(id),
            jobs::kind.eq(job.kind.as_str()),
            jobs::payload.eq(&job.payload),
            jobs::user_id.eq(job.user),
            jobs::group_key.eq(job.group),
            jobs::created_at.eq(now),
            jobs::due_at.eq(job.due_at),
            jobs::give_up_at.eq(job.give_up_at),
            jobs::attempts.eq(0),
        ))
        .execute(connection)
        .map(drop)
}

/// Returns the job of a group that was not attempted yet. The update locks it, so that on PostgreSQL
/// another transaction waits until this one ends, and then sees the replaced payload.
pub(super) fn lock_waiting(
    connection: &mut AnyConnection,
    group: Digest,
) -> QueryResult<Option<WaitingJob>> {
    let waiting = jobs::table
        .filter(jobs::group_key.eq(group))
        .filter(jobs::attempts.eq(0))
        .filter(jobs::failed_at.is_null());
    diesel::update(waiting)
        .set(jobs::attempts.eq(jobs::attempts))
        .execute(connection)?;
    waiting
        .order(jobs::id.asc())
        .select(WaitingJob::as_select())
        .first(connection)
        .optional()
}

/// Returns the payloads and the times of the jobs of a user that no node has claimed, the earliest
/// first.
pub(super) fn waiting_of_user(
    connection: &mut AnyConnection,
    kind: JobKind,
    user: UserId,
) -> QueryResult<Vec<(String, Timestamp)>> {
    jobs::table
        .filter(jobs::user_id.eq(user))
        .filter(jobs::kind.eq(kind.as_str()))
        .filter(jobs::claim_id.is_null())
        .filter(jobs::failed_at.is_null())
        .order((jobs::due_at.asc(), jobs::id.asc()))
        .select((jobs::payload, jobs::due_at))
        .load(connection)
}

/// Deletes the jobs of a group that no node has claimed, and returns whether there were any.
pub(super) fn delete_waiting(connection: &mut AnyConnection, group: Digest) -> QueryResult<bool> {
    let waiting = jobs::table
        .filter(jobs::group_key.eq(group))
        .filter(jobs::claim_id.is_null());
    diesel::delete(waiting)
        .execute(connection)
        .map(|rows| rows > 0)
}

pub(super) fn replace_payload(
    connection: &mut AnyConnection,
    id: JobId,
    payload: &str,
) -> QueryResult<()> {
    diesel::update(jobs::table.find(id))
        .set(jobs::payload.eq(payload))
        .execute(connection)
        .map(drop)
}

/// Returns the job that is due for longest.
pub(super) fn next_due(
    connection: &mut AnyConnection,
    kind: JobKind,
    now: Timestamp,
) -> QueryResult<Option<JobId>> {
    jobs::table
        .filter(jobs::failed_at.is_null())
        .filter(jobs::due_at.le(now))
        .filter(jobs::kind.eq(kind.as_str()))
        .order((jobs::due_at.asc(), jobs::id.asc()))
        .select(jobs::id)
        .first(connection)
        .optional()
}

/// Claims a job that is still due. Of two concurrent claims, the second waits for the first and
/// finds a job that is not due any more.
pub(super) fn claim(
    connection: &mut AnyConnection,
    id: JobId,
    claim: JobId,
    now: Timestamp,
    until: Timestamp,
) -> QueryResult<bool> {
    let due = jobs::table
        .filter(jobs::id.eq(id))
        .filter(jobs::failed_at.is_null())
        .filter(jobs::due_at.le(now));
    diesel::update(due)
        .set((
            jobs::due_at.eq(until),
            jobs::claim_id.eq(claim),
            jobs::attempts.eq(jobs::attempts + 1),
        ))
        .execute(connection)
        .map(|rows| rows == 1)
}

/// Returns the job with this claim.
pub(super) fn claimed(
    connection: &mut AnyConnection,
    id: JobId,
    claim: JobId,
) -> QueryResult<Option<Job>> {
    let row: Option<(String, Option<UserId>, i64, Timestamp)> = jobs::table
        .filter(jobs::id.eq(id))
        .filter(jobs::claim_id.eq(claim))
        .select((
            jobs::payload,
            jobs::user_id,
            jobs::attempts,
            jobs::give_up_at,
        ))
        .first(connection)
        .optional()?;
    Ok(row.map(|(payload, user, attempts, give_up_at)| Job {
        id,
        payload,
        user,
        claim,
        attempts,
        give_up_at,
    }))
}

pub(super) fn delete(connection: &mut AnyConnection, id: JobId, claim: JobId) -> QueryResult<bool> {
    diesel::delete(jobs::table.filter(jobs::id.eq(id).and(jobs::claim_id.eq(claim))))
        .execute(connection)
        .map(|rows| rows == 1)
}

pub(super) fn postpone(
    connection: &mut AnyConnection,
    job: &Job,
    next: Timestamp,
    error: &str,
) -> QueryResult<()> {
    diesel::update(jobs::table.filter(jobs::id.eq(job.id).and(jobs::claim_id.eq(job.claim))))
        .set((
            jobs::due_at.eq(next),
            jobs::claim_id.eq(None::<JobId>),
            jobs::last_error.eq(error),
        ))
        .execute(connection)
        .map(drop)
}

pub(super) fn fail(
    connection: &mut AnyConnection,
    job: &Job,
    now: Timestamp,
    error: &str,
) -> QueryResult<()> {
    diesel::update(jobs::table.filter(jobs::id.eq(job.id).and(jobs::claim_id.eq(job.claim))))
        .set((
            jobs::failed_at.eq(now),
            jobs::claim_id.eq(None::<JobId>),
            jobs::last_error.eq(error),
        ))
        .execute(connection)
        .map(drop)
}

pub(super) fn list(
    connection: &mut AnyConnection,
    kind: JobKind,
    limit: i64,
) -> QueryResult<Vec<ListedJob>> {
    jobs::table
        .filter(jobs::kind.eq(kind.as_str()))
        .order(jobs::id.desc())
        .limit(limit)
        .select(ListedJob::as_select())
        .load(connection)
}

pub(super) fn count_waiting(connection: &mut AnyConnection, kind: JobKind) -> QueryResult<u64> {
    let count: i64 = jobs::table
        .filter(jobs::failed_at.is_null())
        .filter(jobs::kind.eq(kind.as_str()))
        .count()
        .first(connection)?;
    Ok(count.unsigned_abs())
}

pub(super) fn delete_failed(
    connection: &mut AnyConnection,
    before: Timestamp,
    limit: i64,
) -> QueryResult<usize> {
    let failed: Vec<JobId> = jobs::table
        .filter(jobs::failed_at.lt(before))
        .limit(limit)
        .select(jobs::id)
        .load(connection)?;
    diesel::delete(jobs::table.filter(jobs::id.eq_any(failed))).execute(connection)
}
