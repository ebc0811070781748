//! Where a database is, so far as it can be told from one that was put in its stead: what stays the same
//! for as long as it lives, and is another after a backup was restored or a copy was made.
//!
//! - **PostgreSQL**: the number that a cluster gets when it is made (`system`), the timeline, another after
//!   a recovery to an earlier moment and after a standby took over, and the numbers of the database and of
//!   the table `users`, others after a dump was read in. An engine that only speaks PostgreSQL's protocol
//!   does not know all of them.
//! - **SQLite**: the file's inode, and when that was made, where the file system keeps it. Not the device,
//!   whose number may be another after a restart of the machine. `VACUUM` writes into the same file;
//!   restoring one with `mv`, `tar` or `rsync` makes another. `cp` onto the file does not.

use std::{fmt, fs, io, os::unix::fs::MetadataExt as _, path::Path};

use super::{AnyConnection, DatabaseUrl, Error, inspect::texts};
use crate::util::clock::Timestamp;

const TIMELINE: &str = "timeline";

/// What `names_its_server` asks for, as the queries of `cluster` do.
const SERVER: &str = "SELECT CAST(system_identifier AS text) || '/' || \
    substr(pg_walfile_name(pg_current_wal_lsn()), 1, 8) AS text FROM pg_control_system()";

/// Whether the server can name its cluster and its timeline. SQLite and some engines cannot.
pub(super) fn names_its_server(connection: &mut AnyConnection) -> bool {
    matches!(connection, AnyConnection::Postgres(_)) && texts(connection, SERVER).is_ok()
}

/// Each alone: what a server refuses or does not know is left out.
const ON_POSTGRES: [(&str, &str); 4] = [
    (
        "system",
        "SELECT CAST(system_identifier AS text) AS text FROM pg_control_system()",
    ),
    // The name of a file of the write-ahead log begins with it. `pg_control_checkpoint` would know of
    // another one only after the next checkpoint.
    (
        TIMELINE,
        "SELECT substr(pg_walfile_name(pg_current_wal_lsn()), 1, 8) AS text",
    ),
    (
        "database",
        "SELECT CAST(oid AS text) AS text FROM pg_database WHERE datname = current_database()",
    ),
    (
        "users-table",
        "SELECT CAST(CAST(to_regclass('users') AS oid) AS text) AS text WHERE to_regclass('users') IS NOT NULL",
    ),
];

/// Where a database is: names and values.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DatabaseIdentity(Vec<(String, String)>);

impl DatabaseIdentity {
    /// That of the database behind this connection.
    ///
    /// # Errors
    /// When it does not answer, or is no file that can be looked at.
    pub fn of(target: &DatabaseUrl, connection: &mut AnyConnection) -> Result<Self, Error> {
        let mut parts = Vec::new();
        match target {
            DatabaseUrl::Sqlite(path) => {
                let file = File::at(path)
                    .map_err(|error| Error::Unreachable(format!("{}: {error}", path.display())))?;
                parts.push(("inode".to_owned(), file.inode.to_string()));
                if let Some(made) = file.made {
                    parts.push(("made".to_owned(), made.to_string()));
                }
            }
            DatabaseUrl::Postgres(_) => {
                for (name, sql) in ON_POSTGRES {
                    let found = texts(connection, sql).unwrap_or_default().concat();
                    if !found.is_empty() {
                        parts.push((name.to_owned(), found));
                    }
                }
                // Where none was told, it is the connection that is at fault.
                if parts.is_empty() {
                    super::connection::ping(connection)?;
                }
            }
        }
        Ok(Self(parts))
    }

    /// Reads what [`Display`](fmt::Display) wrote.
    #[must_use]
    pub fn parse(text: &str) -> Self {
        let parts = text.split(", ").filter_map(|part| part.split_once(' '));
        let owned = parts.map(|(name, value)| (name.to_owned(), value.to_owned()));
        Self(owned.collect())
    }

    /// Whether what both know of is another here than there. What one of them does not know says nothing.
    #[must_use]
    pub fn is_elsewhere(&self, there: &Self) -> bool {
        self.0.iter().any(|(name, here)| {
            let known = there.0.iter().find(|(known, _)| known == name);
            known.is_some_and(|(_, there)| here != there)
        })
    }

    /// Whether this is the same cluster on another timeline: a standby took over, or an earlier moment was
    /// restored.
    #[must_use]
    pub fn is_next_timeline_of(&self, was: &Self) -> bool {
        let without = |place: &Self| {
            let parts = place.0.iter().filter(|(name, _)| name != TIMELINE);
            parts.cloned().collect::<Vec<_>>()
        };
        let knows = |place: &Self| place.0.iter().any(|(name, _)| name == TIMELINE);
        knows(self) && knows(was) && self != was && without(self) == without(was)
    }
}

/// `inode 7340041, made 2026-11-22T18:05:00.123456Z`
impl fmt::Display for DatabaseIdentity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let parts: Vec<String> = self
            .0
            .iter()
            .map(|(name, value)| format!("{name} {value}"))
            .collect();
        f.write_str(&parts.join(", "))
    }
}

/// A file, whatever it is called.
pub(super) struct File {
    inode: u64,
    made: Option<Timestamp>,
}

impl File {
    /// What is called `path` now.
    pub(super) fn at(path: &Path) -> io::Result<Self> {
        let file = fs::metadata(path)?;
        Ok(Self {
            inode: file.ino(),
            made: file.created().ok().and_then(Timestamp::from_system_time),
        })
    }

    pub(super) fn is_another_than(&self, other: &Self) -> bool {
        let made = self.made.zip(other.made);
        self.inode != other.inode || made.is_some_and(|(one, other)| one != other)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_place_is_another_where_something_that_both_know_differs() {
        let here = DatabaseIdentity::parse("system 1, timeline 00000001, users-table 7");
        assert_eq!(
            here.to_string(),
            "system 1, timeline 00000001, users-table 7"
        );
        for (there, is_elsewhere) in [
            ("system 1, timeline 00000001, users-table 7", false),
            ("system 2, timeline 00000001, users-table 7", true),
            ("system 1, timeline 00000002, users-table 7", true),
            ("users-table 7", false),
            ("users-table 8", true),
            ("database 5", false),
            ("", false),
        ] {
            let there = DatabaseIdentity::parse(there);
            assert_eq!(here.is_elsewhere(&there), is_elsewhere, "{there}");
            assert_eq!(there.is_elsewhere(&here), is_elsewhere, "{there}");
        }
    }

    #[test]
    fn a_standby_that_took_over_differs_in_its_timeline_alone() {
        let was = DatabaseIdentity::parse("system 1, timeline 00000001, users-table 7");
        for (here, is_next) in [
            ("system 1, timeline 00000001, users-table 7", false),
            ("system 1, timeline 00000002, users-table 7", true),
            ("system 2, timeline 00000002, users-table 7", false),
            ("system 1, timeline 00000002, users-table 8", false),
            ("system 1, users-table 7", false),
            ("", false),
        ] {
            assert_eq!(
                DatabaseIdentity::parse(here).is_next_timeline_of(&was),
                is_next,
                "{here}"
            );
        }
    }
}
