//! The processes on one database, and what they tell each other so that an ending that was answered is
//! in force in all of them. `docs/in-force.md` is the protocol on one page.
//!
//! A *node* is a process that remembers passes. Whoever changes what is remembered of a user or of one secret,
//! node or not, says so in the transaction that changes it ([`Nodes::tell`]), forgets it itself
//! ([`Nodes::forget`]), and answers when every node has forgotten it or may not believe its memory any
//! more ([`Nodes::until_applied`]). A node may believe its memory while it holds its lease.

mod bell;
mod copies;
mod keeper;
mod lease;
mod store;
mod terms;

use std::{
    sync::{
        Arc, Mutex, OnceLock, PoisonError,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};

use diesel::QueryResult;
use tokio::sync::{Notify, watch};

use self::{bell::Bell, keeper::Keeper, lease::Lease};
pub use self::{
    copies::{Doubt, doubt, is_right},
    terms::Terms,
};
use crate::{
    config::Remembered,
    ids::NodeId,
    kit::{
        clock::{Clock, Timestamp, uptime},
        db::{self, AnyConnection, Database},
        digest::Digest,
        random::Random,
    },
    known::{AsRead, Generation, Known, Memory, Subject},
};

/// This process among those on its database: what it remembers, and whether it may believe that.
pub struct Nodes {
    shared: Arc<Shared>,
    keeper: Mutex<Option<std::thread::JoinHandle<()>>>,
    bell: Arc<Bell>,
}

struct Shared {
    memory: Memory,
    lease: Lease,
    database: Database,
    clock: Arc<dyn Clock>,
    random: Arc<dyn Random>,
    /// The second of [`uptime`] in which a pass was last looked for.
    in_use: AtomicU64,
    /// As what this process is known to the others, while it is.
    id: Mutex<Option<NodeId>>,
    terms: OnceLock<Terms>,
    disagreement: watch::Sender<Option<&'static str>>,
    /// Something happened in the database.
    news: Notify,
}

/// What was told in a transaction, and who has to hear it before it is answered.
#[derive(Clone, Debug, Default)]
pub struct Told {
    position: i64,
    /// Other nodes, and the beat of each when it was told.
    nodes: Vec<(NodeId, i64)>,
}

impl Nodes {
    /// A process that remembers nothing yet and is not known to others.
    #[must_use]
    pub fn new(
        database: Database,
        bounds: Remembered,
        clock: Arc<dyn Clock>,
        random: Arc<dyn Random>,
    ) -> Self {
        Self {
            shared: Arc::new(Shared {
                memory: Memory::new(bounds),
                lease: Lease::default(),
                database,
                clock,
                random,
                in_use: AtomicU64::new(0),
                id: Mutex::default(),
                terms: OnceLock::new(),
                disagreement: watch::Sender::new(None),
                news: Notify::new(),
            }),
            keeper: Mutex::default(),
            bell: Arc::default(),
        }
    }

    /// Says by what this process goes. Said once, before it serves.
    pub fn go_by(&self, terms: Terms) {
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
    pub fn recall(&self, digest: &Digest) -> Option<Arc<Known>> {
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
    pub fn keep(&self, before: Generation, digest: Digest, read: AsRead) -> Arc<Known> {
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
    /// When the database fails.
    pub fn tell(&self, connection: &mut AnyConnection, subjects: &[Subject]) -> QueryResult<Told> {
        let Ok(count) = i64::try_from(subjects.len()) else {
            return Err(diesel::result::Error::RollbackTransaction);
        };
        if count == 0 {
            return Ok(Told::default());
        }
        let own = self.shared.id();
        let position = store::advance(connection, count)?;
        for (subject, back) in subjects.iter().zip(0..) {
            let at = self.shared.clock.now();
            store::insert_notice(connection, position - back, *subject, own, at)?;
        }
        // Under the lock of the position, which a node takes too when it joins: it is seen here, or has
        // read nothing yet.
        let mut nodes = store::nodes(connection)?;
        nodes.retain(|node| Some(node.id) != own);
        if !nodes.is_empty() {
            db::announce(connection)?;
        }
        let nodes = nodes.into_iter().map(|node| (node.id, node.beat)).collect();
        Ok(Told { position, nodes })
    }

    /// All that was told until now, and who has to hear it.
    ///
    /// # Errors
    /// When the database fails.
    pub fn told(&self, connection: &mut AnyConnection) -> QueryResult<Told> {
        let position = store::position(connection)?;
        let own = self.shared.id();
        let nodes = store::nodes(connection)?;
        let others = nodes
            .into_iter()
            .filter(|node| Some(node.id) != own && node.applied < position);
        let nodes = others.map(|node| (node.id, node.beat)).collect();
        Ok(Told { position, nodes })
    }

    /// Forgets what this process itself remembers of `subjects`.
    pub fn forget(&self, subjects: impl IntoIterator<Item = Subject>) {
        self.shared.memory.forget(subjects);
    }

    /// After the commit: waits until every other node has heard it, or may not believe its memory any
    /// more. That is at most the length of a lease, whatever the others and the database do.
    pub async fn until_applied(&self, told: Told) {
        if told.nodes.is_empty() {
            return;
        }
        let since = uptime();
        self.wait_for(told, since).await;
        let waited = uptime().saturating_sub(since);
        metrics::histogram!("narthex_ending_wait_seconds").record(waited.as_secs_f64());
    }

    async fn wait_for(&self, told: Told, since: Duration) {
        let Told {
            position,
            mut nodes,
        } = told;
        let mut pause = Duration::from_millis(1);
        loop {
            let waited = uptime().saturating_sub(since);
            if waited >= lease::WAITED_FOR {
                return self.give_up(nodes).await;
            }
            // What is heard is a hint; that nothing is, too.
            let left = lease::WAITED_FOR.saturating_sub(waited);
            drop(tokio::time::timeout(pause.min(left), self.shared.news.notified()).await);
            pause = (pause * 2).min(LONGEST_PAUSE);
            let found = self
                .shared
                .database
                .read::<_, db::Error>(|connection| Ok(store::nodes(connection)?));
            // Longer than the lease nobody has to be waited for, also if the database is gone.
            if let Ok(Ok(found)) = tokio::time::timeout(left, found).await {
                nodes.retain(|(id, _)| {
                    found
                        .iter()
                        .any(|node| node.id == *id && node.applied < position)
                });
                if nodes.is_empty() {
                    return;
                }
            }
        }
    }

    /// Gives up nodes whose leases ran out, so that the next ending does not wait for them.
    async fn give_up(&self, nodes: Vec<(NodeId, i64)>) {
        let given_up = nodes.clone();
        let done = self.shared.database.write::<_, db::Error>(
            move |connection| {
                for (id, beat) in given_up {
                    store::give_up(connection, id, beat)?;
                }
                Ok(())
            },
            || {},
        );
        // Whoever comes next tries again.
        if let Err(error) = done.await {
            tracing::warn!(cause = %error, "processes that say nothing could not be given up");
        }
        for (id, _) in nodes {
            tracing::warn!(node = %id, "a process did not hear in time what ended; it asks the database until it has");
        }
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
            let new = Keeper::new(&self.shared, Arc::clone(&self.bell));
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

/// How long it is waited at most before nodes are looked at again.
const LONGEST_PAUSE: Duration = Duration::from_millis(20);

impl Drop for Nodes {
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
