//! A connection outside the pool, and notifications between the processes on one database.
//!
//! A notification is only a hint: it may be lost, repeated or late. A node that depends on a change
//! therefore also polls the tables.

use diesel::{QueryResult, connection::SimpleConnection as _};
#[cfg(feature = "sqlite")]
use diesel::{RunQueryDsl as _, sql_types::Integer};

#[cfg(feature = "sqlite")]
use super::cached_statement;
#[cfg(feature = "postgres")]
use super::transaction;
use super::{
    AnyConnection, Changes, DatabaseIdentity, DatabaseUrl, Engine, Error, closed::Open,
    connection::ConnectionLossCounter, identity::File,
};

/// Subscribes to the channel of the schema. Each listener reads from the tables what it needs. A
/// channel belongs to the whole database, so with one name for all, the clusters of two schemas would
/// wake each other. The name has the OID of the schema, because a name has at most 63 bytes.
const LISTEN: &str = "DO $$ BEGIN \
     EXECUTE 'LISTEN narthex_' || CAST(CAST(to_regnamespace(quote_ident(current_schema())) AS oid) AS text); \
     END $$";
/// Uses a savepoint, because an engine without `NOTIFY` would refuse every later query of the
/// transaction.
const NOTIFY: &str = "SAVEPOINT notified; \
     SELECT pg_notify('narthex_' || CAST(CAST(to_regnamespace(quote_ident(current_schema())) AS oid) AS text), ''); \
     RELEASE SAVEPOINT notified";
const UNNOTIFIED: &str = "ROLLBACK TO SAVEPOINT notified";

/// A connection that belongs to one thread, which may block. It is opened at first use and again
/// after it was lost.
pub struct DedicatedConnection {
    target: DatabaseUrl,
    /// SQLite's only writer also runs the writes of this connection.
    changes: Changes,
    /// Informed if the session of this connection is shared.
    losses: ConnectionLossCounter,
    connection: Option<AnyConnection>,
    /// The number of connections opened so far.
    connections: u64,
    /// SQLite: the last value of `data_version`. It changes when another connection commits.
    version: i32,
    /// SQLite: the file that was open first.
    file: Option<File>,
    _open: Open,
}

impl DedicatedConnection {
    pub(super) const fn new(
        target: DatabaseUrl,
        changes: Changes,
        losses: ConnectionLossCounter,
        open: Open,
    ) -> Self {
        Self {
            target,
            changes,
            losses,
            connection: None,
            connections: 0,
            version: 0,
            file: None,
            _open: open,
        }
    }

    /// Runs `queries`, which only read.
    ///
    /// # Errors
    /// Returns their error, or that the database cannot be reached. The next call reconnects.
    pub fn read<T>(
        &mut self,
        queries: impl FnOnce(&mut AnyConnection) -> QueryResult<T>,
    ) -> Result<T, Error> {
        let result = queries(self.connected()?);
        self.reset_on_error(result)
    }

