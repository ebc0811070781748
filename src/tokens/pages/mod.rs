//! The pages about tokens.

mod abilities;
mod create;
mod expiry;
mod list;
mod made;
mod one;
mod rotate;

pub use self::{
    create::{create, form as new_form},
    list::show as list,
    one::{change, pause, resume, revoke, show},
    rotate::rotate,
};
