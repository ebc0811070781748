//! SQLite's one writer.
//!
//! SQLite lets one connection write at a time. Left to many connections, the others wait in
//! `busy_timeout`, unfairly and for seconds. Here one thread takes all that wait, runs each in its
//! own savepoint inside one transaction, commits once for all, and only then answers. With
//! `synchronous=FULL` the price of a commit is the disk's flush, so many callers share one. A change
//! that nobody shares a commit with needs no savepoint, which would copy each page that it changes.

use std::{
    panic::{AssertUnwindSafe, catch_unwind, resume_unwind},
    sync::mpsc::{Receiver, SyncSender, TrySendError, sync_channel},
};

use diesel::{
    Connection, QueryResult,
    connection::{AnsiTransactionManager, SimpleConnection as _, TransactionManager as _},
};
use tokio::sync::oneshot;

use super::{AnyConnection, DatabaseUrl, Error, closed::Open, timeouts};

type Transactions = <AnyConnection as Connection>::TransactionManager;

/// How many changes may wait. At some 10,000 commits a second this is well under a second of work;
/// past it callers are told that the database is not there, which is kinder than a growing queue.
const QUEUE: usize = 1024;
/// How many changes share a commit at most: bounds how long the first of them waits.
const BATCH: usize = 128;

/// Does its change and returns what will tell the caller, once it is known whether it was committed.
type Job = Box<dyn FnOnce(&mut AnyConnection, BatchMode) -> Answer + Send>;

/// Whether a change has the transaction to itself.
#[derive(Clone, Copy, PartialEq, Eq)]
enum BatchMode {
    Single,
    Shared,
}

struct Answer {
    left: JobOutcome,
    tell: Box<dyn FnOnce(Result<(), Error>) + Send>,
}

/// What a change left in the transaction.
#[derive(Clone, Copy, PartialEq, Eq)]
enum JobOutcome {
    /// Itself, to be committed.
    Applied,
    /// Nothing.
    RolledBack,
    /// It is not known what: SQLite takes the whole transaction back where a disk is full or fails, and
    /// what came after would be committed by itself.
    Indeterminate,
}

pub(super) struct Writer {
    queue: SyncSender<Job>,
}

