//! The grace period of a rotation.

use std::time::Duration;

use crate::{
    types::message::{Message, field},
    util::duration,
};

/// The time for which the previous secret stays valid: at most [`GracePeriod::MAX_GRACE_PERIOD`].
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct GracePeriod(pub(super) Duration);

impl GracePeriod {
    /// The longest grace period. Beyond it, a secret would no longer be temporary.
    pub const MAX_GRACE_PERIOD: Duration = Duration::from_secs(7 * 24 * 3600);

    /// Parses a duration such as `24h`. With `0` the previous secret is revoked immediately.
    ///
    /// # Errors
    /// A description of valid values.
    pub fn parse(text: &str) -> Result<Self, Message> {
        duration::parse(text).map_or_else(Self::refused, Self::of)
    }

    /// Returns a grace period of this length.
    ///
    /// # Errors
    /// A description of valid values.
    pub fn of(length: Duration) -> Result<Self, Message> {
        if length <= Self::MAX_GRACE_PERIOD {
            Ok(Self(length))
        } else {
            Self::refused()
        }
    }

    fn refused() -> Result<Self, Message> {
        Err(field::grace_period_malformed())
    }
}
