//! PostgreSQL connections, and the proof that each has a session of its own.
//!
//! Prepared statements, `SET` and `LISTEN` belong to a session. A pooler in transaction mode lends
//! one session to several clients by turns. PgBouncer before 1.21 then executes the statement that
//! another client prepared under the same name. Later versions separate prepared statements, but
//! neither `SET` nor `LISTEN`. Every such pooler is refused, because the bounds in `timeouts.rs`
//! and the notifications in `dedicated_connection.rs` depend on a session. A pooler in session mode
//! is accepted.
//!
//! Each new connection marks its session with a setting. A session that has the mark of another
//! connection, or that loses its own, is shared.

use diesel::{
    PgConnection, QueryableByName, RunQueryDsl as _, connection::SimpleConnection as _,
    r2d2::R2D2Connection as _, sql_types::Text,
};

use super::connect_to_primary;
use crate::db::{AnyConnection, Error, PostgresUrl, SchemaName, connection::Writes, timeouts};

/// Reads the present mark of a session and sets a new one. The server generates the mark, because
/// several processes may share one pooler.
const MARK: &str = "SELECT coalesce(current_setting('narthex.session', true), '') AS before, \
     set_config('narthex.session', \
     md5(CAST(random() AS text) || CAST(clock_timestamp() AS text) || CAST(pg_backend_pid() AS text)), \
     false) AS mark";

/// Reads, in a transaction of its own, the mark and whether the session accepts writes.
const READ_MARK: &str = "SELECT coalesce(current_setting('narthex.session', true), '') AS mark, \
     current_setting('transaction_read_only') AS read_only";

/// Selects the schema of all tables. `options` in the URL would do the same, but PgBouncer refuses
/// them.
const SELECT_SCHEMA: &str = "SELECT set_config('search_path', quote_ident($1), false)";

/// A new connection and the mark of its session.
pub(in crate::db) struct Session {
    pub(in crate::db) connection: PgConnection,
    pub(in crate::db) mark: Mark,
}

/// Distinguishes the session of one connection from every other session.
#[derive(Debug)]
pub(in crate::db) struct Mark(String);

#[derive(QueryableByName)]
struct MarkRow {
    #[diesel(sql_type = Text)]
    before: String,
    #[diesel(sql_type = Text)]
    mark: String,
}

#[derive(QueryableByName)]
struct SessionRow {
    #[diesel(sql_type = Text)]
    mark: String,
    #[diesel(sql_type = Text)]
    read_only: String,
}

impl Session {
    /// Opens a new connection with the bounds of `timeouts.rs`.
    pub(in crate::db) fn connect(url: &PostgresUrl) -> Result<Self, Error> {
        Self::begin(connect_to_primary(url)?, url.schema())
    }

    /// Marks the session of a new connection, sets its bounds, and selects the schema.
    pub(in crate::db) fn begin(
        mut connection: PgConnection,
        schema: Option<&SchemaName>,
    ) -> Result<Self, Error> {
        // No query is prepared by name before the session is known to be unshared.
        let row: MarkRow = diesel::sql_query(MARK)
            .get_result(&mut connection)
            .map_err(unreachable)?;
        if !row.before.is_empty() {
            return Err(Error::SharedSession);
        }
        connection
            .batch_execute(timeouts::POSTGRES)
            .map_err(unreachable)?;
        if let Some(schema) = schema {
            diesel::sql_query(SELECT_SCHEMA)
                .bind::<Text, _>(schema.to_string())
                .execute(&mut connection)
                .map_err(unreachable)?;
        }
        let mut session = Self {
            connection,
            mark: Mark(row.mark),
        };
        session.check()?;
        Ok(session)
    }

    pub(in crate::db) fn into_connection(self) -> AnyConnection {
        AnyConnection::Postgres(self.connection)
    }

    fn check(&mut self) -> Result<Writes, Error> {
        self.mark.check(&mut self.connection)
    }

    /// Detects a pooler that lends one session to several clients, by a second connection.
    ///
    /// A pooler gives a transaction either the session that was released last or the one that was
    /// released first. In the first case the second connection meets the mark of the first one. In
    /// the second case two consecutive transactions of one connection meet different sessions.
    pub(in crate::db) fn ensure_unshared(&mut self, url: &PostgresUrl) -> Result<(), Error> {
        let mut other = Self::connect(url)?;
        other.check()?;
        self.check()?;
        self.check()?;
        other.check()?;
        Ok(())
    }
}

impl Mark {
    /// Checks with one query that the connection is alive and that its session is unshared.
    pub(in crate::db) fn check(&self, connection: &mut PgConnection) -> Result<Writes, Error> {
        if connection.is_broken() {
            let reason = "a transaction could not be rolled back";
            return Err(Error::Unreachable(reason.to_owned()));
        }
        let row: SessionRow = diesel::sql_query(READ_MARK)
            .get_result(connection)
            .map_err(unreachable)?;
        if row.mark != self.0 {
            return Err(Error::SharedSession);
        }
        Ok(if row.read_only == "on" {
            Writes::Refused
        } else {
            Writes::Taken
        })
    }
}

fn unreachable(error: impl std::fmt::Display) -> Error {
    Error::Unreachable(error.to_string())
}
