//! The state of the application: settings, database, clock, randomness, and the structures that all
//! requests share.

mod shutdown_state;
mod transaction;

pub use self::shutdown_state::ShutdownState;
pub use self::transaction::{Invalidation, Transaction};

use std::sync::{Arc, OnceLock};

use tokio::sync::Notify;

use self::transaction::Invalidations;
use crate::{
    cluster::{Cluster, NodeConfig},
    config::{Mount, Settings, SigningKeys},
    credential_cache::{Generation, InvalidationKey, LookupOutcome},
    crypto::{digest::Digest, password_hash::PasswordHasher, rng::Random, sealing::SealingKeys},
    db::{self, AnyConnection, Database, Migrations, migrations},
    error::Error,
    types::{
        id::Id,
        ids::{CredentialId, UserId},
        last_use::LastUse,
    },
    util::{
        clock::{Clock, Timestamp},
        per_minute::PerMinute,
        single_flight::SingleFlight,
        worker_pool::available_parallelism,
        write_behind::WriteBehind,
    },
};

/// The tables, for both databases.
pub const MIGRATIONS: Migrations = migrations![
    "2026-11-28-000001_initial",
    "2026-11-28-000002_import",
    "2026-11-28-000003_account_changes",
    "2026-11-28-000004_foreign_tokens",
    "2026-11-28-000005_languages",
    "2026-11-28-000006_mail",
    "2026-11-28-000007_factors",
    "2026-11-28-000008_end_of_imported_secrets",
    "2026-11-29-000009_passkeys",
    "2026-11-29-000010_trusted_browsers",
    "2026-11-29-000011_passkey_user_verification",
];

/// Lookups of secrets that are under way, by digest and by the generation of the cache at their
/// start.
pub type CredentialLookups =
    SingleFlight<(Digest, Generation), Result<Option<Arc<LookupOutcome>>, Error>>;

/// The state that all requests of a process share. A command has one, too. A clone is another
/// handle to the same state.
#[derive(Clone)]
pub struct AppState(Arc<Inner>);

struct Inner {
    settings: Settings,
    db: Database,
    shutdown: ShutdownState,
    hasher: PasswordHasher,
    sealing_keys: OnceLock<SealingKeys>,
    last_used: WriteBehind<CredentialId, LastUse>,
    cluster: Cluster,
    lookups: CredentialLookups,
    write_probes: SingleFlight<(), Result<(), Error>>,
    change_limiter: PerMinute<UserId>,
    job_wakeup: Notify,
    signing_keys: OnceLock<SigningKeys>,
    clock: Arc<dyn Clock>,
    random: Arc<dyn Random>,
}

impl AppState {
    /// Opens the database after applying pending migrations.
    ///
    /// # Errors
    /// Returns an error if the database cannot be reached or changed, or if the machine has no
    /// randomness.
    pub fn open(
        settings: Settings,
        clock: Arc<dyn Clock>,
        random: Arc<dyn Random>,
    ) -> Result<Self, Error> {
        db::run_pending(&settings.database.url, MIGRATIONS)?;
        Self::new(settings, clock, random)
    }

    /// Opens a database whose migrations were all applied before.
    ///
    /// # Errors
    /// Returns an error if migrations are pending, and the errors of [`AppState::open`].
    pub fn open_migrated(
        settings: Settings,
        clock: Arc<dyn Clock>,
        random: Arc<dyn Random>,
    ) -> Result<Self, Error> {
        db::ensure_applied(&settings.database.url, MIGRATIONS)?;
        Self::new(settings, clock, random)
    }

    fn new(
        settings: Settings,
        clock: Arc<dyn Clock>,
        random: Arc<dyn Random>,
    ) -> Result<Self, Error> {
        let db = Database::open(&settings.database.url, settings.database.connections)?;
        let hasher = PasswordHasher::new(available_parallelism(), settings.accounts.password_hash)?;
        let cluster = Cluster::new(
            db.clone(),
            settings.cache,
            Arc::clone(&clock),
            Arc::clone(&random),
        );
        let change_limiter = PerMinute::new(settings.rate_limits.changes_per_minute);
        Ok(Self(Arc::new(Inner {
            settings,
            db,
            shutdown: ShutdownState::default(),
            hasher,
            sealing_keys: OnceLock::new(),
            last_used: WriteBehind::default(),
            cluster,
            lookups: SingleFlight::default(),
            write_probes: SingleFlight::default(),
            change_limiter,
            job_wakeup: Notify::new(),
            signing_keys: OnceLock::new(),
            clock,
            random,
        })))
    }

    /// Sets the signing keys, which all nodes must share. The node caches nothing before.
    pub fn set_node_config(&self, keys: &SigningKeys) {
        self.hasher().set_dummy_key(keys.first());
        self.set_signing_keys(keys);
        let config = NodeConfig::new(keys, &self.settings().tokens);
        self.cluster().set_node_config(config);
    }

    /// Sets the signing keys, from which the secrets of links in mails and the keys that seal secrets
    /// are derived. The first call decides.
    pub fn set_signing_keys(&self, keys: &SigningKeys) {
        self.0.signing_keys.get_or_init(|| keys.clone());
        if let Some(sealing) = SealingKeys::derive(keys.first(), keys.older()) {
            // Only the first call counts: the keys of a process do not change.
            let _ = self.0.sealing_keys.set(sealing);
        }
    }

