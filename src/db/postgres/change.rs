//! Changes on PostgreSQL: their permits, their transactions and their retries.

use std::{sync::Arc, time::Duration};

use diesel::result::Error as QueryError;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use crate::{
    db::{
        AnyConnection, Database, Error, Execution, IsRetryable,
        connection::{Pool, Use},
        inspect::texts,
        timeouts,
        transaction::{is_english, run_once},
        with_pooled_connection,
    },
    util::clock::boot_time,
};

/// One permit for each change that may run at a time.
#[derive(Clone)]
pub(in crate::db) struct WritePermits(Arc<Semaphore>);

impl WritePermits {
    /// Creates the permits of a pool with this many connections.
    pub(in crate::db) fn of(connections: u32) -> Self {
        Self(Arc::new(Semaphore::new(write_permits(connections))))
    }

    async fn acquire(&self) -> Result<OwnedSemaphorePermit, Error> {
        let waiting = Arc::clone(&self.0).acquire_owned();
        match tokio::time::timeout(timeouts::POOL_TIMEOUT, waiting).await {
            Ok(Ok(permit)) => Ok(permit),
            _ => Err(Error::Unreachable(
                "too many changes wait for the database".to_owned(),
            )),
        }
    }
}

/// Returns how many of `connections` may make changes at a time. A change can hang: on a lock, a
/// slow disk, or a standby that its commit waits for. The remaining connections are reserved for
/// reads.
fn write_permits(connections: u32) -> usize {
    usize::try_from(connections - connections.div_ceil(3)).map_or(1, |permits| permits.max(1))
}

impl Database {
    /// Runs `change` as [`Database::write`] does.
    pub(in crate::db) async fn write_on_postgres<T, E>(
        &self,
        permits: &WritePermits,
        change: impl FnOnce(&mut AnyConnection) -> Result<T, E> + Clone + Send + 'static,
        afterwards: impl FnOnce() + Send + 'static,
    ) -> Result<T, E>
    where
        T: Send + 'static,
        E: From<Error> + From<QueryError> + IsRetryable + Send + 'static,
    {
        let began = boot_time();
        let permit = permits.acquire().await?;
        let waited = boot_time().saturating_sub(began);
        let within = timeouts::RESPONSE_TIMEOUT.saturating_sub(waited);
        let late = || Error::Unknown("the database did not answer in time".to_owned());
        self.run_blocking(within, late, |pool| {
            // Held for as long as the change takes, even after its caller got a timeout.
            let _place = permit;
            let result = self::change(&pool, change);
            afterwards();
            result
        })
        .await
    }
}

/// Runs `change` in a transaction on a connection of the pool. Retries once if the connection turns
/// out to be dead before the commit, or to refuse writes.
fn change<T, E>(
    pool: &Pool,
    change: impl FnOnce(&mut AnyConnection) -> Result<T, E> + Clone,
) -> Result<T, E>
where
    E: From<Error> + From<QueryError> + IsRetryable,
{
    let retry = change.clone();
    let mut in_commit = false;
    match with_pooled_connection(pool, Use::Change, |on| transact(on, change, &mut in_commit))? {
        // The outcome of the last statement, the commit, is unknown.
        Execution::Lost(_) if in_commit => {
            Err(Error::Unknown("the connection was lost".to_owned()).into())
        }
        Execution::Lost(_) => {
            with_pooled_connection(pool, Use::Change, |on| transact(on, retry, &mut in_commit))?
                .result()
        }
        execution => execution.result(),
    }
}

/// Uses read committed. Transactions that must not overlap lock the user's row first. If two still
/// deadlock, the database lets one continue, and the other is retried here.
fn transact<T, E>(
    connection: &mut AnyConnection,
    change: impl FnOnce(&mut AnyConnection) -> Result<T, E> + Clone,
    in_commit: &mut bool,
) -> Result<T, E>
where
    E: From<Error> + From<QueryError> + IsRetryable,
{
    let mut attempt = 1;
    loop {
        *in_commit = false;
        let began = boot_time();
        let error = match run_once(connection, change.clone(), in_commit) {
            Err(error) if attempt < timeouts::MAX_ATTEMPTS => error,
            result => return result,
        };
        let collided = error.is_retryable() || {
            let took = boot_time().saturating_sub(began);
            !*in_commit && error.is_unexplained() && may_be_retryable(connection, took)
        };
        if !collided {
            return Err(error);
        }
        attempt += 1;
    }
}

/// Returns whether an unexplained error may be a deadlock: the server reports in another language
/// than English, and the error came before the lock timeout. A needless retry has no effect.
fn may_be_retryable(connection: &mut AnyConnection, took: Duration) -> bool {
    let language = "SELECT current_setting('lc_messages') AS text";
    took < timeouts::LOCK_TIMEOUT
        && texts(connection, language).is_ok_and(|found| !is_english(&found.concat()))
}
