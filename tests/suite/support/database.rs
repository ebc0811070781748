//! A database for one test, of the engine that the run tests.

use std::sync::OnceLock;

use tempfile::TempDir;

use super::memory;
use super::postgres;

/// The two databases that Narthex supports. `scripts/test` runs the suite on each.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Engine {
    Sqlite,
    Postgres,
}

impl Engine {
    /// The engine that `NARTHEX_TEST_DATABASE` names, or SQLite.
    #[expect(
        clippy::disallowed_methods,
        reason = "the environment of the run names the engine, not a setting of Narthex"
    )]
    pub fn of_this_run() -> Self {
        match std::env::var("NARTHEX_TEST_DATABASE").as_deref() {
            Ok("postgres") => Self::Postgres,
            Ok("sqlite") | Err(_) => Self::Sqlite,
            Ok(other) => panic!("NARTHEX_TEST_DATABASE is `sqlite` or `postgres`, not `{other}`"),
        }
    }
}

/// A database with all tables of Narthex and no rows. Dropping this value removes it.
pub struct Database {
    address: String,
    storage: Storage,
}

enum Storage {
    Directory(#[expect(dead_code, reason = "held for its drop, which removes it")] TempDir),
    Server,
}

impl Database {
    /// `migrate` creates the tables in the database at an address and closes every connection to
    /// it. It is called once in a run; every later database is a copy.
    pub fn fresh(migrate: impl FnOnce(&str)) -> Self {
        Self::fresh_of(Engine::of_this_run(), migrate)
    }

    /// The same for this engine, for a test of one engine only.
    pub fn fresh_of(engine: Engine, migrate: impl FnOnce(&str)) -> Self {
        match engine {
            Engine::Sqlite => {
                static TEMPLATE: OnceLock<Vec<u8>> = OnceLock::new();
                let template = TEMPLATE.get_or_init(|| {
                    let template = Self::empty_sqlite();
                    migrate(&template.address);
                    std::fs::read(template.sqlite_file()).expect("a migrated database")
                });
                let database = Self::empty_sqlite();
                std::fs::write(database.sqlite_file(), template).expect("room for a database");
                database
            }
            Engine::Postgres => Self {
                address: postgres::fresh_database(migrate),
                storage: Storage::Server,
            },
        }
    }

    /// A database without tables, as before the first start.
    pub fn empty() -> Self {
        Self::empty_of(Engine::of_this_run())
    }

    /// The same for this engine, for a test of one engine only.
    pub fn empty_of(engine: Engine) -> Self {
        match engine {
            Engine::Sqlite => Self::empty_sqlite(),
            Engine::Postgres => Self {
                address: postgres::empty_database(),
                storage: Storage::Server,
            },
        }
    }

    fn empty_sqlite() -> Self {
        let directory = tempfile::tempdir_in(memory::folder());
        let directory = directory.expect("a directory for temporary files");
        Self {
            address: format!("sqlite://{}/narthex.db", directory.path().display()),
            storage: Storage::Directory(directory),
        }
    }

    fn sqlite_file(&self) -> &str {
        self.address
            .strip_prefix("sqlite://")
            .expect("an SQLite database")
    }

    /// The value for `DATABASE_URL`.
    pub fn address(&self) -> &str {
        &self.address
    }
}

impl Drop for Database {
    fn drop(&mut self) {
        match self.storage {
            Storage::Directory(_) => {}
            Storage::Server => postgres::drop_database(&self.address),
        }
    }
}
