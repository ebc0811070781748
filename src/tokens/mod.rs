//! Tokens: their secret, creation, change, rotation and the sign-in of devices.
//!
//! Sessions and tokens are rows of one table, so their SQL is in `src/credentials/store/`.

pub(crate) mod create;
mod device_sign_in;
mod foreign;
mod grace_period;
mod presented;
mod rotate;
mod rotation_request;
mod secret;
pub(crate) mod update;

pub use self::{
    create::{Issued, NewToken, create, create_as_operator, find_by_form_key},
    device_sign_in::{DeviceSignIn, sign_in},
    grace_period::GracePeriod,
    presented::{PresentedToken, TokenScheme},
    rotate::{RotatedToken, Rotation, previous_secrets, rotate},
    rotation_request::Request,
    secret::TokenSecret,
    update::{Change, change},
};
