//! Inspects a database without changing it, for `narthex check` and similar commands.

use std::collections::BTreeSet;
#[cfg(all(feature = "cli", feature = "sqlite"))]
use std::path::Path;

use diesel::{QueryResult, QueryableByName, RunQueryDsl as _, query_dsl::LoadQuery};

#[cfg(all(feature = "cli", feature = "sqlite", feature = "postgres"))]
use super::migrations::applied_in_memory;
#[cfg(feature = "sqlite")]
use super::sqlite;
use super::{
    AnyConnection, DatabaseUrl, Engine, Error, Migration, Migrations, is_english,
    probe::write_and_roll_back, requirements, with_backend,
};
use crate::util::clock::Timestamp;

/// Connects to an existing database. Unlike other connections it creates no file and does not set
/// the pragmas that the file stores (`journal_mode`).
///
/// # Errors
/// Fails if the database does not exist or cannot be reached.
pub fn connect_to_existing(target: &DatabaseUrl) -> Result<AnyConnection, Error> {
    match target {
        #[cfg(feature = "sqlite")]
        DatabaseUrl::Sqlite(path) => {
            let mut connection = sqlite::connect_to_file(path, "rw")?;
            sqlite::ensure_utf8(&mut connection)?;
            Ok(connection)
        }
        _ => requirements::connect(target),
    }
}

/// Opens a read-only connection to an SQLite file. Unlike other connections it does not write the
/// contents of `-wal` into the file if it is the last one that closes it.
///
/// # Errors
/// Fails if the file does not exist or cannot be read.
#[cfg(all(feature = "cli", feature = "sqlite"))]
pub fn connect_read_only(path: &Path) -> Result<AnyConnection, Error> {
    sqlite::connect_to_file(path, "ro")
}

/// Returns the name and version of the database: `SQLite 3.51.0`, `PostgreSQL 15.18`.
///
/// # Errors
/// Fails if the database does not answer.
pub fn version(connection: &mut AnyConnection) -> Result<String, Error> {
    let (name, sql) = match connection.engine() {
        Engine::Sqlite => ("SQLite", "SELECT sqlite_version() AS text"),
        Engine::Postgres => (
            "PostgreSQL",
            "SELECT split_part(current_setting('server_version'), ' ', 1) AS text",
        ),
    };
    Ok(format!("{name} {}", texts(connection, sql)?.concat()))
}

/// Returns whether the database accepts writes now. The test write is rolled back.
///
/// # Errors
/// Returns the reason why the test write failed.
pub fn accepts_writes(connection: &mut AnyConnection) -> Result<bool, Error> {
    // On for a standby, and if an operator set it.
    let read_only = "SELECT current_setting('transaction_read_only') AS text";
    if connection.engine() == Engine::Postgres && texts(connection, read_only)? != ["off"] {
        return Ok(false);
    }
    write_and_roll_back(connection)?;
    Ok(true)
}

/// Lists the settings of a session that differ from the requested or recommended ones.
///
/// # Errors
/// Fails if the database does not answer.
pub fn session_faults(connection: &mut AnyConnection) -> Result<Vec<String>, Error> {
    if connection.engine() == Engine::Sqlite {
        return Ok(Vec::new());
    }
    let bounds = "SELECT name || ' is ' || current_setting(name) || ', not ' || wanted AS text FROM (VALUES \
         ('statement_timeout', '8s'), ('lock_timeout', '5s'), \
         ('idle_in_transaction_session_timeout', '15s'), ('TimeZone', 'UTC')) AS bounds (name, wanted) \
         WHERE current_setting(name) <> wanted";
    let mut faults = texts(connection, bounds)?;
    let language = texts(connection, "SELECT current_setting('lc_messages') AS text")?.concat();
    if !is_english(&language) {
        faults.push(format!(
            "lc_messages is \"{language}\", so a deadlock is only assumed after an unexplained \
             error: as a superuser, ALTER ROLE … SET lc_messages = 'C'"
        ));
    }
    Ok(faults)
}

/// The migrations of a database, compared with those of this program.
#[derive(Debug, PartialEq, Eq)]
pub struct Tables {
    /// Number of this program's migrations that were applied.
    pub done: usize,
    /// Number of this program's migrations that are missing.
    pub pending: usize,
    /// Versions of applied migrations that this program does not know.
    pub unknown: Vec<String>,
}

/// The first migration of the versions from before the first release. Their migrations were
/// replaced by one, and none leads from their tables to the present ones.
const UNRELEASED: &str = "20261122000001";

impl Tables {
    /// Refuses a database with migrations that this program does not know.
    ///
    /// # Errors
    /// Fails with [`Error::Unreleased`] or [`Error::Newer`].
    pub fn ensure_known_migrations(&self) -> Result<(), Error> {
        match self.unknown.first() {
            None => Ok(()),
            Some(first) if first == UNRELEASED => Err(Error::Unreleased),
            Some(first) => Err(Error::Newer(first.clone())),
        }
    }
}

/// Compares a database with `migrations`.
///
/// # Errors
/// Fails if the database does not answer.
pub fn tables(connection: &mut AnyConnection, migrations: Migrations) -> Result<Tables, Error> {
    let found = versions(connection)?;
    let own: BTreeSet<String> = migrations.iter().map(Migration::version).collect();
    Ok(Tables {
        done: own.intersection(&found).count(),
        pending: own.difference(&found).count(),
        unknown: found.difference(&own).cloned().collect(),
    })
}

/// The table in which diesel lists the applied migrations.
const MIGRATION_LIST: &str = "__diesel_schema_migrations";

