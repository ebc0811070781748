//! Facts that are too frequent to write one by one: kept in memory, the newest for each key,
//! and taken out in batches by whoever writes them.

use std::{
    collections::HashMap,
    hash::Hash,
    sync::{Mutex, PoisonError},
};

/// The newest value for each key that has not been written yet.
#[derive(Debug)]
pub struct WriteBehind<K, V>(Mutex<HashMap<K, V>>);

impl<K, V> Default for WriteBehind<K, V> {
    fn default() -> Self {
        Self(Mutex::new(HashMap::new()))
    }
}

impl<K: Eq + Hash, V: Clone> WriteBehind<K, V> {
    /// Notes `value` for `key`, replacing what was noted before.
    pub fn note(&self, key: K, value: V) {
        self.locked(|map| map.insert(key, value));
    }

    /// Puts back a batch that could not be written, but for keys with something newer.
    pub fn put_back(&self, batch: Vec<(K, V)>) {
        self.locked(|map| {
            for (key, value) in batch {
                map.entry(key).or_insert(value);
            }
        });
    }

    /// What is noted for `key`.
    pub fn get(&self, key: &K) -> Option<V> {
        self.locked(|map| map.get(key).cloned())
    }

    /// Takes everything out.
    pub fn drain(&self) -> Vec<(K, V)> {
        self.locked(|map| map.drain().collect())
    }

    fn locked<T>(&self, act: impl FnOnce(&mut HashMap<K, V>) -> T) -> T {
        // The map is whole after a panic elsewhere: every change to it is a single call.
        act(&mut self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }
}
