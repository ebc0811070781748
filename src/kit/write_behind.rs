//! Facts that are too frequent to write one by one: kept in memory, the newest for each key,
//! and taken out in batches by whoever writes them.

use std::{
    collections::HashMap,
    hash::{BuildHasher as _, Hash, RandomState},
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

/// Cores that note something at once hardly meet at one lock of so many.
const SHARDS: usize = 16;

/// The newest value for each key that may not have been written yet.
///
/// What was taken out stays known until the next batch is taken: whoever reads a row while its value is
/// on the way to it would otherwise find it neither there nor here.
#[derive(Debug)]
pub struct WriteBehind<K, V> {
    shards: [Mutex<Shard<K, V>>; SHARDS],
    hasher: RandomState,
}

/// What is taken together.
#[derive(Clone, Copy, Debug)]
pub struct Part(usize);

#[derive(Debug)]
struct Shard<K, V> {
    noted: HashMap<K, V>,
    /// The batch that was taken last, in the order of its keys: half as large as a map, and the same that
    /// whoever took it has.
    taken: Arc<[(K, V)]>,
}

impl<K, V> Default for Shard<K, V> {
    fn default() -> Self {
        Self {
            noted: HashMap::new(),
            taken: Arc::new([]),
        }
    }
}

impl<K, V> Default for WriteBehind<K, V> {
    fn default() -> Self {
        Self {
            shards: std::array::from_fn(|_| Mutex::default()),
            hasher: RandomState::new(),
        }
    }
}

impl<K: Clone + Ord + Hash, V: Clone> WriteBehind<K, V> {
    /// Notes for `key` what `value` makes of what was noted before.
    pub fn note(&self, key: K, value: impl FnOnce(Option<V>) -> V) {
        let mut shard = self.shard(&key);
        let noted = shard.noted.remove(&key);
        let before = noted.or_else(|| shard.taken(&key).cloned());
        shard.noted.insert(key, value(before));
    }

    /// Puts back the batch of a part that was taken last and could not be written, but for keys with
    /// something newer.
    pub fn put_back(&self, part: Part) {
        let mut shard = self.at(part);
        let taken = std::mem::replace(&mut shard.taken, Arc::new([]));
        for (key, value) in taken.iter() {
            let noted = shard.noted.entry(key.clone());
            noted.or_insert_with(|| value.clone());
        }
    }

    /// What is noted for `key`, or was taken last.
    pub fn get(&self, key: &K) -> Option<V> {
        let shard = self.shard(key);
        let found = shard.noted.get(key).or_else(|| shard.taken(key));
        found.cloned()
    }

    /// The parts in which everything is taken, one after the other.
    pub fn parts(&self) -> impl Iterator<Item = Part> + use<K, V> {
        (0..SHARDS).map(Part)
    }

    /// Takes what was noted in one part since this was called for it before.
    pub fn take(&self, part: Part) -> Arc<[(K, V)]> {
        let mut shard = self.at(part);
        let mut taken: Vec<_> = std::mem::take(&mut shard.noted).into_iter().collect();
        taken.sort_unstable_by(|(one, _), (other, _)| one.cmp(other));
        shard.taken = taken.into();
        Arc::clone(&shard.taken)
    }

    fn shard(&self, key: &K) -> MutexGuard<'_, Shard<K, V>> {
        let number = usize::try_from(self.hasher.hash_one(key) % SHARDS as u64).unwrap_or(0);
        self.at(Part(number))
    }

    fn at(&self, Part(number): Part) -> MutexGuard<'_, Shard<K, V>> {
        let [first, ..] = &self.shards;
        locked(self.shards.get(number).unwrap_or(first))
    }
}

impl<K: Ord, V> Shard<K, V> {
    fn taken(&self, key: &K) -> Option<&V> {
        let place = self.taken.binary_search_by(|(taken, _)| taken.cmp(key));
        let (_, value) = self.taken.get(place.ok()?)?;
        Some(value)
    }
}

/// The maps are whole after a panic elsewhere: no change leaves them otherwise.
fn locked<T>(shard: &Mutex<T>) -> MutexGuard<'_, T> {
    shard.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn taken(uses: &WriteBehind<&'static str, u8>) -> Vec<(&'static str, u8)> {
        let parts = uses.parts().map(|part| uses.take(part));
        let mut taken: Vec<_> = parts.flat_map(|batch| batch.to_vec()).collect();
        taken.sort_unstable();
        taken
    }

    #[test]
    fn what_is_being_written_is_known_until_the_next_batch_is_taken() {
        let uses = WriteBehind::default();
        uses.note("session", |_| 1);
        assert_eq!(taken(&uses), [("session", 1)]);
        assert_eq!(
            uses.get(&"session"),
            Some(1),
            "it may not be in its row yet"
        );
        assert_eq!(taken(&uses), [], "nothing is written twice");
        assert_eq!(uses.get(&"session"), None);
    }

    #[test]
    fn what_could_not_be_written_is_taken_again_unless_there_is_newer() {
        let uses = WriteBehind::default();
        uses.note("session", |_| 1);
        uses.note("token", |_| 1);
        taken(&uses);
        uses.note("session", |before| before.unwrap_or_default() + 1);
        uses.parts().for_each(|part| uses.put_back(part));
        assert_eq!(taken(&uses), [("session", 2), ("token", 1)]);
    }

    #[test]
    fn of_many_keys_each_is_taken_once() {
        let uses = WriteBehind::default();
        (0..1000_u32).for_each(|key| uses.note(key, |_| ()));
        let parts: Vec<_> = uses.parts().map(|part| uses.take(part)).collect();
        let mut all: Vec<u32> = parts
            .iter()
            .flat_map(|batch| batch.iter().map(|(key, ())| *key))
            .collect();
        all.sort_unstable();
        assert_eq!(all, (0..1000).collect::<Vec<_>>());
    }
}
