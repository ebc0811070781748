//! The thread that runs all writes on SQLite.
//!
//! SQLite lets one connection write at a time. Other connections wait in `busy_timeout`, unfairly
//! and for seconds. Here one thread takes all waiting changes, runs each in its own savepoint
//! inside one transaction, commits once for all, and only then answers. With `synchronous=FULL` a
//! commit costs a flush of the disk, so many callers share one. A change that is alone in its
//! commit needs no savepoint, which would copy each page that the change touches.

use std::{
    panic::{AssertUnwindSafe, catch_unwind, resume_unwind},
    sync::mpsc::{Receiver, SyncSender, TrySendError, sync_channel},
};

use diesel::connection::{SimpleConnection as _, TransactionManager as _};
use tokio::sync::oneshot;

use crate::db::{
    AnyConnection, DatabaseUrl, Error,
    closed::Open,
    timeouts,
    transaction::{Transactions, begin},
};

/// The most changes that may wait. At about 10,000 commits a second this is well under a second of
/// work. A caller beyond it gets an error at once, because a growing queue would only delay the
/// error.
const QUEUE: usize = 1024;
/// The most changes that share a commit. It bounds how long the first of them waits.
const BATCH: usize = 128;

/// Runs its change. The returned value answers the caller once the outcome of the commit is known.
type Job = Box<dyn FnOnce(&mut AnyConnection, BatchMode) -> JobResult + Send>;

/// Whether a change has the transaction to itself.
#[derive(Clone, Copy, PartialEq, Eq)]
enum BatchMode {
    Single,
    Shared,
}

struct JobResult {
    outcome: JobOutcome,
    respond: Box<dyn FnOnce(Result<(), Error>) + Send>,
}

/// The effect of a change on the open transaction.
#[derive(Clone, Copy, PartialEq, Eq)]
enum JobOutcome {
    /// The change is in the transaction and is to be committed.
    Applied,
    /// The change left nothing in the transaction.
    RolledBack,
    /// Unknown. SQLite rolls the whole transaction back if a disk is full or fails, and later
    /// statements would be committed each on its own.
    Indeterminate,
}

pub(in crate::db) struct Writer {
    queue: SyncSender<Job>,
}

impl Writer {
    /// Starts the writing thread with its first connection.
    pub(in crate::db) fn start(
        target: DatabaseUrl,
        connection: AnyConnection,
        open: Open,
    ) -> Result<Self, Error> {
        let (queue, jobs) = sync_channel(QUEUE);
        std::thread::Builder::new()
            .name("sqlite-writer".to_owned())
            .spawn(move || {
                write_until_closed(&target, connection, &jobs);
                drop(open);
            })
            .map_err(|error| Error::Unreachable(error.to_string()))?;
        Ok(Self { queue })
    }

    /// Queues `change`. Returns after the commit that contains it and after `afterwards`.
    pub(in crate::db) async fn submit<T, E>(
        &self,
        change: impl FnOnce(&mut AnyConnection) -> Result<T, E> + Send + 'static,
        afterwards: impl FnOnce() + Send + 'static,
    ) -> Result<T, E>
    where
        T: Send + 'static,
        E: From<Error> + From<diesel::result::Error> + Send + 'static,
    {
        let receiver = self.queue(change, afterwards)?;
        tokio::time::timeout(timeouts::RESPONSE_TIMEOUT, receiver)
            .await
            .map_err(|_| Error::Unknown("the disk did not answer in time".to_owned()))?
            .map_err(|_| not_started())?
    }

    /// The same for a thread that waits without a timeout.
    pub(in crate::db) fn submit_and_wait<T, E>(
        &self,
        change: impl FnOnce(&mut AnyConnection) -> Result<T, E> + Send + 'static,
    ) -> Result<T, E>
    where
        T: Send + 'static,
        E: From<Error> + From<diesel::result::Error> + Send + 'static,
    {
        let receiver = self.queue(change, || {})?;
        receiver.blocking_recv().map_err(|_| not_started())?
    }

    fn queue<T, E>(
        &self,
        change: impl FnOnce(&mut AnyConnection) -> Result<T, E> + Send + 'static,
        afterwards: impl FnOnce() + Send + 'static,
    ) -> Result<oneshot::Receiver<Result<T, E>>, Error>
    where
        T: Send + 'static,
        E: From<Error> + From<diesel::result::Error> + Send + 'static,
    {
        let (answer, receiver) = oneshot::channel();
        let job: Job = Box::new(move |connection, mode| {
            // The caller no longer waits, so a change that was not started is skipped.
            if answer.is_closed() {
                return JobResult {
                    outcome: JobOutcome::RolledBack,
                    respond: Box::new(drop),
                };
            }
            let change = AssertUnwindSafe(|| match mode {
                BatchMode::Single => run_single(connection, change),
                BatchMode::Shared => run_in_savepoint(connection, change),
            });
            match catch_unwind(change) {
                Ok((outcome, result)) => JobResult {
                    outcome,
                    respond: Box::new(move |committed: Result<(), Error>| {
                        afterwards();
                        // The caller may have gone. A committed change stays committed.
                        drop(answer.send(committed.map_err(E::from).and(result)));
                    }),
                },
                Err(panic) => {
                    drop(answer.send(Err(Error::Panicked.into())));
                    resume_unwind(panic)
                }
            }
        });
        self.queue.try_send(job).map_err(|error| {
            let cause = match error {
                TrySendError::Full(_) => "too many changes are waiting",
                TrySendError::Disconnected(_) => "the writing thread has ended",
            };
            Error::Unreachable(cause.to_owned())
        })?;
        Ok(receiver)
    }
}

