//! What every verb is given: settings, database, clock, randomness and the few things that are
//! shared by all requests.

use std::{net::IpAddr, num::NonZero, sync::Arc};

use diesel_migrations::{EmbeddedMigrations, embed_migrations};

use crate::{
    config::Settings,
    error::Error,
    ids::CredentialId,
    kit::{
        a_minute::AMinute,
        clock::{Clock, Timestamp},
        db::{self, AnyConnection, Database},
        id::Id,
        password_hash::PasswordHasher,
        random::Random,
        write_behind::WriteBehind,
    },
};

/// The tables, for both databases.
pub const MIGRATIONS: EmbeddedMigrations = embed_migrations!("migrations");

/// Shared by all requests of a process, and by a command. Cloning gives another handle to the same.
#[derive(Clone)]
pub struct Context(Arc<Shared>);

/// What a [`Context`] leads to.
pub struct Shared {
    /// What the operator set.
    pub settings: Settings,
    /// SQLite or PostgreSQL.
    pub db: Database,
    /// Hashes passwords, so many at once.
    pub hasher: PasswordHasher,
    /// When and from where each credential was last used, where that is not yet in the database.
    pub last_used: WriteBehind<CredentialId, (Timestamp, Option<IpAddr>)>,
    /// What browsers reported of broken policies in this minute.
    pub policy_reports: AMinute,
    clock: Arc<dyn Clock>,
    random: Arc<dyn Random>,
}

impl std::ops::Deref for Context {
    type Target = Shared;

    fn deref(&self) -> &Shared {
        &self.0
    }
}

impl Context {
    /// Opens the database, bringing its tables up to date first.
    ///
    /// # Errors
    /// When the database cannot be reached or changed, or the machine has no randomness.
    pub fn open(
        settings: Settings,
        clock: Arc<dyn Clock>,
        random: Arc<dyn Random>,
    ) -> Result<Self, Error> {
        db::run_pending(&settings.database, MIGRATIONS)?;
        let db = Database::open(&settings.database)?;
        let cores = std::thread::available_parallelism().map_or(1, NonZero::get);
        let hasher = PasswordHasher::new(cores)?;
        let last_used = WriteBehind::default();
        Ok(Self(Arc::new(Shared {
            settings,
            db,
            hasher,
            last_used,
            policy_reports: AMinute::default(),
            clock,
            random,
        })))
    }

    /// Reads from the database, off the async workers.
    ///
    /// # Errors
    /// What `work` says, and that the database cannot be asked.
    pub async fn read<T, W>(&self, work: W) -> Result<T, Error>
    where
        T: Send + 'static,
        W: FnOnce(&Self, &mut AnyConnection) -> Result<T, Error> + Clone + Send + 'static,
    {
        let context = self.clone();
        self.db
            .read(move |connection| work(&context, connection))
            .await
    }

    /// Changes the database in one transaction, and returns after its commit.
    ///
    /// # Errors
    /// What `work` says, and that the database cannot be changed: nothing is changed then.
    pub async fn write<T, W>(&self, work: W) -> Result<T, Error>
    where
        T: Send + 'static,
        W: FnOnce(&Self, &mut AnyConnection) -> Result<T, Error> + Clone + Send + 'static,
    {
        let context = self.clone();
        self.db
            .write(move |connection| work(&context, connection))
            .await
    }
}

impl Shared {
    /// The present moment.
    #[must_use]
    pub fn now(&self) -> Timestamp {
        self.clock.now()
    }

    /// Where randomness comes from.
    #[must_use]
    pub fn random(&self) -> &dyn Random {
        &*self.random
    }

    /// A new id of something made now.
    ///
    /// # Errors
    /// When the machine has no randomness.
    pub fn new_id<T>(&self) -> Result<Id<T>, Error> {
        Ok(Id::new(self.now(), self.random())?)
    }
}
