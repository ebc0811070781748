//! Inspects a database without changing it, for `narthex check` and similar commands.

use std::{collections::BTreeSet, path::Path};

use diesel::{
    Connection as _, PgConnection, QueryResult, QueryableByName, RunQueryDsl as _,
    SqliteConnection, connection::SimpleConnection as _,
};

use super::{
    AnyConnection, DatabaseUrl, Error, Migration, Migrations, is_english,
    migrations::applied_in_memory, probe::write_and_roll_back, requirements,
};
use crate::util::clock::Timestamp;

/// Connects to an existing database. Unlike other connections it creates no file and does not set
/// the pragmas that the file stores (`journal_mode`).
///
/// # Errors
/// Fails if the database does not exist or cannot be reached.
pub fn connect_to_existing(target: &DatabaseUrl) -> Result<AnyConnection, Error> {
    match target {
        DatabaseUrl::Sqlite(path) => {
            let mut connection = connect_to_file(path, "rw")?;
            requirements::ensure_utf8(&mut connection)?;
            Ok(connection)
        }
        DatabaseUrl::Postgres(_) => requirements::connect(target),
    }
}

/// Opens a read-only connection to an SQLite file. Unlike other connections it does not write the
/// contents of `-wal` into the file if it is the last one that closes it.
///
/// # Errors
/// Fails if the file does not exist or cannot be read.
pub fn connect_read_only(path: &Path) -> Result<AnyConnection, Error> {
    connect_to_file(path, "ro")
}

fn connect_to_file(path: &Path, mode: &str) -> Result<AnyConnection, Error> {
    // A URI (SQLite documentation, "Uniform Resource Identifiers") is the only way to forbid the
    // creation of a file. Characters with a meaning in a URI are escaped.
    let path = path.to_string_lossy();
    let path = path
        .replace('%', "%25")
        .replace('?', "%3f")
        .replace('#', "%23");
    SqliteConnection::establish(&format!("file:{path}?mode={mode}"))
        .map_err(|error| Error::Unreachable(error.to_string()))
        .and_then(|mut connection| {
            connection.batch_execute("PRAGMA busy_timeout = 5000;")?;
            Ok(AnyConnection::Sqlite(connection))
        })
}

/// Returns the name and version of the database: `SQLite 3.51.0`, `PostgreSQL 15.18`.
///
/// # Errors
/// Fails if the database does not answer.
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

/// Returns whether the database accepts writes now. The test write is rolled back.
///
/// # Errors
/// Returns the reason why the test write failed.
pub fn accepts_writes(connection: &mut AnyConnection) -> Result<bool, Error> {
    // On for a standby, and if an operator set it.
    let read_only = "SELECT current_setting('transaction_read_only') AS text";
    if matches!(connection, AnyConnection::Postgres(_)) && texts(connection, read_only)? != ["off"]
    {
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
    if matches!(connection, AnyConnection::Sqlite(_)) {
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

fn table_names(connection: &mut AnyConnection) -> QueryResult<BTreeSet<String>> {
    let names = match connection {
        AnyConnection::Sqlite(_) => {
            "SELECT name AS text FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite\\_%' \
             ESCAPE '\\'"
        }
        AnyConnection::Postgres(_) => {
            "SELECT CAST(tablename AS text) AS text FROM pg_tables WHERE schemaname = current_schema()"
        }
    };
    Ok(texts(connection, names)?.into_iter().collect())
}

/// Returns whether a query that names this table finds one.
pub(super) fn has_table(connection: &mut AnyConnection, name: &str) -> QueryResult<bool> {
    let found: Vec<Text> = match connection {
        AnyConnection::Sqlite(sqlite) => {
            diesel::sql_query("SELECT name AS text FROM sqlite_master WHERE name = ?")
                .bind::<diesel::sql_types::Text, _>(name)
                .load(sqlite)?
        }
        AnyConnection::Postgres(postgres) => diesel::sql_query(
            "SELECT CAST(found AS text) AS text FROM to_regclass($1) AS found \
             WHERE found IS NOT NULL",
        )
        .bind::<diesel::sql_types::Text, _>(name)
        .load(postgres)?,
    };
    Ok(!found.is_empty())
}

/// Returns the first few faults in an SQLite file. Reads the whole file. Returns none on
/// PostgreSQL, which checks its own files.
///
/// # Errors
/// Fails if the database does not answer.
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
    if matches!(connection, AnyConnection::Sqlite(_)) {
        return Ok(None);
    }
    let micros = "SELECT CAST(CAST(extract(epoch FROM clock_timestamp()) * 1000000 AS bigint) AS \
                  text) AS text";
    let micros = texts(connection, micros)?.concat().parse();
    Ok(micros.ok().map(Timestamp::from_micros))
}

/// How a PostgreSQL server replicates.
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
    if matches!(connection, AnyConnection::Sqlite(_)) {
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
struct Text {
    #[diesel(sql_type = diesel::sql_types::Text)]
    text: String,
}

pub(super) fn texts(connection: &mut AnyConnection, sql: &'static str) -> QueryResult<Vec<String>> {
    match connection {
        AnyConnection::Sqlite(sqlite) => {
            let rows: Vec<Text> = diesel::sql_query(sql).load(sqlite)?;
            Ok(rows.into_iter().map(|row| row.text).collect())
        }
        AnyConnection::Postgres(postgres) => texts_of_postgres(postgres, sql),
    }
}

pub(super) fn texts_of_postgres(
    connection: &mut PgConnection,
    sql: &'static str,
) -> QueryResult<Vec<String>> {
    let rows: Vec<Text> = diesel::sql_query(sql).load(connection)?;
    Ok(rows.into_iter().map(|row| row.text).collect())
}
