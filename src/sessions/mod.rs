//! What is special to a browser: its cookie, what device it is, signing in, confirming the password.

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
