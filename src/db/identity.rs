//! The identity of a database: values that stay the same for its whole life and change when a
//! backup is restored or a copy is made.
//!
//! - **PostgreSQL**: three values. An engine that only speaks PostgreSQL's protocol does not know
//!   all of them.
//!     - `system` is the identifier that a cluster gets when it is created.
//!     - The timeline changes after a recovery to an earlier time and after a standby took over.
//!     - The OIDs of the database and of the table `users` change when a dump is restored.
//! - **SQLite**: the inode of the file and its creation time, if the file system stores that. The
//!   device number is left out, because it may change when the machine restarts. `VACUUM` writes
//!   into the same file. A restore with `mv`, `tar` or `rsync` creates another file. `cp` onto the
//!   file does not.

use std::{fmt, fs, io, os::unix::fs::MetadataExt as _, path::Path};

use super::{AnyConnection, DatabaseUrl, Engine, Error, inspect::texts};
use crate::util::clock::Timestamp;

const TIMELINE: &str = "timeline";

/// The same query as in `cluster`, for `names_its_server`.
const SERVER: &str = "SELECT CAST(system_identifier AS text) || '/' || \
    substr(pg_walfile_name(pg_current_wal_lsn()), 1, 8) AS text FROM pg_control_system()";

/// Returns whether the server reports its cluster and its timeline. SQLite and some engines cannot.
pub(super) fn names_its_server(connection: &mut AnyConnection) -> bool {
    connection.engine() == Engine::Postgres && texts(connection, SERVER).is_ok()
}

/// One query a part. A part that the server refuses or does not know is left out.
const ON_POSTGRES: [(&str, &str); 4] = [
    (
        "system",
        "SELECT CAST(system_identifier AS text) AS text FROM pg_control_system()",
    ),
    // The file name of the write-ahead log begins with the timeline. `pg_control_checkpoint` would
    // report a new one only after the next checkpoint.
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

/// The identity of a database: names and values.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DatabaseIdentity(Vec<(String, String)>);

impl DatabaseIdentity {
    /// Returns the identity of the database behind this connection.
    ///
    /// # Errors
    /// Fails if the database does not answer, or if the file's metadata cannot be read.
    pub fn of(target: &DatabaseUrl, connection: &mut AnyConnection) -> Result<Self, Error> {
        let mut parts = Vec::new();
        match target {
            DatabaseUrl::Sqlite(path) => {
                let file = File::at(path)
                    .map_err(|error| Error::Unreachable(format!("{}: {error}", path.display())))?;
                parts.push(("inode".to_owned(), file.inode.to_string()));
                if let Some(created) = file.created {
                    parts.push(("made".to_owned(), created.to_string()));
                }
            }
            DatabaseUrl::Postgres(_) => {
                for (name, sql) in ON_POSTGRES {
                    let found = texts(connection, sql).unwrap_or_default().concat();
                    if !found.is_empty() {
                        parts.push((name.to_owned(), found));
                    }
                }
                // If no part was found, the connection may be the cause.
                if parts.is_empty() {
                    super::connection::ping(connection)?;
                }
            }
        }
        Ok(Self(parts))
    }

    /// Parses the output of [`Display`](fmt::Display).
    #[must_use]
    pub fn parse(text: &str) -> Self {
        let parts = text.split(", ").filter_map(|part| part.split_once(' '));
        let owned = parts.map(|(name, value)| (name.to_owned(), value.to_owned()));
        Self(owned.collect())
    }

    /// Returns whether a value that both identities know differs. A value that only one of them
    /// knows is ignored.
    #[must_use]
    pub fn differs_from(&self, other: &Self) -> bool {
        self.0.iter().any(|(name, own)| {
            let known = other.0.iter().find(|(known, _)| known == name);
            known.is_some_and(|(_, other)| own != other)
        })
    }

    /// Returns whether this is the same cluster on another timeline. Then a standby took over, or
    /// an earlier time was restored.
    #[must_use]
    pub fn is_next_timeline_of(&self, earlier: &Self) -> bool {
        let without = |identity: &Self| {
            let parts = identity.0.iter().filter(|(name, _)| name != TIMELINE);
            parts.cloned().collect::<Vec<_>>()
        };
        let knows = |identity: &Self| identity.0.iter().any(|(name, _)| name == TIMELINE);
        knows(self) && knows(earlier) && self != earlier && without(self) == without(earlier)
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

/// A file, independent of its name.
pub(super) struct File {
    inode: u64,
    created: Option<Timestamp>,
}

impl File {
    /// Reads the metadata of the file that is at `path` now.
    pub(super) fn at(path: &Path) -> io::Result<Self> {
        let file = fs::metadata(path)?;
        Ok(Self {
            inode: file.ino(),
            created: file.created().ok().and_then(Timestamp::from_system_time),
        })
    }

    pub(super) fn differs_from(&self, other: &Self) -> bool {
        let created = self.created.zip(other.created);
        self.inode != other.inode || created.is_some_and(|(one, other)| one != other)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn identity_differs_if_a_common_value_differs() {
        let own = DatabaseIdentity::parse("system 1, timeline 00000001, users-table 7");
        assert_eq!(
            own.to_string(),
            "system 1, timeline 00000001, users-table 7"
        );
        for (other, differs_from) in [
            ("system 1, timeline 00000001, users-table 7", false),
            ("system 2, timeline 00000001, users-table 7", true),
            ("system 1, timeline 00000002, users-table 7", true),
            ("users-table 7", false),
            ("users-table 8", true),
            ("database 5", false),
            ("", false),
        ] {
            let other = DatabaseIdentity::parse(other);
            assert_eq!(own.differs_from(&other), differs_from, "{other}");
            assert_eq!(other.differs_from(&own), differs_from, "{other}");
        }
    }

    #[test]
    fn promoted_standby_differs_only_in_its_timeline() {
        let earlier = DatabaseIdentity::parse("system 1, timeline 00000001, users-table 7");
        for (own, is_next) in [
            ("system 1, timeline 00000001, users-table 7", false),
            ("system 1, timeline 00000002, users-table 7", true),
            ("system 2, timeline 00000002, users-table 7", false),
            ("system 1, timeline 00000002, users-table 8", false),
            ("system 1, users-table 7", false),
            ("", false),
        ] {
            assert_eq!(
                DatabaseIdentity::parse(own).is_next_timeline_of(&earlier),
                is_next,
                "{own}"
            );
        }
    }
}
