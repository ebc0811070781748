//! Copies accounts, credentials and records into another database, of the same or the other engine.
//!
//! No node may run on the source, because a revocation during the copy would be missing in the
//! target. The source is locked against changes until the target is committed. The target must be
//! empty, so that no two installations are mixed.

mod store;

use std::{collections::BTreeMap, thread};

use self::store::{CopiedTable, TABLES};
use crate::{
    account_changes,
    app_state::MIGRATIONS,
    cluster,
    crypto::digest::Digest,
    db::{self, AnyConnection, DatabaseIdentity, DatabaseUrl, inspect},
    restore_detection::{self, RestoreEvidence},
    types::ids::NodeId,
    util::clock::Timestamp,
};

/// The reason why a database was not copied.
#[derive(Debug, thiserror::Error)]
pub enum CopyError {
    /// This many nodes run on the source.
    #[error("servers run on this database ({0}): stop every server, and copy again")]
    SourceInUse(usize),
    /// The source may be a restored backup. The target would not show that.
    #[error("answer this before the copy, because the copy would not show it any more: {0}")]
    SourceRestored(RestoreEvidence),
    /// The target lists nodes.
    #[error("servers run on the target, or did not shut down cleanly: choose an empty database")]
    TargetInUse,
    /// This table of the target has rows.
    #[error("the target is not empty, its table {0} has rows: choose an empty database")]
    TargetNotEmpty(&'static str),
    /// The target has this table of another program.
    #[error(
        "the target is not empty, it has the table {0} of another program: choose an empty database"
    )]
    TargetOfOther(String),
    /// The target could not be prepared.
    #[error("the target: {0}")]
    Target(db::Error),
    /// The target refused the rows of a table, or a connection failed.
    #[error("nothing was copied, because the table {0} failed: {1}")]
    Table(&'static str, Box<CopyError>),
    /// The table has other rows after the copy than in the source.
    #[error("the target has other rows than the source")]
    Different,
    /// A database failed.
    #[error(transparent)]
    Database(#[from] db::Error),
    /// A row could not be hashed.
    #[error("a row cannot be hashed: {0}")]
    Hash(String),
}

impl From<diesel::result::Error> for CopyError {
    fn from(error: diesel::result::Error) -> Self {
        Self::Database(error.into())
    }
}

/// The number of rows of a table, and a hash of all of them.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Rows {
    /// The number of rows.
    pub count: u64,
    hash: [u8; 32],
}

impl Rows {
    /// Adds a row. Two databases return rows in different orders, so the hash of a table is the XOR
    /// of the digests of its rows. Each row has a key, so no two are the same.
    fn add(&mut self, row: &Digest) {
        self.count += 1;
        for (hash, byte) in self.hash.iter_mut().zip(row.as_bytes()) {
            *hash ^= byte;
        }
    }

    /// Returns the hash in hexadecimal digits.
    #[must_use]
    pub fn hash(&self) -> String {
        self.hash.iter().map(|byte| format!("{byte:02x}")).collect()
    }
}

/// A table that was copied.
#[derive(Clone, Copy, Debug)]
pub struct TableCopy {
    /// The name of the table.
    pub table: &'static str,
    /// The rows, identical in both databases.
    pub rows: Rows,
}

