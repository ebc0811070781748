//! The nodes on one database, and the invalidations that they publish. A revocation that was
//! answered is in force on all of them. `docs/revocation.md` describes the protocol on one page.
//!
//! A *node* is a process with a credential cache. A node or a command that changes a cached user or
//! secret does two things. It publishes an invalidation in the transaction of the change
//! ([`Cluster::publish`]). After the commit it invalidates its own cache ([`Cluster::invalidate`]).
//! It answers when every other node has applied the invalidation or may not trust its cache any
//! more ([`Cluster::wait_until_applied`]). A node may trust its cache while it holds its lease.

mod heartbeat;
mod lease;
mod membership;
mod node_config;
mod stats;
mod store;
mod wait;
mod wakeup;

use std::{
    sync::{
        Arc, Mutex, OnceLock, PoisonError,
        atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering},
    },
    time::Duration,
};

use diesel::QueryResult;
use tokio::sync::{Notify, watch};

use self::{heartbeat::Heartbeat, lease::Lease, store::Newest, wakeup::Wakeup};
pub use self::{
    lease::LEASE_WAIT, node_config::NodeConfig, store::heartbeats, wait::PublishedInvalidation,
};
use crate::{
    config::CacheLimits,
    credential_cache::{CachedCredential, CredentialCache, Generation, InvalidationKey, LookupRow},
    crypto::{
        digest::Digest,
        rng::{self, Random},
    },
    db::{self, AnyConnection, Database},
    error::Error,
    types::ids::NodeId,
    util::clock::{Clock, Timestamp, boot_time},
};

/// This node: its credential cache, and its membership in the cluster.
pub struct Cluster {
    shared: Arc<Shared>,
    heartbeat: Mutex<Option<std::thread::JoinHandle<()>>>,
    wakeup: Arc<Wakeup>,
}

struct Shared {
    cache: CredentialCache,
    lease: Lease,
    database: Database,
    clock: Arc<dyn Clock>,
    random: Arc<dyn Random>,
    /// The second of [`boot_time`] of the last lookup.
    last_lookup: AtomicU64,
    /// This node's id while it is a member of the cluster.
    id: Mutex<Option<NodeId>>,
    node_config: OnceLock<NodeConfig>,
    config_mismatch: watch::Sender<Option<&'static str>>,
    /// Wakes the heartbeat after a change of the database.
    changes: Notify,
    /// The newest invalidation that this node has seen committed, by itself or by others.
    newest: Mutex<Newest>,
    /// The number of times that the database was found on another server.
    failovers: AtomicU64,
    /// Whether the database may be a restored or copied one.
    may_be_a_copy: AtomicBool,
    /// Whether the database refused the last write, but not a read.
    rejects_writes: AtomicBool,
    /// The number of nodes at the last reading.
    nodes_seen: AtomicUsize,
}

impl Cluster {
    /// Creates a node with an empty cache that is not a member yet.
    #[must_use]
    pub fn new(
        database: Database,
        limits: CacheLimits,
        clock: Arc<dyn Clock>,
        random: Arc<dyn Random>,
    ) -> Self {
        Self {
            shared: Arc::new(Shared {
                cache: CredentialCache::new(limits),
                lease: Lease::default(),
                database,
                clock,
                random,
                last_lookup: AtomicU64::new(0),
                id: Mutex::default(),
                node_config: OnceLock::new(),
                config_mismatch: watch::Sender::new(None),
                changes: Notify::new(),
                newest: Mutex::default(),
                failovers: AtomicU64::new(0),
                may_be_a_copy: AtomicBool::new(false),
                rejects_writes: AtomicBool::new(false),
                nodes_seen: AtomicUsize::new(0),
            }),
            heartbeat: Mutex::default(),
            wakeup: Arc::default(),
        }
    }

    /// Sets the settings that all nodes must share. Call it once, before the node serves.
    pub fn set_node_config(&self, node_config: NodeConfig) {
        // A second app in the same process has the same settings.
        drop(self.shared.node_config.set(node_config));
    }

