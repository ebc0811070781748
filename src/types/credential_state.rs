//! The state of a credential.

use std::time::Duration;

use crate::util::clock::Timestamp;

/// The state of a credential at one time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CredentialState {
    /// The credential is accepted.
    Active,
    /// The token is refused until its owner resumes it.
    Paused,
    /// The time of the credential is over.
    Expired,
    /// The credential was revoked.
    Revoked,
}

/// The facts from which the state of a credential follows.
#[derive(Clone, Copy, Debug)]
pub struct Lifecycle {
    /// Whether the credential was revoked.
    pub revoked: bool,
    /// Whether the token is paused.
    pub paused: bool,
    /// The expiry of the credential.
    pub expires_at: Option<Timestamp>,
    /// The longest time between two uses.
    pub idle_limit: Option<Duration>,
    /// The time of the last use, or of the creation if the credential was never used.
    pub last_active_at: Timestamp,
}

impl CredentialState {
    /// Returns the state at `now`. A credential is expired from its effective expiry on.
    #[must_use]
    pub fn at(lifecycle: &Lifecycle, now: Timestamp) -> Self {
        if lifecycle.revoked {
            Self::Revoked
        } else if lifecycle.effective_expiry().is_some_and(|end| end <= now) {
            Self::Expired
        } else if lifecycle.paused {
            Self::Paused
        } else {
            Self::Active
        }
    }

    /// Returns whether the credential can still be used, now or after it is resumed.
    #[must_use]
    pub const fn is_live(self) -> bool {
        matches!(self, Self::Active | Self::Paused)
    }
}

impl Lifecycle {
    /// Returns when the credential expires if it is not used again: its expiry or its idle limit,
    /// whichever is earlier.
    #[must_use]
    pub fn effective_expiry(&self) -> Option<Timestamp> {
        earlier(
            self.expires_at,
            self.idle_limit
                .map(|limit| self.last_active_at.saturating_add(limit)),
        )
    }
}

/// Returns the earlier of two times. `None` is never.
#[must_use]
pub fn earlier(one: Option<Timestamp>, other: Option<Timestamp>) -> Option<Timestamp> {
    match (one, other) {
        (Some(one), Some(other)) => Some(one.min(other)),
        (one, other) => one.or(other),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SECOND: Duration = Duration::from_secs(1);

    fn at(second: i64) -> Timestamp {
        Timestamp::from_micros(second * 1_000_000)
    }

    fn lifecycle() -> Lifecycle {
        Lifecycle {
            revoked: false,
            paused: false,
            expires_at: Some(at(100)),
            idle_limit: Some(10 * SECOND),
            last_active_at: at(50),
        }
    }

    #[test]
    fn state_is_expired_from_the_earlier_limit_on() {
        let idle = lifecycle();
        assert_eq!(CredentialState::at(&idle, at(59)), CredentialState::Active);
        assert_eq!(CredentialState::at(&idle, at(60)), CredentialState::Expired);
        let used = Lifecycle {
            last_active_at: at(95),
            ..lifecycle()
        };
        assert_eq!(CredentialState::at(&used, at(99)), CredentialState::Active);
        assert_eq!(
            CredentialState::at(&used, at(100)),
            CredentialState::Expired
        );
    }

    #[test]
    fn state_is_the_one_that_can_change_least() {
        let mut all = Lifecycle {
            revoked: true,
            paused: true,
            ..lifecycle()
        };
        assert_eq!(CredentialState::at(&all, at(60)), CredentialState::Revoked);
        all.revoked = false;
        assert_eq!(CredentialState::at(&all, at(60)), CredentialState::Expired);
        assert_eq!(CredentialState::at(&all, at(59)), CredentialState::Paused);
    }
}
