//! What every verb is given: settings, database, clock, randomness and the few things that are
//! shared by all requests.

use std::{
    ops::Deref,
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicBool, Ordering},
    },
};

use crate::{
    cluster::{Cluster, NodeConfig, PublishedInvalidation},
    config::{Settings, SigningKeys},
    credential_cache::{Generation, InvalidationKey, LookupOutcome},
    crypto::{digest::Digest, password_hash::PasswordHasher, rng::Random},
    db::{self, AnyConnection, Database, Migrations, migrations},
    error::Error,
    types::{
        ids::{CredentialId, UserId},
        last_use::LastUse,
    },
    util::{
        clock::{Clock, Timestamp},
        id::Id,
        per_minute::PerMinute,
        single_flight::SingleFlight,
        worker_pool::available_parallelism,
        write_behind::WriteBehind,
    },
};

/// The tables, for both databases.
pub const MIGRATIONS: Migrations = migrations![
    "2026-11-22-000001_foundation",
    "2026-11-27-000001_revoked_secrets",
    "2026-11-27-000002_log_identity",
    "2026-11-27-000003_migration_checksums",
    "2026-11-27-000005_event_counts",
];

/// What the database is asked about secrets, by secret and by the generation in which it was asked.
pub type Questions = SingleFlight<(Digest, Generation), Result<Option<Arc<LookupOutcome>>, Error>>;

/// Shared by all requests of a process, and by a command. Cloning gives another handle to the same.
#[derive(Clone)]
pub struct AppState(Arc<Shared>);

/// What a [`AppState`] leads to.
pub struct Shared {
    /// What the operator set.
    pub settings: Settings,
    /// SQLite or PostgreSQL.
    pub db: Database,
    /// Whether this process is about to stop.
    pub stopping: ShutdownState,
    /// Hashes passwords, so many at once.
    pub hasher: PasswordHasher,
    /// When and from where each credential was last used, where that is not yet in the database.
    pub last_used: WriteBehind<CredentialId, LastUse>,
    /// This process among the others, and what it remembers of passes.
    pub nodes: Cluster,
    /// The passes that the database is just asked about.
    pub asked: Questions,
    /// Whether the database takes changes, as it is just asked.
    pub write_probes: SingleFlight<(), Result<(), Error>>,
    /// How many changes each user made in this minute, at this process.
    pub changes: PerMinute<UserId>,
    clock: Arc<dyn Clock>,
    random: Arc<dyn Random>,
}

impl Deref for AppState {
    type Target = Shared;

    fn deref(&self) -> &Shared {
        &self.0
    }
}

impl AppState {
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
        let db = Database::open(&settings.database, settings.database_connections)?;
        let hasher = PasswordHasher::new(available_parallelism())?;
        let nodes = Cluster::new(
            db.clone(),
            settings.cache_limits,
            Arc::clone(&clock),
            Arc::clone(&random),
        );
        let changes = PerMinute::new(settings.changes_per_minute);
        Ok(Self(Arc::new(Shared {
            settings,
            db,
            stopping: ShutdownState::default(),
            hasher,
            last_used: WriteBehind::default(),
            nodes,
            asked: SingleFlight::default(),
            write_probes: SingleFlight::default(),
            changes,
            clock,
            random,
        })))
    }

    /// Says with which keys this process signs and takes cookies: it remembers nothing before.
    pub fn set_node_config(&self, keys: &SigningKeys) {
        let terms = NodeConfig::new(keys, &self.settings.token_prefix);
        self.nodes.set_node_config(terms);
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

    /// Changes the database in one transaction, and returns after its commit: when whatever `work`
    /// [made old](Transaction::invalidate_user) is believed nowhere any more.
    ///
    /// # Errors
    /// What `work` says, and that the database cannot be changed: nothing is changed then. Or that the
    /// outcome is unknown: a failover lost the commit, or the database stopped answering meanwhile.
    pub async fn write<T, W>(&self, work: W) -> Result<T, Error>
    where
        T: Send + 'static,
        W: FnOnce(&Transaction, &mut AnyConnection) -> Result<T, Error> + Clone + Send + 'static,
    {
        let transaction = Transaction {
            context: self.clone(),
            made_old: Arc::default(),
        };
        let done = transaction.clone();
        let change = move |connection: &mut AnyConnection| {
            let result = work(&transaction, connection)?;
            let told = transaction.publish_invalidations(connection)?;
            Ok::<_, Error>((result, told))
        };
        let (result, told) = self
            .db
            .write(change, move || done.apply_invalidations())
            .await?;
        self.nodes.wait_until_applied(told).await?;
        Ok(result)
    }

    /// Waits until what was changed of `subject` before is believed nowhere any more. To be called before
    /// somebody is told that what they want to end has ended already: whoever ended it may still be
    /// waiting for the others, or have been killed meanwhile.
    ///
    /// # Errors
    /// When the database cannot be asked, or lost what was done.
    pub async fn wait_for_revocation(&self, subject: InvalidationKey) -> Result<(), Error> {
        let told = self
            .read(|context, connection| Ok(context.nodes.pending(connection)?))
            .await?;
        self.nodes.invalidate([subject]);
        self.nodes.wait_until_applied(told).await?;
        Ok(())
    }
}

