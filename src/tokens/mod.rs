//! What is special to an API client: the token's secret, making and changing tokens, signing a
//! device in.

pub mod api;
mod change;
mod issue;
pub mod pages;
mod rotate;
mod secret;
mod sign_in;

pub use self::{
    change::{Change, change},
    issue::{Issued, NewToken, issue, issue_as_operator, made_by_form},
    rotate::{Overlap, Request, Rotated, Rotation, earlier_secrets, rotate},
    secret::{Flaw, TokenSecret},
    sign_in::{DeviceSignIn, sign_in},
};
