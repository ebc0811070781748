//! Looking at a database without changing it: for whoever asks whether all is well.

use std::{collections::BTreeSet, path::Path};

use diesel::{
    Connection as _, PgConnection, QueryResult, QueryableByName, RunQueryDsl as _,
    SqliteConnection, connection::SimpleConnection as _,
};

use super::{
    AnyConnection, DatabaseUrl, Error, Migration, Migrations, is_english,
    probe::write_and_take_back, requirements,
};
use crate::util::clock::Timestamp;

/// A connection to a database that is there. Unlike every other it makes no file, and does not turn
/// on what the file remembers (`journal_mode`).
///
/// # Errors
/// When there is none, or it cannot be reached.
pub fn connect_to_existing(target: &DatabaseUrl) -> Result<AnyConnection, Error> {
    match target {
        DatabaseUrl::Sqlite(path) => {
            let mut connection = connect_to_file(path, "rw")?;
            requirements::expect_utf8(&mut connection)?;
            Ok(connection)
        }
        DatabaseUrl::Postgres(_) => requirements::connect(target),
    }
}

/// A connection to an SQLite file that only reads. Unlike every other it does not write into the file, when it is
/// the last one to close it, what lies beside it in a `-wal`.
///
/// # Errors
/// When there is no file, or it cannot be read.
pub fn connect_to_read(path: &Path) -> Result<AnyConnection, Error> {
    connect_to_file(path, "ro")
}

fn connect_to_file(path: &Path, mode: &str) -> Result<AnyConnection, Error> {
    // As a URI (SQLite documentation, "Uniform Resource Identifiers"), which alone can say
    // that nothing is to be made: what means something in one is spelt out.
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

/// Whether it can be written to just now: what is written is taken back.
///
/// # Errors
/// Why it cannot be.
pub fn takes_writes(connection: &mut AnyConnection) -> Result<bool, Error> {
    // On for a standby, and where an operator made it so.
    let read_only = "SELECT current_setting('transaction_read_only') AS text";
    if matches!(connection, AnyConnection::Postgres(_)) && texts(connection, read_only)? != ["off"]
    {
        return Ok(false);
    }
    write_and_take_back(connection)?;
    Ok(true)
}

/// What of a session is not as every connection asks for it, or as it should be.
///
/// # Errors
/// When the database does not answer.
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
            "lc_messages is \"{language}\", so that a deadlock is only guessed from an error: as a superuser, \
             ALTER ROLE … SET lc_messages = 'C'"
        ));
    }
    Ok(faults)
}

/// Which migrations a database has.
#[derive(Debug, PartialEq, Eq)]
pub struct Tables {
    /// Those that it has of ours.
    pub done: usize,
    /// Those of ours that it lacks.
    pub pending: usize,
    /// The numbers of those that it has and this program does not know.
    pub unknown: Vec<String>,
}

/// Compares a database with `migrations`.
///
/// # Errors
/// When it does not answer.
pub fn tables(connection: &mut AnyConnection, migrations: Migrations) -> Result<Tables, Error> {
    let found = versions(connection)?;
    let ours: BTreeSet<String> = migrations.iter().map(Migration::version).collect();
    Ok(Tables {
        done: ours.intersection(&found).count(),
        pending: ours.difference(&found).count(),
        unknown: found.difference(&ours).cloned().collect(),
    })
}

/// The numbers of the migrations that were applied. Asked without diesel's help, which makes the table that it
/// looks into.
pub(super) fn versions(connection: &mut AnyConnection) -> Result<BTreeSet<String>, Error> {
    if !has_table(connection, "__diesel_schema_migrations")? {
        return Ok(BTreeSet::new());
    }
    let versions = "SELECT version AS text FROM __diesel_schema_migrations";
    Ok(texts(connection, versions)?.into_iter().collect())
}

/// Whether a query that names this table finds one.
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

/// How a PostgreSQL server replicates.
#[derive(Debug, PartialEq, Eq)]
pub struct Replication {
    /// How many standbys, or other readers of its log, are connected.
    pub standbys: usize,
    /// Whether a commit waits for one of them (`synchronous_standby_names`).
    pub is_synchronous: bool,
    /// Whether a commit waits for the disk (`synchronous_commit`).
    pub commits_wait: bool,
}

/// How the server replicates. None on SQLite, and where the server does not say.
///
/// # Errors
/// When it does not answer.
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