    /// Waits until the settings of this node differ from those of other nodes, or of the database.
    pub async fn config_mismatch_changed(&self) {
        let mut receiver = self.shared.config_mismatch.subscribe();
        // `self` holds the sender, so the channel cannot close before.
        drop(receiver.wait_for(Option::is_some).await);
    }

    /// Returns the difference between the settings of this node and those of the others or of the
    /// database, with advice for the operator.
    #[must_use]
    pub fn config_mismatch(&self) -> Option<&'static str> {
        *self.shared.config_mismatch.borrow()
    }

    /// Returns the cached credential with this digest, if the node holds a valid lease.
    #[must_use]
    pub fn get(&self, digest: &Digest) -> Option<Arc<CachedCredential>> {
        let until = self.shared.lease.until();
        let cached = self.shared.cache.get(digest);
        let now = boot_time();
        self.shared.touch_activity(now);
        if until.is_after(now) {
            return cached;
        }
        self.ensure_running();
        None
    }

    /// Returns the generation of the cache, which a reader takes before it reads a row to cache.
    /// `None` if the node holds no valid lease.
    #[must_use]
    pub fn generation(&self) -> Option<Generation> {
        let until = self.shared.lease.until();
        let generation = self.shared.cache.generation();
        until.is_after(boot_time()).then_some(generation)
    }

    /// Caches a row that was read, if nothing was invalidated since.
    #[must_use]
    pub fn insert_if_current(
        &self,
        before: Generation,
        digest: Digest,
        read: LookupRow,
    ) -> Arc<CachedCredential> {
        self.shared.cache.insert_if_current(before, digest, read)
    }

    /// Returns the number of cached credentials.
    #[must_use]
    pub fn cached_credentials(&self) -> usize {
        self.shared.cache.entry_count()
    }

    /// Publishes an invalidation of `subjects` to every node. Call it last in a transaction,
    /// because it blocks all other publishers until the commit.
    ///
    /// # Errors
    /// Returns an error if the database fails, or if the machine has no randomness.
    pub fn publish(
        &self,
        connection: &mut AnyConnection,
        keys: &[InvalidationKey],
    ) -> Result<PublishedInvalidation, Error> {
        let count =
            i64::try_from(keys.len()).map_err(|_| diesel::result::Error::RollbackTransaction)?;
        if count == 0 {
            return Ok(PublishedInvalidation::default());
        }
        let identities = keys
            .iter()
            .map(|_| rng::bytes(&*self.shared.random).map(i64::from_ne_bytes))
            .collect::<Result<Vec<_>, _>>()?;
        let (own_id, failovers) = (self.shared.id(), self.shared.failovers());
        let on_server = self.shared.database.names_its_server();
        let head = store::advance(connection, count, on_server)?;
        for ((key, identity), back) in keys.iter().zip(&identities).zip(0..) {
            let at = self.shared.clock.now();
            let place = (head.position - back, *identity);
            store::insert(connection, place, *key, own_id, at)?;
        }
        // Under the lock of the position. A joining node takes it too, so the node is seen here or
        // has read nothing yet.
        let mut nodes = store::nodes(connection)?;
        nodes.retain(|node| Some(node.id) != own_id);
        if !nodes.is_empty() {
            db::notify(connection)?;
        }
        Ok(PublishedInvalidation {
            newest: Newest {
                position: head.position,
                identity: identities.first().copied(),
            },
            nodes: nodes
                .into_iter()
                .map(|node| (node.id, node.heartbeat))
                .collect(),
            unsettled: (!head.is_settled).then_some(head.server),
            failovers,
        })
    }

    /// Returns all invalidations until now, and the nodes that must apply them.
    ///
    /// # Errors
    /// Returns an error if the database fails.
    pub fn pending(&self, connection: &mut AnyConnection) -> QueryResult<PublishedInvalidation> {
        let failovers = self.shared.failovers();
        let head = store::head(connection, self.shared.database.names_its_server())?;
        let newest = store::newest(connection, head.position)?;
        let own_id = self.shared.id();
        let nodes = store::nodes(connection)?;
        let others = nodes
            .into_iter()
            .filter(|node| Some(node.id) != own_id && node.applied < head.position);
        Ok(PublishedInvalidation {
            newest,
            nodes: others.map(|node| (node.id, node.heartbeat)).collect(),
            unsettled: (!head.is_settled).then_some(head.server),
            failovers,
        })
    }

    /// Invalidates `subjects` in the cache of this node.
    pub fn invalidate(&self, keys: impl IntoIterator<Item = InvalidationKey>) {
        self.shared.cache.invalidate(keys);
    }

    /// Deletes invalidations from before `before`, which every node has applied long ago.
    ///
    /// # Errors
    /// Returns an error if the database fails.
    pub fn delete_invalidations(
        connection: &mut AnyConnection,
        before: Timestamp,
    ) -> QueryResult<usize> {
        store::delete_before(connection, before)
    }

    /// Leaves the cluster: the node trusts its cache no more, and no other node waits for it. Call
    /// it at shutdown.
    pub async fn leave_cluster(&self) {
        self.wakeup.stop();
        let heartbeat = self
            .heartbeat
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .take();
        if let Some(heartbeat) = heartbeat {
            let stopped = tokio::task::spawn_blocking(move || heartbeat.join());
            drop(tokio::time::timeout(lease::LENGTH, stopped).await);
        }
    }

    /// Starts the heartbeat, unless it runs already.
    pub fn ensure_running(&self) {
        self.shared.touch_activity(boot_time());
        let mut heartbeat = self
            .heartbeat
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        if heartbeat.is_none() && !self.wakeup.is_stopped() {
            let new = Heartbeat::new(&self.shared, Arc::clone(&self.wakeup));
            let started = std::thread::Builder::new()
                .name("nodes".to_owned())
                .spawn(move || new.run());
            match started {
                Ok(handle) => *heartbeat = Some(handle),
                Err(error) => tracing::error!(cause = %error, "cluster: heartbeat not started"),
            }
        }
        self.wakeup.notify();
    }
}

