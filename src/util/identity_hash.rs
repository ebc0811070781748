//! Maps of keys that are random themselves: digests, and ids that we make.

use std::{
    collections::HashMap,
    hash::{BuildHasher as _, BuildHasherDefault, Hash, Hasher},
};

/// A key whose last eight bytes are as good as any hash of them, and hashed as bytes. Never one that a client
/// may choose: many that meet in one place make a map slow.
pub trait RandomKey: Eq + Hash {}

/// A map of [random keys](RandomKey).
pub type RandomKeyMap<K, V> = HashMap<K, V, BuildHasherDefault<IdentityHasher>>;

/// Which of `parts` (a power of two, 2¹⁴ at most) a key belongs to. Not by the bits by which a map of
/// some million entries finds it.
#[must_use]
pub fn shard_index<K: RandomKey>(key: &K, parts: usize) -> usize {
    let hash = BuildHasherDefault::<IdentityHasher>::default().hash_one(key);
    let [_, _, _, low, high, ..] = hash.to_le_bytes();
    usize::from(u16::from_le_bytes([low, high])) & parts.saturating_sub(1)
}

/// The last eight bytes of a key. What stands before them, such as how many there are, changes nothing
/// for keys of one type.
#[derive(Default)]
pub struct IdentityHasher(u64);

impl Hasher for IdentityHasher {
    fn finish(&self) -> u64 {
        self.0
    }

    fn write(&mut self, bytes: &[u8]) {
        if let Some(last) = bytes.last_chunk::<8>() {
            // The first of them has two fixed bits in an id (RFC 9562, section 4.1). A map finds a place by
            // the lowest bits and tells neighbours apart by the highest: those two go between.
            self.0 ^= u64::from_le_bytes(*last).rotate_left(32);
        }
    }
}
