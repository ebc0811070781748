//! `narthex copy`: copies everything into another database while no server runs.

use serde::Serialize;

use super::{
    CliError, OutputFormat, backup::key_file, ensure_exists, json, output, table::Columns,
};
use crate::{
    config::Settings,
    database_copy::{self, CopyError, TableCopy},
    db::DatabaseUrl,
    error::Error,
    util::clock::{Clock as _, SystemClock},
};

pub(super) fn copy(
    settings: &Settings,
    target: &DatabaseUrl,
    format: OutputFormat,
) -> Result<(), CliError> {
    let source = &settings.database.url;
    ensure_exists(source)?;
    let progress = |table, rows| output::print_note(format!("{table}: {rows} rows so far"));
    let tables =
        database_copy::copy(source, target, SystemClock.now(), progress).map_err(refused)?;
    if format.json {
        return output::json(&json::list(tables.iter().map(as_json)));
    }
    print(&tables)?;
    output::print_note(next_steps(settings));
    Ok(())
}

fn refused(error: CopyError) -> CliError {
    match error {
        CopyError::Database(error) => Error::from(error).into(),
        other => CliError::message(other.to_string()),
    }
}

fn print(tables: &[TableCopy]) -> Result<(), CliError> {
    let mut columns = Columns::with_headings(["TABLE", "ROWS", "HASH IN BOTH DATABASES"]);
    for TableCopy { table, rows } in tables {
        columns.row([(*table).to_owned(), rows.count.to_string(), rows.hash()]);
    }
    columns.print("No table was copied.")
}

/// A table that was copied.
#[derive(Serialize)]
struct TableCopyJson {
    table: &'static str,
    rows: u64,
    hash: String,
}

fn as_json(copy: &TableCopy) -> TableCopyJson {
    TableCopyJson {
        table: copy.table,
        rows: copy.rows.count,
        hash: copy.rows.hash(),
    }
}

fn next_steps(settings: &Settings) -> String {
    let key = match key_file(settings) {
        Some(path) => format!(
            " and move {} to the place where it looks for its key",
            path.display()
        ),
        None => String::new(),
    };
    format!(
        "Set DATABASE_URL to the new database{key}, then start the servers. Start none on the old \
         database again: credentials that are revoked from now on are active there."
    )
}
