//! Whether the tables are those that the migrations of this program make.
//!
//! diesel keeps the number of each applied migration and not its text. The table `migration_checksums` keeps
//! the checksum of the text, so that a database is refused whose tables an edited migration made. For a
//! migration that was applied before that table was there, the columns are compared instead.

use std::collections::{BTreeMap, BTreeSet};

use diesel::{RunQueryDsl as _, sql_types::Text};

use super::{
    AnyConnection, Error, Migration, Migrations, cached_statement,
    inspect::{has_table, texts, versions},
    migrations::applied_in_memory,
    with_backend,
};

const RECORDED: &str = "SELECT version || ' ' || checksum AS text FROM migration_checksums";

cached_statement! {
    Record { version: String as Text, checksum: String as Text } =
        "INSERT INTO migration_checksums (version, checksum) VALUES (" version ", " checksum ")"
}

/// Every column of the tables beside the list of migrations.
const COLUMNS: [&str; 2] = [
    "SELECT m.name || '.' || c.name AS text FROM sqlite_master m, pragma_table_info(m.name) c \
     WHERE m.type = 'table'",
    "SELECT CAST(c.relname || '.' || a.attname AS text) AS text \
     FROM pg_attribute a JOIN pg_class c ON c.oid = a.attrelid \
     WHERE c.relkind IN ('r', 'p') AND a.attnum > 0 AND NOT a.attisdropped AND c.relnamespace = \
     (SELECT relnamespace FROM pg_class WHERE oid = to_regclass('__diesel_schema_migrations'))",
];

/// Those of them without which no row can be written.
const REQUIRED: [&str; 2] = [
    "SELECT m.name || '.' || c.name AS text FROM sqlite_master m, pragma_table_info(m.name) c \
     WHERE m.type = 'table' AND c.\"notnull\" = 1 AND c.dflt_value IS NULL",
    "SELECT CAST(c.relname || '.' || a.attname AS text) AS text \
     FROM pg_attribute a JOIN pg_class c ON c.oid = a.attrelid \
     WHERE c.relkind IN ('r', 'p') AND a.attnum > 0 AND NOT a.attisdropped AND c.relnamespace = \
     (SELECT relnamespace FROM pg_class WHERE oid = to_regclass('__diesel_schema_migrations')) \
     AND a.attnotnull AND NOT a.atthasdef AND a.attidentity = ''",
];

/// Refuses tables that other texts than those of `migrations` made.
///
/// # Errors
/// What differs, or that the database does not answer.
pub fn expect_same(connection: &mut AnyConnection, migrations: Migrations) -> Result<(), Error> {
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
    expect_same_columns(connection, &applied)
}

/// Records the texts of `migrations`, all of which are applied.
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

/// Compares with the tables that the same migrations make in an empty SQLite database.
fn expect_same_columns(
    connection: &mut AnyConnection,
    applied: &[&'static Migration],
) -> Result<(), Error> {
    let mut model = applied_in_memory(applied)?;
    let expected = columns(&mut model, COLUMNS)?;
    let found = columns(connection, COLUMNS)?;
    if let Some(missing) = expected.difference(&found).next() {
        return Err(Error::OtherTables(format!("they lack {missing}")));
    }
    let is_in_a_table_of_ours = |column: &&String| {
        let table = column.split('.').next().unwrap_or_default();
        let table = format!("{table}.");
        expected.iter().any(|known| known.starts_with(&table))
    };
    let required = columns(connection, REQUIRED)?;
    let mut unknown = required.difference(&expected).filter(is_in_a_table_of_ours);
    match unknown.next() {
        Some(unknown) => Err(Error::OtherTables(format!("they require {unknown}"))),
        None => Ok(()),
    }
}

fn columns(
    connection: &mut AnyConnection,
    [on_sqlite, on_postgres]: [&'static str; 2],
) -> Result<BTreeSet<String>, Error> {
    let found = match connection {
        AnyConnection::Sqlite(_) => texts(connection, on_sqlite)?,
        AnyConnection::Postgres(_) => texts(connection, on_postgres)?,
    };
    Ok(found.into_iter().collect())
}
