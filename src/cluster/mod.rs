//! The processes on one database, and what they tell each other so that an ending that was answered is
//! in force in all of them. `docs/in-force.md` is the protocol on one page.
//!
//! A *node* is a process that remembers passes. Whoever changes what is remembered of a user or of one secret,
//! node or not, says so in the transaction that changes it ([`Cluster::tell`]), forgets it itself
//! ([`Cluster::forget`]), and answers when every node has forgotten it or may not believe its memory any
//! more ([`Cluster::until_applied`]). A node may believe its memory while it holds its lease.

mod heartbeat;
mod lease;
mod membership;
mod node_config;
mod stats;
pub(crate) mod store;
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
pub use self::{node_config::NodeConfig, stats::Stats, wait::PublishedInvalidation};
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
    util::clock::{Clock, Timestamp, uptime},
};

/// This process among those on its database: what it remembers, and whether it may believe that.
pub struct Cluster {
    shared: Arc<Shared>,
    keeper: Mutex<Option<std::thread::JoinHandle<()>>>,
    bell: Arc<Wakeup>,
}

struct Shared {
    memory: CredentialCache,
    lease: Lease,
    database: Database,
    clock: Arc<dyn Clock>,
    random: Arc<dyn Random>,
    /// The second of [`uptime`] in which a pass was last looked for.
    in_use: AtomicU64,
    /// As what this process is known to the others, while it is.
    id: Mutex<Option<NodeId>>,
    terms: OnceLock<NodeConfig>,
    disagreement: watch::Sender<Option<&'static str>>,
    /// Something happened in the database.
    news: Notify,
    /// The newest notice that this process has seen committed, by itself or by others.
    newest: Mutex<Newest>,
    /// How often the database was found on another server.
    moves: AtomicU64,
    /// Whether the database may be a copy in the place of another.
    may_be_a_copy: AtomicBool,
    /// Whether the database was last found to refuse a write, and not a read.
    takes_no_writes: AtomicBool,
    /// How many nodes there were when this one last looked.
    nodes_seen: AtomicUsize,
}

impl Cluster {
    /// A process that remembers nothing yet and is not known to others.
    #[must_use]
    pub fn new(
        database: Database,
        bounds: CacheLimits,
        clock: Arc<dyn Clock>,
        random: Arc<dyn Random>,
    ) -> Self {
        Self {
            shared: Arc::new(Shared {
                memory: CredentialCache::new(bounds),
                lease: Lease::default(),
                database,
                clock,
                random,
                in_use: AtomicU64::new(0),
                id: Mutex::default(),
                terms: OnceLock::new(),
                disagreement: watch::Sender::new(None),
                news: Notify::new(),
                newest: Mutex::default(),
                moves: AtomicU64::new(0),
                may_be_a_copy: AtomicBool::new(false),
                takes_no_writes: AtomicBool::new(false),
                nodes_seen: AtomicUsize::new(0),
            }),
            keeper: Mutex::default(),
            bell: Arc::default(),
        }
    }

    /// Says by what this process goes. Said once, before it serves.
    pub fn go_by(&self, terms: NodeConfig) {
        // A second app in the same process has the same settings.
        drop(self.shared.terms.set(terms));
    }

    /// Waits until this process is found not to agree with the others, or with its database.
    pub async fn disagreement(&self) {
        let mut told = self.shared.disagreement.subscribe();
        // The sender is held by `self`: there is no end of waiting but this.
        drop(told.wait_for(Option::is_some).await);
    }

