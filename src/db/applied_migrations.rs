//! Checks that the tables were made by the migrations of this program.
//!
//! diesel stores the version of each applied migration but not its text. The table
//! `migration_checksums` holds a checksum of the text. A database whose tables were made by an
//! edited migration is therefore refused. A migration that another tool applied, such as diesel's
//! command line, has no checksum, so its columns are compared instead.

use std::collections::{BTreeMap, BTreeSet};

use diesel::{RunQueryDsl as _, sql_types::Text};

use super::{
    AnyConnection, Engine, Error, Migration, Migrations, cached_statement,
    inspect::{has_table, texts, versions},
    migrations::applied_in_memory,
    with_backend,
};

const RECORDED: &str = "SELECT version || ' ' || checksum AS text FROM migration_checksums";

cached_statement! {
    Record { version: String as Text, checksum: String as Text } =
        "INSERT INTO migration_checksums (version, checksum) VALUES (" version ", " checksum ")"
}

/// Queries for every column of the tables in the schema of the migration list: SQLite, PostgreSQL.
const COLUMNS: [&str; 2] = [
    "SELECT m.name || '.' || c.name AS text FROM sqlite_master m, pragma_table_info(m.name) c \
     WHERE m.type = 'table'",
    "SELECT CAST(c.relname || '.' || a.attname AS text) AS text \
     FROM pg_attribute a JOIN pg_class c ON c.oid = a.attrelid \
     WHERE c.relkind IN ('r', 'p') AND a.attnum > 0 AND NOT a.attisdropped AND c.relnamespace = \
     (SELECT relnamespace FROM pg_class WHERE oid = to_regclass('__diesel_schema_migrations'))",
];

/// Queries for the columns that every new row must set: `NOT NULL` without a default.
const REQUIRED: [&str; 2] = [
    "SELECT m.name || '.' || c.name AS text FROM sqlite_master m, pragma_table_info(m.name) c \
     WHERE m.type = 'table' AND c.\"notnull\" = 1 AND c.dflt_value IS NULL",
    "SELECT CAST(c.relname || '.' || a.attname AS text) AS text \
     FROM pg_attribute a JOIN pg_class c ON c.oid = a.attrelid \
     WHERE c.relkind IN ('r', 'p') AND a.attnum > 0 AND NOT a.attisdropped AND c.relnamespace = \
     (SELECT relnamespace FROM pg_class WHERE oid = to_regclass('__diesel_schema_migrations')) \
     AND a.attnotnull AND NOT a.atthasdef AND a.attidentity = ''",
];

/// Fails if the tables were made by migrations with other texts than `migrations`.
///
/// # Errors
/// Returns [`Error::OtherTables`] with the first difference, or the error of a failed query.
pub fn ensure_same_tables(
    connection: &mut AnyConnection,
    migrations: Migrations,
) -> Result<(), Error> {
    let recorded = recorded(connection)?;
    let applied = versions(connection)?;
    let applied: Vec<&'static Migration> = migrations
        .iter()
        .filter(|migration| applied.contains(&migration.version()))
        .collect();
    let mut is_recorded = true;
    for migration in &applied {
        match recorded.get(&migration.version()) {
            Some(checksum) if *checksum != migration.checksum() => {
                return Err(Error::OtherTables(format!(
                    "migration {} was applied with another text than this version has",
                    migration.name
                )));
            }
            found => is_recorded &= found.is_some(),
        }
    }
    if is_recorded {
        return Ok(());
    }
    ensure_same_columns(connection, &applied)
}

/// Records the checksums of `migrations`, all of which are applied.
pub(super) fn record(connection: &mut AnyConnection, migrations: Migrations) -> Result<(), Error> {
    let recorded = recorded(connection)?;
    for migration in migrations {
        if !recorded.contains_key(&migration.version()) {
            let (version, checksum) = (migration.version(), migration.checksum());
            with_backend!(connection => Record::new(version, checksum).execute(connection))?;
        }
    }
    Ok(())
}

fn recorded(connection: &mut AnyConnection) -> Result<BTreeMap<String, String>, Error> {
    if !has_table(connection, "migration_checksums")? {
        return Ok(BTreeMap::new());
    }
    let recorded = texts(connection, RECORDED)?.into_iter();
    let recorded = recorded.filter_map(|line| {
        let (version, checksum) = line.split_once(' ')?;
        Some((version.to_owned(), checksum.to_owned()))
    });
    Ok(recorded.collect())
}

/// Compares the columns with those that the same migrations create in an empty SQLite database.
fn ensure_same_columns(
    connection: &mut AnyConnection,
    applied: &[&'static Migration],
) -> Result<(), Error> {
    let mut model = applied_in_memory(applied)?;
    let expected = columns(&mut model, COLUMNS)?;
    let found = columns(connection, COLUMNS)?;
    if let Some(missing) = expected.difference(&found).next() {
        return Err(Error::OtherTables(format!("they lack {missing}")));
    }
    let is_in_own_table = |column: &&String| {
        let table = column.split('.').next().unwrap_or_default();
        let table = format!("{table}.");
        expected.iter().any(|known| known.starts_with(&table))
    };
    let required = columns(connection, REQUIRED)?;
    let mut unknown = required.difference(&expected).filter(is_in_own_table);
    match unknown.next() {
        Some(unknown) => Err(Error::OtherTables(format!("they require {unknown}"))),
        None => Ok(()),
    }
}

fn columns(
    connection: &mut AnyConnection,
    [on_sqlite, on_postgres]: [&'static str; 2],
) -> Result<BTreeSet<String>, Error> {
    let query = match connection.engine() {
        Engine::Sqlite => on_sqlite,
        Engine::Postgres => on_postgres,
    };
    let found = texts(connection, query)?;
    Ok(found.into_iter().collect())
}
