//! The last way to sign in, which a user cannot remove.

use super::{FactorSummary, passkeys::RelyingParty, summary::summary_in};
use crate::{
    app_state::Transaction,
    config::Settings,
    error::Result,
    types::{fields::FieldErrors, ids::UserId, message::Message},
};

/// The ways in which a user can sign in.
#[derive(Clone, Copy, Debug, Default)]
struct Ways {
    has_password: bool,
    /// The passkeys that have verified their user. A passkey that has not also needs the password.
    passkeys: usize,
    recovery_codes: u64,
}

impl Ways {
    fn of(factors: &FactorSummary, settings: &Settings) -> Self {
        let passkeys = factors.passkeys.iter();
        let verifying = passkeys.filter(|passkey| passkey.user_verified).count();
        let codes = factors.recovery_codes.as_ref();
        Self {
            has_password: factors.has_password,
            // A server with an address instead of a host name accepts no passkey.
            passkeys: RelyingParty::host(settings).map_or(0, |_| verifying),
            recovery_codes: codes.map_or(0, |codes| codes.left),
        }
    }

    /// Returns whether the user can sign in although one device is lost. Without a password, this
    /// needs another passkey, or recovery codes in addition to the only passkey.
    const fn are_enough(self) -> bool {
        self.has_password || self.passkeys > 1 || self.passkeys == 1 && self.recovery_codes > 0
    }
}

/// Returns whether a user who has a password can remove it.
pub(super) fn are_enough_without_password(factors: &FactorSummary, settings: &Settings) -> bool {
    let ways = Ways {
        has_password: false,
        ..Ways::of(factors, settings)
    };
    ways.are_enough()
}

/// Refuses a removal that leaves its user too little to sign in with, after the removal in the same
/// transaction. `name` is the field on the page, and `message` says what to do.
///
/// An operator is not refused: a lost passkey may be the last one, and the operator can set a
/// password.
///
/// # Errors
/// [`Error::Invalid`](crate::error::Error::Invalid), and database errors.
pub(crate) fn refuse_removal(
    tx: &mut Transaction<'_>,
    user: UserId,
    name: &'static str,
    message: Message,
) -> Result<()> {
    let factors = summary_in(tx.connection, user)?;
    if Ways::of(&factors, tx.state.settings()).are_enough() {
        return Ok(());
    }
    Err(FieldErrors::one(name, message).into())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_lost_device_leaves_a_way_to_sign_in() {
        for (has_password, passkeys, recovery_codes, expected) in [
            (true, 0, 0, true),
            (true, 1, 0, true),
            (false, 0, 0, false),
            (false, 0, 10, false),
            (false, 1, 0, false),
            (false, 1, 1, true),
            (false, 2, 0, true),
        ] {
            let ways = Ways {
                has_password,
                passkeys,
                recovery_codes,
            };
            assert_eq!(ways.are_enough(), expected, "{ways:?}");
        }
    }
}
