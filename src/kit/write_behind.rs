//! Facts that are too frequent to write one by one: kept in memory, the newest for each key,
//! and taken out in batches by whoever writes them.

use std::{
    collections::HashMap,
    hash::{BuildHasher as _, Hash, RandomState},
    sync::{Mutex, MutexGuard, PoisonError},
};

/// Cores that note something at once hardly meet at one lock of so many.
const SHARDS: usize = 16;

/// The newest value for each key that has not been written yet.
#[derive(Debug)]
pub struct WriteBehind<K, V> {
    shards: [Mutex<HashMap<K, V>>; SHARDS],
    hasher: RandomState,
}

impl<K, V> Default for WriteBehind<K, V> {
    fn default() -> Self {
        Self {
            shards: std::array::from_fn(|_| Mutex::default()),
            hasher: RandomState::new(),
        }
    }
}

impl<K: Eq + Hash, V: Clone> WriteBehind<K, V> {
    /// Notes for `key` what `value` makes of what was noted before.
    pub fn note(&self, key: K, value: impl FnOnce(Option<V>) -> V) {
        let mut map = self.shard(&key);
        let before = map.remove(&key);
        map.insert(key, value(before));
    }

    /// Puts back a batch that could not be written, but for keys with something newer.
    pub fn put_back(&self, batch: Vec<(K, V)>) {
        for (key, value) in batch {
            self.shard(&key).entry(key).or_insert(value);
        }
    }

    /// What is noted for `key`.
    pub fn get(&self, key: &K) -> Option<V> {
        self.shard(key).get(key).cloned()
    }

    /// Takes everything out.
    pub fn drain(&self) -> Vec<(K, V)> {
        let taken = self
            .shards
            .iter()
            .map(|shard| std::mem::take(&mut *locked(shard)));
        taken.flatten().collect()
    }

    fn shard(&self, key: &K) -> MutexGuard<'_, HashMap<K, V>> {
        let number = usize::try_from(self.hasher.hash_one(key) % SHARDS as u64).unwrap_or(0);
        let [first, ..] = &self.shards;
        locked(self.shards.get(number).unwrap_or(first))
    }
}

/// The map is whole after a panic elsewhere: no change leaves it otherwise.
fn locked<T>(shard: &Mutex<T>) -> MutexGuard<'_, T> {
    shard.lock().unwrap_or_else(PoisonError::into_inner)
}
