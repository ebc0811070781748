//! The account pages.

mod home;
mod overview;
mod profile;
mod register;

pub use self::{
    home::home,
    overview::show as overview,
    profile::{change_password, change_profile, delete, settings, to_settings},
    register::{form as register_form, register},
};
