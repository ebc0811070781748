//! A connection beside the pool, and how several processes on one database hear of each other's
//! changes at once.
//!
//! What is heard is a hint and never more: it may be lost, doubled or late. Who needs to know reads the
//! tables now and then all the same.

use std::sync::Arc;

use diesel::{
    QueryResult, RunQueryDsl as _, connection::SimpleConnection as _, sql_types::Integer,
};

use super::{
    AnyConnection, DatabaseIdentity, DatabaseUrl, Error, cached_statement, closed::Open,
    connection::Losses, identity::File, sqlite_writer::Writer, transaction,
};

/// One channel for all: whoever hears something on it reads what concerns them.
const LISTEN: &str = "LISTEN narthex";
/// In a savepoint, for an engine that knows no `NOTIFY` would refuse all that comes after it.
const NOTIFY: &str = "SAVEPOINT notified; NOTIFY narthex; RELEASE SAVEPOINT notified";
const UNNOTIFIED: &str = "ROLLBACK TO SAVEPOINT notified";

/// A connection of its own, made when it is first used and again after it was lost. It belongs to one
/// thread, which may block.
pub struct DedicatedConnection {
    target: DatabaseUrl,
    /// SQLite's one writer, through which this writes too.
    writer: Option<Arc<Writer>>,
    /// What the pool is told when the session of this connection is shared.
    losses: Losses,
    connection: Option<AnyConnection>,
    /// How many connections were made.
    connections: u64,
    /// SQLite: what `data_version` was. It differs when another connection has committed.
    version: i32,
    /// SQLite: which file is open.
    file: Option<File>,
    _open: Open,
}

impl DedicatedConnection {
    pub(super) const fn new(
        target: DatabaseUrl,
        writer: Option<Arc<Writer>>,
        losses: Losses,
        open: Open,
    ) -> Self {
        Self {
            target,
            writer,
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
    /// What they return, or that the database cannot be reached. The next call connects anew.
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
    /// As [`DedicatedConnection::read`]. Whether the change was made is not known then.
    pub fn write<T: Send + 'static>(
        &mut self,
        change: impl FnOnce(&mut AnyConnection) -> QueryResult<T> + Send + 'static,
    ) -> Result<T, Error> {
        match &self.writer {
            Some(writer) => writer.submit_and_wait(|connection| Ok(change(connection)?)),
            None => {
                let change = |on: &mut AnyConnection| Ok::<_, Error>(change(on)?);
                let result = transaction::run_once(self.connected()?, change, &mut false);
                if result.is_err() {
                    self.connection = None;
                }
                result
            }
        }
    }

    /// Where the database is.
    ///
    /// # Errors
    /// As [`DedicatedConnection::read`].
    pub fn identity(&mut self) -> Result<DatabaseIdentity, Error> {
        let target = self.target.clone();
        if let (DatabaseUrl::Sqlite(path), None) = (&target, &self.file) {
            self.file = File::at(path).ok();
        }
        let place = DatabaseIdentity::of(&target, self.connected()?);
        if place.is_err() {
            self.connection = None;
        }
        place
    }

    /// Whether another file stands where that was of which [`DedicatedConnection::identity`] told first: this process has the old one open, and
    /// hears nothing of what others do in the new one. Never on PostgreSQL, where a connection ends with
    /// its database; and a file that is away for a while may come back.
    #[must_use]
    pub fn was_replaced(&self) -> bool {
        match (&self.target, &self.file) {
            (DatabaseUrl::Sqlite(path), Some(open)) => {
                File::at(path).is_ok_and(|here| here.is_another_than(open))
            }
            _ => false,
        }
    }

    /// Whether something was announced since this was asked before. Costs a few microseconds and no
    /// answer of the server.
    ///
    /// # Errors
    /// When the connection is lost.
    pub fn has_notification(&mut self) -> Result<bool, Error> {
        let before = self.version;
        let heard = match self.connected()? {
            AnyConnection::Postgres(postgres) => {
                // Up to the first error: on a connection that is lost there is no end of them.
                let heard: QueryResult<Vec<_>> = postgres.notifications_iter().collect();
                heard.map(|heard| (!heard.is_empty(), before))
            }
            AnyConnection::Sqlite(sqlite) => DataVersion::new()
                .get_result(sqlite)
                .map(|now: i32| (now != before, now)),
        };
        let (heard, version) = self.reset_on_error(heard)?;
        self.version = version;
        Ok(heard)
    }

    /// The number of the present connection, which is made if there is none. A new one may lead to another
    /// server.
    ///
    /// # Errors
    /// When the database cannot be reached.
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

cached_statement! { DataVersion {} -> Integer = "PRAGMA data_version" }

/// An engine that speaks PostgreSQL's protocol and knows no `LISTEN` hears nothing, and is read now and
/// then.
fn listen(connection: &mut AnyConnection) {
    if let AnyConnection::Postgres(postgres) = connection
        && let Err(error) = postgres.batch_execute(LISTEN)
    {
        tracing::warn!(cause = %error, "this database cannot notify: what others end is heard of later");
    }
}

/// Lets every process that listens hear, when the transaction commits, that something changed. Nothing
/// has to be said on SQLite, where every commit is heard.
///
/// # Errors
/// When the connection is lost. That the engine cannot notify is no error.
pub fn notify(connection: &mut AnyConnection) -> QueryResult<()> {
    match connection {
        AnyConnection::Sqlite(_) => Ok(()),
        AnyConnection::Postgres(postgres) => match postgres.batch_execute(NOTIFY) {
            Err(diesel::result::Error::DatabaseError(..)) => postgres.batch_execute(UNNOTIFIED),
            other => other,
        },
    }
}

/// Has the transaction commit without waiting for the disk: for what may be lost, whole, when the database's
/// machine fails, as long as everybody sees it until then. SQLite knows no such thing for one transaction.
///
/// # Errors
/// When the connection is lost.
pub fn set_asynchronous_commit(connection: &mut AnyConnection) -> QueryResult<()> {
    match connection {
        AnyConnection::Sqlite(_) => Ok(()),
        AnyConnection::Postgres(postgres) => {
            postgres.batch_execute("SET LOCAL synchronous_commit = off")
        }
    }
}
