//! The time and the address of the latest use of a credential.

use std::net::IpAddr;

use crate::util::clock::Timestamp;

/// A use of a credential that is not in the database yet.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct LastUse {
    /// The time of the use.
    pub at: Timestamp,
    /// The address of the use.
    pub from: UsedFrom,
}

/// The address from which a credential was used.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum UsedFrom {
    /// This address, or none for a client without an address.
    At(Option<IpAddr>),
    /// The address of the previous use. A service that introspects a token does not know the
    /// client's address.
    PreviousAddress,
}

impl LastUse {
    /// Combines this use with the one that `earlier` finds.
    #[must_use]
    pub fn after(self, earlier: impl FnOnce() -> Option<Self>) -> Self {
        let before = match self.from {
            UsedFrom::PreviousAddress => earlier(),
            UsedFrom::At(_) => None,
        };
        Self {
            from: before.map_or(self.from, |before| before.from),
            ..self
        }
    }
}
