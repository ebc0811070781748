//! Ids: UUIDv7 (RFC 9562, section 5.7) with one type for each kind of object.
//!
//! The process creates them itself, without a sequence or the database. They sort by creation time
//! and serve as cursors of pages.

use std::{fmt, str::FromStr};

use serde::{Deserialize, Deserializer, Serialize, Serializer};
use uuid::{Builder, Uuid};

use crate::{
    crypto::rng::{self, Random, RngError},
    util::clock::Timestamp,
};

/// The text is not an id. An id is 32 hexadecimal digits in lower case, hyphenated 8-4-4-4-12.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("not an id")]
pub struct ParseIdError;

/// The id of a `T`. The type parameter prevents the use of a user's id as a token's.
///
/// It is a UUIDv7 (RFC 9562, section 5.7), and its text is the canonical form of a UUID. Ids sort by
/// their time of creation. An id is never used again for another object.
pub struct Id<T>(Uuid, std::marker::PhantomData<fn() -> T>);

impl<T> Id<T> {
    /// Creates an id for an object that is created at `now`.
    ///
    /// # Errors
    /// Fails if `random` has no randomness.
    #[doc(hidden)]
    pub fn new(now: Timestamp, random: &dyn Random) -> Result<Self, RngError> {
        let random_bytes = rng::bytes::<10>(random)?;
        Ok(Self::from_uuid(
            Builder::from_unix_timestamp_millis(now.millis(), &random_bytes).into_uuid(),
        ))
    }

    /// Returns the lower bound of the ids of this time. It sorts after every id of an earlier
    /// millisecond, and not after an id of the same or a later one.
    #[must_use]
    #[doc(hidden)]
    pub fn lower_bound_at(time: Timestamp) -> Self {
        let first = Builder::from_unix_timestamp_millis(time.millis(), &[0; 10]);
        Self::from_uuid(first.into_uuid())
    }

    /// Returns the nil UUID (RFC 9562, section 5.9), which no object has. It serves for a query
    /// that runs only to take as long as another.
    #[must_use]
    #[doc(hidden)]
    pub const fn nil() -> Self {
        Self::from_uuid(Uuid::nil())
    }

    /// Wraps an id that was read from storage.
    #[must_use]
    #[doc(hidden)]
    pub const fn from_uuid(uuid: Uuid) -> Self {
        Self(uuid, std::marker::PhantomData)
    }

    /// Returns the UUID.
    #[must_use]
    #[doc(hidden)]
    pub const fn uuid(self) -> Uuid {
        self.0
    }

    /// Writes the text of the id into `buffer` and returns it.
    #[doc(hidden)]
    pub fn text<'a>(&self, buffer: &'a mut [u8; 36]) -> &'a str {
        self.0.as_hyphenated().encode_lower(buffer)
    }

    /// Returns the id with these 16 bytes, as [`Id::as_bytes`] returned them.
    #[must_use]
    pub const fn from_bytes(bytes: [u8; 16]) -> Self {
        Self::from_uuid(Uuid::from_bytes(bytes))
    }

    /// Returns the 16 bytes, which sort like the id.
    #[must_use]
    pub const fn as_bytes(&self) -> &[u8; 16] {
        self.0.as_bytes()
    }
}

impl<T> FromStr for Id<T> {
    type Err = ParseIdError;

    /// Accepts only the canonical form, so that each id has one spelling.
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

impl<'de, T> Deserialize<'de> for Id<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        text.parse().map_err(serde::de::Error::custom)
    }
}

impl<T> AsRef<[u8; 16]> for Id<T> {
    fn as_ref(&self) -> &[u8; 16] {
        self.as_bytes()
    }
}

// Derived implementations would require the same traits of `T`, which is only a tag.
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
    use super::*;
    use crate::crypto::rng::SystemRandom;

    #[test]
    fn lower_bound_separates_ids_by_millisecond() {
        let at = |micros: i64| {
            let time = Timestamp::from_micros(1_795_370_705_120_000 + micros);
            Id::<()>::new(time, &SystemRandom).unwrap()
        };
        let first = Id::lower_bound_at(Timestamp::from_micros(1_795_370_705_120_999));
        assert!(at(-1) < first);
        assert!(first <= at(0));
        assert!(first < at(1_000));
    }
}