    /// About what this process was found not to agree with the others, or with its database, and what
    /// would do.
    #[must_use]
    pub fn disagrees(&self) -> Option<&'static str> {
        *self.shared.disagreement.borrow()
    }

    /// The pass with this digest, where it is remembered and memory may be believed.
    #[must_use]
    pub fn recall(&self, digest: &Digest) -> Option<Arc<CachedCredential>> {
        let until = self.shared.lease.until();
        let known = self.shared.memory.recall(digest);
        let now = uptime();
        self.shared.is_in_use_at(now);
        if until.is_after(now) {
            return known;
        }
        self.wake();
        None
    }

    /// To be asked before a row is read: what makes it sure that what was read may be kept. None while
    /// memory may not be believed.
    #[must_use]
    pub fn generation(&self) -> Option<Generation> {
        let until = self.shared.lease.until();
        let generation = self.shared.memory.generation();
        until.is_after(uptime()).then_some(generation)
    }

    /// Keeps what was read, where that is still sure.
    #[must_use]
    pub fn keep(
        &self,
        before: Generation,
        digest: Digest,
        read: LookupRow,
    ) -> Arc<CachedCredential> {
        self.shared.memory.keep(before, digest, read)
    }

    /// How many passes are remembered.
    #[must_use]
    pub fn remembered(&self) -> usize {
        self.shared.memory.len()
    }

    /// Tells every node that what is remembered of `subjects` is old. The last thing that a transaction
    /// does, for it holds up everybody else who tells something until the commit.
    ///
    /// # Errors
    /// When the database fails, or the machine has no randomness.
    pub fn tell(
        &self,
        connection: &mut AnyConnection,
        subjects: &[InvalidationKey],
    ) -> Result<PublishedInvalidation, Error> {
        let count = i64::try_from(subjects.len())
            .map_err(|_| diesel::result::Error::RollbackTransaction)?;
        if count == 0 {
            return Ok(PublishedInvalidation::default());
        }
        let identities = subjects
            .iter()
            .map(|_| rng::bytes(&*self.shared.random).map(i64::from_ne_bytes))
            .collect::<Result<Vec<_>, _>>()?;
        let (own, moves) = (self.shared.id(), self.shared.moves());
        let on_server = self.shared.database.names_its_server();
        let head = store::advance(connection, count, on_server)?;
        for ((subject, identity), back) in subjects.iter().zip(&identities).zip(0..) {
            let at = self.shared.clock.now();
            let place = (head.position - back, *identity);
            store::insert_notice(connection, place, *subject, own, at)?;
        }
        // Under the lock of the position, which a node takes too when it joins: it is seen here, or has
        // read nothing yet.
        let mut nodes = store::nodes(connection)?;
        nodes.retain(|node| Some(node.id) != own);
        if !nodes.is_empty() {
            db::announce(connection)?;
        }
        Ok(PublishedInvalidation {
            newest: Newest {
                position: head.position,
                identity: identities.first().copied(),
            },
            nodes: nodes.into_iter().map(|node| (node.id, node.beat)).collect(),
            unsettled: (!head.is_settled).then_some(head.server),
            moves,
        })
    }

    /// All that was told until now, and which nodes have to hear it.
    ///
    /// # Errors
    /// When the database fails.
    pub fn told(&self, connection: &mut AnyConnection) -> QueryResult<PublishedInvalidation> {
        let moves = self.shared.moves();
        let head = store::head(connection, self.shared.database.names_its_server())?;
        let newest = store::newest(connection, head.position)?;
        let own = self.shared.id();
        let nodes = store::nodes(connection)?;
        let others = nodes
            .into_iter()
            .filter(|node| Some(node.id) != own && node.applied < head.position);
        Ok(PublishedInvalidation {
            newest,
            nodes: others.map(|node| (node.id, node.beat)).collect(),
            unsettled: (!head.is_settled).then_some(head.server),
            moves,
        })
    }

    /// Forgets what this process itself remembers of `subjects`.
    pub fn forget(&self, subjects: impl IntoIterator<Item = InvalidationKey>) {
        self.shared.memory.forget(subjects);
    }

    /// Forgets notices from before `before`, which every node has long heard.
    ///
    /// # Errors
    /// When the database fails.
    pub fn forget_notices(connection: &mut AnyConnection, before: Timestamp) -> QueryResult<usize> {
        store::forget_notices(connection, before)
    }

    /// Believes nothing any more and tells the others, so that nobody waits for this process. To be
    /// called when it stops.
    pub async fn leave(&self) {
        self.bell.stop();
        let keeper = self
            .keeper
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .take();
        if let Some(keeper) = keeper {
            let left = tokio::task::spawn_blocking(move || keeper.join());
            drop(tokio::time::timeout(lease::LENGTH, left).await);
        }
    }

    /// Starts what keeps the lease, where it does not run yet.
    pub fn wake(&self) {
        self.shared.is_in_use_at(uptime());
        let mut keeper = self.keeper.lock().unwrap_or_else(PoisonError::into_inner);
        if keeper.is_none() && !self.bell.is_stopped() {
            let new = Heartbeat::new(&self.shared, Arc::clone(&self.bell));
            let started = std::thread::Builder::new()
                .name("nodes".to_owned())
                .spawn(move || new.run());
            match started {
                Ok(handle) => *keeper = Some(handle),
                Err(error) => tracing::error!(cause = %error, "no thread to keep the lease"),
            }
        }
        self.bell.ring();
    }
}

impl Drop for Cluster {
    fn drop(&mut self) {
        self.bell.stop();
    }
}

impl Shared {
    fn id(&self) -> Option<NodeId> {
        *self.id.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Has the process stop: what it would answer may be wrong.
    fn stop_because(&self, why: &'static str) {
        let said = self.disagreement.send_replace(Some(why));
        if said != Some(why) {
            tracing::error!("{why}");
        }
    }

    fn moves(&self) -> u64 {
        self.moves.load(Ordering::SeqCst)
    }

    /// The newest notice that was seen committed.
    fn newest(&self) -> Newest {
        *self.newest.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn has_seen(&self, seen: Newest) {
        let mut newest = self.newest.lock().unwrap_or_else(PoisonError::into_inner);
        if seen.position > newest.position {
            *newest = seen;
        }
    }

    /// The log is another one: what was seen of the one before says nothing any more.
    fn begins_anew_at(&self, newest: Newest) {
        *self.newest.lock().unwrap_or_else(PoisonError::into_inner) = newest;
    }

    fn is_known_as(&self, id: Option<NodeId>) {
        *self.id.lock().unwrap_or_else(PoisonError::into_inner) = id;
    }

    fn is_in_use_at(&self, now: Duration) {
        // Read first: to write what is there already would take the line away from other cores.
        if self.in_use.load(Ordering::Relaxed) != now.as_secs() {
            self.in_use.store(now.as_secs(), Ordering::Relaxed);
        }
    }

    /// How long ago a pass was last looked for.
    fn idle_for(&self) -> Duration {
        let used = self.in_use.load(Ordering::Relaxed);
        Duration::from_secs(uptime().as_secs().saturating_sub(used))
    }
}