fn not_started() -> Error {
    Error::Unreachable("the change could not be begun".to_owned())
}

fn write_until_closed(target: &DatabaseUrl, first: AnyConnection, jobs: &Receiver<Job>) {
    let mut connection = Some(first);
    while let Ok(job) = jobs.recv() {
        let mut batch = vec![job];
        batch.extend(jobs.try_iter().take(BATCH - 1));
        let begun = connection
            .take()
            .map_or_else(|| target.connect(), Ok)
            .and_then(begin_transaction);
        connection = match begun {
            // A panic in a change leaves its transaction open, so the connection is dropped too.
            Ok(begun) => catch_unwind(AssertUnwindSafe(|| write(begun, batch))).unwrap_or_default(),
            Err(error) => {
                tracing::error!(cause = %error, "start of write transaction failed");
                // A dropped job answers its caller that nothing was done. Jobs that arrived
                // meanwhile have waited for their full time. Another attempt would double it for
                // each.
                jobs.try_iter().for_each(drop);
                None
            }
        };
    }
}

fn begin_transaction(mut connection: AnyConnection) -> Result<AnyConnection, Error> {
    begin(&mut connection)?;
    Ok(connection)
}

/// Runs a change that has the transaction to itself. If it failed, the transaction is rolled back.
fn run_single<T, E>(
    connection: &mut AnyConnection,
    change: impl FnOnce(&mut AnyConnection) -> Result<T, E>,
) -> (JobOutcome, Result<T, E>) {
    let result = change(connection);
    let outcome = match result {
        Ok(_) => JobOutcome::Applied,
        Err(_) => JobOutcome::RolledBack,
    };
    (outcome, result)
}

/// Runs a change in a savepoint that is managed by hand. diesel's own would continue without a
/// transaction after SQLite rolled it back.
fn run_in_savepoint<T, E: From<diesel::result::Error>>(
    connection: &mut AnyConnection,
    change: impl FnOnce(&mut AnyConnection) -> Result<T, E>,
) -> (JobOutcome, Result<T, E>) {
    if let Err(error) = connection.batch_execute("SAVEPOINT change") {
        return (JobOutcome::Indeterminate, Err(error.into()));
    }
    let result = change(connection);
    let (outcome, ended) = match result {
        Ok(_) => (
            JobOutcome::Applied,
            connection.batch_execute("RELEASE change"),
        ),
        Err(_) => {
            let back = connection.batch_execute("ROLLBACK TO change; RELEASE change");
            (JobOutcome::RolledBack, back)
        }
    };
    match ended {
        Ok(()) => (outcome, result),
        Err(error) => (JobOutcome::Indeterminate, result.and(Err(error.into()))),
    }
}

/// Runs a batch in the open transaction. Returns the connection if it may be used again. Dropping
/// it rolls an open transaction back.
fn write(mut connection: AnyConnection, batch: Vec<Job>) -> Option<AnyConnection> {
    let mode = match batch.as_slice() {
        [_] => BatchMode::Single,
        _ => BatchMode::Shared,
    };
    let mut answers: Vec<JobResult> = Vec::with_capacity(batch.len());
    for job in batch {
        let answer = job(&mut connection, mode);
        let is_indeterminate = answer.outcome == JobOutcome::Indeterminate;
        answers.push(answer);
        if is_indeterminate {
            // A dropped job answers its caller that nothing was begun.
            respond(answers, Some("the transaction was lost"));
            return None;
        }
    }
    if answers
        .iter()
        .all(|answer| answer.outcome == JobOutcome::RolledBack)
    {
        let rolled_back = Transactions::rollback_transaction(&mut connection);
        respond(answers, None);
        return rolled_back.is_ok().then_some(connection);
    }
    match Transactions::commit_transaction(&mut connection) {
        Ok(()) => {
            respond(answers, None);
            Some(connection)
        }
        Err(error) => {
            respond(answers, Some(&error.to_string()));
            None
        }
    }
}

fn respond(answers: Vec<JobResult>, failure: Option<&str>) {
    if let Some(cause) = failure {
        tracing::error!(cause, "commit failed, transaction rolled back");
    }
    for answer in answers {
        let committed = match failure {
            None => Ok(()),
            Some(cause) => Err(Error::Unreachable(cause.to_owned())),
        };
        (answer.respond)(committed);
    }
}

#[cfg(test)]
mod tests;
