//! Ids: UUIDv7 (RFC 9562, section 5.7), one type for each thing that has one.
//!
//! They are made by us, sort by the time they were made, page by cursor, and need neither a
//! sequence nor the database's help.

use std::{fmt, str::FromStr};

use serde::{Serialize, Serializer};
use uuid::{Builder, Uuid};

use super::{clock::Timestamp, identity_hash::RandomKey};
use crate::crypto::rng::{self, Random, RngError};

/// The text is not an id: 32 hexadecimal digits in lower case, hyphenated 8-4-4-4-12.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("not an id")]
pub struct ParseIdError;

/// The id of a `T`. The type parameter keeps a user's id from being passed for a token's.
pub struct Id<T>(Uuid, std::marker::PhantomData<fn() -> T>);

impl<T> Id<T> {
    /// A new id for something made at `now`.
    ///
    /// # Errors
    /// When `random` has nothing to give.
    pub fn new(now: Timestamp, random: &dyn Random) -> Result<Self, RngError> {
        let noise = rng::bytes::<10>(random)?;
        Ok(Self::from_uuid(
            Builder::from_unix_timestamp_millis(now.millis(), &noise).into_uuid(),
        ))
    }

    /// Sorts after every id of something made in a millisecond before that of `moment`, and not after one
    /// made in it or later.
    #[must_use]
    pub fn lower_bound_at(moment: Timestamp) -> Self {
        let first = Builder::from_unix_timestamp_millis(moment.millis(), &[0; 10]);
        Self::from_uuid(first.into_uuid())
    }

    /// The id of nothing that there is (RFC 9562, section 5.9): for a question that is asked only so
    /// that it takes as long as another.
    #[must_use]
    pub const fn nil() -> Self {
        Self::from_uuid(Uuid::nil())
    }

    /// An id that was stored before.
    #[must_use]
    pub const fn from_uuid(uuid: Uuid) -> Self {
        Self(uuid, std::marker::PhantomData)
    }

    /// The plain UUID.
    #[must_use]
    pub const fn uuid(self) -> Uuid {
        self.0
    }

    /// Its text, written into `room`.
    pub fn text<'a>(&self, room: &'a mut [u8; 36]) -> &'a str {
        self.0.as_hyphenated().encode_lower(room)
    }

    /// Its 16 bytes, which sort as the id does.
    #[must_use]
    pub const fn as_bytes(&self) -> &[u8; 16] {
        self.0.as_bytes()
    }
}

impl<T> RandomKey for Id<T> {}

impl<T> FromStr for Id<T> {
    type Err = ParseIdError;

    /// Takes just the form that we write, so that one thing has one name.
    fn from_str(text: &str) -> Result<Self, ParseIdError> {
        let uuid = Uuid::try_parse(text).map_err(|_| ParseIdError)?;
        let id = Self::from_uuid(uuid);
        if id.text(&mut [0; 36]) == text {
            Ok(id)
        } else {
            Err(ParseIdError)
        }
    }
}

impl<T> fmt::Display for Id<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.text(&mut [0; 36]))
    }
}

impl<T> fmt::Debug for Id<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl<T> Serialize for Id<T> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.text(&mut [0; 36]))
    }
}

// Derived, these would ask the same of `T`, which is only a name.
impl<T> Clone for Id<T> {
    fn clone(&self) -> Self {
        *self
    }
}
impl<T> Copy for Id<T> {}
impl<T> PartialEq for Id<T> {
    fn eq(&self, other: &Self) -> bool {
        self.0 == other.0
    }
}
impl<T> Eq for Id<T> {}
impl<T> PartialOrd for Id<T> {
    fn partial_cmp(&self, other: &Self) -> Option<std::cmp::Ordering> {
        Some(self.cmp(other))
    }
}
impl<T> Ord for Id<T> {
    fn cmp(&self, other: &Self) -> std::cmp::Ordering {
        self.0.cmp(&other.0)
    }
}
impl<T> std::hash::Hash for Id<T> {
    fn hash<H: std::hash::Hasher>(&self, state: &mut H) {
        self.0.hash(state);
    }
}

#[cfg(test)]
mod tests {
    use std::{
        collections::HashSet,
        hash::{BuildHasher as _, BuildHasherDefault},
    };

    use super::*;
    use crate::{
        crypto::rng::SystemRandom,
        util::identity_hash::{IdentityHasher, shard_index},
    };

    #[test]
    fn the_first_of_a_moment_parts_what_was_made_before_from_what_was_made_later() {
        let at = |micros: i64| {
            let moment = Timestamp::from_micros(1_795_370_705_120_000 + micros);
            Id::<()>::new(moment, &SystemRandom).unwrap()
        };
        let first = Id::lower_bound_at(Timestamp::from_micros(1_795_370_705_120_999));
        assert!(at(-1) < first);
        assert!(first <= at(0));
        assert!(first < at(1_000));
    }

    #[test]
    fn ids_of_one_moment_are_spread_over_a_map_by_themselves() {
        let id = |_| Id::<()>::new(Timestamp::from_micros(0), &SystemRandom).unwrap();
        let ids: Vec<_> = (0..1024).map(id).collect();
        let hashes: Vec<u64> = ids
            .iter()
            .map(|id| BuildHasherDefault::<IdentityHasher>::default().hash_one(id))
            .collect();
        let different = |places: Vec<u64>| places.into_iter().collect::<HashSet<_>>().len();
        // Of a thousand places a thousand random ones take some two thirds.
        let places = hashes.iter().map(|hash| hash & 1023).collect();
        assert!(different(places) > 512, "places of a map");
        let parts = ids.iter().map(|id| shard_index(id, 1024) as u64).collect();
        assert!(different(parts) > 512, "parts");
        let tags = hashes.iter().map(|hash| hash >> 57).collect();
        assert!(different(tags) > 100, "what tells neighbours apart");
        assert!(ids.iter().all(|id| shard_index(id, 16) < 16));
    }
}
