//! A bounded cache of credentials, keyed by the digest of the secret. An invalidated entry is never
//! returned.
//!
//! **An entry is inserted only if nothing was invalidated since before its row was read.** A reader
//! takes the [`CredentialCache::generation`] first and passes it to
//! [`CredentialCache::insert_if_current`], which compares it under the locks of an invalidation.
//! Otherwise a check that read its row just before a revocation would keep a revoked credential in
//! the cache.
//!
//! The invalidation of one credential removes its entry. The invalidation of a user is one write to
//! the record that all entries of the user share. The entries are dropped when their space is
//! needed. Each shard has two segments, hot and cold. A full hot segment becomes the cold one, and
//! the previous cold segment is dropped whole. A used entry moves back to the hot segment. This is
//! close to "least recently used" and needs no list, so a lookup writes nothing. (LRU and S3-FIFO
//! were rejected: a queue costs a pointer and a write for each entry.)

use std::collections::HashMap;

use super::{CachedCredential, LookupRow, interner::Users};
use crate::{
    config::CacheLimits,
    crypto::digest::Digest,
    types::ids::UserId,
    util::sync::{
        Arc, Mutex, MutexGuard, PoisonError, RwLock,
        atomic::{AtomicU64, AtomicUsize, Ordering},
    },
};

/// The size of an entry in addition to its value, in bytes: the counts of two `Arc`s, the slot in
/// the map and the overhead of the allocator. Measured.
pub(super) const OVERHEAD: usize = 160;
/// The number of entries that justifies a shard with its own lock.
const MIN_ENTRIES_PER_SHARD: usize = 1024;
/// The maximum number of shards. More shards do not help, because a machine has fewer cores. It is
/// at most 256, because one byte of the digest selects the shard.
const MAX_SHARDS: usize = 64;

/// The cache. It stays empty if the limits have no room for an entry.
pub struct CredentialCache {
    /// The number of shards is a power of two.
    shards: (RwLock<Shard>, Box<[RwLock<Shard>]>),
    /// The limits of one segment: half of a shard's share.
    segment_limits: CacheLimits,
    users: Mutex<Users>,
    /// Grows before each invalidation. Written under the lock of `users`.
    generation: AtomicU64,
    count: AtomicUsize,
}

#[derive(Default)]
struct Shard {
    hot: Segment,
    cold: Segment,
}

#[derive(Default)]
struct Segment {
    entries: HashMap<Digest, Arc<CachedCredential>>,
    bytes: usize,
}

/// The entries that one invalidation removes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum InvalidationKey {
    /// All entries of a user.
    User(UserId),
    /// The entry with this digest.
    Secret(Digest),
    /// All entries of all users.
    Everything,
}

/// The state of the cache that a reader has seen: see [`CredentialCache::insert_if_current`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Generation(u64);

impl CredentialCache {
    /// Creates an empty cache.
    #[must_use]
    pub fn new(limits: CacheLimits) -> Self {
        let shards = (limits.entries / MIN_ENTRIES_PER_SHARD)
            .clamp(1, MAX_SHARDS)
            .next_power_of_two();
        let halves = shards.saturating_mul(2);
        Self {
            shards: (
                RwLock::default(),
                (1..shards).map(|_| RwLock::default()).collect(),
            ),
            segment_limits: CacheLimits {
                entries: limits.entries.div_ceil(halves),
                bytes: limits.bytes.div_ceil(halves),
            },
            users: Mutex::default(),
            generation: AtomicU64::new(0),
            count: AtomicUsize::new(0),
        }
    }

    /// Returns the number of entries, including invalidated ones that are not dropped yet.
    #[must_use]
    pub fn entry_count(&self) -> usize {
        self.count.load(Ordering::Relaxed)
    }

    /// Returns the current generation. Read it before the row that will be inserted.
    #[must_use]
    pub fn generation(&self) -> Generation {
        Generation(self.generation.load(Ordering::SeqCst))
    }

    /// Returns the entry with this digest, if it is cached.
    #[must_use]
    pub fn get(&self, digest: &Digest) -> Option<Arc<CachedCredential>> {
        let shard = self.shard(digest);
        let (entry, is_old) = {
            let shard = shard.read().unwrap_or_else(PoisonError::into_inner);
            match shard.hot.entries.get(digest) {
                Some(entry) => (Arc::clone(entry), false),
                None => (Arc::clone(shard.cold.entries.get(digest)?), true),
            }
        };
        if entry.user.is_invalidated() {
            return None;
        }
        // If another thread holds the lock, the next lookup moves the entry. If the entry is no
        // longer in the cold segment, another thread moved or invalidated it: an insert would undo
        // that.
        if is_old
            && let Ok(mut shard) = shard.try_write()
            && shard.cold.holds(digest, &entry)
        {
            let dropped = self.insert(&mut shard, *digest, Arc::clone(&entry));
            drop(shard);
            drop(dropped);
        }
        Some(entry)
    }

