//! What is special to an API client: the token's secret, making and changing tokens, signing a
//! device in.

pub(crate) mod create;
mod device_sign_in;
mod rotate;
mod secret;
pub(crate) mod update;

pub use self::{
    create::{Issued, NewToken, issue, issue_as_operator, made_by_form},
    device_sign_in::{DeviceSignIn, sign_in},
    rotate::{GracePeriod, Request, RotatedToken, Rotation, earlier_secrets, rotate},
    secret::{TokenFormatError, TokenSecret},
    update::{Change, change},
};
