//! The memory: by a secret's digest, bounded, and never wrong about what was forgotten.
//!
//! **A pass is kept only if nothing was forgotten since before its row was read.** Whoever reads takes
//! the [`CredentialCache::generation`] first and hands it back to [`CredentialCache::keep`], which compares under the locks
//! that forgetting takes. Otherwise a check that read its row just before an ending would keep a dead
//! pass alive.
//!
//! Forgetting one pass takes it out. Forgetting a user is one store to what all their passes share; the
//! passes themselves go when room is needed. There are two halves, young and old: when the young one is
//! full it becomes the old one, and what was the old one is dropped whole. What is used moves back to the
//! young one. That is close to "least recently used" and keeps no list, so that a look-up writes nothing.
//! (LRU and S3-FIFO were left out: a queue costs a pointer and a write for each pass.)

use super::{CachedCredential, LookupRow, interner::Users};
use crate::{
    config::CacheLimits,
    crypto::digest::Digest,
    types::ids::UserId,
    util::{
        identity_hash::{RandomKeyMap, part_of},
        sync::{
            Arc, Mutex, MutexGuard, PoisonError, RwLock,
            atomic::{AtomicU64, AtomicUsize, Ordering},
        },
    },
};

/// What a pass takes beside itself: the counts of two `Arc`s, its place in a map and what the allocator
/// adds; measured.
pub(super) const OVERHEAD: usize = 160;
/// So many passes are worth a lock of their own.
const WORTH_A_SHARD: usize = 1024;
/// More would be more than any machine has cores to meet at.
const MOST_SHARDS: usize = 64;

/// What is remembered. None is remembered where the bounds have room for none.
pub struct CredentialCache {
    /// A power of two of them.
    shards: (RwLock<Shard>, Box<[RwLock<Shard>]>),
    /// A half of a shard's share of the bounds.
    half: CacheLimits,
    users: Mutex<Users>,
    /// Grows with everything that is forgotten, before it is. Written under the lock of `users`.
    generation: AtomicU64,
    count: AtomicUsize,
}

#[derive(Default)]
struct Shard {
    young: Segment,
    old: Segment,
}

#[derive(Default)]
struct Segment {
    passes: RandomKeyMap<Digest, Arc<CachedCredential>>,
    bytes: usize,
}

/// What may be forgotten at once.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum InvalidationKey {
    /// Every pass of a user.
    User(UserId),
    /// The one pass with this digest.
    Pass(Digest),
    /// Every pass of every user.
    Everything,
}

/// Which state of the memory somebody has seen: see [`CredentialCache::keep`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Generation(u64);

impl CredentialCache {
    /// An empty one.
    #[must_use]
    pub fn new(bounds: CacheLimits) -> Self {
        let shards = (bounds.entries / WORTH_A_SHARD)
            .clamp(1, MOST_SHARDS)
            .next_power_of_two();
        let halves = shards.saturating_mul(2);
        Self {
            shards: (
                RwLock::default(),
                (1..shards).map(|_| RwLock::default()).collect(),
            ),
            half: CacheLimits {
                entries: bounds.entries.div_ceil(halves),
                bytes: bounds.bytes.div_ceil(halves),
            },
            users: Mutex::default(),
            generation: AtomicU64::new(0),
            count: AtomicUsize::new(0),
        }
    }

    /// How many passes are held, forgotten ones among them.
    #[must_use]
    pub fn len(&self) -> usize {
        self.count.load(Ordering::Relaxed)
    }

    /// Whether none is held.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The present generation: to be asked before a row is read that may be kept.
    #[must_use]
    pub fn generation(&self) -> Generation {
        Generation(self.generation.load(Ordering::SeqCst))
    }

    /// The pass with this digest, where it is remembered.
    #[must_use]
    pub fn recall(&self, digest: &Digest) -> Option<Arc<CachedCredential>> {
        let shard = self.shard(digest);
        let (known, is_old) = {
            let shard = shard.read().unwrap_or_else(PoisonError::into_inner);
            match shard.young.passes.get(digest) {
                Some(known) => (Arc::clone(known), false),
                None => (Arc::clone(shard.old.passes.get(digest)?), true),
            }
        };
        if known.user.is_forgotten() {
            return None;
        }
        // Where another holds the lock, the next look-up does it. Where it is no more in the old half, it was
        // moved or forgotten meanwhile: to insert it would undo that.
        if is_old
            && let Ok(mut shard) = shard.try_write()
            && shard.old.holds(digest, &known)
        {
            let dropped = self.insert(&mut shard, *digest, Arc::clone(&known));
            drop(shard);
            drop(dropped);
        }
        Some(known)
    }

