//! Values that change too often to be written one by one: the newest value of each key is held in
//! memory and written in batches.

use std::{
    collections::{HashMap, hash_map::Entry},
    hash::{BuildHasher as _, Hash, RandomState},
    sync::{Mutex, MutexGuard, PoisonError},
};

/// Enough locks that cores which record at the same time rarely contend for one.
const SHARDS: usize = 16;

/// The newest value of each key that may not have been written yet.
///
/// A batch that was taken stays available until the next one is taken. Otherwise a reader would
/// find a value neither here nor in its row while it is being written.
#[derive(Debug)]
pub struct WriteBehind<K, V> {
    shards: [Mutex<Shard<K, V>>; SHARDS],
    /// Selects the shard of a key. Each map has a state of its own, so the keys of one shard are
    /// spread over its map.
    hash_state: RandomState,
}

#[derive(Debug)]
struct Shard<K, V> {
    pending: HashMap<K, V>,
    /// The batch that was taken last, sorted by key. It is half as large as a map.
    taken: Vec<(K, V)>,
}

impl<K, V> Default for Shard<K, V> {
    fn default() -> Self {
        Self {
            pending: HashMap::new(),
            taken: Vec::new(),
        }
    }
}

impl<K, V> Default for WriteBehind<K, V> {
    fn default() -> Self {
        Self {
            shards: std::array::from_fn(|_| Mutex::default()),
            hash_state: RandomState::new(),
        }
    }
}

impl<K: Hash + Clone + Ord, V: Clone> WriteBehind<K, V> {
    /// Records the result of `value` for `key`. `value` can ask for the recorded one.
    pub fn record(&self, key: K, value: impl FnOnce(&dyn Fn() -> Option<V>) -> V) {
        let mut shard = self.shard(&key);
        let Shard { pending, taken } = &mut *shard;
        match pending.entry(key) {
            Entry::Occupied(mut entry) => {
                let new = value(&|| Some(entry.get().clone()));
                entry.insert(new);
            }
            Entry::Vacant(entry) => {
                let new = value(&|| find(taken, entry.key()).cloned());
                entry.insert(new);
            }
        }
    }

    /// Puts the last batch back because it could not be written. A key with a newer value keeps
    /// that one.
    pub fn put_back(&self) {
        for shard in &self.shards {
            let mut shard = lock(shard);
            for (key, value) in std::mem::take(&mut shard.taken) {
                shard.pending.entry(key).or_insert(value);
            }
        }
    }

    /// Returns the pending value of `key`, or the one that was taken last.
    pub fn get(&self, key: &K) -> Option<V> {
        let shard = self.shard(key);
        let found = shard.pending.get(key);
        found.or_else(|| find(&shard.taken, key)).cloned()
    }

    /// Takes all pending values and returns their keys, sorted. The values stay available by
    /// [`Self::get_in_flight`], because a second copy of all of them would double the memory.
    pub fn take(&self) -> Vec<K> {
        let shards = self.shards.iter();
        let count = shards.map(|shard| lock(shard).pending.len()).sum();
        let mut batch = Vec::with_capacity(count);
        for shard in &self.shards {
            let mut shard = lock(shard);
            let mut taken: Vec<_> = std::mem::take(&mut shard.pending).into_iter().collect();
            taken.sort_unstable_by(|(one, _), (other, _)| one.cmp(other));
            batch.extend(taken.iter().map(|(key, _)| key.clone()));
            shard.taken = taken;
        }
        batch.sort_unstable();
        batch
    }

    /// Returns the value of `key` in the batch that was taken last.
    pub fn get_in_flight(&self, key: &K) -> Option<V> {
        find(&self.shard(key).taken, key).cloned()
    }

    fn shard(&self, key: &K) -> MutexGuard<'_, Shard<K, V>> {
        let [first, ..] = &self.shards;
        let [index, ..] = self.hash_state.hash_one(key).to_le_bytes();
        let index = usize::from(index) % SHARDS;
        lock(self.shards.get(index).unwrap_or(first))
    }
}

/// Returns the value of `key` in a sorted batch.
fn find<'a, K: Ord, V>(taken: &'a [(K, V)], key: &K) -> Option<&'a V> {
    let index = taken.binary_search_by(|(taken, _)| taken.cmp(key));
    let (_, value) = taken.get(index.ok()?)?;
    Some(value)
}

/// The maps are consistent after a panic elsewhere, because no change leaves them half done.
fn lock<T>(shard: &Mutex<T>) -> MutexGuard<'_, T> {
    shard.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn taken_batch_stays_readable_until_the_next_one() {
        let (uses, session) = (WriteBehind::default(), 1);
        uses.record(session, |_| 1);
        assert_eq!(uses.take(), [session]);
        assert_eq!(uses.get(&session), Some(1), "it may not be written yet");
        uses.record(session, |_| 2);
        assert_eq!(uses.get_in_flight(&session), Some(1), "the value to write");
        assert_eq!(uses.take(), [session]);
        assert!(uses.take().is_empty(), "nothing is written twice");
        assert_eq!(uses.get(&session), None);
    }

    #[test]
    fn unwritten_value_is_retaken_unless_newer() {
        let (uses, session, token) = (WriteBehind::default(), 1, 2);
        uses.record(session, |_| 1);
        uses.record(token, |_| 1);
        uses.take();
        uses.record(session, |before| before().unwrap_or_default() + 1);
        uses.put_back();
        let retaken = uses.take().into_iter();
        let retaken: Vec<_> = retaken.map(|key| (key, uses.get_in_flight(&key))).collect();
        assert_eq!(retaken, [(session, Some(2)), (token, Some(1))]);
    }

    #[test]
    fn keys_of_all_shards_are_taken_once() {
        let uses = WriteBehind::default();
        let keys: Vec<_> = (0..1000).collect();
        keys.iter().for_each(|key| uses.record(*key, |_| ()));
        let used = |shard: &&Mutex<Shard<_, _>>| !lock(shard).pending.is_empty();
        assert_eq!(uses.shards.iter().filter(used).count(), SHARDS);
        assert_eq!(uses.take(), keys, "the keys are sorted");
    }
}
