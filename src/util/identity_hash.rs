//! Hash maps whose keys are random: digests, and ids of our own.

use std::{
    collections::HashMap,
    hash::{BuildHasher as _, BuildHasherDefault, Hash, Hasher},
};

/// A key that is hashed as bytes, and whose last eight bytes are as good as any hash of them.
/// Clients must not be able to choose such a key, because many keys with one hash make a map slow.
pub trait RandomKey: Eq + Hash {}

/// A map of [random keys](RandomKey).
pub type RandomKeyMap<K, V> = HashMap<K, V, BuildHasherDefault<IdentityHasher>>;

/// Returns which of `parts` shards a key belongs to. `parts` is a power of two, at most 2¹⁴. The
/// index uses other bits than a map of some million entries does.
#[must_use]
pub fn shard_index<K: RandomKey>(key: &K, parts: usize) -> usize {
    let hash = BuildHasherDefault::<IdentityHasher>::default().hash_one(key);
    let [_, _, _, low, high, ..] = hash.to_le_bytes();
    usize::from(u16::from_le_bytes([low, high])) & parts.saturating_sub(1)
}

/// Returns the last eight bytes of a key as its hash. Bytes before them, such as a length, do not
/// matter for keys of one type.
#[derive(Default)]
pub struct IdentityHasher(u64);

impl Hasher for IdentityHasher {
    fn finish(&self) -> u64 {
        self.0
    }

    fn write(&mut self, bytes: &[u8]) {
        if let Some(last) = bytes.last_chunk::<8>() {
            // In an id, the first of these bytes has two fixed bits (RFC 9562, section 4.1). A map
            // selects a slot by the lowest bits and compares neighbours by the highest. The
            // rotation moves the fixed bits between them.
            self.0 ^= u64::from_le_bytes(*last).rotate_left(32);
        }
    }
}
