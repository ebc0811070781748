//! Sessions: the secret of the cookie, the device, sign-in and re-authentication.

mod confirm_by_code;
mod device;
mod program;
mod reauthenticate;
#[cfg(feature = "pages")]
mod recognise;
mod second_step;
pub(crate) mod secret;
mod sign_in;

#[cfg(feature = "pages")]
pub use self::recognise::{newest_unrecognised, recognise};
pub use self::{
    confirm_by_code::{ConfirmedByCode, confirm_by_code},
    device::Device,
    reauthenticate::reauthenticate,
    second_step::{Completed, complete, is_open},
    secret::SessionSecret,
    sign_in::{SignIn, SignedIn, sign_in},
};
