//! Bringing the tables up to date.

use std::{borrow::Cow, fmt};

use diesel::{
    Connection as _, QueryResult, RunQueryDsl as _, SqliteConnection,
    backend::Backend,
    connection::{BoxableConnection, SimpleConnection as _},
    migration::{self, MigrationMetadata, MigrationName, MigrationSource, MigrationVersion},
    sqlite::Sqlite,
};
use diesel_migrations::MigrationHarness as _;

use super::{
    AnyConnection, DatabaseUrl, Error, applied_migrations, inspect, requirements,
    sqlite_writer::exclusively, timeouts, transaction,
};
use crate::crypto::digest::Digest;

/// Migrations that were compiled in, oldest first.
pub type Migrations = &'static [Migration];

/// One of them: what its folder holds.
#[derive(Debug)]
pub struct Migration {
    /// The folder's name: a date and a number, and after `_` what it is about.
    pub name: &'static str,
    /// What makes the tables.
    pub up: &'static str,
    /// What takes them back.
    pub down: &'static str,
}

/// Compiles migrations in, by the names of their folders in `migrations`, oldest first.
macro_rules! migrations {
    ($($name:literal),+ $(,)?) => {
        &[$(
            $crate::db::Migration {
                name: $name,
                up: include_str!(concat!(env!("CARGO_MANIFEST_DIR"), "/migrations/", $name, "/up.sql")),
                down: include_str!(concat!(env!("CARGO_MANIFEST_DIR"), "/migrations/", $name, "/down.sql")),
            },
        )+]
    };
}

pub(crate) use migrations;

impl Migration {
    /// As diesel's command line writes it into the database: the name's digits before `_`.
    pub(super) fn version(&self) -> String {
        let (digits, _) = self.name.split_once('_').unwrap_or((self.name, ""));
        digits.replace('-', "")
    }

    /// The SHA-256 of the text that is applied, in hexadecimal digits.
    #[must_use]
    pub fn checksum(&self) -> String {
        let digest = Digest::of(self.up.as_bytes());
        let digits = digest.as_bytes().iter();
        digits.map(|byte| format!("{byte:02x}")).collect()
    }
}

/// The migrations as one of the databases is to run them. diesel's own way to compile them in has one text
/// for all, which to SQLite says less than it can do; two folders would say all else twice.
struct For<'a>(&'a DatabaseUrl, Migrations);

struct ToRun {
    migration: &'static Migration,
    up: Cow<'static, str>,
}

impl<DB: Backend> MigrationSource<DB> for For<'_> {
    fn migrations(&self) -> migration::Result<Vec<Box<dyn migration::Migration<DB>>>> {
        let Self(target, migrations) = self;
        let texts = migrations.iter().map(|migration| {
            let up = match target {
                DatabaseUrl::Sqlite(_) => Cow::Owned(for_sqlite(migration.up)),
                DatabaseUrl::Postgres(_) => Cow::Borrowed(migration.up),
            };
            Box::new(ToRun { migration, up }) as Box<dyn migration::Migration<DB>>
        });
        Ok(texts.collect())
    }
}

/// What stands in a remark that begins with "SQLite:" is a comment to other databases, and text to SQLite.
fn for_sqlite(text: &str) -> String {
    let mut parts = text.split("/* SQLite: ");
    let mut whole = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        let (said, rest) = part.split_once(" */").unwrap_or((part, ""));
        whole.push_str(said);
        whole.push_str(rest);
    }
    whole
}

impl ToRun {
    fn told(&self, result: QueryResult<()>) -> migration::Result<()> {
        result.map_err(|error| format!("{}: {error}", self.migration).into())
    }
}

/// An empty SQLite database in memory, to which these migrations were applied.
pub(super) fn applied_in_memory(migrations: &[&'static Migration]) -> Result<AnyConnection, Error> {
    let failed = |error: &dyn fmt::Display| Error::Migration(error.to_string());
    let mut connection = SqliteConnection::establish(":memory:").map_err(|error| failed(&error))?;
    for &migration in migrations {
        let up = Cow::Owned(for_sqlite(migration.up));
        let applied = ToRun { migration, up };
        migration::Migration::<Sqlite>::run(&applied, &mut connection)
            .map_err(|error| failed(&error))?;
    }
    Ok(AnyConnection::Sqlite(connection))
}

impl<DB: Backend> migration::Migration<DB> for ToRun {
    fn run(&self, connection: &mut dyn BoxableConnection<DB>) -> migration::Result<()> {
        self.told(connection.batch_execute(&self.up))
    }

    fn revert(&self, connection: &mut dyn BoxableConnection<DB>) -> migration::Result<()> {
        self.told(connection.batch_execute(self.migration.down))
    }

    fn metadata(&self) -> &dyn MigrationMetadata {
        self.migration
    }

    fn name(&self) -> &dyn MigrationName {
        self.migration
    }
}

impl MigrationName for Migration {
    fn version(&self) -> MigrationVersion<'_> {
        Self::version(self).into()
    }
}

