//! A database of a test's own, of the engine that the run is about.

use std::sync::OnceLock;

use tempfile::TempDir;

use super::postgres;

/// The two databases that Narthex runs on. `scripts/test` runs the suite on each.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Engine {
    Sqlite,
    Postgres,
}

impl Engine {
    /// The one that `NARTHEX_TEST_DATABASE` names, or SQLite.
    #[expect(
        clippy::disallowed_methods,
        reason = "the choice is the run's: it can't be made by a setting of Narthex"
    )]
    pub fn of_this_run() -> Self {
        match std::env::var("NARTHEX_TEST_DATABASE").as_deref() {
            Ok("postgres") => Self::Postgres,
            Ok("sqlite") | Err(_) => Self::Sqlite,
            Ok(other) => panic!("NARTHEX_TEST_DATABASE is `sqlite` or `postgres`, not `{other}`"),
        }
    }
}

/// A database with all of Narthex's tables and no rows, gone when this value is.
pub struct Database {
    address: String,
    place: Place,
}

enum Place {
    Directory(#[expect(dead_code, reason = "held for its drop, which removes it")] TempDir),
    Server,
}

impl Database {
    /// `migrate` makes the tables in the database at an address and closes every connection to it.
    /// It is called once in a run; every later database is a copy.
    pub fn fresh(migrate: impl FnOnce(&str)) -> Self {
        Self::fresh_of(Engine::of_this_run(), migrate)
    }

    /// The same of this engine, for a test about what only it does.
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
                place: Place::Server,
            },
        }
    }

    /// A database without tables: a first start's.
    pub fn empty() -> Self {
        Self::empty_of(Engine::of_this_run())
    }

    /// The same of this engine, for a test about what only it does.
    pub fn empty_of(engine: Engine) -> Self {
        match engine {
            Engine::Sqlite => Self::empty_sqlite(),
            Engine::Postgres => Self {
                address: postgres::empty_database(),
                place: Place::Server,
            },
        }
    }

    fn empty_sqlite() -> Self {
        let directory = tempfile::tempdir().expect("a directory for temporary files");
        Self {
            address: format!("sqlite://{}/narthex.db", directory.path().display()),
            place: Place::Directory(directory),
        }
    }

    fn sqlite_file(&self) -> &str {
        self.address
            .strip_prefix("sqlite://")
            .expect("an SQLite database")
    }

    /// What `DATABASE_URL` would say.
    pub fn address(&self) -> &str {
        &self.address
    }
}

impl Drop for Database {
    fn drop(&mut self) {
        match self.place {
            Place::Directory(_) => {}
            Place::Server => postgres::drop_database(&self.address),
        }
    }
}