    /// Runs `change` in one transaction and returns after its commit.
    ///
    /// # Errors
    /// As [`DedicatedConnection::read`]. The outcome of the change is then unknown.
    pub fn write<T: Send + 'static>(
        &mut self,
        change: impl FnOnce(&mut AnyConnection) -> QueryResult<T> + Send + 'static,
    ) -> Result<T, Error> {
        match &self.changes {
            #[cfg(feature = "sqlite")]
            Changes::Sqlite(writer) => writer.submit_and_wait(|connection| Ok(change(connection)?)),
            #[cfg(feature = "postgres")]
            Changes::Postgres(_) => {
                let change = |on: &mut AnyConnection| Ok::<_, Error>(change(on)?);
                let result = transaction::run_once(self.connected()?, change, &mut false);
                if result.is_err() {
                    self.connection = None;
                }
                result
            }
        }
    }

    /// Returns the identity of the database.
    ///
    /// # Errors
    /// As [`DedicatedConnection::read`].
    pub fn identity(&mut self) -> Result<DatabaseIdentity, Error> {
        let target = self.target.clone();
        if let (DatabaseUrl::Sqlite(path), None) = (&target, &self.file) {
            self.file = File::at(path).ok();
        }
        let identity = DatabaseIdentity::of(&target, self.connected()?);
        if identity.is_err() {
            self.connection = None;
        }
        identity
    }

    /// Returns whether the database file was replaced since the first call of
    /// [`DedicatedConnection::identity`]. This process then has the old file open and sees no
    /// change that others make in the new one. A missing file does not count, because it may come
    /// back. Always `false` on PostgreSQL, where a connection ends with its database.
    #[must_use]
    pub fn was_replaced(&self) -> bool {
        match (&self.target, &self.file) {
            (DatabaseUrl::Sqlite(path), Some(open)) => {
                File::at(path).is_ok_and(|current| current.differs_from(open))
            }
            _ => false,
        }
    }

    /// Returns whether a notification arrived since the previous call. Takes a few microseconds and
    /// no round trip to the server.
    ///
    /// # Errors
    /// Fails if the connection is lost.
    pub fn has_notification(&mut self) -> Result<bool, Error> {
        let before = self.version;
        let notified = match self.connected()? {
            #[cfg(feature = "postgres")]
            AnyConnection::Postgres(postgres) => {
                // Stops at the first error, because a lost connection yields errors without end.
                let notified: QueryResult<Vec<_>> = postgres.notifications_iter().collect();
                notified.map(|notified| (!notified.is_empty(), before))
            }
            #[cfg(feature = "sqlite")]
            AnyConnection::Sqlite(sqlite) => DataVersion::new()
                .get_result(sqlite)
                .map(|now: i32| (now != before, now)),
        };
        let (notified, version) = self.reset_on_error(notified)?;
        self.version = version;
        Ok(notified)
    }

    /// Returns the number of the present connection, which is opened if there is none. A new
    /// connection may lead to another server.
    ///
    /// # Errors
    /// Fails if the database cannot be reached.
    pub fn connection_number(&mut self) -> Result<u64, Error> {
        self.connected()?;
        Ok(self.connections)
    }

    fn connected(&mut self) -> Result<&mut AnyConnection, Error> {
        let connection = match self.connection.take() {
            Some(connection) => connection,
            None => {
                let connected = self.target.connect();
                if matches!(connected, Err(Error::SharedSession)) {
                    self.losses.record_loss();
                }
                let mut connection = connected?;
                listen(&mut connection);
                self.connections += 1;
                connection
            }
        };
        Ok(self.connection.insert(connection))
    }

    fn reset_on_error<T>(&mut self, result: QueryResult<T>) -> Result<T, Error> {
        if result.is_err() {
            self.connection = None;
        }
        Ok(result?)
    }
}

#[cfg(feature = "sqlite")]
cached_statement! { DataVersion {} -> Integer = "PRAGMA data_version" }

/// Subscribes to notifications. An engine that speaks PostgreSQL's protocol without `LISTEN` gets
/// none, and is polled instead.
fn listen(connection: &mut AnyConnection) {
    if connection.engine() == Engine::Postgres
        && let Err(error) = connection.batch_execute(LISTEN)
    {
        tracing::warn!(cause = %error, "database does not support LISTEN, polling instead");
    }
}

/// Notifies every listening process when the transaction commits. Does nothing on SQLite, where
/// every commit is visible by `data_version`.
///
/// # Errors
/// Fails if the connection is lost, but not if the engine has no `NOTIFY`.
pub fn notify(connection: &mut AnyConnection) -> QueryResult<()> {
    match connection.engine() {
        Engine::Sqlite => Ok(()),
        Engine::Postgres => match connection.batch_execute(NOTIFY) {
            Err(diesel::result::Error::DatabaseError(..)) => connection.batch_execute(UNNOTIFIED),
            other => other,
        },
    }
}

/// Commits this transaction asynchronously: it becomes visible at once, but a crash of the database
/// server may lose it as a whole. SQLite has no such setting for one transaction.
///
/// # Errors
/// Fails if the connection is lost.
pub fn set_asynchronous_commit(connection: &mut AnyConnection) -> QueryResult<()> {
    match connection.engine() {
        Engine::Sqlite => Ok(()),
        Engine::Postgres => connection.batch_execute("SET LOCAL synchronous_commit = off"),
    }
}