impl fmt::Display for Migration {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name)
    }
}

/// Each in one transaction, which is diesel's default: that of all of them.
impl MigrationMetadata for Migration {}

/// PostgreSQL's name for "somebody is migrating": any number that no other program uses.
const ADVISORY_LOCK: &str = "SELECT pg_advisory_xact_lock(8242463316742391)";

/// Runs the migrations that are not yet in the database, all or none, and returns their names.
/// Where several processes start at once, one does it and the others wait.
///
/// # Errors
/// When the database cannot be reached or a migration fails; then nothing was changed.
pub fn run_pending(target: &DatabaseUrl, migrations: Migrations) -> Result<Vec<String>, Error> {
    let mut connection = requirements::connect(target)?;
    // Asked without writing, so that a database that can only be read can be served.
    if is_up_to_date(&mut connection, migrations)? {
        return Ok(Vec::new());
    }
    in_one_transaction(target, connection, |connection| {
        // Whoever was waited for may have been a newer program.
        if is_up_to_date(connection, migrations)? {
            return Ok(Vec::new());
        }
        let done = connection
            .run_pending_migrations(For(target, migrations))
            .map(|done| done.iter().map(ToString::to_string).collect())
            .map_err(|error| Error::Migration(error.to_string()))?;
        applied_migrations::record(connection, migrations)?;
        Ok(done)
    })
}

/// Takes all migrations back, newest first, all or none: the tables and everything in them are gone.
///
/// # Errors
/// When the database cannot be reached or a migration fails; then nothing was changed.
pub fn revert_all(target: &DatabaseUrl, migrations: Migrations) -> Result<Vec<String>, Error> {
    in_one_transaction(target, target.connect()?, |connection| {
        connection
            .revert_all_migrations(For(target, migrations))
            .map(|done| done.iter().map(ToString::to_string).collect())
            .map_err(|error| Error::Migration(error.to_string()))
    })
}

/// Whether every migration that was compiled in is in the database. Where it keeps no list of them,
/// none is.
fn is_up_to_date(connection: &mut AnyConnection, migrations: Migrations) -> Result<bool, Error> {
    let tables = inspect::tables(connection, migrations)?;
    // One that runs already goes on beside a newer one, whose migrations only add. To start on tables
    // that it has never heard of is another thing: what they mean by now, it cannot know.
    if let Some(first) = tables.unknown.first() {
        return Err(Error::Newer(first.clone()));
    }
    applied_migrations::expect_same(connection, migrations)?;
    Ok(tables.pending == 0)
}

fn in_one_transaction<T>(
    target: &DatabaseUrl,
    mut connection: AnyConnection,
    work: impl FnOnce(&mut AnyConnection) -> Result<T, Error>,
) -> Result<T, Error> {
    match target {
        DatabaseUrl::Sqlite(_) => exclusively(&mut connection, work),
        DatabaseUrl::Postgres(_) => {
            let work = |connection: &mut AnyConnection| {
                connection.batch_execute(timeouts::POSTGRES_MIGRATION)?;
                diesel::sql_query(ADVISORY_LOCK).execute(connection)?;
                work(connection)
            };
            transaction::run_once(&mut connection, work, &mut false)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_remark_to_sqlite_is_text_to_it_and_every_other_stays_one() {
        let text = "CREATE TABLE t (x INT /* a number */) /* SQLite: STRICT, WITHOUT ROWID */; -- SQLite: not this";
        assert_eq!(
            for_sqlite(text),
            "CREATE TABLE t (x INT /* a number */) STRICT, WITHOUT ROWID; -- SQLite: not this"
        );
    }

    #[test]
    fn versions_are_those_of_diesel_s_command_line() {
        let migration = Migration {
            name: "2026-11-22-000001_foundation",
            up: "",
            down: "",
        };
        assert_eq!(migration.version(), "20261122000001");
    }
}
