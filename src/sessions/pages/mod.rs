//! The pages about signing in and about sessions.

mod confirm;
mod list;
mod login;
mod logout;

pub use self::{
    confirm::{confirm, form as confirm_form},
    list::{revoke, show as list},
    login::{form as login_form, login},
    logout::{form as logout_form, logout},
};
