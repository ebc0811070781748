//! The requirements that a database must meet before anything is prepared, read or written there.
//! Each refusal is one line with the remedy.

#[cfg(feature = "postgres")]
use super::postgres;
use super::{AnyConnection, DatabaseUrl, Error};
#[cfg(feature = "sqlite")]
use super::{inspect::connect_to_existing, sqlite};

/// Connects to a database that meets every requirement.
///
/// # Errors
/// Returns that the database cannot be reached, or the requirement that it does not meet.
pub(super) fn connect(target: &DatabaseUrl) -> Result<AnyConnection, Error> {
    match target {
        #[cfg(feature = "sqlite")]
        DatabaseUrl::Sqlite(path) => {
            // This check comes before any connection that writes, because the first one changes the
            // journal mode of the file.
            if path.exists() {
                connect_to_existing(target)?;
            }
            sqlite::connect(path)
        }
        #[cfg(feature = "postgres")]
        DatabaseUrl::Postgres(url) => postgres::connect_to_suitable(url),
        #[cfg(not(all(feature = "sqlite", feature = "postgres")))]
        other => Err(Error::NotCompiledIn(other.engine())),
    }
}
