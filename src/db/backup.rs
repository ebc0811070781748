//! Copies an SQLite database while servers use it.

use std::path::Path;

use diesel::{RunQueryDsl as _, sql_types::Text};

use super::{AnyConnection, DatabaseUrl, Error, inspect::connect_to_existing};

/// Writes a snapshot of the database into `file`, which must be empty or absent. Servers can read
/// and write in the meantime, because the copy is one read transaction (SQLite documentation,
/// "VACUUM INTO"). Returns `false` on PostgreSQL, which has its own backup tools, and then copies
/// nothing.
///
/// # Errors
/// Fails if the database does not exist or the copy cannot be written.
pub fn copy_to(target: &DatabaseUrl, file: &Path) -> Result<bool, Error> {
    let AnyConnection::Sqlite(mut sqlite) = connect_to_existing(target)? else {
        return Ok(false);
    };
    diesel::sql_query("VACUUM INTO ?")
        .bind::<Text, _>(file.to_string_lossy().into_owned())
        .execute(&mut sqlite)?;
    Ok(true)
}
