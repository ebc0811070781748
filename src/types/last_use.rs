//! When and from where a credential was last used.

use std::net::IpAddr;

use crate::util::clock::Timestamp;

/// A use of a credential that is not in the database yet.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct LastUse {
    /// When.
    pub at: Timestamp,
    /// From where.
    pub from: UsedFrom,
}

/// From where a credential was used.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum UsedFrom {
    /// This address; none for a client that has none.
    At(Option<IpAddr>),
    /// Where it was used before: somebody else was shown it and asked about it.
    AsBefore,
}

impl LastUse {
    /// This one, after the one that `earlier` finds, as one.
    #[must_use]
    pub fn after(self, earlier: impl FnOnce() -> Option<Self>) -> Self {
        let before = match self.from {
            UsedFrom::AsBefore => earlier(),
            UsedFrom::At(_) => None,
        };
        Self {
            from: before.map_or(self.from, |before| before.from),
            ..self
        }
    }
}
