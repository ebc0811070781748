//! The database: SQLite or PostgreSQL behind one connection type, chosen by a URL at run time.
//!
//! Reads run on the blocking threads, never on an async worker. Writes are transactions: on SQLite
//! one thread makes them for everybody (`writer.rs` says why), on PostgreSQL a pooled connection.
//! This is the one place where transactions begin.

mod columns;
mod connection;
pub mod inspect;
mod migrate;
mod writer;

use std::sync::Arc;

use diesel::{Connection as _, QueryResult};

pub use self::{
    connection::{AnyConnection, Target},
    migrate::{Migrations, revert_all, run_pending},
};
use self::{
    connection::{Pool, pool},
    writer::Writer,
};

/// How many readers SQLite gets, and connections PostgreSQL: more than a small machine's cores, far
/// fewer than PostgreSQL's default of 100, so that several processes fit beside one another.
const CONNECTIONS: u32 = 12;

/// Why the database did not answer.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// It could not be reached, or had no connection or place in the queue to give in time.
    #[error("the database cannot be reached: {0}")]
    Unreachable(String),
    /// It answered with an error.
    #[error(transparent)]
    Query(#[from] diesel::result::Error),
    /// The URL names no database that is known.
    #[error("not a database URL: it starts with sqlite:// or postgres://")]
    NotADatabase,
    /// The tables could not be brought up to date.
    #[error("the tables could not be made or changed: {0}")]
    Migration(String),
}

/// A database that is open. Cloning gives another handle to the same one.
#[derive(Clone)]
pub struct Database {
    pool: Pool,
    engine: Engine,
}

#[derive(Clone)]
enum Engine {
    Sqlite(Arc<Writer>),
    Postgres,
}

impl Database {
    /// Opens what `target` names; an SQLite file is made where there is none.
    ///
    /// # Errors
    /// When it cannot be reached.
    pub fn open(target: &Target) -> Result<Self, Error> {
        let first = target.connect()?;
        let engine = match target {
            Target::Sqlite(_) => Engine::Sqlite(Arc::new(Writer::start(target.clone(), first)?)),
            Target::Postgres(_) => Engine::Postgres,
        };
        let pool = pool(target.clone(), CONNECTIONS);
        Ok(Self { pool, engine })
    }

    /// Runs `queries`, which only read, on a blocking thread.
    ///
    /// # Errors
    /// What `queries` returns, or that the database cannot be reached.
    pub async fn read<T, E>(
        &self,
        queries: impl FnOnce(&mut AnyConnection) -> Result<T, E> + Send + 'static,
    ) -> Result<T, E>
    where
        T: Send + 'static,
        E: From<Error> + Send + 'static,
    {
        self.on_a_blocking_thread(queries).await
    }

    /// Runs `change` in one transaction and answers after its commit. When `change` returns an
    /// error, or the commit fails, nothing has happened.
    ///
    /// # Errors
    /// What `change` returns, or that the database cannot be reached.
    pub async fn write<T, E>(
        &self,
        change: impl FnOnce(&mut AnyConnection) -> Result<T, E> + Send + 'static,
    ) -> Result<T, E>
    where
        T: Send + 'static,
        E: From<Error> + From<diesel::result::Error> + Send + 'static,
    {
        match &self.engine {
            Engine::Sqlite(writer) => writer.submit(change).await,
            Engine::Postgres => {
                // Read committed: verbs that must not overlap take the user's row first.
                self.on_a_blocking_thread(|connection| connection.transaction(change))
                    .await
            }
        }
    }

    /// Whether the database answers now.
    ///
    /// # Errors
    /// Why it does not.
    pub async fn ping(&self) -> Result<(), Error> {
        self.read(|connection| connection::ping(connection).map_err(Error::from))
            .await
    }

    async fn on_a_blocking_thread<T, E>(
        &self,
        work: impl FnOnce(&mut AnyConnection) -> Result<T, E> + Send + 'static,
    ) -> Result<T, E>
    where
        T: Send + 'static,
        E: From<Error> + Send + 'static,
    {
        let pool = self.pool.clone();
        tokio::task::spawn_blocking(move || {
            let mut pooled = pool
                .get()
                .map_err(|error| Error::Unreachable(error.to_string()))?;
            let result = work(&mut pooled.connection);
            if result.is_err() {
                pooled.check_after_an_error();
            }
            result
        })
        .await
        .map_err(|error| Error::Unreachable(error.to_string()))?
    }
}

/// Whether `error` says that a value exists already where it must be unique.
#[must_use]
pub fn is_unique_violation(error: &diesel::result::Error) -> bool {
    use diesel::result::{DatabaseErrorKind, Error};
    matches!(
        error,
        Error::DatabaseError(DatabaseErrorKind::UniqueViolation, _)
    )
}

/// Runs `attempt` so that, inside a transaction, its failure takes back only what it did itself.
/// PostgreSQL refuses every further query of a transaction in which one failed; a savepoint keeps
/// the rest usable, and both databases alike.
///
/// # Errors
/// What `attempt` returns.
pub fn attempt<T>(
    connection: &mut AnyConnection,
    attempt: impl FnOnce(&mut AnyConnection) -> QueryResult<T>,
) -> QueryResult<T> {
    connection.transaction(attempt)
}
