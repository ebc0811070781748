//! A copy of an SQLite database while servers use it.

use std::path::Path;

use diesel::{RunQueryDsl as _, sql_types::Text};

use super::{AnyConnection, DatabaseUrl, Error, inspect::connect_to_existing};

/// Writes the database as it is at this moment into `file`, which has to be empty or absent. Servers read and
/// write meanwhile: it is one read transaction (SQLite documentation, "VACUUM INTO"). PostgreSQL has tools of
/// its own: nothing is done there, and the answer is `false`.
///
/// # Errors
/// When there is no database, or the copy cannot be written.
pub fn copy_to(target: &DatabaseUrl, file: &Path) -> Result<bool, Error> {
    let AnyConnection::Sqlite(mut sqlite) = connect_to_existing(target)? else {
        return Ok(false);
    };
    diesel::sql_query("VACUUM INTO ?")
        .bind::<Text, _>(file.to_string_lossy().into_owned())
        .execute(&mut sqlite)?;
    Ok(true)
}
