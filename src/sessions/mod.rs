//! Sessions: the secret of the cookie, the device, sign-in and re-authentication.
//!
//! Sessions and tokens are rows of one table, so their SQL is in `src/credentials/store/`.

mod confirm_by_code;
mod confirm_by_passkey;
mod device;
mod program;
mod reauthenticate;
#[cfg(feature = "pages")]
mod recognise;
mod second_step;
mod second_step_by_code;
mod second_step_by_passkey;
mod second_step_by_password;
pub(crate) mod secret;
mod sign_in;
mod sign_in_by_passkey;

#[cfg(feature = "pages")]
pub use self::recognise::{newest_unrecognised, recognise};
pub use self::{
    confirm_by_code::{ConfirmedByCode, confirm_by_code},
    confirm_by_passkey::{confirm_by_passkey, confirmation_options},
    device::Device,
    reauthenticate::reauthenticate,
    second_step::{Completed, SecondStep, open_step},
    second_step_by_code::complete_by_code,
    second_step_by_passkey::{complete_by_passkey, passkey_options},
    second_step_by_password::complete_by_password,
    secret::SessionSecret,
    sign_in::{SignIn, SignedIn, sign_in},
    sign_in_by_passkey::{begin_by_passkey, sign_in_by_passkey},
};
