//! Tokens: their secret, creation, change, rotation and the sign-in of devices.
//!
//! Sessions and tokens are rows of one table, so their SQL is in `src/credentials/store/`.

pub(crate) mod create;
mod device_sign_in;
mod foreign;
mod presented;
mod rotate;
mod secret;
pub(crate) mod update;

pub use self::{
    create::{Issued, NewToken, create, create_as_operator, find_by_form_key},
    device_sign_in::{DeviceSignIn, sign_in},
    presented::{PresentedToken, TokenScheme},
    rotate::{GracePeriod, Request, RotatedToken, Rotation, previous_secrets, rotate},
    secret::TokenSecret,
    update::{Change, change},
};