/// Returns the versions of the applied migrations. It does not use diesel's own query, because that
/// one creates the table that it reads.
pub(super) fn versions(connection: &mut AnyConnection) -> Result<BTreeSet<String>, Error> {
    if !has_table(connection, MIGRATION_LIST)? {
        return Ok(BTreeSet::new());
    }
    let versions = "SELECT version AS text FROM __diesel_schema_migrations";
    Ok(texts(connection, versions)?.into_iter().collect())
}

/// Returns the tables of the schema that `migrations` do not make, in the order of their names.
///
/// # Errors
/// Fails if the database does not answer.
#[cfg(all(feature = "cli", feature = "sqlite", feature = "postgres"))]
pub fn foreign_tables(
    connection: &mut AnyConnection,
    migrations: Migrations,
) -> Result<Vec<String>, Error> {
    let all: Vec<&'static Migration> = migrations.iter().collect();
    let own = table_names(&mut applied_in_memory(&all)?)?;
    let mut found = table_names(connection)?;
    found.remove(MIGRATION_LIST);
    Ok(found.difference(&own).cloned().collect())
}

#[cfg(all(feature = "cli", feature = "sqlite", feature = "postgres"))]
fn table_names(connection: &mut AnyConnection) -> QueryResult<BTreeSet<String>> {
    let names = match connection.engine() {
        Engine::Sqlite => {
            "SELECT name AS text FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite\\_%' \
             ESCAPE '\\'"
        }
        Engine::Postgres => {
            "SELECT CAST(tablename AS text) AS text FROM pg_tables WHERE schemaname = current_schema()"
        }
    };
    Ok(texts(connection, names)?.into_iter().collect())
}

/// Returns whether a query that names this table finds one.
pub(super) fn has_table(connection: &mut AnyConnection, name: &str) -> QueryResult<bool> {
    let query: &'static str = match connection.engine() {
        Engine::Sqlite => "SELECT name AS text FROM sqlite_master WHERE name = ?",
        Engine::Postgres => {
            "SELECT CAST(found AS text) AS text FROM to_regclass($1) AS found \
             WHERE found IS NOT NULL"
        }
    };
    let found: Vec<Text> = with_backend!(connection => diesel::sql_query(query)
        .bind::<diesel::sql_types::Text, _>(name)
        .load(connection))?;
    Ok(!found.is_empty())
}

/// Returns the first few faults in an SQLite file. Reads the whole file. Returns none on
/// PostgreSQL, which checks its own files.
///
/// # Errors
/// Fails if the database does not answer.
pub fn damage(connection: &mut AnyConnection) -> Result<Vec<String>, Error> {
    if connection.engine() != Engine::Sqlite {
        return Ok(Vec::new());
    }
    let mut faults = texts(
        connection,
        "SELECT quick_check AS text FROM pragma_quick_check WHERE quick_check <> 'ok' LIMIT 3",
    )?;
    faults.extend(texts(
        connection,
        "SELECT 'a row of ' || \"table\" || ' references a missing row of ' || parent \
         AS text FROM pragma_foreign_key_check LIMIT 3",
    )?);
    Ok(faults)
}

/// Returns the time by the clock of the database server, or `None` on SQLite.
///
/// # Errors
/// Fails if the database does not answer.
pub fn clock(connection: &mut AnyConnection) -> Result<Option<Timestamp>, Error> {
    if connection.engine() == Engine::Sqlite {
        return Ok(None);
    }
    let micros = "SELECT CAST(CAST(extract(epoch FROM clock_timestamp()) * 1000000 AS bigint) AS \
                  text) AS text";
    let micros = texts(connection, micros)?.concat().parse();
    Ok(micros.ok().map(Timestamp::from_micros))
}

/// The replication of a PostgreSQL server.
#[derive(Debug, PartialEq, Eq)]
pub struct Replication {
    /// Number of connected standbys and other readers of its log.
    pub standbys: usize,
    /// Whether a commit waits for a standby (`synchronous_standby_names`).
    pub is_synchronous: bool,
    /// Whether a commit waits for the disk (`synchronous_commit`).
    pub commits_wait: bool,
}

/// Returns how the server replicates, or `None` on SQLite and if the server does not report it.
///
/// # Errors
/// Fails if the database does not answer.
pub fn replication(connection: &mut AnyConnection) -> Result<Option<Replication>, Error> {
    if connection.engine() == Engine::Sqlite {
        return Ok(None);
    }
    let names = "SELECT current_setting('synchronous_standby_names') AS text";
    let commits = "SELECT current_setting('synchronous_commit') AS text";
    let standbys = "SELECT CAST(pid AS text) AS text FROM pg_stat_replication";
    let found = texts(connection, names).and_then(|names| {
        Ok((
            names,
            texts(connection, commits)?,
            texts(connection, standbys)?,
        ))
    });
    let Ok((names, commits, standbys)) = found else {
        return super::connection::ping(connection)
            .map(|()| None)
            .map_err(Error::from);
    };
    Ok(Some(Replication {
        standbys: standbys.len(),
        is_synchronous: !names.concat().trim().is_empty(),
        commits_wait: commits != ["off"],
    }))
}

#[derive(QueryableByName)]
pub(super) struct Text {
    #[diesel(sql_type = diesel::sql_types::Text)]
    text: String,
}

pub(super) fn texts(connection: &mut AnyConnection, sql: &'static str) -> QueryResult<Vec<String>> {
    with_backend!(connection => texts_of(connection, sql))
}

/// Does the same as [`texts`] on the connection of one engine.
pub(super) fn texts_of<C>(connection: &mut C, sql: &'static str) -> QueryResult<Vec<String>>
where
    diesel::query_builder::SqlQuery: for<'a> LoadQuery<'a, C, Text>,
{
    let rows: Vec<Text> = diesel::sql_query(sql).load(connection)?;
    Ok(rows.into_iter().map(|row| row.text).collect())
}
