//! Looking at a database without changing it: for whoever asks whether all is well.

use std::collections::BTreeSet;

use diesel::{
    Connection as _, QueryResult, QueryableByName, RunQueryDsl as _, SqliteConnection,
    connection::SimpleConnection as _,
};

use super::{AnyConnection, Error, Migration, Migrations, Target};
use crate::kit::clock::Timestamp;

/// A connection to a database that is there. Unlike every other it makes no file, and does not turn
/// on what the file remembers (`journal_mode`).
///
/// # Errors
/// When there is none, or it cannot be reached.
pub fn connect_to_existing(target: &Target) -> Result<AnyConnection, Error> {
    match target {
        Target::Sqlite(path) => {
            // As a URI (SQLite documentation, "Uniform Resource Identifiers"), which alone can say
            // that nothing is to be made: what means something in one is spelt out.
            let path = path.to_string_lossy();
            let path = path
                .replace('%', "%25")
                .replace('?', "%3f")
                .replace('#', "%23");
            SqliteConnection::establish(&format!("file:{path}?mode=rw"))
                .map_err(|error| Error::Unreachable(error.to_string()))
                .and_then(|mut connection| {
                    connection.batch_execute("PRAGMA busy_timeout = 5000;")?;
                    Ok(AnyConnection::Sqlite(connection))
                })
        }
        Target::Postgres(url) => {
            super::connection::connect_to_primary(url).map(AnyConnection::Postgres)
        }
    }
}

/// What a database calls itself: `SQLite 3.51.0`, `PostgreSQL 15.18`.
///
/// # Errors
/// When it does not answer.
pub fn version(connection: &mut AnyConnection) -> Result<String, Error> {
    let (name, sql) = match connection {
        AnyConnection::Sqlite(_) => ("SQLite", "SELECT sqlite_version() AS text"),
        AnyConnection::Postgres(_) => (
            "PostgreSQL",
            "SELECT split_part(current_setting('server_version'), ' ', 1) AS text",
        ),
    };
    Ok(format!("{name} {}", texts(connection, sql)?.concat()))
}

/// Whether it can be written to just now. Nothing is.
///
/// # Errors
/// Why it cannot be.
pub fn takes_writes(connection: &mut AnyConnection) -> Result<bool, Error> {
    if let AnyConnection::Sqlite(sqlite) = connection {
        // The lock alone is also given where nothing can be written.
        sqlite.batch_execute("BEGIN IMMEDIATE; PRAGMA user_version = 0; ROLLBACK;")?;
        return Ok(true);
    }
    // On for a standby, and where an operator made it so.
    let read_only = "SELECT current_setting('transaction_read_only') AS text";
    Ok(texts(connection, read_only)? == ["off"])
}

/// Which migrations a database has.
#[derive(Debug, PartialEq, Eq)]
pub struct Tables {
    /// Those that it has of ours.
    pub done: usize,
    /// Those of ours that it lacks.
    pub pending: usize,
    /// Those that it has and we have never heard of: a newer program made them.
    pub unknown: usize,
}

/// Compares a database with `migrations`.
///
/// # Errors
/// When it does not answer.
pub fn tables(connection: &mut AnyConnection, migrations: Migrations) -> Result<Tables, Error> {
    // Asked without diesel's help, which makes the table that it looks into.
    let is_there = match connection {
        AnyConnection::Sqlite(_) => {
            "SELECT name AS text FROM sqlite_master WHERE name = '__diesel_schema_migrations'"
        }
        AnyConnection::Postgres(_) => {
            "SELECT CAST(name AS text) AS text FROM to_regclass('__diesel_schema_migrations') \
             AS name WHERE name IS NOT NULL"
        }
    };
    let found = if texts(connection, is_there)?.is_empty() {
        Vec::new()
    } else {
        texts(
            connection,
            "SELECT version AS text FROM __diesel_schema_migrations",
        )?
    };
    let found: BTreeSet<String> = found.into_iter().collect();
    let ours: BTreeSet<String> = migrations.iter().map(Migration::version).collect();
    Ok(Tables {
        done: ours.intersection(&found).count(),
        pending: ours.difference(&found).count(),
        unknown: found.difference(&ours).count(),
    })
}

/// What is damaged in an SQLite file, a few faults at most. Reads all of it. PostgreSQL looks after
/// itself.
///
/// # Errors
/// When it does not answer.
pub fn damage(connection: &mut AnyConnection) -> Result<Vec<String>, Error> {
    if !matches!(connection, AnyConnection::Sqlite(_)) {
        return Ok(Vec::new());
    }
    let mut faults = texts(
        connection,
        "SELECT quick_check AS text FROM pragma_quick_check WHERE quick_check <> 'ok' LIMIT 3",
    )?;
    faults.extend(texts(
        connection,
        "SELECT 'a row of ' || \"table\" || ' names a row of ' || parent || ' that is not there' \
         AS text FROM pragma_foreign_key_check LIMIT 3",
    )?);
    Ok(faults)
}

/// What time it is by a database that has a clock of its own.
///
/// # Errors
/// When it does not answer.
pub fn clock(connection: &mut AnyConnection) -> Result<Option<Timestamp>, Error> {
    if matches!(connection, AnyConnection::Sqlite(_)) {
        return Ok(None);
    }
    let micros = "SELECT CAST(CAST(extract(epoch FROM clock_timestamp()) * 1000000 AS bigint) AS \
                  text) AS text";
    let micros = texts(connection, micros)?.concat().parse();
    Ok(micros.ok().map(Timestamp::from_micros))
}

#[derive(QueryableByName)]
struct Text {
    #[diesel(sql_type = diesel::sql_types::Text)]
    text: String,
}

pub(super) fn texts(connection: &mut AnyConnection, sql: &'static str) -> QueryResult<Vec<String>> {
    let query = diesel::sql_query(sql);
    let rows: Vec<Text> = match connection {
        AnyConnection::Sqlite(sqlite) => query.load(sqlite)?,
        AnyConnection::Postgres(postgres) => query.load(postgres)?,
    };
    Ok(rows.into_iter().map(|row| row.text).collect())
}
