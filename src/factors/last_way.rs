//! The last way to sign in, which a user cannot remove.

use super::{passkeys, store};
use crate::{
    app_state::Transaction,
    error::Result,
    types::{fields::FieldErrors, ids::UserId, message::field},
};

/// What a user can sign in with.
#[derive(Clone, Copy, Debug, Default)]
struct Ways {
    has_password: bool,
    passkeys: usize,
    recovery_codes: u64,
}

impl Ways {
    /// Returns whether the user can sign in although one device is lost. Without a password, this needs
    /// another passkey, or recovery codes beside the only one.
    const fn are_enough(self) -> bool {
        self.has_password || self.passkeys > 1 || self.passkeys == 1 && self.recovery_codes > 0
    }
}

/// Refuses a removal that leaves its user too little to sign in with, after the removal in the same
/// transaction. `name` is the field on the page.
///
/// An operator is not refused: a lost passkey may be the last one, and the operator can set a password.
///
/// # Errors
/// [`Error::Invalid`](crate::error::Error::Invalid), and database errors.
pub(super) fn refuse_removal(
    tx: &mut Transaction<'_>,
    user: UserId,
    name: &'static str,
) -> Result<()> {
    let ways = Ways {
        has_password: store::has_password(tx.connection, user)?,
        passkeys: passkeys::store::of_user(tx.connection, user)?.len(),
        recovery_codes: store::recovery_codes_left(tx.connection, user)?,
    };
    if ways.are_enough() {
        return Ok(());
    }
    Err(FieldErrors::one(name, field::last_way_to_sign_in()).into())
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