    /// The signing keys. `None` in a command that needs none.
    #[must_use]
    pub fn signing_keys(&self) -> Option<&SigningKeys> {
        self.0.signing_keys.get()
    }

    /// Is notified after a commit of this process that inserted a job.
    #[must_use]
    pub fn job_wakeup(&self) -> &Notify {
        &self.0.job_wakeup
    }

    /// The settings of the operator.
    #[must_use]
    pub fn settings(&self) -> &Settings {
        &self.0.settings
    }

    /// The path below which an app serves all pages and calls.
    #[must_use]
    pub fn mount(&self) -> &Mount {
        &self.0.settings.server.mount
    }

    /// The database: SQLite or PostgreSQL.
    #[must_use]
    pub fn db(&self) -> &Database {
        &self.0.db
    }

    /// Whether the process is about to stop.
    #[must_use]
    pub fn shutdown(&self) -> &ShutdownState {
        &self.0.shutdown
    }

    /// Hashes passwords, with a bound on concurrent hashes.
    #[must_use]
    pub fn hasher(&self) -> &PasswordHasher {
        &self.0.hasher
    }

    /// Returns the keys that seal the secrets of authenticator apps.
    ///
    /// # Errors
    /// Returns an error in a process without signing keys, such as a command.
    pub fn sealing_keys(&self) -> Result<&SealingKeys, Error> {
        let keys = self.0.sealing_keys.get();
        keys.ok_or_else(|| Error::internal("the process has no signing keys"))
    }

    /// Times and addresses of latest uses that are not yet in the database.
    #[must_use]
    pub fn last_used(&self) -> &WriteBehind<CredentialId, LastUse> {
        &self.0.last_used
    }

    /// The membership of this node in the cluster, and its credential cache.
    #[must_use]
    pub fn cluster(&self) -> &Cluster {
        &self.0.cluster
    }

    /// Lookups of secrets that are under way.
    #[must_use]
    pub fn lookups(&self) -> &CredentialLookups {
        &self.0.lookups
    }

    /// Probes under way of whether the database takes changes.
    #[must_use]
    pub fn write_probes(&self) -> &SingleFlight<(), Result<(), Error>> {
        &self.0.write_probes
    }

    /// Counts the changes of each user in the current minute, on this node.
    #[must_use]
    pub fn change_limiter(&self) -> &PerMinute<UserId> {
        &self.0.change_limiter
    }

    /// The current time.
    #[must_use]
    pub fn now(&self) -> Timestamp {
        self.0.clock.now()
    }

    /// The source of randomness.
    #[must_use]
    pub fn random(&self) -> &dyn Random {
        &*self.0.random
    }

    /// Returns a new ID that carries the current time.
    ///
    /// # Errors
    /// Returns an error if the machine has no randomness.
    pub fn new_id<T>(&self) -> Result<Id<T>, Error> {
        Ok(Id::new(self.now(), self.random())?)
    }

    /// Reads from the database, off the async workers.
    ///
    /// # Errors
    /// Returns the error of `work`, or an error if the database cannot be reached.
    pub async fn read<T, W>(&self, work: W) -> Result<T, Error>
    where
        T: Send + 'static,
        W: FnOnce(&Self, &mut AnyConnection) -> Result<T, Error> + Clone + Send + 'static,
    {
        let state = self.clone();
        self.db()
            .read(move |connection| work(&state, connection))
            .await
    }

    /// Changes the database in one transaction. Returns after the commit, when no node uses a
    /// cached value that `work` [invalidated](Transaction::invalidate_user). `work` runs again
    /// after a serialization failure.
    ///
    /// # Errors
    /// Returns the error of `work`, or an error if the database cannot be changed: nothing is
    /// changed then. [`Error::OutcomeUnknown`] if a failover lost the commit, or if the database
    /// stopped answering meanwhile.
    pub async fn write<T, W>(&self, work: W) -> Result<T, Error>
    where
        T: Send + 'static,
        W: FnOnce(&mut Transaction<'_>) -> Result<T, Error> + Clone + Send + 'static,
    {
        let invalidations = Invalidations::default();
        let of_attempt = invalidations.clone();
        let state = self.clone();
        let change = move |connection: &mut AnyConnection| {
            let mut transaction = Transaction::new(&state, connection, &of_attempt);
            let result = work(&mut transaction)?;
            let wakes_jobs = transaction.wakes_jobs();
            Ok::<_, Error>((result, transaction.publish()?, wakes_jobs))
        };
        // The invalidations apply also if the outcome of the commit is unknown: to invalidate too
        // much costs a query.
        let state = self.clone();
        let apply = move || invalidations.apply(state.cluster());
        let (result, published, wakes_jobs) = self.db().write(change, apply).await?;
        if wakes_jobs {
            self.0.job_wakeup.notify_one();
        }
        self.cluster().wait_until_applied(published).await?;
        Ok(result)
    }

    /// Waits until no node uses a cached value that an earlier change of `key` invalidated. Call it
    /// before the response says that a credential is already revoked. The request that revoked it
    /// may still be waiting for the other nodes, or its process may have been killed.
    ///
    /// # Errors
    /// Returns an error if the database cannot be reached, or if it lost the change.
    pub async fn wait_for_revocation(&self, key: InvalidationKey) -> Result<(), Error> {
        let pending = self
            .read(|state, connection| Ok(state.cluster().pending(connection)?))
            .await?;
        self.cluster().invalidate([key]);
        self.cluster().wait_until_applied(pending).await?;
        Ok(())
    }
}
