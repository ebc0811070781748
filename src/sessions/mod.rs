//! Sessions: the secret of the cookie, the device, sign-in and re-authentication.

mod device;
mod reauthenticate;
pub(crate) mod secret;
mod sign_in;

pub use self::{
    device::Device,
    reauthenticate::reauthenticate,
    secret::SessionSecret,
    sign_in::{SignIn, sign_in},
};
