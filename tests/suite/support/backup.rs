//! Backups and restores as an operator makes them, with the usual tools, while a server runs or
//! not.

use std::path::{Path, PathBuf};
use std::process::Stdio;

use tempfile::TempDir;

use super::database::Engine;
use super::operator::Operator;
use super::postgres;

/// A backup of a database.
pub struct Backup {
    file: PathBuf,
    _directory: TempDir,
}

impl Operator {
    /// Backs the database up. SQLite: `VACUUM INTO`, which has the effect of the shell's `.backup`.
    /// PostgreSQL: `pg_dump`.
    pub fn back_up(&self) -> Backup {
        self.backed_up(&[])
    }

    /// Makes a backup that can overwrite an existing database. On PostgreSQL it contains the rows
    /// only.
    pub fn back_up_rows(&self) -> Backup {
        self.backed_up(&["--data-only", "--disable-triggers"])
    }

    fn backed_up(&self, options: &[&str]) -> Backup {
        let directory = tempfile::tempdir().expect("a directory for temporary files");
        let file = directory.path().join("backup");
        match sqlite_file(self) {
            Some(_) => self.execute(&format!("VACUUM INTO '{}'", file.display())),
            None => {
                let made = postgres::program("pg_dump")
                    .args(options)
                    .args(["--dbname", self.database.address(), "--file"])
                    .arg(&file)
                    .status()
                    .expect("pg_dump");
                assert!(made.success());
            }
        }
        Backup {
            file,
            _directory: directory,
        }
    }

    /// Replaces the database by the backup: another file, or another database of the same name. No
    /// server runs meanwhile.
    pub fn restore(&self, backup: &Backup) {
        match sqlite_file(self) {
            Some(file) => {
                let copy = file.with_extension("restored");
                std::fs::copy(&backup.file, &copy).expect("room for a copy");
                remove_wal_files(file);
                std::fs::rename(copy, file).expect("one file system");
            }
            None => {
                postgres::recreate_database(self.database.address());
                load_dump(self, &backup.file);
            }
        }
    }

    /// Overwrites the database with the backup: the same file, the same tables.
    pub fn restore_in_place(&self, backup: &Backup) {
        match sqlite_file(self) {
            Some(file) => {
                remove_wal_files(file);
                std::fs::copy(&backup.file, file).expect("room for a copy");
            }
            None => {
                self.execute(
                    "DO 'DECLARE name text; BEGIN FOR name IN SELECT tablename FROM pg_tables WHERE \
                     schemaname = ''public'' LOOP EXECUTE ''TRUNCATE '' || name || '' CASCADE''; END LOOP; \
                     END'",
                );
                load_dump(self, &backup.file);
            }
        }
    }
}

fn sqlite_file(operator: &Operator) -> Option<&Path> {
    let path = operator.database.address().strip_prefix("sqlite://");
    assert_eq!(path.is_some(), Engine::of_this_run() == Engine::Sqlite);
    path.map(Path::new)
}

/// Removes SQLite's `-wal` and `-shm` files, which belong to the former content of the file.
fn remove_wal_files(file: &Path) {
    for suffix in ["-wal", "-shm"] {
        let name = format!("{}{suffix}", file.display());
        drop(std::fs::remove_file(name));
    }
}

fn load_dump(operator: &Operator, dump: &Path) {
    let output = postgres::program("psql")
        .args(["--no-psqlrc", "--quiet", "--set=ON_ERROR_STOP=1"])
        .args(["--dbname", operator.database.address(), "--file"])
        .arg(dump)
        .stdout(Stdio::null())
        .output()
        .expect("psql");
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{said}");
}
