//! The order of a list, and the position of a credential in it.

use std::{cmp::Reverse, fmt, str::FromStr};

use crate::{
    credentials::credential::Credential, types::ids::CredentialId, util::clock::Timestamp,
};

/// The order of a list.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SortOrder {
    /// The last used first, then those that were never used.
    LastUsed,
    /// The next to expire first, then those that do not expire.
    Expiry,
    /// The newest first.
    Created,
    /// By name, without regard to case.
    Name,
    /// The last ended first.
    Ended,
}

/// The position of a credential in an order. It stays valid if the credential is no longer in the
/// list, so a page starts at the right place after a revocation.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Position {
    key: Key,
    /// Credentials with the same key are in the order of their creation, the newest first.
    id: Reverse<CredentialId>,
}

/// The value by which a list is sorted, in ascending order.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Key {
    Number(i64),
    Text(String),
}

impl Position {
    /// Returns the position of `credential`.
    #[must_use]
    pub fn of(credential: &Credential, order: SortOrder) -> Self {
        let latest_first = |time: Option<Timestamp>| {
            Key::Number(time.map_or(i64::MAX, |time| time.micros().saturating_neg()))
        };
        let key = match order {
            SortOrder::LastUsed => latest_first(credential.last_used_at),
            SortOrder::Created => latest_first(Some(credential.created_at)),
            SortOrder::Ended => latest_first(credential.ended_at.or(credential.effective_expiry())),
            SortOrder::Expiry => {
                let end = credential.effective_expiry();
                Key::Number(end.map_or(i64::MAX, Timestamp::micros))
            }
            SortOrder::Name => Key::Text(credential.name.to_lowercase()),
        };
        Self {
            key,
            id: Reverse(credential.id),
        }
    }
}

/// The text of a position in an address.
impl fmt::Display for Position {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.key {
            Key::Number(number) => write!(f, "{number}.{}", self.id.0),
            Key::Text(text) => write!(f, "~{text}.{}", self.id.0),
        }
    }
}

/// The text is not a position.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ParsePositionError;

impl FromStr for Position {
    type Err = ParsePositionError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let (key, id) = text.rsplit_once('.').ok_or(ParsePositionError)?;
        let key = match key.strip_prefix('~') {
            Some(text) => Key::Text(text.to_owned()),
            None => Key::Number(key.parse().map_err(|_| ParsePositionError)?),
        };
        let id = id.parse().map_err(|_| ParsePositionError)?;
        Ok(Self {
            key,
            id: Reverse(id),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn position_is_parsed_from_its_own_text() {
        for key in [
            Key::Number(i64::MIN),
            Key::Number(0),
            Key::Number(i64::MAX),
            Key::Text(String::new()),
            Key::Text("a.b ~ 7 ü".to_owned()),
        ] {
            let position = Position {
                key,
                id: Reverse(CredentialId::from_bytes([7; 16])),
            };
            assert_eq!(position.to_string().parse(), Ok(position));
        }
    }

    #[test]
    fn malformed_position_is_refused() {
        for text in [
            "",
            "x",
            ".",
            "~name",
            "1.2",
            "x.07070707-0707-0707-0707-070707070707",
        ] {
            assert_eq!(text.parse::<Position>(), Err(ParsePositionError), "{text}");
        }
    }
}