    /// What was read of a pass, which is kept where nothing was forgotten since `before`.
    pub fn keep(
        &self,
        before: Generation,
        digest: Digest,
        read: LookupRow,
    ) -> Arc<CachedCredential> {
        let (user, credential) = {
            let mut users = self.users();
            if self.generation() != before {
                return Arc::new(read.alone());
            }
            users.share(read.user, read.credential)
        };
        let known = CachedCredential::new(user, credential, read.until, read.last_seen, read.at);
        let known = Arc::new(known);
        if self.half.entries > 0 && known.weight() <= self.half.bytes {
            let shard = self.shard(&digest).write();
            let mut shard = shard.unwrap_or_else(PoisonError::into_inner);
            // Whoever forgets this pass from here on waits for the lock, and finds it.
            if self.generation() != before {
                return known;
            }
            let dropped = self.insert(&mut shard, digest, Arc::clone(&known));
            // Thousands, it may be: not while others wait.
            drop(shard);
            drop(dropped);
        }
        known
    }

    /// Forgets every pass that one of `subjects` names: from the return on nobody recalls one that was read
    /// before.
    pub fn forget(&self, subjects: impl IntoIterator<Item = InvalidationKey>) {
        let (mut passes, mut everything) = (Vec::new(), false);
        let mut users = self.users();
        self.generation.fetch_add(1, Ordering::SeqCst);
        for subject in subjects {
            match subject {
                InvalidationKey::User(user) => users.forget(user),
                InvalidationKey::Pass(digest) => passes.push(digest),
                InvalidationKey::Everything => everything = true,
            }
        }
        drop(users);
        if everything {
            return self.forget_all();
        }
        for digest in passes {
            let shard = self.shard(&digest).write();
            let mut shard = shard.unwrap_or_else(PoisonError::into_inner);
            let before = shard.len();
            drop((shard.young.remove(&digest), shard.old.remove(&digest)));
            self.count
                .fetch_sub(before - shard.len(), Ordering::Relaxed);
        }
    }

    /// Forgets everything, in the same way.
    pub fn forget_all(&self) {
        let mut known = self.users();
        self.generation.fetch_add(1, Ordering::SeqCst);
        known.forget_all();
        drop(known);
        let (first, others) = &self.shards;
        for shard in std::iter::once(first).chain(others) {
            let shard = shard.write();
            let dropped = std::mem::take(&mut *shard.unwrap_or_else(PoisonError::into_inner));
            self.count.fetch_sub(dropped.len(), Ordering::Relaxed);
        }
    }

    fn users(&self) -> MutexGuard<'_, Users> {
        self.users.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn shard(&self, digest: &Digest) -> &RwLock<Shard> {
        let (first, others) = &self.shards;
        part_of(digest, others.len() + 1)
            .checked_sub(1)
            .and_then(|place| others.get(place))
            .unwrap_or(first)
    }

    /// Inserts one, and hands over what had to go for it.
    fn insert(&self, shard: &mut Shard, digest: Digest, known: Arc<CachedCredential>) -> Segment {
        let before = shard.len();
        drop(shard.old.remove(&digest));
        let young = &mut shard.young;
        let is_full = young.passes.len() >= self.half.entries
            || young.bytes + known.weight() > self.half.bytes;
        let dropped = if is_full {
            std::mem::replace(&mut shard.old, std::mem::take(young))
        } else {
            Segment::default()
        };
        let young = &mut shard.young;
        young.bytes += known.weight();
        if let Some(replaced) = young.passes.insert(digest, known) {
            young.bytes -= replaced.weight();
        }
        self.count.fetch_add(shard.len(), Ordering::Relaxed);
        self.count.fetch_sub(before, Ordering::Relaxed);
        dropped
    }
}

impl Segment {
    fn holds(&self, digest: &Digest, known: &Arc<CachedCredential>) -> bool {
        let held = self.passes.get(digest);
        held.is_some_and(|held| Arc::ptr_eq(held, known))
    }

    fn remove(&mut self, digest: &Digest) -> Option<Arc<CachedCredential>> {
        let removed = self.passes.remove(digest)?;
        self.bytes -= removed.weight();
        Some(removed)
    }
}

impl Shard {
    fn len(&self) -> usize {
        self.young.passes.len() + self.old.passes.len()
    }
}
