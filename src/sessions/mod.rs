//! Sessions: the secret of the cookie, the device, sign-in and re-authentication.

mod device;
mod program;
mod reauthenticate;
#[cfg(feature = "pages")]
mod recognise;
pub(crate) mod secret;
mod sign_in;

#[cfg(feature = "pages")]
pub use self::recognise::{newest_unrecognised, recognise};
pub use self::{
    device::Device,
    reauthenticate::reauthenticate,
    secret::SessionSecret,
    sign_in::{SignIn, sign_in},
};