/// Copies `source` into `target` and compares the rows of each table. Returns after the commit. If
/// it fails, the target has no rows. Calls `progress` with a table and a number of its rows.
///
/// # Errors
/// Returns the reason why nothing was copied.
pub fn copy(
    source: &DatabaseUrl,
    target: &DatabaseUrl,
    now: Timestamp,
    progress: impl FnMut(&'static str, u64),
) -> Result<Vec<TableCopy>, CopyError> {
    ensure_not_of_other_program(target).map_err(in_target)?;
    db::run_pending(source, MIGRATIONS)?;
    db::run_pending(target, MIGRATIONS).map_err(CopyError::Target)?;
    let silent = ensure_no_node_runs(source)?;
    db::run_offline(source, |from| {
        lock(from, &silent)?;
        ensure_not_restored(source, from, now)?;
        db::run_offline(target, |to| {
            ensure_empty(to)?;
            copy_tables(from, to, progress)
        })
        .map_err(in_target)
    })
}

fn in_target(error: CopyError) -> CopyError {
    match error {
        CopyError::Database(error) => CopyError::Target(error),
        other => other,
    }
}

fn ensure_not_of_other_program(target: &DatabaseUrl) -> Result<(), CopyError> {
    if matches!(target, DatabaseUrl::Sqlite(path) if !path.exists()) {
        return Ok(());
    }
    let mut connection = inspect::connect_to_existing(target)?;
    let found = inspect::foreign_tables(&mut connection, MIGRATIONS)?;
    match found.into_iter().next() {
        None => Ok(()),
        Some(table) => Err(CopyError::TargetOfOther(table)),
    }
}

/// Fails if a node runs on the source. Returns the heartbeats of nodes that did not leave and whose
/// leases are over: their processes were killed.
fn ensure_no_node_runs(source: &DatabaseUrl) -> Result<BTreeMap<NodeId, i64>, CopyError> {
    let mut connection = inspect::connect_to_existing(source)?;
    let before = cluster::heartbeats(&mut connection)?;
    if before.is_empty() {
        return Ok(before);
    }
    thread::sleep(cluster::LEASE_WAIT);
    let after = cluster::heartbeats(&mut connection)?;
    ensure_silent(&before, &after)?;
    Ok(after)
}

fn ensure_silent(
    before: &BTreeMap<NodeId, i64>,
    after: &BTreeMap<NodeId, i64>,
) -> Result<(), CopyError> {
    let running = after
        .iter()
        .filter(|(node, heartbeat)| before.get(node) != Some(heartbeat));
    match running.count() {
        0 => Ok(()),
        running => Err(CopyError::SourceInUse(running)),
    }
}

/// Prevents every change of the source until the transaction ends.
fn lock(source: &mut AnyConnection, silent: &BTreeMap<NodeId, i64>) -> Result<(), CopyError> {
    store::lock_nodes(source)?;
    for table in TABLES {
        table.lock(source)?;
    }
    ensure_silent(silent, &cluster::heartbeats(source)?)
}

/// Fails if the source may be a restored backup. An old heartbeat alone is no reason: the start of
/// a server only reports it, too.
fn ensure_not_restored(
    url: &DatabaseUrl,
    source: &mut AnyConnection,
    now: Timestamp,
) -> Result<(), CopyError> {
    let identity = DatabaseIdentity::of(url, source)?;
    match restore_detection::find_evidence(source, &identity, now)? {
        None | Some(RestoreEvidence::StaleHeartbeat(_)) => Ok(()),
        Some(evidence) => Err(CopyError::SourceRestored(evidence)),
    }
}

fn ensure_empty(target: &mut AnyConnection) -> Result<(), CopyError> {
    if !cluster::heartbeats(target)?.is_empty() {
        return Err(CopyError::TargetInUse);
    }
    for table in TABLES {
        if table.has_rows(target)? {
            return Err(CopyError::TargetNotEmpty(table.name));
        }
    }
    Ok(())
}

fn copy_tables(
    source: &mut AnyConnection,
    target: &mut AnyConnection,
    mut progress: impl FnMut(&'static str, u64),
) -> Result<Vec<TableCopy>, CopyError> {
    let mut copied = Vec::new();
    for table in TABLES {
        let rows = copy_table(table, source, target, &mut progress)
            .map_err(|error| CopyError::Table(table.name, Box::new(error)))?;
        copied.push(TableCopy {
            table: table.name,
            rows,
        });
    }
    // An app that has stored a position continues after it.
    account_changes::continue_after(target, account_changes::newest_position(source)?)?;
    Ok(copied)
}

/// Copies a table, reads it again from the target, and compares.
fn copy_table(
    table: &CopiedTable,
    source: &mut AnyConnection,
    target: &mut AnyConnection,
    progress: &mut impl FnMut(&'static str, u64),
) -> Result<Rows, CopyError> {
    let rows = table.copy(source, target, &mut |count| progress(table.name, count))?;
    if table.read(target)? == rows {
        Ok(rows)
    } else {
        Err(CopyError::Different)
    }
}