impl Writer {
    /// Starts the writing thread with its first connection.
    pub(super) fn start(
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

    /// Queues `change`, and answers after the commit that holds it and `afterwards`.
    pub(super) async fn submit<T, E>(
        &self,
        change: impl FnOnce(&mut AnyConnection) -> Result<T, E> + Send + 'static,
        afterwards: impl FnOnce() + Send + 'static,
    ) -> Result<T, E>
    where
        T: Send + 'static,
        E: From<Error> + From<diesel::result::Error> + Send + 'static,
    {
        let answered = self.queue(change, afterwards)?;
        tokio::time::timeout(timeouts::FOR_AN_ANSWER, answered)
            .await
            .map_err(|_| Error::Unknown("the disk did not answer in time".to_owned()))?
            .map_err(|_| not_begun())?
    }

    /// The same for a thread that waits as long as it takes.
    pub(super) fn submit_and_wait<T, E>(
        &self,
        change: impl FnOnce(&mut AnyConnection) -> Result<T, E> + Send + 'static,
    ) -> Result<T, E>
    where
        T: Send + 'static,
        E: From<Error> + From<diesel::result::Error> + Send + 'static,
    {
        let answered = self.queue(change, || {})?;
        answered.blocking_recv().map_err(|_| not_begun())?
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
        let (answer, answered) = oneshot::channel();
        let job: Job = Box::new(move |connection, company| {
            // Nobody waits any more: what has not begun need not be done.
            if answer.is_closed() {
                return Answer {
                    left: JobOutcome::RolledBack,
                    tell: Box::new(drop),
                };
            }
            let change = AssertUnwindSafe(|| match company {
                BatchMode::Single => alone(connection, change),
                BatchMode::Shared => with_others(connection, change),
            });
            match catch_unwind(change) {
                Ok((left, result)) => Answer {
                    left,
                    tell: Box::new(move |committed: Result<(), Error>| {
                        afterwards();
                        // The caller may have hung up; what was committed stays so.
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
            let why = match error {
                TrySendError::Full(_) => "too many changes are waiting",
                TrySendError::Disconnected(_) => "the writing thread has ended",
            };
            Error::Unreachable(why.to_owned())
        })?;
        Ok(answered)
    }
}

fn not_begun() -> Error {
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
            .and_then(begun);
        connection = match begun {
            // A panic in a change leaves its transaction open: the connection is given up with it.
            Ok(begun) => catch_unwind(AssertUnwindSafe(|| write(begun, batch))).unwrap_or_default(),
            Err(error) => {
                tracing::error!(cause = %error, "a write could not begin");
                // Dropped jobs answer their callers that nothing was done. Those that came meanwhile
                // waited as long as may be: another round would double it for each.
                jobs.try_iter().for_each(drop);
                None
            }
        };
    }
}

fn begun(mut connection: AnyConnection) -> Result<AnyConnection, Error> {
    begin(&mut connection)?;
    Ok(connection)
}

/// The transaction is the change's own, and is taken back where it failed.
fn alone<T, E>(
    connection: &mut AnyConnection,
    change: impl FnOnce(&mut AnyConnection) -> Result<T, E>,
) -> (JobOutcome, Result<T, E>) {
    let result = change(connection);
    let left = match result {
        Ok(_) => JobOutcome::Applied,
        Err(_) => JobOutcome::RolledBack,
    };
    (left, result)
}

/// In a savepoint by hand: diesel's would go on where there is no transaction any more.
fn with_others<T, E: From<diesel::result::Error>>(
    connection: &mut AnyConnection,
    change: impl FnOnce(&mut AnyConnection) -> Result<T, E>,
) -> (JobOutcome, Result<T, E>) {
    if let Err(error) = connection.batch_execute("SAVEPOINT change") {
        return (JobOutcome::Indeterminate, Err(error.into()));
    }
    let result = change(connection);
    let (left, ended) = match result {
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
        Ok(()) => (left, result),
        Err(error) => (JobOutcome::Indeterminate, result.and(Err(error.into()))),
    }
}

/// Writes a batch in the transaction that was begun. Gives the connection back where it may be used
/// again; closing it rolls back whatever is left open.
fn write(mut connection: AnyConnection, batch: Vec<Job>) -> Option<AnyConnection> {
    let company = match batch.as_slice() {
        [_] => BatchMode::Single,
        _ => BatchMode::Shared,
    };
    let mut answers: Vec<Answer> = Vec::with_capacity(batch.len());
    for job in batch {
        let answer = job(&mut connection, company);
        let is_lost = answer.left == JobOutcome::Indeterminate;
        answers.push(answer);
        if is_lost {
            // Jobs that are dropped answer their callers that nothing was begun.
            tell(answers, Some("the transaction was lost"));
            return None;
        }
    }
    if answers
        .iter()
        .all(|answer| answer.left == JobOutcome::RolledBack)
    {
        let undone = Transactions::rollback_transaction(&mut connection);
        tell(answers, None);
        return undone.is_ok().then_some(connection);
    }
    match Transactions::commit_transaction(&mut connection) {
        Ok(()) => {
            tell(answers, None);
            Some(connection)
        }
        Err(error) => {
            tell(answers, Some(&error.to_string()));
            None
        }
    }
}

fn tell(answers: Vec<Answer>, why_not: Option<&str>) {
    if let Some(cause) = why_not {
        tracing::error!(cause, "a commit failed; nothing of it was done");
    }
    for answer in answers {
        let committed = match why_not {
            None => Ok(()),
            Some(cause) => Err(Error::Unreachable(cause.to_owned())),
        };
        (answer.tell)(committed);
    }
}

/// `IMMEDIATE` takes the write lock at once. A transaction that reads first and writes later can
/// find the lock taken by another process and fail without waiting, whatever `busy_timeout` says.
///
/// Read committed is named on PostgreSQL, whatever the default of the session, the role or the database is: who
/// waited for a user's lock has to see what was done under it (PostgreSQL documentation, section 13.2).
pub(super) fn begin(connection: &mut AnyConnection) -> QueryResult<()> {
    match connection {
        AnyConnection::Sqlite(sqlite) => {
            AnsiTransactionManager::begin_transaction_sql(sqlite, "BEGIN IMMEDIATE")
        }
        AnyConnection::Postgres(postgres) => AnsiTransactionManager::begin_transaction_sql(
            postgres,
            "BEGIN ISOLATION LEVEL READ COMMITTED",
        ),
    }
}

/// Runs `work` in a transaction of its own that holds the write lock from its start. For start-up
/// work on a connection of its own; everything else goes through the writer.
pub(super) fn exclusively<T>(
    connection: &mut AnyConnection,
    work: impl FnOnce(&mut AnyConnection) -> Result<T, Error>,
) -> Result<T, Error> {
    begin(connection)?;
    let result = work(connection)?;
    Transactions::commit_transaction(connection)?;
    Ok(result)
}

#[cfg(test)]
mod tests;
