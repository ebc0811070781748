//! Copies an SQLite database while servers use it.

use std::path::Path;

use diesel::{RunQueryDsl as _, sql_types::Text};

use crate::db::{AnyConnection, DatabaseUrl, Error, inspect::connect_to_existing};

/// Writes a snapshot of the database into `file`, which must be empty or absent. Servers can read
/// and write in the meantime, because the copy is one read transaction (SQLite documentation,
/// "VACUUM INTO"). Returns `false` on PostgreSQL, which has its own backup tools, and then copies
/// nothing.
///
/// # Errors
/// Fails if the database does not exist or the copy cannot be written.
pub fn copy_to(target: &DatabaseUrl, file: &Path) -> Result<bool, Error> {
    match connect_to_existing(target)? {
        AnyConnection::Sqlite(mut sqlite) => {
            diesel::sql_query("VACUUM INTO ?")
                .bind::<Text, _>(file.to_string_lossy().into_owned())
                .execute(&mut sqlite)?;
            Ok(true)
        }
        #[cfg(feature = "postgres")]
        AnyConnection::Postgres(_) => Ok(false),
    }
}
