//! What is special to a browser: its cookie, what device it is, signing in, confirming the password.

pub mod api;
mod confirm;
pub mod cookie;
mod cookie_header;
mod cookie_middleware;
mod device;
pub mod pages;
mod secret;
mod sign_in;
mod verified;

pub use self::{
    confirm::confirm,
    device::Device,
    secret::SessionSecret,
    sign_in::{SignIn, sign_in},
};
