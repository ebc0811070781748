//! The account pages.

mod email_field;
mod language;
mod overview;
mod profile;
mod secure;

pub use self::{
    overview::{recognise, show as overview},
    profile::{change_password, change_profile, delete, settings, to_settings},
    secure::show as secure,
};