    /// Returns the credential that was read, and caches it if nothing was invalidated since
    /// `before`.
    pub fn insert_if_current(
        &self,
        before: Generation,
        digest: Digest,
        row: LookupRow,
    ) -> Arc<CachedCredential> {
        let (user, credential) = {
            let mut users = self.users();
            if self.generation() != before {
                return Arc::new(row.into_uncached());
            }
            users.share(row.user, row.credential)
        };
        let entry = CachedCredential::new(user, credential, row.until, row.last_seen, row.at);
        let entry = Arc::new(entry);
        if self.segment_limits.entries > 0 && entry.weight() <= self.segment_limits.bytes {
            let shard = self.shard(&digest).write();
            let mut shard = shard.unwrap_or_else(PoisonError::into_inner);
            // From here on an invalidation of this entry waits for the lock, and finds the entry.
            if self.generation() != before {
                return entry;
            }
            let dropped = self.insert(&mut shard, digest, Arc::clone(&entry));
            // These can be thousands of entries: dropped after the lock is released.
            drop(shard);
            drop(dropped);
        }
        entry
    }

    /// Removes all entries that one of `keys` names. After the return no caller gets an entry
    /// that was read before.
    pub fn invalidate(&self, keys: impl IntoIterator<Item = InvalidationKey>) {
        let (mut digests, mut everything) = (Vec::new(), false);
        let mut users = self.users();
        self.generation.fetch_add(1, Ordering::SeqCst);
        for key in keys {
            match key {
                InvalidationKey::User(user) => users.remove_user(user),
                InvalidationKey::Secret(digest) => digests.push(digest),
                InvalidationKey::Everything => everything = true,
            }
        }
        drop(users);
        if everything {
            return self.clear();
        }
        for digest in digests {
            let shard = self.shard(&digest).write();
            let mut shard = shard.unwrap_or_else(PoisonError::into_inner);
            let before = shard.len();
            drop((shard.hot.remove(&digest), shard.cold.remove(&digest)));
            self.count
                .fetch_sub(before - shard.len(), Ordering::Relaxed);
        }
    }

    /// Removes all entries, in the same way.
    pub fn clear(&self) {
        let mut users = self.users();
        self.generation.fetch_add(1, Ordering::SeqCst);
        users.clear();
        drop(users);
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
        let [byte, ..] = digest.as_bytes();
        // `others.len()` is a mask, because the number of shards is a power of two.
        (usize::from(*byte) & others.len())
            .checked_sub(1)
            .and_then(|index| others.get(index))
            .unwrap_or(first)
    }

    /// Inserts an entry, and returns the segment that was dropped for it.
    fn insert(&self, shard: &mut Shard, digest: Digest, entry: Arc<CachedCredential>) -> Segment {
        let before = shard.len();
        drop(shard.cold.remove(&digest));
        let hot = &mut shard.hot;
        let is_full = hot.entries.len() >= self.segment_limits.entries
            || hot.bytes + entry.weight() > self.segment_limits.bytes;
        let dropped = if is_full {
            std::mem::replace(&mut shard.cold, std::mem::take(hot))
        } else {
            Segment::default()
        };
        let hot = &mut shard.hot;
        hot.bytes += entry.weight();
        if let Some(replaced) = hot.entries.insert(digest, entry) {
            hot.bytes -= replaced.weight();
        }
        self.count.fetch_add(shard.len(), Ordering::Relaxed);
        self.count.fetch_sub(before, Ordering::Relaxed);
        dropped
    }
}

impl Segment {
    fn holds(&self, digest: &Digest, entry: &Arc<CachedCredential>) -> bool {
        let held = self.entries.get(digest);
        held.is_some_and(|held| Arc::ptr_eq(held, entry))
    }

    fn remove(&mut self, digest: &Digest) -> Option<Arc<CachedCredential>> {
        let removed = self.entries.remove(digest)?;
        self.bytes -= removed.weight();
        Some(removed)
    }
}

impl Shard {
    fn len(&self) -> usize {
        self.hot.entries.len() + self.cold.entries.len()
    }
}