impl Drop for Cluster {
    fn drop(&mut self) {
        self.wakeup.stop();
    }
}

impl Shared {
    fn id(&self) -> Option<NodeId> {
        *self.id.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Requests a shutdown of the process, because its answers may be wrong.
    fn request_shutdown(&self, reason: &'static str) {
        let previous = self.config_mismatch.send_replace(Some(reason));
        if previous != Some(reason) {
            tracing::error!(reason, "cluster: shutdown requested");
        }
    }

    fn failovers(&self) -> u64 {
        self.failovers.load(Ordering::SeqCst)
    }

    /// Returns the newest invalidation that was seen committed.
    fn newest(&self) -> Newest {
        *self.newest.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn record_newest(&self, seen: Newest) {
        let mut newest = self.newest.lock().unwrap_or_else(PoisonError::into_inner);
        if seen.position > newest.position {
            *newest = seen;
        }
    }

    /// Resets the position, because the log of invalidations is another one.
    fn reset_newest(&self, newest: Newest) {
        *self.newest.lock().unwrap_or_else(PoisonError::into_inner) = newest;
    }

    fn set_id(&self, id: Option<NodeId>) {
        *self.id.lock().unwrap_or_else(PoisonError::into_inner) = id;
    }

    fn touch_activity(&self, now: Duration) {
        // Read first: a write of the same value would invalidate the cache line of other cores.
        if self.last_lookup.load(Ordering::Relaxed) != now.as_secs() {
            self.last_lookup.store(now.as_secs(), Ordering::Relaxed);
        }
    }

    /// Returns the time since the last lookup.
    fn idle_for(&self) -> Duration {
        let used = self.last_lookup.load(Ordering::Relaxed);
        Duration::from_secs(boot_time().as_secs().saturating_sub(used))
    }
}
