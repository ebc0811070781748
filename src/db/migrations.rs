//! Applies and reverts the migrations of the tables.

use std::{borrow::Cow, fmt};

use diesel::{
    QueryResult, RunQueryDsl as _,
    backend::Backend,
    connection::{BoxableConnection, SimpleConnection as _},
    migration::{self, MigrationMetadata, MigrationName, MigrationSource, MigrationVersion},
};
use diesel_migrations::MigrationHarness as _;

#[cfg(feature = "postgres")]
use super::postgres;
use super::{
    AnyConnection, DatabaseUrl, Error, applied_migrations, inspect, requirements, timeouts,
    transaction,
};
use crate::crypto::digest::Digest;

/// The migrations that are compiled in, oldest first.
pub type Migrations = &'static [Migration];

/// One migration: the contents of its folder.
#[derive(Debug)]
pub struct Migration {
    /// The folder's name: a date and a number, and after `_` the subject.
    pub name: &'static str,
    /// The SQL that applies it.
    pub up: &'static str,
    /// The SQL that reverts it.
    pub down: &'static str,
}

/// Compiles migrations in by the names of their folders in `migrations`, oldest first.
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
    /// The version as diesel's command line writes it into the database: the name's digits before
    /// `_`.
    pub(super) fn version(&self) -> String {
        let (digits, _) = self.name.split_once('_').unwrap_or((self.name, ""));
        digits.replace('-', "")
    }

    /// Returns the SHA-256 of the SQL that applies the migration, in hexadecimal digits.
    #[must_use]
    pub fn checksum(&self) -> String {
        let digest = Digest::of(self.up.as_bytes());
        let digits = digest.as_bytes().iter();
        digits.map(|byte| format!("{byte:02x}")).collect()
    }
}

/// The migrations in the dialect of one database. diesel's own embedding has one text for both
/// databases, which cannot use SQLite's `WITHOUT ROWID`. Two folders would duplicate everything
/// else.
struct EngineMigrations<'a>(&'a DatabaseUrl, Migrations);

struct PendingMigration {
    migration: &'static Migration,
    up: Cow<'static, str>,
}

impl<DB: Backend> MigrationSource<DB> for EngineMigrations<'_> {
    fn migrations(&self) -> migration::Result<Vec<Box<dyn migration::Migration<DB>>>> {
        let Self(target, migrations) = self;
        let texts = migrations.iter().map(|migration| {
            let up = match target {
                DatabaseUrl::Sqlite(_) => Cow::Owned(for_sqlite(migration.up)),
                DatabaseUrl::Postgres(_) => Cow::Borrowed(migration.up),
            };
            Box::new(PendingMigration { migration, up }) as Box<dyn migration::Migration<DB>>
        });
        Ok(texts.collect())
    }
}

/// Uncomments the parts for SQLite: a comment that begins with "SQLite:" is SQL to SQLite and a
/// comment to other databases.
fn for_sqlite(text: &str) -> String {
    let mut parts = text.split("/* SQLite: ");
    let mut whole = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        let (sqlite_only, rest) = part.split_once(" */").unwrap_or((part, ""));
        whole.push_str(sqlite_only);
        whole.push_str(rest);
    }
    whole
}

impl PendingMigration {
    fn with_name(&self, result: QueryResult<()>) -> migration::Result<()> {
        result.map_err(|error| format!("{}: {error}", self.migration).into())
    }
}

