//! SQLite: its connections, and the thread that writes.

#[cfg(feature = "cli")]
pub(crate) mod backup;
pub(super) mod writer;

use std::{fs::OpenOptions, os::unix::fs::OpenOptionsExt as _, path::Path};

use diesel::{Connection as _, QueryResult, SqliteConnection, connection::SimpleConnection as _};

use super::{AnyConnection, Error, inspect::texts, timeouts};
use crate::util::{clock::boot_time, worker_pool::available_parallelism};

const SQLITE_ENCODING: &str = "SELECT encoding AS text FROM pragma_encoding";

/// Returns the number of SQLite readers. Their data is already in memory, in the system's cache or
/// in their own. More readers than keep the cores busy would only hold one more page cache each.
pub(super) fn readers() -> u32 {
    u32::try_from(available_parallelism().saturating_mul(2))
        .map_or(16, |readers| readers.clamp(4, 16))
}

/// Opens a file and sets the connection up. A missing file is created.
pub(super) fn connect(path: &Path) -> Result<AnyConnection, Error> {
    // Not a URI: a `?` in a path is part of the path.
    let path = path.to_string_lossy();
    let unopened = |error: &dyn std::fmt::Display| Error::Unreachable(format!("{path}: {error}"));
    make_private(&path);
    let mut connection = SqliteConnection::establish(&path).map_err(|error| unopened(&error))?;
    prepare(&mut connection).map_err(|error| unopened(&error))?;
    Ok(AnyConnection::Sqlite(connection))
}

/// Opens a connection for the pool. It has half of the default page cache, because there are
/// several readers and the system caches the pages already.
pub(super) fn connect_reader(path: &Path) -> Result<AnyConnection, Error> {
    let mut connection = connect(path)?;
    connection.batch_execute("PRAGMA cache_size = -1024")?;
    Ok(connection)
}

/// Sets the pragmas of a connection.
///
/// The first connections to a new file change its journal mode. If two connections do so at the
/// same time, SQLite refuses one of them at once and ignores `busy_timeout`, because waiting could
/// deadlock. The refused connection tries again.
fn prepare(connection: &mut SqliteConnection) -> QueryResult<()> {
    let began = boot_time();
    loop {
        match connection.batch_execute(timeouts::SQLITE) {
            Err(diesel::result::Error::DatabaseError(_, info))
                if info.message() == "database is locked"
                    && boot_time().saturating_sub(began) < timeouts::LOCK_TIMEOUT =>
            {
                std::thread::sleep(timeouts::RETRY_INTERVAL);
            }
            done => return done,
        }
    }
}

/// Creates a missing file with access for its owner only, because SQLite would make it readable by
/// every user of the machine. SQLite gives the files next to it the same mode. If the file cannot
/// be created, the connection attempt that follows reports the reason.
///
/// An existing file is not opened, because closing it would release the locks that this process
/// holds on it. A link whose target does not exist yet is followed.
fn make_private(path: &str) {
    if !Path::new(path).exists() {
        let mut options = OpenOptions::new();
        drop(options.append(true).create(true).mode(0o600).open(path));
    }
}

/// Opens an existing file in the mode `ro` or `rw` of a URI, without changing it.
pub(super) fn connect_to_file(path: &Path, mode: &str) -> Result<AnyConnection, Error> {
    // A URI (SQLite documentation, "Uniform Resource Identifiers") is the only way to forbid the
    // creation of a file. Characters with a meaning in a URI are escaped.
    let shown = path.display();
    let path = path.to_string_lossy();
    let path = path
        .replace('%', "%25")
        .replace('?', "%3f")
        .replace('#', "%23");
    SqliteConnection::establish(&format!("file:{path}?mode={mode}"))
        .map_err(|error| Error::Unreachable(format!("{shown}: {error}")))
        .and_then(|mut connection| {
            connection.batch_execute("PRAGMA busy_timeout = 5000;")?;
            Ok(AnyConnection::Sqlite(connection))
        })
}

/// Refuses an SQLite file with UTF-16 texts, because their order and their bytes differ from
/// PostgreSQL's. A file without a readable encoding has another fault, which is reported elsewhere.
pub(super) fn ensure_utf8(file: &mut AnyConnection) -> Result<(), Error> {
    match texts(file, SQLITE_ENCODING) {
        Ok(encoding) if encoding != ["UTF-8"] => Err(Error::Unsuitable(format!(
            "its text encoding is {}: copy it with sqlite3 OLD .dump | sqlite3 NEW, which makes one in UTF-8",
            encoding.concat()
        ))),
        _ => Ok(()),
    }
}
