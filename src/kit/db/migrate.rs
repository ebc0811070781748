//! Bringing the tables up to date.

use diesel::{
    RunQueryDsl as _,
    connection::{Connection as _, SimpleConnection as _},
};
use diesel_migrations::MigrationHarness as _;

use super::{AnyConnection, Error, Target, inspect, patience, writer::exclusively};

/// Migrations that were compiled in.
pub type Migrations = diesel_migrations::EmbeddedMigrations;

/// PostgreSQL's name for "somebody is migrating": any number that no other program uses.
const ADVISORY_LOCK: &str = "SELECT pg_advisory_xact_lock(8242463316742391)";

/// Runs the migrations that are not yet in the database, all or none, and returns their names.
/// Where several processes start at once, one does it and the others wait.
///
/// # Errors
/// When the database cannot be reached or a migration fails; then nothing was changed.
pub fn run_pending(target: &Target, migrations: Migrations) -> Result<Vec<String>, Error> {
    let mut connection = target.connect()?;
    // Asked without writing, so that a database that can only be read can be served.
    if is_up_to_date(&mut connection, &migrations)? {
        return Ok(Vec::new());
    }
    in_one_transaction(target, connection, |connection| {
        // Whoever was waited for may have been a newer program.
        if is_up_to_date(connection, &migrations)? {
            return Ok(Vec::new());
        }
        connection
            .run_pending_migrations(migrations)
            .map(|done| done.iter().map(ToString::to_string).collect())
            .map_err(|error| Error::Migration(error.to_string()))
    })
}

/// Takes all migrations back, newest first, all or none: the tables and everything in them are gone.
///
/// # Errors
/// When the database cannot be reached or a migration fails; then nothing was changed.
pub fn revert_all(target: &Target, migrations: Migrations) -> Result<Vec<String>, Error> {
    in_one_transaction(target, target.connect()?, |connection| {
        connection
            .revert_all_migrations(migrations)
            .map(|done| done.iter().map(ToString::to_string).collect())
            .map_err(|error| Error::Migration(error.to_string()))
    })
}

/// Whether every migration that was compiled in is in the database. Where it keeps no list of them,
/// none is.
fn is_up_to_date(connection: &mut AnyConnection, migrations: &Migrations) -> Result<bool, Error> {
    let tables = inspect::tables(connection, migrations)?;
    // One that runs already goes on beside a newer one, whose migrations only add. To start on tables
    // that it has never heard of is another thing: what they mean by now, it cannot know.
    if tables.unknown > 0 {
        return Err(Error::Newer);
    }
    Ok(tables.pending == 0)
}

fn in_one_transaction<T>(
    target: &Target,
    mut connection: AnyConnection,
    work: impl FnOnce(&mut AnyConnection) -> Result<T, Error>,
) -> Result<T, Error> {
    match target {
        Target::Sqlite(_) => exclusively(&mut connection, work),
        Target::Postgres(_) => connection.transaction(|connection| {
            connection.batch_execute(patience::POSTGRES_MIGRATION)?;
            diesel::sql_query(ADVISORY_LOCK).execute(connection)?;
            work(connection)
        }),
    }
}