/// Opens an SQLite database in memory and applies these migrations to it.
#[cfg(feature = "sqlite")]
pub(super) fn applied_in_memory(migrations: &[&'static Migration]) -> Result<AnyConnection, Error> {
    use diesel::{Connection as _, SqliteConnection, sqlite::Sqlite};

    let failed = |error: &dyn fmt::Display| Error::Migration(error.to_string());
    let mut connection = SqliteConnection::establish(":memory:").map_err(|error| failed(&error))?;
    for &migration in migrations {
        let up = Cow::Owned(for_sqlite(migration.up));
        let applied = PendingMigration { migration, up };
        migration::Migration::<Sqlite>::run(&applied, &mut connection)
            .map_err(|error| failed(&error))?;
    }
    Ok(AnyConnection::Sqlite(connection))
}

/// Fails, because the model of the tables is an SQLite database.
#[cfg(not(feature = "sqlite"))]
pub(super) fn applied_in_memory(_: &[&'static Migration]) -> Result<AnyConnection, Error> {
    Err(Error::OtherTables(
        "another program applied the migrations, and only a build with the feature sqlite can check the tables"
            .to_owned(),
    ))
}

impl<DB: Backend> migration::Migration<DB> for PendingMigration {
    fn run(&self, connection: &mut dyn BoxableConnection<DB>) -> migration::Result<()> {
        self.with_name(connection.batch_execute(&self.up))
    }

    fn revert(&self, connection: &mut dyn BoxableConnection<DB>) -> migration::Result<()> {
        self.with_name(connection.batch_execute(self.migration.down))
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

/// Uses diesel's default, which runs each migration in a transaction. Here that is the one around
/// all of them.
impl MigrationMetadata for Migration {}

/// The advisory lock that a migrating process holds. The number is arbitrary, but no other program
/// may use it. Processes on different schemas of a database wait for each other. This delays a
/// start, and keeps the number the same for all versions.
const ADVISORY_LOCK: &str = "SELECT pg_advisory_xact_lock(8242463316742391)";

/// Applies the missing migrations, all or none, and returns their names. If several processes start
/// at once, one applies them and the others wait.
///
/// # Errors
/// Fails if the database cannot be reached or a migration fails. Then nothing was changed.
pub fn run_pending(target: &DatabaseUrl, migrations: Migrations) -> Result<Vec<String>, Error> {
    let mut connection = requirements::connect(target)?;
    // The check only reads, so a read-only database can be served.
    if is_up_to_date(&mut connection, migrations)? {
        return Ok(Vec::new());
    }
    in_one_transaction(target, connection, |connection| {
        // The process that held the lock may run a newer version.
        if is_up_to_date(connection, migrations)? {
            return Ok(Vec::new());
        }
        #[cfg(feature = "postgres")]
        if matches!(target, DatabaseUrl::Postgres(url) if url.schema().is_some()) {
            postgres::create_schema(connection)?;
        }
        let done = connection
            .run_pending_migrations(EngineMigrations(target, migrations))
            .map(|done| done.iter().map(ToString::to_string).collect())
            .map_err(|error| Error::Migration(error.to_string()))?;
        applied_migrations::record(connection, migrations)?;
        Ok(done)
    })
}

/// Checks that all migrations were applied, and changes nothing.
///
/// # Errors
/// [`Error::NotMigrated`], or an error if the database cannot be reached.
pub fn ensure_applied(target: &DatabaseUrl, migrations: Migrations) -> Result<(), Error> {
    let mut connection = requirements::connect(target)?;
    if is_up_to_date(&mut connection, migrations)? {
        Ok(())
    } else {
        Err(Error::NotMigrated)
    }
}

/// For tests: reverts all migrations, newest first, all or none. This deletes the tables and their
/// contents.
///
/// # Errors
/// Fails if the database cannot be reached or a migration fails. Then nothing was changed.
#[cfg(any(test, feature = "internals"))]
pub fn revert_all(target: &DatabaseUrl, migrations: Migrations) -> Result<Vec<String>, Error> {
    in_one_transaction(target, target.connect()?, |connection| {
        connection
            .revert_all_migrations(EngineMigrations(target, migrations))
            .map(|done| done.iter().map(ToString::to_string).collect())
            .map_err(|error| Error::Migration(error.to_string()))
    })
}

/// Returns whether every migration of this program was applied. Without a list of migrations none
/// was.
fn is_up_to_date(connection: &mut AnyConnection, migrations: Migrations) -> Result<bool, Error> {
    let tables = inspect::tables(connection, migrations)?;
    // A process that already runs continues while a newer version runs, because migrations only
    // add. A start on unknown migrations is refused, because this version cannot know what the
    // tables mean now.
    tables.ensure_known_migrations()?;
    applied_migrations::ensure_same_tables(connection, migrations)?;
    Ok(tables.pending == 0)
}

fn in_one_transaction<T>(
    target: &DatabaseUrl,
    mut connection: AnyConnection,
    work: impl FnOnce(&mut AnyConnection) -> Result<T, Error>,
) -> Result<T, Error> {
    match target {
        DatabaseUrl::Sqlite(_) => transaction::in_exclusive_transaction(&mut connection, work),
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
    fn only_sqlite_comments_are_uncommented() {
        let text = "CREATE TABLE t (x INT /* a number */) /* SQLite: STRICT, WITHOUT ROWID */; -- \
                    SQLite: not this";
        assert_eq!(
            for_sqlite(text),
            "CREATE TABLE t (x INT /* a number */) STRICT, WITHOUT ROWID; -- SQLite: not this"
        );
    }

    #[test]
    fn version_matches_the_diesel_command_line() {
        let migration = Migration {
            name: "2026-11-28-000001_initial",
            up: "",
            down: "",
        };
        assert_eq!(migration.version(), "20261128000001");
    }
}