/// Whether this process is about to stop: it serves, and whoever balances load is to go elsewhere.
#[derive(Debug, Default)]
pub struct ShutdownState(AtomicBool);

impl ShutdownState {
    /// From now on it is.
    pub fn begin(&self) {
        self.0.store(true, Ordering::Release);
    }

    /// Whether it is.
    #[must_use]
    pub fn has_begun(&self) -> bool {
        self.0.load(Ordering::Acquire)
    }
}

/// A transaction under way: what changes something that processes remember needs one, and says so.
#[derive(Clone)]
pub struct Transaction {
    context: AppState,
    /// Grows only: it is known to the work that is done again after a collision, too.
    made_old: Arc<Mutex<Vec<InvalidationKey>>>,
}

/// Proof that what is remembered of a user, or of a credential, will be forgotten everywhere before the
/// change is answered. Every query that changes whom, or to what, a pass lets in asks for it.
#[derive(Clone, Copy, Debug)]
pub struct Invalidation(());

impl Transaction {
    /// What is remembered of `user` is old once this transaction is committed.
    #[must_use]
    pub fn invalidate_user(&self, user: UserId) -> Invalidation {
        self.register_invalidations([InvalidationKey::User(user)])
    }

    /// What is remembered of a credential is old once this transaction is committed. `secrets` are the digests
    /// of all that it has, read in this transaction under its user's lock.
    #[must_use]
    pub fn invalidate_secrets(&self, secrets: Vec<Digest>) -> Invalidation {
        self.register_invalidations(secrets.into_iter().map(InvalidationKey::Pass))
    }

    /// Every node forgets everything once this transaction is committed.
    #[must_use]
    pub fn invalidate_everything(&self) -> Invalidation {
        self.register_invalidations([InvalidationKey::Everything])
    }

    fn register_invalidations(
        &self,
        subjects: impl IntoIterator<Item = InvalidationKey>,
    ) -> Invalidation {
        let mut made_old = self.made_old.lock().unwrap_or_else(PoisonError::into_inner);
        for subject in subjects {
            if !made_old.contains(&subject) {
                made_old.push(subject);
            }
        }
        Invalidation(())
    }

    fn registered_invalidations(&self) -> Vec<InvalidationKey> {
        self.made_old
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .clone()
    }

    fn publish_invalidations(
        &self,
        connection: &mut AnyConnection,
    ) -> Result<PublishedInvalidation, Error> {
        self.context
            .nodes
            .publish(connection, &self.registered_invalidations())
    }

    /// Also where it is not known whether the change was made: to forget too much costs a query.
    fn apply_invalidations(&self) {
        let subjects = self.registered_invalidations();
        if !subjects.is_empty() {
            self.context.nodes.invalidate(subjects);
        }
    }
}

impl Deref for Transaction {
    type Target = AppState;

    fn deref(&self) -> &AppState {
        &self.context
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
