//! PostgreSQL connections, and the proof that each has a session of its own.
//!
//! Prepared statements, `SET` and `LISTEN` belong to a session. A pooler in transaction mode lends one session
//! to several clients by turns: PgBouncer before 1.21 then executes the statement that another client prepared
//! under the same name. Later versions keep prepared statements apart, but neither `SET` nor `LISTEN`. Every
//! such pooler is refused, because the bounds in `timeouts.rs` and the notifications in
//! `dedicated_connection.rs` depend on a session. A pooler in session mode is accepted.
//!
//! Each new connection marks its session by a setting. A session that has the mark of another connection, or
//! that loses its own, is shared.

use diesel::{
    PgConnection, QueryableByName, RunQueryDsl as _, connection::SimpleConnection as _,
    sql_types::Text,
};

use super::{Error, connection::connect_to_primary, timeouts};

/// Reads the mark that a session has and sets a new one. The server makes it, because several processes may
/// share one pooler.
const MARK: &str = "SELECT coalesce(current_setting('narthex.session', true), '') AS before, \
     set_config('narthex.session', \
     md5(CAST(random() AS text) || CAST(clock_timestamp() AS text) || CAST(pg_backend_pid() AS text)), \
     false) AS mark";

/// Reads the mark in a transaction of its own, and whether the session takes writes.
const READ_MARK: &str = "SELECT coalesce(current_setting('narthex.session', true), '') AS mark, \
     current_setting('transaction_read_only') AS read_only";

/// A new connection and the mark of its session.
pub(super) struct Session {
    pub(super) connection: PgConnection,
    pub(super) mark: Mark,
}

/// What tells the session of one connection from every other one.
#[derive(Debug)]
pub(super) struct Mark(String);

#[derive(QueryableByName)]
struct Marked {
    #[diesel(sql_type = Text)]
    before: String,
    #[diesel(sql_type = Text)]
    mark: String,
}

#[derive(QueryableByName)]
struct Looked {
    #[diesel(sql_type = Text)]
    mark: String,
    #[diesel(sql_type = Text)]
    read_only: String,
}

/// Whether a session takes writes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Writes {
    Taken,
    Refused,
}

impl Session {
    /// A new connection with the bounds of `timeouts.rs`.
    pub(super) fn connect(url: &str) -> Result<Self, Error> {
        Self::begin(connect_to_primary(url)?)
    }

    /// Marks the session of a new connection and sets its bounds.
    pub(super) fn begin(mut connection: PgConnection) -> Result<Self, Error> {
        // No query is prepared by name before it is known that the session is not shared.
        let marked: Marked = diesel::sql_query(MARK)
            .get_result(&mut connection)
            .map_err(unreachable)?;
        if !marked.before.is_empty() {
            return Err(Error::SharedSession);
        }
        connection
            .batch_execute(timeouts::POSTGRES)
            .map_err(unreachable)?;
        let mut session = Self {
            connection,
            mark: Mark(marked.mark),
        };
        session.look()?;
        Ok(session)
    }

    fn look(&mut self) -> Result<Writes, Error> {
        self.mark.look(&mut self.connection)
    }

    /// Refuses a pooler that lends one session to several clients, by a second connection.
    ///
    /// A pooler gives a transaction either the session that was released last or the one that was released
    /// first. In the first case the second connection meets the mark of the first one. In the second case two
    /// transactions of one connection, one directly after the other, meet different sessions.
    pub(super) fn expect_unshared(&mut self, url: &str) -> Result<(), Error> {
        let mut other = Self::connect(url)?;
        other.look()?;
        self.look()?;
        self.look()?;
        other.look()?;
        Ok(())
    }
}

impl Mark {
    /// Asks a connection the least that shows it to be alive and its session to be its own.
    pub(super) fn look(&self, connection: &mut PgConnection) -> Result<Writes, Error> {
        let looked: Looked = diesel::sql_query(READ_MARK)
            .get_result(connection)
            .map_err(unreachable)?;
        if looked.mark != self.0 {
            return Err(Error::SharedSession);
        }
        Ok(if looked.read_only == "on" {
            Writes::Refused
        } else {
            Writes::Taken
        })
    }
}

fn unreachable(error: impl std::fmt::Display) -> Error {
    Error::Unreachable(error.to_string())
}
