//! The pages about tokens.

mod abilities;
mod create;
mod created;
mod expiry;
mod list;
mod page;
mod rotate;
mod row;
mod show;

pub use self::{
    create::{create, form as new_form},
    list::show as list,
    rotate::rotate,
    show::{ask_to_revoke, change, pause, resume, revoke, show, to_token},
};
