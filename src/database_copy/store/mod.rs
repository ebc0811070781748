//! The queries that copy and compare tables.

mod tables;

use diesel::{QueryResult, RunQueryDsl as _};
use serde::Serialize;

pub(super) use self::tables::TABLES;
use super::{CopyError, Rows};
use crate::{crypto::digest::Digest, db::AnyConnection};

/// The number of rows of one `INSERT`. With at most 32 columns, its values stay below the limits of
/// SQLite (32 766) and PostgreSQL (65 535).
const BATCH: usize = 500;

/// The number of rows between two reports of the progress.
const REPORT_INTERVAL: u64 = 200 * BATCH as u64;

/// A row that is copied as it is.
trait CopiedRow: Serialize + Sized {
    /// Reads all rows of the table, in batches.
    fn read_batches<E: From<diesel::result::Error>>(
        connection: &mut AnyConnection,
        work: impl FnMut(Vec<Self>) -> Result<(), E>,
    ) -> Result<(), E>;

    /// Inserts one batch.
    fn insert(connection: &mut AnyConnection, rows: &[Self]) -> QueryResult<()>;

    /// Returns whether the table has a row.
    fn exists(connection: &mut AnyConnection) -> QueryResult<bool>;
}

/// A table whose rows are copied.
pub(super) struct CopiedTable {
    pub(super) name: &'static str,
    lock: &'static str,
    copy: CopyRows,
    read: fn(&mut AnyConnection) -> Result<Rows, CopyError>,
    exists: fn(&mut AnyConnection) -> QueryResult<bool>,
}

type CopyRows =
    fn(&mut AnyConnection, &mut AnyConnection, &mut dyn FnMut(u64)) -> Result<Rows, CopyError>;

impl CopiedTable {
    const fn of<R: CopiedRow>(name: &'static str, lock: &'static str) -> Self {
        Self {
            name,
            lock,
            copy: copy::<R>,
            read: read::<R>,
            exists: R::exists,
        }
    }

    /// Prevents every change of the rows until the transaction ends.
    pub(super) fn lock(&self, connection: &mut AnyConnection) -> QueryResult<()> {
        lock(connection, self.lock)
    }

    /// Returns whether the table has a row.
    pub(super) fn has_rows(&self, connection: &mut AnyConnection) -> QueryResult<bool> {
        (self.exists)(connection)
    }

    /// Copies all rows and returns their number and hash. Reports the number of rows from time to
    /// time.
    pub(super) fn copy(
        &self,
        source: &mut AnyConnection,
        target: &mut AnyConnection,
        progress: &mut dyn FnMut(u64),
    ) -> Result<Rows, CopyError> {
        (self.copy)(source, target, progress)
    }

    /// Reads all rows and returns their number and hash.
    pub(super) fn read(&self, connection: &mut AnyConnection) -> Result<Rows, CopyError> {
        (self.read)(connection)
    }
}

fn copy<R: CopiedRow>(
    source: &mut AnyConnection,
    target: &mut AnyConnection,
    progress: &mut dyn FnMut(u64),
) -> Result<Rows, CopyError> {
    let mut copied = Rows::default();
    R::read_batches(source, |batch| {
        R::insert(target, &batch)?;
        add(&mut copied, &batch)?;
        if copied.count.is_multiple_of(REPORT_INTERVAL) {
            progress(copied.count);
        }
        Ok::<_, CopyError>(())
    })?;
    Ok(copied)
}

fn read<R: CopiedRow>(connection: &mut AnyConnection) -> Result<Rows, CopyError> {
    let mut found = Rows::default();
    R::read_batches(connection, |batch| add(&mut found, &batch))?;
    Ok(found)
}

/// Counts and hashes rows. The hash of a row is the SHA-256 of its JSON.
fn add<R: CopiedRow>(rows: &mut Rows, batch: &[R]) -> Result<(), CopyError> {
    for row in batch {
        let json = serde_json::to_vec(row).map_err(|error| CopyError::Hash(error.to_string()))?;
        rows.add(&Digest::of(&json));
    }
    Ok(())
}

/// Collects rows into batches.
fn for_each_batch<R, E: From<diesel::result::Error>>(
    rows: impl Iterator<Item = QueryResult<R>>,
    mut work: impl FnMut(Vec<R>) -> Result<(), E>,
) -> Result<(), E> {
    // SQLite begins the query again if it is asked for a row after the last one.
    let mut rows = rows.fuse();
    loop {
        let batch: Vec<R> = rows.by_ref().take(BATCH).collect::<QueryResult<_>>()?;
        if batch.is_empty() {
            return Ok(());
        }
        work(batch)?;
    }
}

/// Prevents joins and heartbeats of nodes until the transaction ends. On SQLite, the transaction
/// holds the write lock already.
pub(super) fn lock_nodes(connection: &mut AnyConnection) -> QueryResult<()> {
    lock(connection, "LOCK TABLE nodes IN SHARE MODE")
}

fn lock(connection: &mut AnyConnection, statement: &'static str) -> QueryResult<()> {
    match connection {
        AnyConnection::Sqlite(_) => Ok(()),
        AnyConnection::Postgres(postgres) => {
            diesel::sql_query(statement).execute(postgres).map(drop)
        }
    }
}
