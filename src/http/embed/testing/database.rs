//! A temporary SQLite database.

use std::{fs, path::PathBuf, sync::OnceLock};

use tempfile::TempDir;

use super::user::must;
use crate::{
    app_state::MIGRATIONS,
    db::{self, DatabaseUrl},
};

/// A database with all tables and no rows. It is deleted when it is dropped.
#[derive(Debug)]
pub(super) struct TemporaryDatabase(TempDir);

impl TemporaryDatabase {
    /// Creates a database. The tables are created once in a process; every database is a copy.
    pub(super) fn create() -> Self {
        static TEMPLATE: OnceLock<Vec<u8>> = OnceLock::new();
        let template = TEMPLATE.get_or_init(|| {
            let template = Self::empty();
            let url = DatabaseUrl::Sqlite(template.path());
            must("create the tables", db::run_pending(&url, MIGRATIONS));
            must("read the tables", fs::read(template.path()))
        });
        let database = Self::empty();
        must("write the tables", fs::write(database.path(), template));
        database
    }

    pub(super) fn url(&self) -> String {
        format!("sqlite://{}", self.path().display())
    }

    /// The folder of the mails.
    pub(super) fn mails(&self) -> PathBuf {
        self.0.path().join("mails")
    }

    fn empty() -> Self {
        Self(must("create a temporary folder", tempfile::tempdir()))
    }

    fn path(&self) -> PathBuf {
        self.0.path().join("narthex.db")
    }
}
