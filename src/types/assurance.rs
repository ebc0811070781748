//! The methods by which a user proved to own the account (RFC 8176), and the level that they reach.

use std::time::Duration;

/// The proof of the user that a resource requires (RFC 9470, section 4).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RequiredAssurance {
    /// The level, as a value of `acr`.
    pub acr: Option<&'static str>,
    /// The longest time since the proof.
    pub max_age: Option<Duration>,
}

impl RequiredAssurance {
    /// Returns whether two factors are required.
    #[must_use]
    pub fn needs_second_factor(self) -> bool {
        self.acr == Some(ACR_TWO_FACTORS)
    }
}

/// The value of `acr` after one factor.
pub const ACR_ONE_FACTOR: &str = "1";
/// The value of `acr` after two factors.
pub const ACR_TWO_FACTORS: &str = "2";

/// One method of authentication, by its bit and its name in `amr` (RFC 8176, section 2).
type Method = (u8, &'static str);

const PASSWORD: Method = (1, "pwd");
const ONE_TIME_CODE: Method = (1 << 1, "otp");
const SEVERAL: Method = (1 << 2, "mfa");
const HARDWARE_KEY: Method = (1 << 3, "hwk");
const SOFTWARE_KEY: Method = (1 << 4, "swk");
const USER_VERIFIED: Method = (1 << 5, "user");
const ALL: [Method; 6] = [
    PASSWORD,
    ONE_TIME_CODE,
    HARDWARE_KEY,
    SOFTWARE_KEY,
    USER_VERIFIED,
    SEVERAL,
];

/// The use of a passkey.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PasskeyUse {
    /// Whether the key can be copied to other devices. Otherwise it is bound to hardware.
    pub is_synced: bool,
    /// Whether the authenticator has verified the user, by a PIN or biometrics.
    pub is_user_verified: bool,
}

/// The methods that proved the user of a session. A token has those of the session that created it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct AuthenticationMethods(u8);

impl AuthenticationMethods {
    /// No method: an operator created the token, or the session is older than the column.
    pub const NONE: Self = Self(0);
    /// A password.
    pub const PASSWORD: Self = Self(PASSWORD.0);
    /// A password and a code: of an authenticator app, or a recovery code.
    pub const PASSWORD_AND_CODE: Self = Self(PASSWORD.0 | ONE_TIME_CODE.0 | SEVERAL.0);

    /// Returns whether a password proved the user.
    #[must_use]
    pub const fn has_password(self) -> bool {
        self.0 & PASSWORD.0 != 0
    }

    /// Returns the methods after a code was verified in addition. Two methods of different kinds
    /// are two factors. A session without methods is older than they are: a password opened it.
    #[must_use]
    pub const fn with_code(self) -> Self {
        let before = if self.0 == 0 { PASSWORD.0 } else { self.0 };
        Self(before | ONE_TIME_CODE.0 | SEVERAL.0)
    }

    /// Returns the methods after a passkey was used in addition. It counts as two factors if the
    /// authenticator has verified the user. Otherwise it counts as one, in addition to a password.
    #[must_use]
    pub const fn with_passkey(self, passkey: PasskeyUse) -> Self {
        let key = if passkey.is_synced {
            SOFTWARE_KEY.0
        } else {
            HARDWARE_KEY.0
        };
        let verified = if passkey.is_user_verified {
            USER_VERIFIED.0 | SEVERAL.0
        } else if self.has_password() {
            SEVERAL.0
        } else {
            0
        };
        Self(self.0 | key | verified)
    }

    /// Returns the level: `2` after two factors, otherwise `1`.
    #[must_use]
    pub const fn level(self) -> u8 {
        if self.0 & SEVERAL.0 == 0 { 1 } else { 2 }
    }

    /// Returns the value of `acr` (RFC 9470): the level as text.
    #[must_use]
    pub const fn acr(self) -> &'static str {
        if self.level() == 2 {
            ACR_TWO_FACTORS
        } else {
            ACR_ONE_FACTOR
        }
    }

    /// Returns the values of `amr`.
    #[must_use]
    pub fn names(self) -> Vec<&'static str> {
        let methods = ALL.iter().filter(|(bit, _)| self.0 & bit != 0);
        methods.map(|(_, name)| *name).collect()
    }

    /// Returns the stored form: the names, separated by spaces.
    #[must_use]
    pub fn to_stored(self) -> String {
        self.names().join(" ")
    }

    /// Reads the stored form. A name of a newer version is ignored, so that it raises no level.
    #[must_use]
    pub fn from_stored(text: &str) -> Self {
        let names = text.split(' ');
        let bits = names.filter_map(|name| ALL.iter().find(|(_, known)| *known == name));
        Self(bits.fold(0, |all, (bit, _)| all | bit))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn stored_methods_are_read_back() {
        for methods in [
            AuthenticationMethods::NONE,
            AuthenticationMethods::PASSWORD,
            AuthenticationMethods::PASSWORD_AND_CODE,
        ] {
            let stored = methods.to_stored();
            assert_eq!(AuthenticationMethods::from_stored(&stored), methods);
        }
    }

    #[test]
    fn only_two_factors_reach_the_second_level() {
        for (stored, level) in [
            ("", 1),
            ("pwd", 1),
            ("otp", 1),
            ("future", 1),
            ("pwd otp mfa", 2),
            ("swk user mfa", 2),
            ("hwk", 1),
        ] {
            assert_eq!(
                AuthenticationMethods::from_stored(stored).level(),
                level,
                "{stored}"
            );
        }
        assert_eq!(AuthenticationMethods::PASSWORD.with_code().level(), 2);
    }

    #[test]
    fn code_after_a_passkey_names_no_password() {
        for (before, after) in [
            ("", "pwd otp mfa"),
            ("pwd", "pwd otp mfa"),
            ("swk user mfa", "otp swk user mfa"),
        ] {
            let methods = AuthenticationMethods::from_stored(before).with_code();
            assert_eq!(methods, AuthenticationMethods::from_stored(after));
        }
    }

    #[test]
    fn passkey_is_two_factors_after_user_verification() {
        let used = |is_user_verified| PasskeyUse {
            is_synced: is_user_verified,
            is_user_verified,
        };
        for (before, is_user_verified, names) in [
            (AuthenticationMethods::NONE, true, "swk user mfa"),
            (AuthenticationMethods::NONE, false, "hwk"),
            (AuthenticationMethods::PASSWORD, true, "pwd swk user mfa"),
            (AuthenticationMethods::PASSWORD, false, "pwd hwk mfa"),
        ] {
            let methods = before.with_passkey(used(is_user_verified));
            assert_eq!(methods.to_stored(), names);
        }
    }
}
