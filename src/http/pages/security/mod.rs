//! The pages of the password and the second factors.

mod answers;
pub(super) mod overview;
mod passkey;
mod passkey_calls;
mod password;
pub(super) mod planned_removal;
mod qr;
mod recovery_codes;
pub(super) mod revocation_choices;
mod totp;
mod trusted_browser;

pub use self::{
    overview::show as overview,
    passkey::{remove as remove_passkey, rename as rename_passkey, show as passkey, to_passkey},
    passkey_calls::{options as passkey_options, register as register_passkey},
    password::remove as remove_password,
    planned_removal::cancel as cancel_removal,
    recovery_codes::{make as make_recovery_codes, show as show_recovery_codes},
    totp::{form as totp_form, remove as remove_totp, to_security, turn_on as turn_on_totp},
    trusted_browser::remove as remove_trusted_browser,
};
