//! Tests with a write whether a database accepts changes.

use diesel::{RunQueryDsl as _, connection::SimpleConnection as _};

use super::{
    AnyConnection, Database, Engine, Error, cached_statement, inspect::has_table, with_backend,
};

cached_statement! {
    Probe {} = "INSERT INTO write_probe (id, probes) VALUES (1, 0) \
         ON CONFLICT (id) DO UPDATE SET probes = write_probe.probes + 1"
}

/// Writes more than the cache holds, so that SQLite writes it to the disk before the rollback. A
/// lock alone would succeed on a full disk too.
const ON_SQLITE: &str = "PRAGMA cache_size = 8; PRAGMA cache_spill = 1; BEGIN IMMEDIATE; \
     CREATE TABLE narthex_write_probe (it); \
     INSERT INTO narthex_write_probe VALUES (zeroblob(262144)), (zeroblob(262144));";

/// Writes half a megabyte of text that hardly compresses, so that a table has to grow.
const ON_POSTGRES: &str = "BEGIN; INSERT INTO migration_checksums (version, checksum) \
     SELECT 'probe', string_agg(md5(CAST(random() AS text)), '') FROM generate_series(1, 16384);";

impl Database {
    /// Changes one row and commits it.
    ///
    /// # Errors
    /// Returns the reason why the change failed, or that its outcome is unknown.
    pub async fn probe_writes(&self) -> Result<(), Error> {
        let change = |connection: &mut AnyConnection| {
            with_backend!(connection => Probe::new().execute(connection))?;
            Ok(())
        };
        self.write(change, || {}).await
    }
}

/// Writes more than a cache holds and rolls it back. On PostgreSQL nothing is written before the
/// tables exist.
///
/// # Errors
/// Returns the reason why the write failed.
pub fn write_and_roll_back(connection: &mut AnyConnection) -> Result<(), Error> {
    let is_there = has_table(connection, "migration_checksums")?;
    let written = match connection.engine() {
        Engine::Sqlite => connection.batch_execute(ON_SQLITE),
        Engine::Postgres if is_there => connection.batch_execute(ON_POSTGRES),
        Engine::Postgres => return Ok(()),
    };
    let taken_back = connection.batch_execute("ROLLBACK");
    written?;
    Ok(taken_back?)
}
