//! Facts that are too frequent to write one by one: kept in memory, the newest for each key,
//! and taken out in batches by whoever writes them.

use std::{
    collections::hash_map::Entry,
    sync::{Mutex, MutexGuard, PoisonError},
};

use super::identity_hash::{RandomKey, RandomKeyMap, shard_index};

/// Cores that note something at once hardly meet at one lock of so many.
const SHARDS: usize = 16;

/// The newest value for each key that may not have been written yet.
///
/// What was taken out stays known until the next batch is taken: whoever reads a row while its value is
/// on the way to it would otherwise find it neither there nor here.
#[derive(Debug)]
pub struct WriteBehind<K, V> {
    shards: [Mutex<Shard<K, V>>; SHARDS],
}

#[derive(Debug)]
struct Shard<K, V> {
    noted: RandomKeyMap<K, V>,
    /// The batch that was taken last, in the order of its keys: half as large as a map.
    taken: Vec<(K, V)>,
}

impl<K, V> Default for Shard<K, V> {
    fn default() -> Self {
        Self {
            noted: RandomKeyMap::default(),
            taken: Vec::new(),
        }
    }
}

impl<K, V> Default for WriteBehind<K, V> {
    fn default() -> Self {
        Self {
            shards: std::array::from_fn(|_| Mutex::default()),
        }
    }
}

impl<K: RandomKey + Clone + Ord, V: Clone> WriteBehind<K, V> {
    /// Notes for `key` what `value` makes of what was noted before, where it asks for that.
    pub fn record(&self, key: K, value: impl FnOnce(&dyn Fn() -> Option<V>) -> V) {
        let mut shard = self.shard(&key);
        let Shard { noted, taken } = &mut *shard;
        match noted.entry(key) {
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

    /// Puts back the batch that was taken last and could not be written, but for keys with something newer.
    pub fn put_back(&self) {
        for shard in &self.shards {
            let mut shard = lock(shard);
            for (key, value) in std::mem::take(&mut shard.taken) {
                shard.noted.entry(key).or_insert(value);
            }
        }
    }

    /// What is noted for `key`, or was taken last.
    pub fn get(&self, key: &K) -> Option<V> {
        let shard = self.shard(key);
        let found = shard.noted.get(key);
        found.or_else(|| find(&shard.taken, key)).cloned()
    }

    /// Takes everything that was noted since this was called before, and gives its keys in their order. The
    /// values stay [here](Self::last_taken): a second copy of all of them would be as large as they are.
    pub fn take(&self) -> Vec<K> {
        let shards = self.shards.iter();
        let count = shards.map(|shard| lock(shard).noted.len()).sum();
        let mut batch = Vec::with_capacity(count);
        for shard in &self.shards {
            let mut shard = lock(shard);
            let mut taken: Vec<_> = std::mem::take(&mut shard.noted).into_iter().collect();
            taken.sort_unstable_by(|(one, _), (other, _)| one.cmp(other));
            batch.extend(taken.iter().map(|(key, _)| key.clone()));
            shard.taken = taken;
        }
        batch.sort_unstable();
        batch
    }

    /// What was taken last for `key`.
    pub fn last_taken(&self, key: &K) -> Option<V> {
        find(&self.shard(key).taken, key).cloned()
    }

    fn shard(&self, key: &K) -> MutexGuard<'_, Shard<K, V>> {
        let [first, ..] = &self.shards;
        lock(self.shards.get(shard_index(key, SHARDS)).unwrap_or(first))
    }
}

/// The value for `key` in a batch.
fn find<'a, K: Ord, V>(taken: &'a [(K, V)], key: &K) -> Option<&'a V> {
    let place = taken.binary_search_by(|(taken, _)| taken.cmp(key));
    let (_, value) = taken.get(place.ok()?)?;
    Some(value)
}

/// The maps are whole after a panic elsewhere: no change leaves them otherwise.
fn lock<T>(shard: &Mutex<T>) -> MutexGuard<'_, T> {
    shard.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        crypto::rng::SystemRandom,
        util::{clock::Timestamp, id::Id},
    };

    fn id() -> Id<()> {
        Id::new(Timestamp::from_micros(0), &SystemRandom).unwrap()
    }

    #[test]
    fn what_is_being_written_is_known_until_the_next_batch_is_taken() {
        let (uses, session) = (WriteBehind::default(), id());
        uses.record(session, |_| 1);
        assert_eq!(uses.take(), [session]);
        assert_eq!(uses.get(&session), Some(1), "it may not be in its row yet");
        uses.record(session, |_| 2);
        assert_eq!(uses.last_taken(&session), Some(1), "which is to be written");
        assert_eq!(uses.take(), [session]);
        assert_eq!(uses.take(), [], "nothing is written twice");
        assert_eq!(uses.get(&session), None);
    }

    #[test]
    fn what_could_not_be_written_is_taken_again_unless_there_is_newer() {
        let (uses, session, token) = (WriteBehind::default(), id(), id());
        uses.record(session, |_| 1);
        uses.record(token, |_| 1);
        uses.take();
        uses.record(session, |before| before().unwrap_or_default() + 1);
        uses.put_back();
        let again = uses.take().into_iter();
        let again: Vec<_> = again.map(|key| (key, uses.last_taken(&key))).collect();
        let mut expected = [(session, Some(2)), (token, Some(1))];
        expected.sort_unstable();
        assert_eq!(again, expected);
    }

    #[test]
    fn of_many_keys_in_many_shards_each_is_taken_once() {
        let uses = WriteBehind::default();
        let mut keys: Vec<_> = (0..1000).map(|_| id()).collect();
        keys.sort_unstable();
        keys.iter().for_each(|key| uses.record(*key, |_| ()));
        let used = |shard: &&Mutex<Shard<_, _>>| !lock(shard).noted.is_empty();
        assert_eq!(uses.shards.iter().filter(used).count(), SHARDS);
        assert_eq!(uses.take(), keys, "in their order");
    }
}
